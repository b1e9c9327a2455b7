"""Evidence and sentences of `estimate_memory`: every figure of the result as a record with its method and source.

Makes no figure of its own. GiB (2^30 bytes) throughout.
"""

import shlex
from dataclasses import dataclass
from datetime import date
from typing import Any

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.schemas import Accelerator
from knowledge.source import Source, Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement
from tools.estimation.architecture import Subject
from tools.estimation.memory.fit import Placed
from tools.estimation.memory.formulas import ENGINE_SHARE, GIB
from tools.estimation.memory.need import TRAINING, Need, Setup
from tools.estimation.tool import EstimateMemory

TITLES = {
    "weights": "Memory of the weights",
    "kv_cache": "Memory of the KV cache",
    "activations": "Memory of activations",
    "optimizer": "Memory of gradients and optimiser states",
    "overhead": "Memory of framework, driver and fragmentation",
}
_METHODS = {
    "weights": "Parameters x bits of the number format / 8, scales included; below sixteen bits embeddings, output head and encoders of "
    "other media stay in sixteen. What tensor parallelism cannot split is counted on each accelerator.",
    "kv_cache": "2 x layers x KV heads x head size x tokens x sequences x bytes of a cached value (Kwon et al., arXiv 2309.06180); latent "
    "attention keeps one vector a layer, windows cap the tokens of their layers, recurrent layers keep a fixed state.",
    "activations": "Inference: the fuller of one block's values for the tokens computed at once and the sampling of next tokens. Training: "
    "tensors that PyTorch saves for the backward pass (Korthikanti et al., arXiv 2205.05198) and the logits; low and likely "
    "recompute them (gradient checkpointing), high keeps them.",
    "optimizer": "Gradients and AdamW states of the trained parameters (Rajbhandari et al., arXiv 1910.02054); LoRA and QLoRA: of the "
    "adapters only. Several accelerators shard them and the weights (ZeRO stage 3, FSDP).",
    "overhead": "Driver, kernels, captured graphs and communication on each accelerator, as vLLM logs them at its start; an assumption.",
}
_FORMULAS = SourceRef(ref="Frugal memory formulas, checked against PyTorch tensors and published peaks")


_ENGINES = SourceRef(
    ref="vllm-project/vllm, vllm/config/cache.py (gpu_memory_utilization, default 0.92; 0.9 before release 0.21)",
    checked_on=date(2026, 11, 23),
)


def engine_share(reproduce: str) -> Evidence:
    """What a serving engine takes of a card: the one rule of sizing and of planning."""
    return Evidence.record(
        tier=Tier.ASSUMED,
        claim="Share of a card's memory that a serving engine takes for weights, cache and all else",
        source=_ENGINES,
        value=Range(*sorted(ENGINE_SHARE)),
        unit="ratio",
        method="The default of vLLM; SGLang takes a little less. A setting of the engine: more leaves it less to spare.",
        reproduce=reproduce,
    )


@dataclass(frozen=True)
class Answer:
    """What was found, for records and sentences."""

    args: EstimateMemory
    subject: Subject
    setup: Setup
    need: Need
    gpu: Accelerator | None
    placed: Placed | None  # on `gpu` at the asked count; None without an accelerator of known memory
    counts: tuple[Placed, ...] = ()
    gpus_needed: int | None = None
    fitting: tuple[tuple[Accelerator, int], ...] = ()  # of the catalogue, with the smallest count

    @property
    def command(self) -> str:
        """The command line that makes it again."""
        words = ["python", "-m", "app", "run", "estimate_memory"]
        for name in ("model", "precision", "mode", "kv_precision", "gpu", "gpu_count", "context", "batch"):
            value = self.setup.context if name == "context" else getattr(self.args, name)
            if value != "":
                words += [f"--{name.replace('_', '-')}", str(value)]
        return shlex.join(words)

    @property
    def inputs(self) -> dict[str, Any]:
        """What the figures rest on."""
        setup = self.setup
        return {
            "model": self.subject.name,
            "precision": setup.precision,
            "kv_precision": setup.kv_precision,
            "mode": setup.mode,
            "context": setup.context,
            "batch": setup.batch,
            "gpu_count": setup.gpus,
        }


