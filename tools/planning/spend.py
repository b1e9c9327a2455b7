"""The monthly baseline: spend lines from audited bills, stated monthly costs, or list prices times stated traffic.

One sum is never counted twice: where a bill covers a workload, the bill wins over what was stated. Bills scale to a
month of 365/12 days. Money is Decimal in one currency; nothing is converted. No effects and no verdicts here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from knowledge.errors import UserError
from knowledge.own_prices import OwnPrices
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.cost_line import Bill, CostLine
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Session
from tools.contracts.workload import Workload
from tools.planning.assumptions import Settings
from tools.planning.facts import in_group, normal
from tools.planning.list_price import list_price

AI_KINDS = ("gpu", "cpu", "api_tokens", "managed_ai")
_BILL_KINDS = {"gpu": "gpu", "managed_ai": "managed_ai", "api_tokens": "api_tokens"}
_PRECISE = Decimal("0.000001")
_MOST_ROWS = 3  # places that the source of a line names


@dataclass(frozen=True)
class SpendLine:
    """One monthly sum with what it pays for."""

    id: str
    name: str
    kind: str  # gpu, cpu, api_tokens, managed_ai, unknown (AI, kind not known), other (not AI)
    cost: Range  # Decimal, a month
    tier: Tier
    evidence: Evidence
    facts: Mapping[str, Any] = field(default_factory=dict)  # token_type, pricing, provider, hardware, region, environment
    rows: tuple[str, ...] = ()
    row_count: int = 0
    tag: str = ""  # workload tag in the bill
    model: str = ""
    utilization: float | None = None  # 0..1, as the bill states it

    @property
    def addressable(self) -> bool:
        """Whether any technique may act on it: positive AI usage of a known kind."""
        return self.kind in AI_KINDS and self.cost.low > 0


@dataclass(frozen=True)
class Case:
    """One workload with the spend lines that pay for it."""

    name: str
    workload: Workload
    lines: tuple[SpendLine, ...]
    described: bool = True  # False: spend in the bill that no stated workload explains

    @cached_property
    def monthly(self) -> Range:
        """Cost of its lines a month."""
        return total(line.cost for line in self.lines)


@dataclass(frozen=True)
class Baseline:
    """All spend in scope."""

    currency: str
    cases: tuple[Case, ...]
    others: tuple[SpendLine, ...]  # not AI, credits, tax
    basis: str
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[SpendLine, ...]:
        """Every line once."""
        return tuple(line for case in self.cases for line in case.lines) + self.others


def total(costs: Iterable[Range]) -> Range:
    """Sum of money ranges; zero for none."""
    result = Range.exact(Decimal(0))
    for cost in costs:
        result = result + cost
    return result


def kind_of(workload: Workload) -> str:
    """What kind of spend a stated workload is, by its own words; "unknown" where they do not tell."""
    if workload.hardware and in_group(workload.hardware, "cpu_hardware"):
        return "cpu"
    if workload.hardware or workload.gpu_count or (workload.stage and normal(workload.stage) == "training"):
        return "gpu"
    if workload.framework and in_group(workload.framework, "modern_engine"):
        return "gpu"
    if (workload.model and in_group(workload.model, "api_model")) or (workload.provider and in_group(workload.provider, "api_vendor")):
        return "api_tokens"
    return "unknown"


def name_of(workload: Workload, position: int) -> str:
    """A workload's name for people: its own, else its model, task, or a number."""
    return workload.name or workload.model or workload.task or f"workload {position}"


def _used_bills(bills: Iterable[Bill]) -> tuple[list[Bill], list[str]]:
    """Bills without repeats: the same bill twice counts once; of two that share services, the one of the latest period."""
    unique = list({bill.id: bill for bill in bills}.values())
    kept: list[Bill] = []
    notes: list[str] = []
    for bill in sorted(unique, key=lambda b: (b.period_end, len(b.files), b.id), reverse=True):
        services = {(line.ProviderName, line.ServiceName) for line in bill.lines if line.x_kind in _BILL_KINDS}
        ids = {line.id for line in bill.lines}
        for other in kept:
            theirs = {(line.ProviderName, line.ServiceName) for line in other.lines if line.x_kind in _BILL_KINDS}
            if set(bill.files) <= set(other.files) or services & theirs or ids & {line.id for line in other.lines}:
                notes.append(f"The bill {', '.join(bill.files)} is left out: {', '.join(other.files)} covers the same services.")
                break
        else:
            kept.append(bill)
    return sorted(kept, key=lambda b: b.id), notes


def _rows_text(rows: Sequence[str]) -> str:
    """`bill.csv Sheet1 rows 2, 3, 4 and more` from `file|sheet|row`."""
    places: dict[str, list[str]] = {}
    for place in rows[:_MOST_ROWS]:
        file, sheet, row = place.rsplit("|", 2) if place.count("|") > 1 else (place, "", "")
        places.setdefault(" ".join(filter(None, (file, sheet))), []).append(row)
    texts = [f"{where} row{'s' if len(found) > 1 else ''} {', '.join(found)}" if any(found) else where for where, found in places.items()]
    return "; ".join(texts) + (" and more" if len(rows) > _MOST_ROWS else "")


