"""What a question to `estimate_serving` asks for, as cases: names looked up, options read, combinations that mean nothing refused.

Raises for what nobody can answer (unknown names, a cache format that the engine does not have); what is clear but cannot be
served is refused elsewhere, as a result (`refusals.py`). Computes nothing.
"""

from dataclasses import dataclass
from typing import Any

from knowledge import catalog, prices_here
from knowledge.errors import UserError
from knowledge.own_prices import Basis
from knowledge.schemas import Accelerator, ModelArchitecture
from tools.contracts.tool import ToolContext
from tools.estimation.architecture import find_subject
from tools.estimation.serving.case import Case
from tools.estimation.serving.counts import Layout
from tools.estimation.serving.drafting import Drafting
from tools.estimation.serving.engines import engine_name, generation
from tools.estimation.serving.formats import WeightFormat, on_chip, weight_format
from tools.estimation.serving.sizing import COUNTS
from tools.estimation.terms_text import Known, read_terms
from tools.estimation.tool import EstimateServing
from tools.estimation.traffic import PEAK_LIMITS, Arrivals, arrivals

EXAMPLE = "kv=fp8, cached=0.5, draft=4, accept=0.7, provider=aws, region=us-east-1"
TERMS: Known = {
    "kv": ("auto", "bf16", "fp8", "int8"),
    "cached": (0.0, 1.0),
    "draft": (1.0, 16.0),
    "accept": (0.0, 1.0),
    "draft_model": None,
    "data": (1.0, 64.0),
    "expert": (1.0, 512.0),
    "link": ("auto", "nvlink", "pcie"),
    "peak": PEAK_LIMITS,
    "provider": None,
    "region": None,
    "basis": ("on_demand", "spot"),
    "marketplace": ("no", "yes"),
}
#: Engines that keep the KV cache in INT8; the others know 16 bits and FP8.
INT8_CACHE = ("tensorrt-llm", "lmdeploy")
#: PCIe x16 in one direction, GB/s, of chips of that year and later.
PCIE = ((2022, 64.0), (2019, 32.0), (0, 16.0))


@dataclass(frozen=True, slots=True)
class Asked:
    """`cases`: one for each count of accelerators that was asked for, or that may be chosen."""

    args: EstimateServing
    cases: tuple[Case, ...]
    arriving: Arrivals
    reading: str  # how the model's name was read, where it is not its own
    provider: str
    region: str
    basis: Basis
    marketplace: bool
    interconnect: str
    gaps: tuple[str, ...]  # lengths that were not said

    @property
    def inputs(self) -> dict[str, Any]:
        """For evidence."""
        return self.args.model_dump()


def read(args: EstimateServing, context: ToolContext) -> Asked:
    """The question.

    Raises UserError `terms-unreadable`, `context-too-long`, `kv-precision-unsupported`, `no-such-link`, `layout-impossible`,
    `draft-impossible`, `argument-invalid`, `unknown-provider`, `unknown-region`, and the codes of the look-ups of models,
    accelerators and formats.
    """
    terms = read_terms(args.terms, TERMS, EXAMPLE)
    subject = find_subject(args.model, context)
    shape = subject.shape
    _check_length(shape, args)
    engine, _, version = args.engine.strip().partition(" ")
    chip = linked(catalog.accelerator(args.gpu), str(terms.get("link", "auto")))
    fmt = on_chip(weight_format(args.precision, shape), chip)
    gaps = tuple(name for name in ("input_tokens", "output_tokens") if name not in args.model_fields_set)
    drafting = _drafting(terms, shape, context)
    cases = tuple(
        Case(
            shape=shape,
            chip=chip,
            layout=layout,
            fmt=fmt,
            kv_bits=_kv_bits(str(terms.get("kv", "auto")), args.engine, fmt),
            engine=generation(engine, version),
            input_tokens=args.input_tokens,
            output_tokens=args.output_tokens,
            cached_share=float(terms.get("cached", 0.0)),
            drafting=drafting,
            stated_lengths=not gaps,
        )
        for layout in _layouts(args.gpu_count, _whole("data", terms), _whole("expert", terms), shape)
    )
    provider = prices_here.known_provider(str(terms.get("provider", "")))
    return Asked(
        args,
        cases,
        _arrivals(args, terms),
        subject.reading,
        provider,
        _region(str(terms.get("region", "")).lower(), provider),
        "spot" if terms.get("basis") == "spot" else "on_demand",
        terms.get("marketplace") == "yes" or bool(provider),
        str(terms.get("link", "auto")),
        gaps,
    )


def _arrivals(args: EstimateServing, terms: dict[str, str | float]) -> Arrivals:
    """A peak that stands alone needs no month: what it costs is then told as if it were held all day."""
    ratio = float(terms["peak"]) if "peak" in terms else None
    if ratio is None and not args.requests_per_month:
        return Arrivals(None, args.requests_per_second)
    return arrivals(args.requests_per_month, args.requests_per_second, ratio)


def _region(name: str, provider: str) -> str:
    """A region where something is sold, or whose grid is known. Raises UserError `unknown-region` with the nearest names."""
    if name in ("", "any"):
        return ""
    sold = {region for one in catalog.instances().entries.values() if provider in ("", one.provider) for region in one.listed}
    if name not in sold:
        try:
            catalog.grid_carbon(provider or None, name)
        except UserError as unknown:
            from rapidfuzz import process

            near = [hit[0] for hit in process.extract(name, sorted(sold), limit=3, score_cutoff=60)] or unknown.details.get("nearest", [])
            hint = f"Did you mean {' or '.join(near)}?" if near else unknown.hint
            raise UserError("unknown-region", f'No price and no grid carbon of "{name[:40]}" is known.', hint, {"nearest": near}) from None
    return name