def gib(size: Range) -> Range:
    """Bytes as GiB."""
    return Range(*(float(v) / GIB for v in (size.low, size.likely, size.high)))


def _ref(source: Source) -> SourceRef:
    return SourceRef(ref=source.ref, checked_on=source.checked_on)


def evidence_of(answer: Answer) -> dict[str, Evidence]:
    """All records by name: parameters, each part, total, per_gpu, and with an accelerator what fits it."""
    subject, found = answer.subject, {}
    found["parameters"] = Evidence.record(
        tier=subject.tier,
        claim=f"Parameters of {subject.name}",
        source=_ref(subject.source),
        method=subject.method,
        value=Range.exact(subject.parameters / 1e9),
        unit="billion parameters",
        inputs={"model": subject.name},
        reproduce=answer.command,
    )

    def estimate(key: str, claim: str, value: Range, method: str, parents: tuple[str, ...], tier: Tier = Tier.ESTIMATED) -> None:
        found[key] = Evidence.record(
            tier=tier,
            claim=f"{claim} of {subject.name}",
            source=_FORMULAS,
            value=gib(value),
            unit="GiB",
            method=method,
            inputs={**answer.inputs, "part": key},
            parents=parents,
            reproduce=answer.command,
        )

    for name, part in answer.need.parts.items():
        tier = Tier.ASSUMED if name == "overhead" else Tier.ESTIMATED
        estimate(name, TITLES[name], part, _METHODS[name], (found["parameters"].id,), tier)
    parts = tuple(found[name].id for name in answer.need.parts)
    estimate("total", "Memory in all", answer.need.total, "Sum of the parts over all accelerators.", parts)
    estimate("per_gpu", "Memory on each accelerator", answer.need.per_gpu, "The total over the accelerators that share it.", parts)
    if answer.setup.mode == "inference":
        found["engine_share"] = engine_share(answer.command)
    if answer.gpu is not None and answer.placed is not None:
        return found | _fit_records(answer, answer.gpu, answer.placed, _basis(found))
    for gpu, count in _usual(answer):
        found[f"count_{gpu.name}"] = Evidence.record(
            tier=Tier.ESTIMATED,
            claim=f"Fewest that hold it: {subject.name} on {gpu.name}",
            source=_FORMULAS,
            value=Range.exact(float(count)),
            unit="GPUs",
            method="Smallest power of two whose memory, as far as it may be filled, holds the likely need.",
            inputs={**answer.inputs, "gpu": gpu.name},
            parents=_basis(found),
            reproduce=answer.command,
        )
    return found


def _basis(found: dict[str, Evidence]) -> tuple[str, ...]:
    """What every statement about fitting rests on."""
    return tuple(found[name].id for name in ("per_gpu", "engine_share") if name in found)


def _usual(answer: Answer) -> list[tuple[Accelerator, int]]:
    """A few cards that are easy to rent, of those that fit."""
    return [one for one in answer.fitting if one[0].name in _USUAL]


_USUAL = ("L4", "L40S", "A100 SXM 80GB", "H100 SXM")


def _fit_records(answer: Answer, gpu: Accelerator, placed: Placed, basis: tuple[str, ...]) -> dict[str, Evidence]:
    capacity = Evidence.record(
        tier=Tier.CATALOGUE,
        claim=f"Memory of one {gpu.name}",
        source=_ref(catalog.source_of(gpu)),
        value=Range.exact(gpu.memory_gib or 0.0),
        unit="GiB",
        method="Datasheet value of the fact base; programs get about a fiftieth less, cards that spend memory on error correction a tenth.",
        inputs={"gpu": gpu.name},
        reproduce=answer.command,
    )
    found = {"gpu_memory": capacity}
    rows: list[tuple[str, str, int | None, str, int]] = [
        ("gpus_needed", "Accelerators needed, as a power of two", answer.gpus_needed, "GPUs", 0)
    ]
    for one in answer.counts:
        end = "" if one.gpus == placed.gpus else f"_{one.gpus}"
        rows.append((f"largest_batch{end}", "Sequences at once that fit", one.largest_batch, "sequences", one.gpus))
        rows.append((f"largest_context{end}", "Longest context that fits", one.largest_context, "tokens", one.gpus))
    for key, claim, count, unit, gpus in rows:
        if count is not None:
            found[key] = Evidence.record(
                tier=Tier.ESTIMATED,
                claim=f"{claim}: {answer.subject.name} on {gpu.name}",
                source=_FORMULAS,
                value=Range.exact(float(count)),
                unit=unit,
                method="Search over the likely need against the memory of each accelerator, as far as it may be filled.",
                inputs={**answer.inputs, "gpu": gpu.name, "figure": key, **({"gpu_count": gpus} if gpus else {})},
                parents=(*basis, capacity.id),
                reproduce=answer.command,
            )
    return found


