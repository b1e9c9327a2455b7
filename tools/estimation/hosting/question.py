"""The question as the search needs it: which models, how much traffic, which targets, where, and what people's time costs.

Reads the arguments, and says what had to be assumed (`assumed`): the peak over the mean, running work, the work of moving. Nothing is
priced or sized here. An API model's open stand-in is the one named, its own weights, or else the cheapest open model for the same tasks.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from math import inf

from knowledge import catalog, prices_here
from knowledge.errors import UserError
from knowledge.own_prices import OwnPrices
from knowledge.ranges import Range
from knowledge.schemas import Accelerator, ApiModel, ModelArchitecture, Rented
from tools.contracts.tool import ToolContext
from tools.estimation.api.alternatives import same_tasks
from tools.estimation.api.cost import EXACT, Traffic, likely_cost
from tools.estimation.architecture import Subject, find_subject
from tools.estimation.hosting.audited import Counted, counted
from tools.estimation.hosting.people import Work, people
from tools.estimation.serving.sizing import Target
from tools.estimation.terms_text import Known, read_terms
from tools.estimation.tool import ChooseHosting
from tools.estimation.traffic import DEFAULT, PEAK_LIMITS, SECONDS_PER_MONTH, Arrivals, Assumed, arrivals

#: Keys of `--terms` with the least and the most that a number may be; None = a name.
TERMS: Known = {
    "provider": None,
    "region": None,
    "quality": (0.0, 1.0),
    "peak": PEAK_LIMITS,
    "cached": (0.0, 1.0),
    "running": (0.0, 1e7),
    "moving": (0.0, 1e8),
    "options": (1.0, 50.0),
    "marketplace": ("no", "yes"),
    "usage": (0.001, 1000.0),
    "gpu": None,
    "staying": (0.0, 1e9),
}
OPTIONS = 5  # of each kind
ANYWHERE = "any"


_CARDS = re.compile(r"(?i)(?:(\d{1,2})\s*x\s+)?(.+)")


@dataclass(frozen=True)
class Held:
    """The accelerator that is asked about; `count`: as many to a replica, 0 = as many as cost least."""

    chip: Accelerator
    count: int = 0

    @property
    def name(self) -> str:
        """As it was asked for."""
        return f"{self.count} x {self.chip.name}" if self.count else self.chip.name


@dataclass(frozen=True)
class Question:
    """Everything that the search reads. `shape` None: no open model is known to stand in."""

    shape: ModelArchitecture | None
    api: ApiModel | None
    how_open: str  # how the open model came to be: named, weights, offered, ""
    reading: str
    requests_per_month: float
    peak_per_second: float
    input_tokens: float
    output_tokens: float
    cached_share: float  # of the input: read from the seller's prompt cache, or found in the engine's prefix cache
    target: Target
    precision: str
    floor: float
    provider: str
    region: str
    marketplace: bool  # machines of strangers and desktop cards are ranked with the others: asked for, or their seller is named
    shown: int
    work: Work
    own: OwnPrices
    today: date
    assumed: tuple[Assumed, ...]
    counted: Counted | None = None  # the traffic is that of an audited bill
    held: Held | None = None  # the machines that are asked about; others stand beside them
    paid: Decimal | None = None  # USD a month for what is used now, billed or stated; None = the list price of its tokens

    @property
    def peak_over_mean(self) -> float:
        """How much denser the peak is than the month."""
        return self.peak_per_second * SECONDS_PER_MONTH / self.requests_per_month

    @property
    def is_other(self) -> bool:
        """Whether the open model is another one than the API model in use."""
        return self.api is not None and (self.shape is None or self.api.weights != self.shape.name)

    @property
    def is_named(self) -> bool:
        """Whether the open model was named, or is what the API model runs."""
        return self.how_open in ("named", "weights")

    @property
    def traffic(self) -> Traffic:
        """The month as tokens are charged."""
        return _traffic(self.requests_per_month, self.input_tokens, self.output_tokens, self.cached_share)

    @property
    def new_tokens(self) -> float:
        """Input tokens of a request that are read anew."""
        return max(1.0, self.input_tokens * (1 - self.cached_share))


def read(args: ChooseHosting, context: ToolContext) -> Question:
    """The question.

    Raises UserError `argument-missing`, `argument-invalid`, `terms-unreadable`, `unknown-provider`, `unknown-region-price`,
    `context-too-long`, and the codes of the model look-ups.
    """
    terms = read_terms(args.terms, TERMS, "provider=aws, peak=4")
    api = _api_model(args.model)
    billed = counted(args, float(terms["usage"]), context.session) if "usage" in terms else None
    if billed is not None:
        lengths = {"input_tokens": billed.input_tokens, "output_tokens": billed.output_tokens}
        args = args.model_copy(update={"requests_per_month": billed.requests, **lengths})
    arriving = _arrivals(args, terms)
    month = arriving.month or 0.0
    cached = float(terms.get("cached", 0.0 if billed is None else billed.month.cached_share))
    traffic = _traffic(month, args.input_tokens, args.output_tokens, cached)
    shape, how, reading = _open_model(args, api, traffic, context)
    _check_length(shape, args)
    work, more = people(terms, context)
    provider = _renter(str(terms.get("provider", "")))
    return Question(
        shape=shape,
        api=api,
        how_open=how,
        reading=reading,
        requests_per_month=month,
        peak_per_second=arriving.peak,
        input_tokens=args.input_tokens,
        output_tokens=args.output_tokens,
        cached_share=cached,
        target=Target(args.ttft_ms / 1e3 or inf, args.tpot_ms / 1e3 or inf),
        precision=args.precision,
        floor=float(terms.get("quality", 0.0)),
        provider=provider,
        region=_region(str(terms.get("region", "")).lower(), provider),
        marketplace=terms.get("marketplace") == "yes" or bool(provider),
        shown=int(float(terms.get("options", OPTIONS))),
        work=work,
        own=context.session.own_prices,
        today=date.today(),
        assumed=(*filter(None, (arriving.assumed, billed.assumed if billed else None)), *([] if billed else _lengths(args)), *more),
        counted=billed,
        held=_held(str(terms.get("gpu", ""))),
        paid=Decimal(str(terms["staying"])) if "staying" in terms else billed.usd if billed is not None else None,
    )


def _arrivals(args: ChooseHosting, terms: dict[str, str | float]) -> Arrivals:
    if not args.requests_per_month and not args.requests_per_second:
        raise UserError(
            "argument-missing",
            "choose_hosting needs --requests-per-month or --requests-per-second.",
            "Give the requests of a month, those a second at the peak, or both.",
        )
    return arrivals(args.requests_per_month, args.requests_per_second, float(terms["peak"]) if "peak" in terms else None)


def _held(name: str) -> Held | None:
    """ "L4", or "2 x L4" for two to a replica. Raises UserError `unknown-accelerator`."""
    found = _CARDS.fullmatch(name.strip())
    return None if found is None else Held(catalog.accelerator(found.group(2)), int(found.group(1) or 0))


def _api_model(name: str) -> ApiModel | None:
    found = None if name.startswith(("/", "./", "../", "~")) else catalog.find_api_model(name)
    if found is not None and found.price_on().output is None:
        raise UserError(
            "no-output-price",
            f"No price of output tokens is known for {found.name} ({', '.join(found.tasks)}): it does not write text.",
            "Name a model that writes; price_api prices the others.",
        )
    return found


def _subject(name: str, or_api: bool, context: ToolContext) -> Subject:
    """The open model; where the name could be an API model's too, its nearest names are offered beside."""
    try:
        return find_subject(name, context)
    except UserError as error:
        if error.code != "unknown-model" or not or_api:
            raise
        near = [*catalog.api_models().nearest(name, 2), *catalog.models().nearest(name, 2)]
        raise UserError(
            "unknown-model", error.message, f"Did you mean {' or '.join(near)}?" if near else error.hint, {"nearest": near}
        ) from None


