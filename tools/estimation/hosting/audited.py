"""A month of an API model as the conversation's audit counted it: tokens, requests where the bill counts them, and what was billed.

`month` takes the audit's own sums over the length of its period; `traffic` makes requests of it. Where the bill counts no requests and
nobody said them, an answer's length is assumed, within a range. Prices nothing and sizes nothing.
"""

from dataclasses import dataclass
from decimal import Decimal

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.schemas import ApiModel
from tools.contracts.tool import Session
from tools.estimation.api.usage_table import ModelUse, usage_of
from tools.estimation.tool import ChooseHosting
from tools.estimation.traffic import DEFAULT, Assumed

#: Output tokens of a request where nobody counts requests: the default of `--output-tokens`, a third of it and three times as many.
ANSWER = Range(100.0, 300.0, 900.0)
_LENGTH = "Output tokens a request"
_INPUT = ("input", "cached", "cache_write")
_OUTPUT = ("output", "reasoning")


@dataclass(frozen=True)
class Audited:
    """A month on the bill. `usd` is None where it has no money in dollars for the model, `requests` where it counts none."""

    model: str
    inputs: Decimal  # with those that came from the prompt cache
    cached: Decimal
    outputs: Decimal
    requests: Decimal | None
    usd: Decimal | None
    files: tuple[str, ...]
    parents: tuple[str, ...]  # records of the audit that these are sums of

    @property
    def cached_share(self) -> float:
        """Of the input, read from the prompt cache."""
        return float(self.cached / self.inputs)


@dataclass(frozen=True)
class Counted:
    """The requests and lengths that an audited month means. `wide`: by how much lengths may be off, lowest and highest."""

    month: Audited
    requests: float
    input_tokens: float
    output_tokens: float
    assumed: Assumed | None
    times: float  # the traffic that is asked about over that of the bill

    @property
    def wide(self) -> tuple[float, float] | None:
        """The ends of an assumed length over its likely value; None where nothing is assumed."""
        return None if self.assumed is None else (float(ANSWER.low) / float(ANSWER.likely), float(ANSWER.high) / float(ANSWER.likely))

    @property
    def usd(self) -> Decimal | None:
        """What staying costs as it was billed."""
        return None if self.month.usd is None else self.month.usd * Decimal(str(self.times))


def month(session: Session, api: ApiModel | None) -> Audited | None:
    """The audited month of a model; None where no audit tells its input from its output, or how many months it covers."""
    table = usage_of(session)
    uses = [use for use in table.uses if api is not None and use.entry is not None and use.entry.name == api.name]
    if api is None or not uses or not table.months or any(use.unsplit for use in uses):
        return None
    inputs, cached, outputs = (_tokens(uses, kinds) / table.months for kinds in (_INPUT, ("cached",), _OUTPUT))
    if not inputs or not outputs:
        return None
    requests = _requests(session, uses)
    billed = [use.billed for use in uses if use.billed is not None and use.currency == "USD"]
    return Audited(
        model=api.name,
        inputs=inputs,
        cached=cached,
        outputs=outputs,
        requests=None if requests is None else requests / table.months,
        usd=sum(billed, Decimal(0)) / table.months if len(billed) == len(uses) else None,
        files=table.files,
        parents=_records(session),
    )


def _tokens(uses: list[ModelUse], kinds: tuple[str, ...]) -> Decimal:
    return sum((count for use in uses for (kind, _), count in use.tokens.items() if kind in kinds), Decimal(0))


def _requests(session: Session, uses: list[ModelUse]) -> Decimal | None:
    """What the audit counted as requests of these models; None where one of them has no count."""
    named = {use.model.casefold() for use in uses}
    lines = [one for one in session.audit.get("models") or () if str(one.get("model", "")).casefold() in named and one.get("requests")]
    found = {str(one["model"]).casefold(): Decimal(str(one["requests"])) for one in lines}
    return sum(found.values(), Decimal(0)) if found.keys() == named else None


def _records(session: Session) -> tuple[str, ...]:
    """The audit's tables of tokens and their cost, newest first of each."""
    newest = {
        record.inputs.get("table"): record.id
        for record in session.evidence
        if record.inputs.get("kind") == "audit table" and record.inputs.get("table") in ("models", "price_check", "priced_usage")
    }
    return tuple(newest.values())


def counted(args: ChooseHosting, times: float, session: Session) -> Counted:
    """What the audited month of `args.model` means as traffic. Raises UserError `model-not-in-usage`, `argument-invalid`."""
    api = catalog.find_api_model(args.model)
    found = month(session, api)
    if found is None:
        raise UserError(
            "model-not-in-usage",
            f"No audited file of this conversation tells input from output tokens of {args.model}, over a known period.",
            "Name a model that the bill counts, or give --requests-per-month, --input-tokens and --output-tokens.",
        )
    lengths = args.model_fields_set & {"input_tokens", "output_tokens"}
    if args.requests_per_second or (args.requests_per_month and lengths):
        raise UserError(
            "argument-invalid",
            "The bill's tokens and the lengths or the peak that were given say the same traffic twice.",
            "With usage=1 give the requests of a month, or the tokens of a request, or neither.",
        )
    requests, assumed = found.requests, None
    if args.requests_per_month:
        requests = Decimal(str(args.requests_per_month))
    elif len(lengths) == 2:
        requests = (found.inputs + found.outputs) / Decimal(str(args.input_tokens + args.output_tokens))
    elif "output_tokens" in lengths:
        requests = found.outputs / Decimal(str(args.output_tokens))
    elif "input_tokens" in lengths:
        requests = found.inputs / Decimal(str(args.input_tokens))
    elif requests is None:
        requests = found.outputs / Decimal(str(ANSWER.likely))
        assumed = Assumed(_LENGTH, ANSWER, "tokens", DEFAULT, "--requests-per-month", 'say "500,000 requests a month" to change it')
    per = [float(tokens / requests) for tokens in (found.inputs, found.outputs)]
    return Counted(found, float(requests) * times, per[0], per[1], assumed, times)


def plainly(args: ChooseHosting, found: Counted) -> ChooseHosting:
    """The same question with the bill's figures as arguments: it needs no audit beside it, so it can be asked again."""
    kept = [part.strip() for part in args.terms.split(",") if part.partition("=")[0].strip() not in ("usage", "")]
    terms = [*kept, *([] if any(part.startswith("cached") for part in kept) else [f"cached={found.month.cached_share:.6g}"])]
    terms += [] if found.usd is None else [f"staying={found.usd:.2f}"]
    lengths = {"input_tokens": found.input_tokens, "output_tokens": found.output_tokens}
    return args.model_copy(update={"requests_per_month": found.requests, **lengths, "terms": ", ".join(terms)})