_PURPOSE = {
    "inference": "to serve",
    "eager": "to run a plain loop of",
    "lora": "for LoRA tuning of",
    "qlora": "for QLoRA tuning of",
    "full": "for full fine-tuning of",
}


def statements_of(answer: Answer, records: dict[str, Evidence]) -> list[Statement]:
    """The need, the verdict with its doubt, and the nearest that fits."""
    setup = answer.setup
    said = [
        Statement(
            text=f"About {{total}} of memory {_PURPOSE[setup.mode]} {{model}} in {{precision}}, {{weights}} of it weights.",
            figures={"total": records["total"].id, "weights": records["weights"].id},
            names={"model": answer.subject.name, "precision": setup.precision},
        )
    ]
    if answer.gpu is None or answer.placed is None:
        usual = _usual(answer)
        if answer.gpu is None and usual:
            listed = ", ".join(f"{{count{i}}} ({{gpu{i}}})" for i in "abcd"[: len(usual)])
            counts = {f"count{i}": records[f"count_{gpu.name}"].id for i, (gpu, _) in zip("abcd", usual, strict=False)}
            cards = {f"gpu{i}": gpu.name for i, (gpu, _) in zip("abcd", usual, strict=False)}
            said.append(Statement(text=f"The fewest that hold it: {listed}.", figures=counts, names=cards))
        return [*said, *_about_share(records, is_note=True)]
    doubt = "" if answer.placed.certain else ", but the range reaches past that line, so measure before you rely on it"
    figures = {"memory": records["gpu_memory"].id}
    if setup.gpus > 1:
        text = (
            "It fits: {share} of the {memory} of each {gpu}" if answer.placed.fits else "It does not fit: {share} of {memory} on each {gpu}"
        )
        figures["share"] = records["per_gpu"].id
    else:
        text = "It fits one {gpu} with {memory}" if answer.placed.fits else "It does not fit one {gpu} with {memory}"
    said.append(Statement(text=f"{text}{doubt}.", figures=figures, names={"gpu": answer.gpu.name}))
    if not answer.placed.fits:
        said.extend(_nearest(answer, records))
    elif setup.mode not in TRAINING:
        at_once = {"batch": records["largest_batch"].id, "context": records["largest_context"].id}
        said.append(
            Statement(text="There up to {batch} at once fit at this context, or a context of {context} at this batch.", figures=at_once)
        )
    return [*said, *_about_share(records, is_note=answer.placed.fits)]


def _about_share(records: dict[str, Evidence], is_note: bool) -> list[Statement]:
    """The rule of fitting on a serving engine; said openly where something does not fit."""
    if "engine_share" not in records:
        return []
    text = "Assumed: a serving engine takes {share} of a card's memory, as vLLM does unless told otherwise; the rest stays free."
    return [Statement(text=text, figures={"share": records["engine_share"].id}, is_note=is_note)]


def _nearest(answer: Answer, records: dict[str, Evidence]) -> list[Statement]:
    if "gpus_needed" in records:
        return [Statement(text="It needs {count} of them.", figures={"count": records["gpus_needed"].id})]
    if answer.placed is not None and answer.placed.largest_context:
        return [Statement(text="The longest context that fits is {context}.", figures={"context": records["largest_context"].id})]
    return [Statement(text="More of them would not help at this context and batch; fewer sequences, or a narrower KV cache, would.")]
