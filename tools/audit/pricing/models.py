"""What each model was used for and what it cost, with the list cost of its tokens by type: the common ground of the API rules.

Money follows the bill where there is a bill: a part of the list cost is carried over to the billed amount in proportion,
so discounts stay in and a part never exceeds the whole. Usage without money stays at list prices, in USD, and says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from knowledge import catalog
from knowledge.schemas import ApiModel, TokenPrice
from knowledge.source import Tier
from tools.audit.findings.rule import Match
from tools.audit.pricing.use import ZERO, Reading, Use, parts, price_entry, tokens_of

_STEP = Decimal("1e-9")
Interval = tuple[Decimal, Decimal, Decimal]


@dataclass
class ModelCost:
    """One model as the bill names it. Tokens are counted once each; `listed` is None for a type without a list price."""

    model: str
    entry: ApiModel | None
    price: TokenPrice | None  # of the last day of use
    reading: Reading
    tokens: dict[str, Decimal] = field(default_factory=dict)
    listed: dict[str, Decimal | None] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    billed: Decimal | None = None  # None: the file has no money for it
    counted_billed: Decimal | None = None  # the part of it on rows that count tokens
    today: date = date.max
    currency: str = "USD"
    places: tuple[int, ...] = ()
    rows: int = 0
    day: date | None = None  # last day of use

    @property
    def input_total(self) -> Decimal:
        """All tokens sent: fresh, read from the cache, written to it."""
        return sum((self.tokens.get(name, ZERO) for name in ("input", "cached", "cache_write")), ZERO)

    @property
    def output(self) -> Decimal:
        """Tokens written by the model; reasoning tokens billed on a line of their own included."""
        return self.tokens.get("output", ZERO) + self.tokens.get("reasoning", ZERO)

    @property
    def list_total(self) -> Decimal | None:
        """List cost in USD; None where a type has no price."""
        if not self.listed or any(cost is None for cost in self.listed.values()):
            return None
        return sum((cost for cost in self.listed.values() if cost is not None), ZERO)

    def requests(self) -> Decimal | None:
        """Requests behind the tokens: as stated, or one a row where each row is one; None where not known."""
        counts = [self.requests_of(use) for use in self.uses]
        known = [count for count in counts if count is not None]
        return sum(known, ZERO) if known and len(known) == len(counts) else None

    def requests_of(self, use: Use) -> Decimal | None:
        """Requests behind one use."""
        if use.requests is not None:
            return use.requests
        return Decimal(use.rows) if use.source in self.reading.logs and not use.token_type else None

    def money(self, part: Decimal, token_type: str = "") -> Decimal | None:
        """A part of the list cost as money of the bill; of the list where nothing was billed. None where it cannot be known.

        Where the bill charges `token_type` on lines of its own, those lines are what the part is taken from.
        """
        own = [use for use in self.uses if use.token_type == token_type and use.billed is not None] if token_type else []
        listed = self.listed.get(token_type)
        if own and listed:
            return (sum((use.billed or ZERO for use in own), ZERO) * part / listed).quantize(_STEP)
        total = self.list_total
        if self.counted_billed is not None and total:
            part = self.counted_billed * part / total
        elif self.billed is not None:
            return None
        return part.quantize(_STEP)

    def output_money(self) -> Decimal | None:
        """What the output cost, reasoning on lines of its own included."""
        paid = ZERO
        for name in ("output", "reasoning"):
            if name in self.listed:
                listed = self.listed[name]
                part = None if listed is None else self.money(listed, name)
                if part is None:
                    return None
                paid += part
        return paid or None

    def found(self, detail: str, amount: Decimal | None, saving: Interval | None, note: str = "", why: str = "") -> Match:
        """A finding with its saving worked out."""
        unpriced = self.billed is None
        said = "; ".join(filter(None, (note, "at list prices, not billed" if unpriced and saving else "")))
        return Match(
            detail,
            None if unpriced else amount,
            self.rows,
            self.places,
            saving,
            said,
            why=why,
            tier=Tier.ASSUMED,
            currency="USD" if unpriced and saving else "",
        )

    def source(self) -> str:
        """Where the price was read, with its day."""
        if self.entry is None or self.price is None:
            return ""
        return said_source(self.entry, self.price)


def said_source(entry: ApiModel, price: TokenPrice) -> str:
    """`github.com/... (checked 2026-08-21, old)`."""
    source = catalog.source_of(entry, price.source)
    return f"{source.ref} ({catalog.checked(source)})"


def cost_models(reading: Reading, currency: str, today: date) -> list[ModelCost]:
    """All named models, dearest first."""
    by_model: dict[str, list[Use]] = {}
    for use in reading.uses:
        by_model.setdefault(use.model, []).append(use)
    models = [_model(model, uses, reading, currency, today) for model, uses in by_model.items() if model]
    return sorted(models, key=lambda one: (-(one.billed or ZERO), -(one.list_total or ZERO), one.model))


def ranked(matches: Iterable[Match]) -> list[Match]:
    """Largest money first: the amount, else the likely saving; names settle ties."""
    return sorted(matches, key=lambda m: (-(m.amount or ZERO), -(m.saving[1] if m.saving else ZERO), m.detail))


def _model(model: str, uses: list[Use], reading: Reading, currency: str, today: date) -> ModelCost:
    """Tokens come from the rows with money where those count tokens: a usage export beside a cost export repeats them."""
    paid = [use for use in uses if use.billed is not None]
    counted = [use for use in paid if tokens_of(use, reading)] or [use for use in uses if use.billed is None]
    days = [use.day for use in counted if use.day]
    known = next((use.listed for use in counted if use.listed), None)
    one = ModelCost(
        model, known.entry if known else None, price_entry(known.entry, max(days, default=None), today) if known else None, reading
    )
    one.uses, one.day = counted, max(days, default=None)
    for use in counted:
        price = price_entry(known.entry, use.day, today) if known else None
        found = parts(use, reading, price) if price else []
        for name, count in tokens_of(use, reading).items():
            one.tokens[name] = one.tokens.get(name, ZERO) + count
        for part in found:
            before = one.listed.get(part.token_type, ZERO)
            one.listed[part.token_type] = None if before is None or part.cost is None else before + part.cost
    of_rows = paid or counted
    one.billed = sum((use.billed or ZERO for use in paid), ZERO) if paid else None
    with_money = [use.billed for use in counted if use.billed is not None]
    one.counted_billed = sum(with_money, ZERO) if with_money else one.billed
    one.today = today
    one.currency = currency if paid else "USD"
    one.rows = sum(use.rows for use in of_rows)
    one.places = tuple(sorted({place for use in of_rows for place in use.places})[:20])
    return one


def cost_elsewhere(one: ModelCost, price: TokenPrice) -> Decimal | None:
    """List cost of the same tokens at another price; None where a type has none. Batch use stays batch use."""
    total = ZERO
    for use in one.uses:
        for part in parts(use, one.reading, price):
            if part.cost is None:
                return None
            total += part.cost
    return total
