"""`estimate_memory`: what a model needs on accelerators, part by part, and what fits. GiB (2^30 bytes) throughout.

An estimate from the model's shape, never a measurement; says so in its evidence. Refuses what cannot be, with the nearest
that can. Downloads nothing, loads no weights, does not say how fast it would run.
"""

from typing import Any

from knowledge import catalog
from tools.contracts.tool import ToolContext, ToolResult
from tools.estimation.architecture import Subject, find_subject
from tools.estimation.memory import checks, fit
from tools.estimation.memory.need import TRAINING, Setup, need
from tools.estimation.memory.records import Answer, evidence_of, gib, statements_of
from tools.estimation.tool import EstimateMemory

_STEPS_DOWN = ("fp8", "int8", "int4")


def setup_of(args: EstimateMemory, context: int) -> Setup:
    """The arguments as a setup. QLoRA holds its weights in nf4 whatever precision is named."""
    precision = "nf4" if args.mode == "qlora" else args.precision
    kv = args.kv_precision if args.kv_precision != "auto" else "fp32" if args.precision == "fp32" else "bf16"
    return Setup(args.mode, precision, kv, context, args.batch, args.gpu_count)


def _answer(args: EstimateMemory, subject: Subject, setup: Setup, notes: list[str]) -> Answer:
    found = need(subject.shape, setup)
    fitting = tuple(fit.accelerators_that_fit(subject.shape, setup))
    if not args.gpu:
        notes.append("No accelerator was named, so nothing is said about fitting one.")
        return Answer(args, subject, setup, found, None, None, fitting=fitting)
    gpu = catalog.accelerator(args.gpu)
    if gpu.memory_gib is None:
        notes.append(f"The memory of {gpu.name} is unknown, so nothing is said about fitting.")
        return Answer(args, subject, setup, found, gpu, None, fitting=fitting)
    counts = list(fit.by_count(subject.shape, setup, gpu.memory_gib))
    placed = next((one for one in counts if one.gpus == setup.gpus), None) or fit.place(subject.shape, setup, gpu.memory_gib)
    counts = counts if placed in counts else [*counts, placed]
    needed = fit.gpus_needed(subject.shape, setup, gpu.memory_gib)
    return Answer(args, subject, setup, found, gpu, placed, tuple(counts), needed, fitting)


def _nearest(answer: Answer) -> list[dict[str, Any]]:
    """Single changes that would make it fit, where it does not."""
    if answer.gpu is None or answer.placed is None or answer.placed.fits or answer.gpu.memory_gib is None:
        return []
    found: list[dict[str, Any]] = []
    if answer.gpus_needed is not None:
        found.append({"change": "gpu_count", "to": answer.gpus_needed})
    if answer.setup.mode not in TRAINING:
        narrower = [p for p in _STEPS_DOWN if fit.holds(answer.subject.shape, answer.setup._replace(precision=p), answer.gpu.memory_gib)]
        found += [{"change": "precision", "to": narrower[0]}] if narrower else []
    elif answer.setup.mode == "full":
        tuned = [m for m in ("lora", "qlora") if fit.holds(answer.subject.shape, answer.setup._replace(mode=m), answer.gpu.memory_gib)]
        found += [{"change": "mode", "to": tuned[0]}] if tuned else []
    if answer.placed.largest_context:
        found.append({"change": "context", "to": answer.placed.largest_context})
    if answer.placed.largest_batch:
        found.append({"change": "batch", "to": answer.placed.largest_batch})
    return found


def _variant_rows(answer: Answer) -> list[dict[str, Any]]:
    if answer.setup.mode not in TRAINING:
        return []
    memory = answer.gpu.memory_gib if answer.gpu else None
    return [
        {
            "optimizer": one.optimizer,
            "zero_stage": one.stage,
            "gradient_checkpointing": one.checkpointing,
            "per_gpu_gib": gib(need(answer.subject.shape, one.setup).per_gpu).as_dict(),
            "fits": one.fits,
        }
        for one in fit.variants(answer.subject.shape, answer.setup, memory)
    ]


def _result(answer: Answer, notes: list[str]) -> dict[str, Any]:
    setup, found, placed, gpu = answer.setup, answer.need, answer.placed, answer.gpu
    return {
        "model": answer.subject.name,
        "parameters_b": answer.subject.parameters / 1e9,
        "precision": setup.precision,
        "kv_precision": setup.kv_precision,
        "mode": setup.mode,
        "context": setup.context,
        "batch": setup.batch,
        "gpu_count": setup.gpus,
        **{f"{name}_gib": gib(part).as_dict() for name, part in found.parts.items()},
        "total_gib": gib(found.total).as_dict(),
        "per_gpu_gib": gib(found.per_gpu).as_dict(),
        "fits": placed.fits if placed else None,
        "fit_margin": None if placed is None else "certain" if placed.certain else "tight",
        "gpu": gpu.name if gpu else None,
        "gpu_memory_gib": gpu.memory_gib if gpu else None,
        "largest_batch": placed.largest_batch if placed else None,
        "largest_context": placed.largest_context if placed else None,
        "gpus_needed": answer.gpus_needed,
        "by_count": [
            {"gpu_count": one.gpus, "fits": one.fits, "largest_batch": one.largest_batch, "largest_context": one.largest_context}
            for one in answer.counts
        ],
        "nearest": _nearest(answer),
        "accelerators": [{"gpu": g.name, "gpu_count": n} for g, n in answer.fitting],
        "variants": _variant_rows(answer),
        "notes": notes,
    }


def _notes(answer: Answer) -> list[str]:
    setup = answer.setup
    if setup.mode not in TRAINING:
        copied = answer.subject.shape.kv_latent and setup.gpus > 1
        return ["Latent attention: each accelerator keeps the whole cache; attention by data parallelism would split it."] if copied else []
    said = ["Low and likely recompute activations (gradient checkpointing); the high end does not."]
    if setup.mode == "full" and setup.precision != "fp32":
        said.append(
            "The low end keeps weights, gradients and optimiser states in sixteen bits; likely and high have a 32-bit copy of the weights."
        )
    if setup.gpus > 1:
        said.append("Several accelerators shard weights, gradients and optimiser states (ZeRO stage 3); the batch is that of each.")
    return said


def run(args: EstimateMemory, context: ToolContext) -> ToolResult:
    """The memory a model needs, in GiB by part over all accelerators, and whether it fits `args.gpu`.

    Raises UserError `unknown-model`, `unknown-accelerator`, `context-too-long`, `precision-not-trainable`, `heads-not-divisible`,
    `eager-on-one`, and the codes of `find_subject`.
    """
    checks.check_trainable(args)
    subject = find_subject(args.model, context)
    checks.check_sharing(args, subject.shape)
    notes: list[str] = []
    setup = setup_of(args, checks.checked_context(args, subject.shape, notes))
    answer = _answer(args, subject, setup, notes)
    records = evidence_of(answer)
    remarks = checks.reading_remark(subject.reading) + ([] if answer.gpu is None else checks.format_remarks(answer.gpu, args))
    said = [one.text.format(**one.names) for one in remarks]
    result = _result(answer, [*said, *notes, *_notes(answer)])
    questions = () if args.gpu else ("hardware",)
    statements = (*statements_of(answer, records), *remarks)
    return ToolResult(result=result, evidence=tuple(records.values()), statements=statements, questions=questions)
