"""The tokens that the conversation's audits counted, by model and token type, with what was billed for them.

Taken from the newest audit where it has told cached tokens from the rest of the input; for models that it could not price, from the
lines of the bills. Every token is counted once: where a model has rows with money, rows without money of the same model are
taken for a repetition of them, as the audit takes them. Prices nothing.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from knowledge import catalog
from knowledge.schemas import ApiModel
from tools.contracts.cost_line import Bill, CostLine
from tools.contracts.tool import Session

#: Types that one price covers; a bill may also say "batch" or nothing, which does not tell input from output.
TYPES = ("input", "cached", "cache_write", "output", "reasoning")
REQUESTS = "requests"


@dataclass
class ModelUse:
    """One model as the bill names it. `billed` is None where the file has no money for it."""

    model: str
    entry: ApiModel | None
    tokens: dict[tuple[str, bool], Decimal] = field(default_factory=dict)  # (token type, in a batch) -> count
    billed: Decimal | None = None
    currency: str = ""
    unsplit: Decimal = Decimal(0)  # tokens of which the rows do not say the type
    note: str = ""

    def add(self, token_type: str, batch: bool, count: Decimal) -> None:
        """Counts tokens of a type."""
        key = (token_type, batch)
        self.tokens[key] = self.tokens.get(key, Decimal(0)) + count

    def add_money(self, amount: Decimal) -> None:
        """Counts what was billed."""
        self.billed = (self.billed or Decimal(0)) + amount


@dataclass(frozen=True)
class UsageTable:
    """All of it, and what the files say of themselves. `months` is None where no file states its period."""

    uses: tuple[ModelUse, ...]
    files: tuple[str, ...]
    months: Decimal | None
    bound: str  # exact, lower, upper or open: on which side of the true list cost a total of it stands
    declared: tuple[str, ...]

    @property
    def reproduce(self) -> str:
        """The command that prices the same files again."""
        files = [word for name in self.files for word in ("--file", name)]
        return shlex.join(["python", "-m", "app", "ask", "price my usage at today's list prices", *files])


def usage_of(session: Session) -> UsageTable:
    """The usage of the conversation; without uses where no audited file counts tokens."""
    audit = session.audit
    found = _checked(audit.get("price_check") or ())
    priced = audit.get("priced_usage") or {}
    unpaid = _unpaid(priced)
    found.update({name: use for name, use in unpaid.items() if name not in found})
    for bill in _latest(session.bills):
        lines: dict[str, ModelUse] = {}
        for line in bill.lines:
            _add_line(lines, line, bill)
        found.update({name: use for name, use in lines.items() if name not in found})
    uses = [use for use in found.values() if use.tokens or use.unsplit]
    used = bool(set(unpaid) & {use.model.casefold() for use in uses})
    files = [entry["file"] for entry in audit.get("files") or ()] or [name for bill in session.bills for name in bill.files]
    return UsageTable(
        uses=tuple(sorted(uses, key=lambda use: (-(use.billed or 0), use.model))),
        files=tuple(dict.fromkeys(files)),
        months=_months(session),
        bound=str(priced.get("bound", "exact")) if used else "exact",
        declared=tuple(priced.get("declared", ())) if used else (),
    )


def _latest(bills: Iterable[Bill]) -> list[Bill]:
    return list({bill.id: bill for bill in bills}.values())


def _months(session: Session) -> Decimal | None:
    """Length of the period of all files together, as the newest audit or else the bills state it."""
    period = session.audit.get("period") or {}
    if period.get("months"):
        return Decimal(str(period["months"]))
    if period.get("days"):
        return Decimal(str(period["days"])) * 12 / 365
    lengths = {bill.months for bill in _latest(session.bills)}
    return lengths.pop() if len(lengths) == 1 else None


def _checked(lines: Iterable[Mapping[str, Any]]) -> dict[str, ModelUse]:
    """Models whose rows have money and a list price."""
    found: dict[str, ModelUse] = {}
    for line in lines:
        use = _use(found, str(line["model"]), str(line["list_name"]), str(line.get("note", "")))
        use.currency = str(line.get("currency", ""))
        use.add_money(Decimal(str(line["billed_text"])))
        for part in line["prices"]:
            use.add(str(part["token_type"]), bool(line.get("batch")), Decimal(str(part["tokens"])))
    return found


def _unpaid(priced: Mapping[str, Any]) -> dict[str, ModelUse]:
    """Models whose rows have no money; `missing` are the tokens of which the audit knew no price."""
    found: dict[str, ModelUse] = {}
    for line in priced.get("lines", ()):
        use = _use(found, str(line["model"]), str(line["list_name"]), str(line.get("note", "")))
        use.add(str(line["token_type"]), bool(line.get("batch")), Decimal(str(line["tokens"])))
    for gap in priced.get("missing", ()):
        use = _use(found, str(gap["model"]), "", "")
        _count(use, str(gap["token_type"]), "batch" in str(gap.get("reason", "")), Decimal(str(gap["tokens"])))
    return found


def _count(use: ModelUse, token_type: str, batch: bool, count: Decimal) -> None:
    if token_type in (*TYPES, REQUESTS):
        use.add(token_type, batch, count)
    else:
        use.unsplit += count


def _use(found: dict[str, ModelUse], model: str, list_name: str, note: str) -> ModelUse:
    entry = catalog.api_models().entries.get(list_name) or entry_of(model)
    return found.setdefault(model.casefold(), ModelUse(model, entry, note=note))


def _add_line(found: dict[str, ModelUse], line: CostLine, bill: Bill) -> None:
    if line.x_kind != "api_tokens" or not line.x_model:
        return
    use = found.setdefault(
        line.x_model.casefold(), ModelUse(line.x_model, entry_of(line.x_model, line.ProviderName), currency=bill.currency)
    )
    use.add_money(bill.cost_of(line))
    if line.ConsumedQuantity is not None and line.ConsumedUnit == "tokens":
        _count(use, line.x_token_type, line.x_pricing == "batch", line.ConsumedQuantity)


def entry_of(model: str, provider: str = "") -> ApiModel | None:
    """The catalogue's entry of a name in a bill: at the named seller, by itself, or without a gateway's prefix."""
    return next((found for name in _names(model, provider) if (found := catalog.find_api_model(name))), None)


def _names(model: str, provider: str) -> Iterator[str]:
    seller = catalog.providers().get(provider.strip().lower(), "")
    if seller:
        yield f"{seller}/{model}"
    yield model
    while "/" in model:
        model = model.partition("/")[2]
        yield model