def _whole(key: str, terms: dict[str, str | float], default: int = 1) -> int:
    value = float(terms.get(key, default))
    if not value.is_integer():
        raise UserError("terms-unreadable", f'"{value:g}" is no value of {key}.', "It is a whole number.")
    return int(value)


def _check_length(shape: ModelArchitecture, args: EstimateServing) -> None:
    wanted = args.input_tokens + args.output_tokens
    if shape.kind == "decoder" and wanted > shape.max_context:
        left = shape.max_context - args.output_tokens
        fits = (
            f"With an answer of {args.output_tokens:,.0f} it reads at most {left:,.0f}" if left >= 1 else f"It takes {shape.max_context:,}"
        )
        raise UserError(
            "context-too-long",
            f"{shape.name} reads and writes at most {shape.max_context:,} tokens; {wanted:,.0f} were asked for.",
            f"{fits}; shorten the request, or name a model with a longer context.",
            {"nearest": [str(shape.max_context)]},
        )


def _kv_bits(wanted: str, engine: str, fmt: WeightFormat) -> float:
    name = engine_name(engine.strip().partition(" ")[0])
    if wanted == "int8" and name not in INT8_CACHE:
        raise UserError(
            "kv-precision-unsupported",
            f"{name} does not keep the KV cache in INT8.",
            f"Take kv=fp8 (as small), kv=bf16, or an engine that does: {', '.join(INT8_CACHE)}.",
            {"nearest": ["fp8", "bf16"]},
        )
    if wanted == "auto":  # TensorRT-LLM's checkpoints in these formats carry an FP8 cache
        return 8.0 if name == "tensorrt-llm" and fmt.compute in ("fp8", "fp4") else 16.0
    return 16.0 if wanted == "bf16" else 8.0


def linked(chip: Accelerator, wanted: str) -> Accelerator:
    """The chip with the link of the machine: over PCIe cards talk through the host."""
    has_own = bool(chip.link) and not chip.link.startswith("PCIe")
    if wanted == "nvlink" and not has_own:
        raise UserError(
            "no-such-link",
            f"{chip.name} has no NVLink: its cards talk over {chip.link or 'PCIe'}.",
            "Take link=auto.",
            {"nearest": ["auto"]},
        )
    if wanted != "pcie" or not has_own:
        return chip
    year = int(chip.released[:4] or 0)
    return chip.model_copy(update={"link": "PCIe", "link_gb_s": next(rate for since, rate in PCIE if year >= since)})


def _layouts(gpus: int, data: int, expert: int, shape: ModelArchitecture) -> list[Layout]:
    if shape.experts is None and (data > 1 or expert > 1):
        raise UserError(
            "layout-impossible",
            f"{shape.name} has no experts: data=... and expert=... split a mixture of experts.",
            "Leave them out; copies of a dense model are replicas, and those are counted.",
        )
    if gpus % data:
        near = [n for n in (gpus // data * data, (gpus // data + 1) * data) if n]
        raise UserError(
            "layout-impossible",
            f"{gpus} accelerators do not divide into {data} data-parallel ranks.",
            f"Take {' or '.join(map(str, near))}.",
        )
    if shape.experts and shape.experts % expert:
        near = [n for n in range(1, shape.experts + 1) if shape.experts % n == 0 and abs(n - expert) <= expert][-3:]
        raise UserError(
            "layout-impossible", f"{shape.experts} experts do not spread evenly over {expert}.", f"Take {' or '.join(map(str, near))}."
        )
    found = [Layout(tensor=n // data, data=data, expert=expert) for n in ((gpus,) if gpus else [data * count for count in COUNTS])]
    fitting = [layout for layout in found if layout.gpus % expert == 0]
    if not fitting:
        most = found[-1].gpus
        raise UserError(
            "layout-impossible", f"Experts spread over {expert} do not fit {most} accelerators.", f"Take expert=... that divides {most}."
        )
    return fitting


def _drafting(terms: dict[str, str | float], shape: ModelArchitecture, context: ToolContext) -> Drafting | None:
    if "draft" not in terms:
        loose = [name for name in ("accept", "draft_model") if name in terms]
        if loose:
            raise UserError(
                "draft-impossible", f"{loose[0]}=... says nothing without draft=...", "Give the tokens drafted a step, draft=4."
            )
        return None
    if "accept" not in terms:
        raise UserError(
            "draft-impossible",
            "How many drafted tokens the model keeps decides whether drafting pays, and was not said.",
            "Give accept=..., the share that is kept; published ones lie between 0.5 and 0.9.",
        )
    tokens, accept = _whole("draft", terms), float(terms["accept"])
    if "draft_model" not in terms:
        return Drafting(tokens, accept)
    draft = find_subject(str(terms["draft_model"]), context).shape
    if draft.kind != "decoder" or abs(draft.vocab / shape.vocab - 1) > 0.01:
        near = [
            m.name
            for m in catalog.models().entries.values()
            if m.kind == "decoder" and m.family == shape.family and m.vocab == shape.vocab and m.params_b < shape.params_b / 4
        ]
        raise UserError(
            "draft-impossible",
            f"{draft.name} does not write the tokens of {shape.name}, so it cannot draft for it.",
            f"Models with the same vocabulary: {', '.join(near[:4])}."
            if near
            else "Leave draft_model out: drafts then come from the prompt.",
            {"nearest": near[:4]},
        )
    return Drafting(tokens, accept, draft, weight_format("", draft))