def _bill_line(bill: Bill, line: CostLine, months: Decimal) -> SpendLine:
    cost = (bill.cost_of(line) / months).quantize(_PRECISE, ROUND_HALF_UP)
    name = " / ".join(part for part in (line.ServiceName or "unnamed service", line.x_model or line.x_hardware, line.x_token_type) if part)
    usage = line.ChargeCategory in ("Usage", "Purchase") and cost > 0
    if usage and line.x_kind == "unknown" and (line.x_model or line.x_hardware):
        kind = "unknown"
    else:
        kind = _BILL_KINDS.get(line.x_kind, "other") if usage else "other"
    rows = _rows_text(line.x_rows)
    evidence = Evidence.record(
        tier=Tier.BILLED,
        claim=f"Monthly cost of {name}",
        source=SourceRef(ref=rows or ", ".join(bill.files)),
        value=Range.exact(cost),
        unit=f"{bill.currency}/month",
        method=f"{bill.basis} cost of the rows divided by the months that the bill covers",
        inputs={
            "cost": str(bill.cost_of(line)),
            "months": str(months.quantize(_PRECISE)),
            "rows": list(line.x_rows),
            "row_count": line.x_row_count,
            "rule": line.x_rule,
            **({} if line.x_utilization is None else {"utilization": line.x_utilization}),
        },
        parents=bill.evidence_ids,
    )
    facts = {
        "token_type": line.x_token_type,
        "pricing": line.x_pricing,
        "provider": line.ProviderName,
        "hardware": line.x_hardware,
        "region": line.RegionId,
        "environment": line.x_environment,
        "model": line.x_model,
    }
    return SpendLine(
        id=f"line-{line.id}",
        name=name,
        kind=kind,
        cost=Range.exact(cost),
        tier=Tier.BILLED,
        evidence=evidence,
        facts={key: value for key, value in facts.items() if value},
        rows=line.x_rows,
        row_count=line.x_row_count,
        tag=line.x_workload,
        model=line.x_model,
        utilization=line.x_utilization,
    )


def _match(line: SpendLine, named: list[tuple[str, Workload]]) -> str | None:
    """The stated workload that a bill line pays for: by tag, then by model, then as the only one of its kind."""
    for name, workload in named:
        if line.tag and normal(line.tag) in {normal(name), normal(workload.name or ""), normal(workload.task or "")}:
            return name
    for name, workload in named:
        if line.model and workload.model and (normal(workload.model) in normal(line.model) or normal(line.model) in normal(workload.model)):
            return name
    if line.tag:
        return None
    fitting = [name for name, workload in named if kind_of(workload) in (line.kind, "unknown") and not (line.model and workload.model)]
    if line.kind == "managed_ai" and not fitting:
        fitting = [name for name, workload in named if workload.provider and normal(workload.provider) in normal(line.name)]
    return fitting[0] if len(fitting) == 1 else None


def _stated(name: str, workload: Workload) -> SpendLine:
    cost = Decimal(str(workload.monthly_cost_usd))
    evidence = Evidence.record(
        tier=Tier.STATED,
        claim=f"Monthly cost of {name}",
        source=SourceRef(ref="your words"),
        value=Range.exact(cost),
        unit="USD/month",
        method="stated",
        inputs={"workload": name, "field": "monthly_cost_usd"},
    )
    return SpendLine(
        f"stated-{normal(name).replace(' ', '-')}", f"{name} (stated)", kind_of(workload), Range.exact(cost), Tier.STATED, evidence
    )


def _derived(name: str, workload: Workload, own: OwnPrices) -> tuple[SpendLine, str, str] | None:
    """Spend from the user's own or list prices and stated size, where nothing was billed or stated; where it comes from, and a note."""
    found = list_price(name, workload, own)
    if found is None:
        return None
    origin = "your own prices times your stated size" if found.is_own else "dated list prices times your stated size"
    note = f"{name}: the list price it rests on is old; its record says of which day." if found.is_old else ""
    line = SpendLine(
        f"derived-{normal(name).replace(' ', '-')}",
        f"{name} ({'your own price' if found.is_own else 'list price'})",
        kind_of(workload),
        found.monthly,
        Tier.ESTIMATED,
        found.evidence,
        facts=found.facts,
    )
    return line, origin, note


def _from_bills(
    bills: list[Bill], named: list[tuple[str, Workload]], settings: Settings
) -> tuple[dict[str, list[SpendLine]], dict[str, list[SpendLine]], list[SpendLine], list[str]]:
    matched: dict[str, list[SpendLine]] = {}
    loose: dict[str, list[SpendLine]] = {}
    others: list[SpendLine] = []
    notes: list[str] = []
    for bill in bills:
        months = bill.months
        if months is None:
            months = Decimal(str(settings.get("bill_months").likely))
            notes.append(f"{', '.join(bill.files)} states no period; its length is an assumption that you can edit.")
        elif months < _WHOLE_MONTH:
            notes.append(
                f"{', '.join(bill.files)} covers {bill.days or 'less than 30'} days; its cost is taken as usual and scaled to a month. "
                "A whole month would make the plan surer."
            )
        for cost_line in bill.lines:
            line = _bill_line(bill, cost_line, months)
            if line.kind == "other":
                others.append(line)
                continue
            owner = _match(line, named)
            if owner is not None:
                matched.setdefault(owner, []).append(line)
            else:
                loose.setdefault(line.tag or f"{_KIND_WORDS[line.kind]} in the bill", []).append(line)
    return matched, loose, others, notes


