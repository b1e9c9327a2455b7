"""`estimate_memory`: what a model needs on an accelerator, part by part, and whether it fits. GiB (2^30 bytes) throughout.

An estimate from the model's shape, never a measurement; says so in its evidence. Refuses a context beyond the model's
own limit and training in a number format that cannot be trained. Downloads nothing, loads no weights.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.schemas import Accelerator
from knowledge.source import Source, Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement, ToolContext, ToolResult
from tools.estimation.architecture import Subject, find_subject
from tools.estimation.memory import ranged as formulas
from tools.estimation.memory.ranged import GIB
from tools.estimation.tool import EstimateMemory

_MAX_BATCH = 1 << 20
_MAX_GPUS = 1024
_TITLES = {
    "weights": "Memory of the weights",
    "kv_cache": "Memory of the KV cache",
    "activations": "Memory of activations",
    "optimizer": "Memory of gradients and optimiser states",
    "overhead": "Memory of framework, driver and fragmentation",
}
_METHODS = {
    "weights": "Parameters x bits of the number format / 8; below sixteen bits with group scales, and embeddings kept in sixteen bits.",
    "kv_cache": "2 x layers x KV heads x head size x tokens x sequences x bytes of a cached value; sliding windows cap the tokens of "
    "their layers (Kwon et al., arXiv 2309.06180).",
    "activations": "Inference: one block's values for the tokens computed at once, plus logits. Training: values kept for backward "
    "(Korthikanti et al., arXiv 2205.05198) plus logits; the low bound recomputes them (gradient checkpointing).",
    "optimizer": "AdamW states and gradients of the trained parameters (Rajbhandari et al., arXiv 1910.02054); LoRA: of the adapters only.",
    "overhead": "Fixed part for driver and framework plus a share for fragmentation (EleutherAI, Transformer Math 101); an assumption.",
}


@dataclass(frozen=True)
class Need:
    """Memory by part, in bytes."""

    parts: dict[str, Range]

    @property
    def total(self) -> Range:
        """Sum of the parts."""
        total = Range.exact(0.0)
        for part in self.parts.values():
            total = total + part
        return total


def need(subject: Subject, precision: str, context: int, batch: int, mode: str) -> Need:
    """Memory of one copy of the model on one device, in bytes. `mode` is inference, lora or full."""
    shape, parameters = subject.shape, subject.parameters
    parts = {"weights": formulas.weight_bytes(shape, parameters, precision)}
    zero = Range.exact(0.0)
    if mode == "inference":
        parts["kv_cache"] = formulas.kv_bytes(shape, context, batch, precision)
        parts["activations"] = formulas.inference_activation_bytes(shape, context, batch, precision)
        parts["optimizer"] = zero
    else:
        parts["kv_cache"] = zero
        parts["activations"] = formulas.training_activation_bytes(shape, context, batch, precision)
        full = mode == "full"
        parts["optimizer"] = formulas.full_training_state_bytes(parameters, precision) if full else formulas.lora_state_bytes(shape)
    rest = Need(parts).total
    return Need({**parts, "overhead": formulas.overhead_bytes(rest)})


def _largest(fits: Callable[[int], bool], limit: int) -> int:
    """Largest n in 0..limit that fits, for a test that turns false once and stays so."""
    if not fits(1):
        return 0
    low, high = 1, limit + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def gpus_needed(subject: Subject, precision: str, context: int, batch: int, mode: str, capacity: float) -> int | None:
    """Smallest power of two of devices on which each one's likely share fits; None beyond 1 024.

    Inference: tensor parallel; a KV head is not split, so the cache is shared by at most as many devices as there are
    KV heads. Training: weights and states sharded (ZeRO stage 3), activations on every device. Overhead on each.
    """
    parts = need(subject, precision, context, batch, mode).parts
    cache_parts = 1 if subject.shape.kv_latent else subject.shape.kv_heads  # a latent vector is copied, not split
    count = 1
    while count <= _MAX_GPUS:
        shared = float(parts["weights"].likely + parts["optimizer"].likely) / count  # type: ignore[operator]
        cache = float(parts["kv_cache"].likely) / min(count, cache_parts)
        activations = float(parts["activations"].likely) / (count if mode == "inference" else 1)
        rest = shared + cache + activations
        if rest + float(formulas.overhead_bytes(Range.exact(rest)).likely) <= capacity:
            return count
        count *= 2
    return None


@dataclass
class _Fit:
    gpu: Accelerator | None = None
    capacity: float | None = None
    fits: bool | None = None
    margin: str = ""
    largest_batch: int | None = None
    largest_context: int | None = None
    gpus: int | None = None
    notes: list[str] = field(default_factory=list)


def _fit(args: EstimateMemory, subject: Subject, context: int, total: Range) -> _Fit:
    if not args.gpu:
        return _Fit(notes=["No accelerator was named, so nothing is said about fitting."])
    gpu = catalog.accelerator(args.gpu)
    fit = _Fit(gpu=gpu, notes=_format_notes(gpu, args.precision))
    if gpu.memory_gib is None:
        fit.notes.append(f"The memory of {gpu.name} is unknown, so nothing is said about fitting.")
        return fit
    capacity = gpu.memory_gib * GIB
    fit.capacity = gpu.memory_gib
    fit.fits = float(total.likely) <= capacity
    fit.margin = "certain" if float(total.high) <= capacity or float(total.low) > capacity else "tight"

    def holds(batch: int, tokens: int) -> bool:
        return float(need(subject, args.precision, tokens, batch, args.mode).total.likely) <= capacity

    fit.largest_batch = _largest(lambda n: holds(n, context), _MAX_BATCH)
    fit.largest_context = _largest(lambda n: holds(args.batch, n), subject.shape.max_context)
    fit.gpus = gpus_needed(subject, args.precision, context, args.batch, args.mode, capacity)
    return fit


def _format_notes(gpu: Accelerator, precision: str) -> list[str]:
    """What the accelerator does with a number format that it has no arithmetic for."""
    if precision in ("int4", "fp32"):
        return []
    supported = gpu.supports(precision)
    if supported is False:
        if precision == "bf16":
            return [f"{gpu.name} has no bf16 arithmetic; use fp16, which takes the same memory."]
        return [f"{gpu.name} has no {precision} arithmetic: the weights take less memory, but it computes in a wider format."]
    return [f"Whether {gpu.name} computes in {precision} is unknown to the fact base."] if supported is None else []


def _checked_context(args: EstimateMemory, subject: Subject, notes: list[str]) -> int:
    limit = subject.shape.max_context
    if args.context <= limit:
        return args.context
    if "context" not in args.model_fields_set:
        notes.append(f"No context was given; the longest one of {subject.name} is used.")
        return limit
    raise UserError(
        "context-too-long",
        f"{subject.name} reads at most {limit:,} tokens; {args.context:,} were asked for.",
        f"Ask with a context of {limit:,} or less, or name a model with a longer one.",
    )


def _check_trainable(args: EstimateMemory) -> None:
    if args.mode == "full" and args.precision in ("int8", "int4", "fp8"):
        raise UserError(
            "precision-not-trainable",
            f"Full fine-tuning cannot update weights stored in {args.precision}.",
            "Use bf16 for full fine-tuning, or mode lora, which leaves the weights as they are.",
        )


def _ref(source: Source) -> SourceRef:
    return SourceRef(ref=source.ref, checked_on=source.checked_on)


def _evidence(args: EstimateMemory, subject: Subject, context: int, found: Need, fit: _Fit) -> dict[str, Evidence]:
    command = ["python", "-m", "app", "run", "estimate_memory", "--model", args.model, "--precision", args.precision]
    command += ["--context", str(context), "--batch", str(args.batch), "--mode", args.mode]
    reproduce = shlex.join(command + (["--gpu", args.gpu] if args.gpu else []))
    inputs = {"precision": args.precision, "context": context, "batch": args.batch, "mode": args.mode, "model": subject.name}
    records = {
        "parameters": Evidence.record(
            tier=subject.tier,
            claim=f"Parameters of {subject.name}",
            source=_ref(subject.source),
            method=subject.method,
            value=Range.exact(subject.parameters / 1e9),
            unit="billion parameters",
            inputs={"model": subject.name},
            reproduce=reproduce,
        ),
    }
    for name, part in found.parts.items():
        records[name] = Evidence.record(
            tier=Tier.ASSUMED if name == "overhead" else Tier.ESTIMATED,
            claim=f"{_TITLES[name]} of {subject.name}",
            source=SourceRef(ref="Frugal memory formulas"),
            value=_gib(part),
            unit="GiB",
            method=_METHODS[name],
            inputs={**inputs, "part": name},
            parents=(records["parameters"].id,),
            reproduce=reproduce,
        )
    records["total"] = Evidence.record(
        tier=Tier.ESTIMATED,
        claim=f"Memory that {subject.name} needs",
        source=SourceRef(ref="Frugal memory formulas"),
        value=_gib(found.total),
        unit="GiB",
        method="Sum of weights, KV cache, activations, gradients and optimiser states, and overhead.",
        inputs=inputs,
        parents=tuple(records[name].id for name in found.parts),
        reproduce=reproduce,
    )
    if fit.gpu is not None and fit.capacity is not None:
        records |= _fit_evidence(inputs, subject, fit, records["total"].id, reproduce)
    return records


def _fit_evidence(inputs: dict[str, Any], subject: Subject, fit: _Fit, total_id: str, reproduce: str) -> dict[str, Evidence]:
    if fit.gpu is None or fit.capacity is None:
        return {}
    where = {**inputs, "gpu": fit.gpu.name}
    capacity = Evidence.record(
        tier=Tier.CATALOGUE,
        claim=f"Memory of one {fit.gpu.name}",
        source=_ref(catalog.source_of(fit.gpu)),
        value=Range.exact(fit.capacity),
        unit="GiB",
        method="Datasheet value of the fact base.",
        inputs={"gpu": fit.gpu.name},
        reproduce=reproduce,
    )
    found = {"gpu_memory": capacity}
    counts = {
        "largest_batch": (fit.largest_batch, "Sequences at once that fit", "sequences"),
        "largest_context": (fit.largest_context, "Longest context that fits", "token"),
        "gpus_needed": (fit.gpus, "Accelerators needed, as a power of two", "gpu"),
    }
    for key, (count, claim, unit) in counts.items():
        if count is not None:
            found[key] = Evidence.record(
                tier=Tier.ESTIMATED,
                claim=f"{claim}: {subject.name} on {fit.gpu.name}",
                source=SourceRef(ref="Frugal memory formulas"),
                value=Range.exact(float(count)),
                unit=unit,
                method="Search over the likely total against the accelerator's memory.",
                inputs={**where, "figure": key},
                parents=(total_id, capacity.id),
                reproduce=reproduce,
            )
    return found


def _gib(size: Range) -> Range:
    return Range(*(float(v) / GIB for v in (size.low, size.likely, size.high)))


def _statements(args: EstimateMemory, subject: Subject, records: dict[str, Evidence], fit: _Fit) -> list[Statement]:
    names = {"model": subject.name, "precision": args.precision}
    purpose = {"inference": "to serve", "lora": "for LoRA tuning of", "full": "for full fine-tuning of"}[args.mode]
    said = [
        Statement(
            text=f"About {{total}} of memory {purpose} {{model}} in {{precision}}, {{weights}} of it weights.",
            figures={"total": records["total"].id, "weights": records["weights"].id},
            names=names,
        )
    ]
    if fit.gpu is None or fit.capacity is None or fit.fits is None:
        return said
    names = {"gpu": fit.gpu.name}
    verdict = "It fits" if fit.fits else "It does not fit"
    doubt = ", but the range reaches past that line, so measure before you rely on it" if fit.margin == "tight" else ""
    said.append(Statement(text=f"{verdict} one {{gpu}} with {{memory}}{doubt}.", figures={"memory": records["gpu_memory"].id}, names=names))
    if not fit.fits and "gpus_needed" in records:
        said.append(Statement(text="It needs {count} of them.", figures={"count": records["gpus_needed"].id}))
    if fit.fits and args.mode == "inference" and "largest_batch" in records:
        text = "At this context up to {batch} at once fit."
        said.append(Statement(text=text, figures={"batch": records["largest_batch"].id}))
    return said


def run(args: EstimateMemory, context: ToolContext) -> ToolResult:
    """The memory a model needs, in GiB by part, and whether it fits `args.gpu`.

    Raises UserError `unknown-model`, `unknown-accelerator`, `context-too-long`, `precision-not-trainable`, and the codes of
    `find_subject`.
    """
    _check_trainable(args)
    subject = find_subject(args.model, context)
    notes: list[str] = []
    tokens = _checked_context(args, subject, notes)
    found = need(subject, args.precision, tokens, args.batch, args.mode)
    fit = _fit(args, subject, tokens, found.total)
    notes += fit.notes
    if args.mode != "inference":
        notes.append("The low end recomputes activations (gradient checkpointing); the likely value does not.")
    records = _evidence(args, subject, tokens, found, fit)
    result: dict[str, Any] = {
        "model": subject.name,
        "parameters_b": subject.parameters / 1e9,
        "precision": args.precision,
        "mode": args.mode,
        "context": tokens,
        "batch": args.batch,
        **{f"{name}_gib": _gib(part).as_dict() for name, part in found.parts.items()},
        "total_gib": _gib(found.total).as_dict(),
        "fits": fit.fits,
        "fit_margin": fit.margin or None,
        "gpu": fit.gpu.name if fit.gpu else None,
        "gpu_memory_gib": fit.capacity,
        "largest_batch": fit.largest_batch,
        "largest_context": fit.largest_context,
        "gpus_needed": fit.gpus,
        "notes": notes,
    }
    said = _statements(args, subject, records, fit)
    questions = () if args.gpu else ("hardware",)
    return ToolResult(result=result, evidence=tuple(records.values()), statements=tuple(said), questions=questions)