def _open_model(
    args: ChooseHosting, api: ApiModel | None, traffic: Traffic, context: ToolContext
) -> tuple[ModelArchitecture | None, str, str]:
    if args.open_model or api is None:
        subject = _subject(args.open_model or args.model, not args.open_model, context)
        return subject.shape, "named", subject.reading
    if api.weights:
        return catalog.model(api.weights), "weights", ""
    with_weights = []
    for model, price in same_tasks(api, date.today()):
        shape = catalog.models().find(model.weights) if model.weights else None
        if shape is not None and shape.kind == "decoder" and shape.max_context >= traffic.input_tokens + traffic.output_tokens:
            with_weights.append((likely_cost(price, traffic, _tokens(traffic)), shape.name))
    if not with_weights:
        return None, "", ""
    return catalog.model(min(with_weights)[1]), "offered", ""


def _traffic(month: float, inputs: float, outputs: float, cached: float) -> Traffic:
    return Traffic(*(Decimal(str(v)) for v in (month, inputs, outputs, cached)))  # through text, so that 0.1 stays a tenth


def _lengths(args: ChooseHosting) -> list[Assumed]:
    """The lengths that were not said."""
    given = {"input": args.input_tokens, "output": args.output_tokens}
    return [
        Assumed(
            f"{name.capitalize()} tokens a request",
            Range.exact(value),
            "tokens",
            DEFAULT,
            f"--{name}-tokens",
            f'say "400 {name} tokens" to change it',
        )
        for name, value in given.items()
        if f"{name}_tokens" not in args.model_fields_set
    ]


def _tokens(traffic: Traffic) -> dict[str, Decimal]:
    with localcontext(EXACT):
        return dict(traffic.tokens())


def _check_length(shape: ModelArchitecture | None, args: ChooseHosting) -> None:
    wanted = args.input_tokens + args.output_tokens
    if shape is not None and shape.kind == "decoder" and wanted > shape.max_context:
        raise UserError(
            "context-too-long",
            f"{shape.name} reads and writes at most {shape.max_context:,} tokens; {wanted:,.0f} were asked for.",
            "Shorten the request, or name a model with a longer context.",
            {"nearest": [str(shape.max_context)]},
        )


def _renter(name: str) -> str:
    """The provider where it rents machines out; who only sells tokens narrows no machines. Raises UserError `unknown-provider`."""
    known = prices_here.known_provider(name)
    return known if any(one.provider == known for one in _rented()) else ""


def _region(name: str, provider: str) -> str:
    if name in ("", ANYWHERE):
        return name
    sold = {r for one in _rented() for r in one.listed if provider in ("", one.provider)}
    if name not in sold:
        from rapidfuzz import process

        near = [hit[0] for hit in process.extract(name, sorted(sold), limit=3, score_cutoff=50)]
        raise UserError(
            "unknown-region-price",
            f'No machine with a known price is in "{name[:40]}".',
            f"Did you mean {' or '.join(near)}?" if near else "Name a region as its cloud does, or any.",
            {"nearest": near},
        )
    return name


def _rented() -> list[Rented]:
    return [*catalog.instances().entries.values(), *catalog.cpu_machines().entries.values()]
