"""The reconciliation as a person draws it, and one evidence record for each table of sums, from what an audit found.

Every amount in the files = counted + left out, per currency and as billed; rows that could not be read stand beside it,
without money. Judges no row (see reconcile.py) and adds nothing up but these lines. Money in the files' currencies.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from knowledge.source import Tier
from tools.audit.report import plain
from tools.contracts.evidence import Evidence, SourceRef

if TYPE_CHECKING:
    from tools.audit.outcome import Outcome

#: Result key -> (claim, name of an entry, its money).
TABLES: dict[str, tuple[str, Callable[[Mapping[str, Any]], str], str]] = {
    "by_kind": ("Sums by kind", lambda entry: str(entry["kind"]), "cost"),
    "services": ("Sums by service", lambda entry: str(entry["name"]), "cost"),
    "categories": ("Sums by charge category", lambda entry: str(entry["category"]), "amount_text"),
    "teams": ("Sums by team", lambda entry: str(entry["name"]), "cost"),
    "environments": ("Sums by environment", lambda entry: str(entry["name"]), "cost"),
    "regions": ("Sums by region", lambda entry: str(entry["name"]), "cost"),
    "accounts": ("Sums by account or project", lambda entry: str(entry["name"]), "cost"),
    "providers": ("Sums by provider", lambda entry: str(entry["name"]), "cost"),
    "days": ("Sums by day", lambda entry: str(entry["day"]), "cost"),
    "models": ("Sums by model and token type", lambda entry: f"{entry.get('model', '')} {entry.get('token_type', '')}".strip(), "cost"),
}
_MOST_INPUTS = 400


def reconciliation(outcome: "Outcome") -> list[dict[str, Any]]:
    """Lines in reading order: `part` is file, left_out, counted or unknown; `amount_text` is "" where there is no money.

    Rows are reconciled as billed. Where the total is on another basis, two more lines lead from `billed` over `basis` to it."""
    counted: dict[str, Decimal] = {}
    for read in outcome.intake.reads:
        for code, amount in read.tally.totals.items():
            counted[code] = counted.get(code, Decimal(0)) + amount
    left_out = outcome.exclusions
    lines: list[dict[str, Any]] = []
    codes = [code for code in counted if counted[code] or len(counted) == 1]
    for at, code in enumerate(sorted(codes, key=lambda one: -abs(counted[one]))):
        mine = [e for e in left_out if e["currency"] == code or (at == 0 and e["currency"] not in codes)]
        away = sum((Decimal(e["amount_text"]) for e in mine if e["amount_text"] and e["currency"] == code), Decimal(0))
        rows = outcome.count("rows_counted") if len(codes) == 1 else None
        all_rows = outcome.count("rows_read") if len(codes) == 1 else None
        lines.append(_line("file", "Every amount in the files", all_rows, counted[code] + away, code))
        lines += [
            _line("left_out", e["reason"], e["rows"], Decimal(e["amount_text"]) if e["amount_text"] else None, e["currency"]) for e in mine
        ]
        total = outcome.totals.get(code, counted[code])
        if total == counted[code]:
            lines.append(_line("counted", "Counted: the total", rows, total, code))
            continue
        lines.append(_line("billed", "Counted, as billed", rows, counted[code], code))
        lines.append(_line("basis", "Commitments and prepaid units: spread over their use", None, total - counted[code], code))
        lines.append(_line("counted", "The total, on the effective basis", None, total, code))
    if lines and (unread := outcome.count("rows_unknown")):
        lines.append(_line("unknown", "Not understood: amount unreadable", unread, None, ""))
    return lines


def _line(part: str, name: str, rows: int | None, amount: Decimal | None, currency: str) -> dict[str, Any]:
    return {"part": part, "line": name, "rows": rows, "amount_text": "" if amount is None else plain(amount), "currency": currency}


def coverage(outcome: "Outcome") -> dict[str, Any]:
    """Rows by what became of them, and the share of the total that a classification rule explains (None where it cannot be said)."""
    counts = {name: outcome.count(name) for name in ("rows_read", "rows_counted", "rows_excluded", "rows_unknown")}
    one = outcome.sums[0] if len(outcome.sums) == 1 else None
    unexplained = Decimal(0) if one is None else one.by_kind.get("unknown", Decimal(0))
    can_say = one is not None and one.total > 0 and 0 <= unexplained <= one.total
    return {**counts, "explained_share": float(1 - unexplained / one.total) if one is not None and can_say else None}


def is_month(day: object) -> bool:
    """Whether an entry of `days` is the sum of a month (`2026-09`)."""
    return len(str(day)) == len("2026-09")


def _prices(result: Mapping[str, Any]) -> list[tuple[str, str, dict[str, str], str]]:
    """The figures of the price check and of usage priced from the list, each line with the price's day and source."""
    checked = {
        _price_line(line): f"billed {line['billed_text']}, at list price {line['expected_text']} ({line['price_date']}, {line['source']})"
        for line in result.get("price_check") or ()
    }
    usage = result.get("priced_usage") or {}
    priced = {
        _price_line(line): f"{line['cost_text']} at {line['price_text']} ({line['price_date']}, {line['source']})"
        for line in usage.get("lines", ())
    }
    found = (
        ("price_check", "Token cost beside the price list", checked, "billed cost beside tokens x dated list price"),
        ("priced_usage", "Usage at list prices", priced, "tokens x dated list price"),
    )
    return [(name, claim, dict(list(held.items())[:_MOST_INPUTS]), method) for name, claim, held, method in found if held]


def _price_line(line: Mapping[str, Any]) -> str:
    return f"{line['model']} {line['token_type']}{' batch' if line.get('batch') else ''} ({line.get('currency') or 'USD'})"


def table_records(result: Mapping[str, Any], where: str, parents: tuple[str, ...], reproduce: str) -> list[Evidence]:
    """One record for the reconciliation and for each table of sums; its inputs hold the figures that the table shows."""
    records = []
    if result.get("reconciliation"):
        held = {
            f"{line['line']} ({line['currency'] or 'no currency'})": line["amount_text"] or f"{line['rows']} rows"
            for line in result["reconciliation"]
        }
        records.append(
            ("reconciliation", "Reconciliation of the files", held, "amounts of the files = counted + left out, each an exact sum")
        )
    for name, (claim, label, money) in TABLES.items():
        entries = [entry for entry in result.get(name) or () if entry.get(money) is not None]
        if entries:
            held = {
                f"{label(entry) or 'not stated'} ({entry.get('currency') or '-'})": str(entry[money]) for entry in entries[:_MOST_INPUTS]
            }
            claim = "Sums by month" if name == "days" and is_month(entries[0]["day"]) else claim
            records.append((name, claim, held, f"exact sums of the counted rows, by {claim.removeprefix('Sums by ')}"))
    records += _prices(result)
    return [
        Evidence.record(
            tier=Tier.CATALOGUE if name == "priced_usage" else Tier.BILLED,
            claim=claim,
            method=method,
            source=SourceRef(ref=where),
            inputs={"kind": "audit table", "table": name, "basis": result.get("basis", ""), **held},
            parents=parents,
            reproduce=reproduce,
        )
        for name, claim, held, method in records
    ]