#: Shorter bills are scaled up, and that is said.
_WHOLE_MONTH = Decimal("0.9")
_KIND_WORDS = {"gpu": "GPU spend", "api_tokens": "API tokens", "managed_ai": "managed AI services", "unknown": "AI spend of unknown kind"}


def _own_lines(
    name: str, workload: Workload, billed: list[SpendLine], currency: str, kinds_billed: set[str], own: OwnPrices
) -> tuple[list[SpendLine], str, str]:
    """The lines that pay for a stated workload, where they come from, and a note. Spend that a bill may already hold is
    never added to it: counting it twice would be the worse error."""
    if billed:
        both = workload.monthly_cost_usd is not None
        note = f"{name}: the bill and your stated monthly cost cover the same spend; the bill counts." if both else ""
        return billed, "your bill", note
    if kinds_billed & {kind_of(workload)} or (kinds_billed and kind_of(workload) == "unknown"):
        return [], "", f"{name}: no row of the bill names it, so its cost is taken to be part of the bill and is not added again."
    if currency != "USD":
        return [], "", f"{name}: no row of the bill pays for it, and dollars are not added to {currency}; it is left out of the sums."
    if workload.monthly_cost_usd is not None:
        return [_stated(name, workload)], "the monthly cost that you stated", ""
    derived = _derived(name, workload, own)
    if derived is None:
        return [], "", f"{name}: its cost is not known, so it is not in the sums."
    line, origin, note = derived
    return [line], origin, note


def _usable(session: Session) -> tuple[list[Bill], list[str]]:
    """The bills that count, checked. Raises UserError `no-workload`, `mixed-currencies`, `currency-unknown`."""
    bills, notes = _used_bills(session.bills)
    if not session.workloads and not bills:
        raise UserError(
            "no-workload", "There is nothing to plan for yet.", "Describe a workload (model, hardware or API, traffic) or upload a bill."
        )
    currencies = sorted({bill.currency for bill in bills})
    if "" in currencies:
        raise UserError(
            "currency-unknown", "A bill states no currency, so its sums cannot be planned with.", "Audit it again and name the currency."
        )
    if len(currencies) > 1:
        raise UserError(
            "mixed-currencies",
            f"The bills are in {', '.join(currencies)}.",
            "Audit them again into one currency with a rate that you give.",
        )
    return bills, notes


def find_baseline(session: Session, settings: Settings) -> Baseline:
    """The monthly baseline of a session.

    Raises UserError `no-workload` (nothing described, no bill), `no-cost-known` (no money known), `no-ai-spend`,
    `mixed-currencies`, `currency-unknown`.
    """
    bills, notes = _usable(session)
    currency = bills[0].currency if bills else "USD"
    named = unique_names(session.workloads)
    matched, loose, others, more = _from_bills(bills, named, settings)
    notes += more
    cases: list[Case] = []
    sources: set[str] = set()
    kinds_billed = {line.kind for lines in loose.values() for line in lines}
    for name, workload in named:
        lines, origin, note = _own_lines(name, workload, matched.get(name, []), currency, kinds_billed, session.own_prices)
        sources |= {origin} - {""}
        notes += [note] if note else []
        cases.append(Case(name, workload, tuple(lines)))
    for name, lines in sorted(loose.items(), key=lambda item: (-sum(line.cost.likely for line in item[1]), item[0])):
        sources.add("your bill")
        cases.append(Case(name, Workload(name=name), tuple(lines), described=False))
    if not any(case.lines for case in cases):
        if bills and not named:
            raise UserError(
                "no-ai-spend",
                "The bill shows no AI spend: no accelerators, no AI services, no API tokens.",
                "Describe the workload and what it costs, or audit the file with a mapping that names the AI rows.",
            )
        raise UserError(
            "no-cost-known",
            "No AI spend is known yet, so no saving can be computed.",
            "Upload a bill, say what the workload costs a month, or give the model or hardware with its traffic.",
            {"questions": ["monthly_cost_usd"]},
        )
    unique = tuple(dict.fromkeys(notes))
    basis = f"A month of spend from {' and '.join(sorted(sources))}."
    return Baseline(currency, tuple(cases), tuple(others), " ".join([basis, *unique]), unique)


def unique_names(workloads: Sequence[Workload]) -> list[tuple[str, Workload]]:
    """Each workload with its name; a repeated name gets a number."""
    named: list[tuple[str, Workload]] = []
    for i, workload in enumerate(workloads, 1):
        name = name_of(workload, i)
        taken = {normal(other) for other, _ in named}
        named.append((f"{name} {i}" if normal(name) in taken else name, workload))
    return named
