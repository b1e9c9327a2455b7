"""The Bill panel from an audit's result keys: the total, how it adds up, where it goes, and the findings.

Every figure carries the id of its evidence record, found by what the audit claims. A key that the result lacks hides its
part. Adds nothing up: what is drawn is scaled in charts.py, what is written is the audit's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.render import bill_columns as columns
from app.render import bill_prices, charts
from app.render.pages import render
from app.render.words import share_text
from knowledge.ranges import Range
from tools.audit.reconciliation import is_month
from tools.contracts.evidence import Evidence
from tools.contracts.figures import money_text, range_text

Result = Mapping[str, Any]
KINDS = {
    "gpu": "Accelerators (AI)", "managed_ai": "Managed AI services (AI)", "api_tokens": "Model API tokens (AI)",
    "ai_adjacent": "Around AI: vectors, storage, network, logs", "other": "Everything else", "unknown": "Not recognised by any rule",
}  # fmt: skip
MOST_ROWS, MOST_FINDINGS = 200, 60
#: Result key -> (heading, what an entry is, evidence table). Services and days have parts of their own.
_GROUPS = {
    "teams": ("By team or tag", "Team"),
    "environments": ("By environment", "Environment"),
    "regions": ("By region", "Region"),
    "accounts": ("By account or project", "Account or project"),
    "providers": ("By provider", "Provider"),
}


@dataclass(frozen=True)
class Group:
    """One breakdown: a chart and the same figures as a table; `id` leads to the record that holds them."""

    title: str
    head: tuple[str, ...]
    bars: Sequence[charts.Bar]
    rows: Sequence[tuple[str, ...]]
    left: int
    id: str


@dataclass
class _Origins:
    """Evidence ids of the newest audit by claim, by table, and by finding."""

    records: Sequence[Evidence]
    by_claim: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for record in self.records:
            self.by_claim.setdefault((record.claim, record.unit), record.id)

    def claim(self, start: str, unit: str = "") -> str:
        return next((i for (claim, of), i in self.by_claim.items() if claim.startswith(start) and (not unit or of == unit)), "")

    def table(self, name: str) -> str:
        return next((r.id for r in self.records if r.inputs.get("kind") == "audit table" and r.inputs.get("table") == name), "")

    def finding(self, entry: Result) -> str:
        named = (entry.get("rule"), entry.get("detail"), entry.get("rows"))
        found = (r for r in self.records if "rule" in r.inputs)
        exact = next((r.id for r in found if (r.inputs["rule"], str(r.inputs.get("detail"))[:160], r.inputs.get("rows")) == named), "")
        return exact or next((r.id for r in self.records if r.inputs.get("rule") == named[0] and r.inputs.get("detail") == named[1]), "")


def amount(value: Any, currency: str) -> str:
    """Money as the chat writes it; without a currency just the number."""
    return money_text(Decimal(str(value)), currency).strip()


def bill(result: Result, records: Sequence[Evidence], problem: Mapping[str, Any] | None, args: Mapping[str, Any]) -> str:
    """The panel. `problem` is the error of a newer audit that did not finish, `args` those of the shown one."""
    if not result:
        return render("bill_empty.html", problem=problem)
    known, currency = _Origins(records), str(result.get("currency") or "")
    return render(
        "bill.html",
        problem=problem,
        totals=[
            (amount(one["total_text"], one["currency"]), one["currency"], known.claim("Total of the uploaded files", one["currency"]))
            for one in result.get("totals", ())
        ],
        facts=_facts(result, currency),
        lines=_lines(result),
        lines_id=known.table("reconciliation"),
        coverage=_coverage(result, known),
        unread=list(result.get("unknown_cells", ()))[:50],
        checks=list(result.get("checks", ())),
        skipped=list(result.get("skipped", ())),
        questions=list(result.get("questions", ())),
        categories=[
            (one["category"], f"{one['rows']:,}", amount(one["amount_text"], one["currency"])) for one in result.get("categories", ())
        ],
        categories_id=known.table("categories"),
        ai=_ai(result, known, currency),
        kinds=_kinds(result, known),
        services=_services(result, known),
        days=_days(result, currency),
        days_id=known.table("days"),
        models=_models(result, known, currency),
        prices=[
            (title, found, known.table(key))
            for title, found, key in (
                ("Tokens beside the price list", bill_prices.check(result), "price_check"),
                ("Use at list prices", bill_prices.usage(result), "priced_usage"),
            )
            if found
        ],
        groups=[group for key, words in _GROUPS.items() if (group := _group(result, known, key, *words))],
        findings=_findings(list(result.get("findings", ()))[:MOST_FINDINGS], known),
        found=len(result.get("findings", ())),
        more_findings=max(0, len(result.get("findings", ())) - MOST_FINDINGS),
        sheets=columns.sheets(result, args),
        settings=columns.settings(result),
        corrected=columns.corrected(args),
        is_low=any(float(one.get("confidence", 1)) < columns.LOW_CONFIDENCE for one in result.get("mapping", ())),
        roles=columns.roles(),
        currencies=columns.CURRENCIES,
    )


def _facts(result: Result, currency: str) -> list[tuple[str, str]]:
    """Period, basis, form and files, as far as known."""
    period = result.get("period") or {}
    span = f"{period['start']} to {period['end']}" if period.get("start") and period.get("end") else "no dates in the file"
    days = f" ({_counted(period['days'], 'day')}{', partly covered' if period.get('partial') else ''})" if period.get("days") else ""
    facts = [("Period", "one month, as the column says" if period.get("stated_as_month") else span + days)]
    if period.get("gaps"):
        facts.append(
            (
                "Months without rows" if period.get("grain") == "month" else "Days without rows",
                ", ".join(_gap(gap) for gap in period["gaps"][:6]),
            )
        )
    basis = {"billed": "billed, as invoiced", "effective": "effective, commitments spread over their use"}
    facts.append(("Basis", basis.get(str(result.get("basis")), str(result.get("basis", "")))))
    other = str(result.get("effective_total_text") or "")
    if other and other != str(result.get("total_text")) and result.get("basis") == "billed":
        facts.append(("On the effective basis", amount(other, currency)))
    if result.get("form"):
        facts.append(("Form", str(result["form"]).replace("_", " ")))
    facts.append(("Files", ", ".join(str(one["file"]) for one in result.get("files", ()))))
    if result.get("rates"):
        facts.append(("Your rates", ", ".join(f"1 {code} = {rate} {currency}" for code, rate in result["rates"].items())))
    return [(name, text) for name, text in facts if text]


def _counted(count: int, thing: str) -> str:
    """`1 day`, `1,225 rows`."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def _gap(gap: Any) -> str:
    return " to ".join(str(end) for end in gap) if isinstance(gap, list | tuple) else str(gap)


def _lines(result: Result) -> list[dict[str, Any]]:
    """The reconciliation; left-out lines name where their rows stand."""
    where = {(one["reason"], one["currency"]): one.get("where", ()) for one in result.get("exclusions", ())}
    lines = []
    for line in result.get("reconciliation", ()):
        places = where.get((line["line"], line["currency"]), ()) if line["part"] == "left_out" else ()
        lines.append(
            {
                "part": line["part"],
                "name": line["line"],
                "rows": "" if line["rows"] is None else f"{line['rows']:,}",
                "amount": amount(line["amount_text"], line["currency"]) if line["amount_text"] else "",
                "places": "; ".join(filter(None, (_place(place) for place in places[:3]))),
            }
        )
    return lines


def _place(place: Result) -> str:
    rows = ", ".join(str(row) for row in place.get("rows", ())[:8])
    return f"{place['file']}{' ' + place['sheet'] if place.get('sheet') else ''} row {rows}" if rows else ""


def _coverage(result: Result, known: _Origins) -> dict[str, Any]:
    names = (("rows_read", "read"), ("rows_counted", "counted"), ("rows_excluded", "left out"), ("rows_unknown", "not understood"))
    ids = {
        "rows_read": known.claim("Rows read"),
        "rows_counted": known.claim("Rows counted"),
        "rows_unknown": known.claim("Rows with an unr"),
    }
    table = known.table("reconciliation")
    rows = [(f"{result[key]:,}", word, ids.get(key) or table) for key, word in names if result.get(key) is not None]
    share = (result.get("coverage") or {}).get("explained_share")
    return {"rows": rows, "share": "" if share is None else share_text(share), "id": table}


def _ai(result: Result, known: _Origins, currency: str) -> dict[str, str] | None:
    if result.get("ai_total") is None:
        return None
    share = result.get("ai_share")
    return {
        "total": amount(result.get("ai_total_text") or result["ai_total"], currency),
        "id": known.claim("AI spend", currency),
        "share": "" if share is None else share_text(share),
        "share_id": known.claim("AI share of the total"),
    }


def _kinds(result: Result, known: _Origins) -> Group | None:
    found = [(KINDS.get(one["kind"], one["kind"]), one["cost"], one.get("currency", "")) for one in result.get("by_kind", ())]
    return _drawn("By kind", ("Kind", "Cost"), [(name, cost, currency, ()) for name, cost, currency in found], known.table("by_kind"))


def _services(result: Result, known: _Origins) -> Group | None:
    found = [(one["name"], one["cost"], one.get("currency", ""), (f"{one['rows']:,}", one["rule"])) for one in result.get("services", ())]
    return _drawn("By service", ("Service", "Cost", "Rows", "Rule"), found, known.table("services"))


def _group(result: Result, known: _Origins, key: str, title: str, word: str) -> Group | None:
    found = [
        (one.get("name") or "not stated", one["cost"], one.get("currency", result.get("currency") or ""), ()) for one in result.get(key, ())
    ]
    return _drawn(title, (word, "Cost"), found, known.table(key))


def _models(result: Result, known: _Origins, currency: str) -> Group | None:
    """Models as whole bars; the table splits them by token type."""
    entries = [one for one in result.get("models", ()) if one.get("model") or one.get("token_type")]
    whole = [one for one in entries if one.get("token_type") in ("all", "", None) and one.get("cost") is not None]
    drawn = sorted(whole, key=lambda one: -abs(float(one["cost"])))
    rows = [
        (
            str(one.get("model") or "not stated"),
            str(one.get("token_type") or "all").replace("_", " "),
            "" if one.get("quantity") is None else f"{one['quantity']:,.0f}",
            "not stated" if one.get("cost") is None else amount(one["cost"], currency),
        )
        for one in sorted(entries, key=lambda one: (str(one.get("model")), one.get("token_type") != "all", str(one.get("token_type"))))
    ]
    if not rows:
        return None
    bars = charts.bars([(str(one.get("model") or "not stated"), Decimal(str(one["cost"])), amount(one["cost"], currency)) for one in drawn])
    head = ("Model", "Token type", "Tokens", "Cost")
    return Group("By model and token type", head, bars, rows[:MOST_ROWS], len(rows) - MOST_ROWS, known.table("models"))


def _drawn(title: str, head: tuple[str, ...], found: Sequence[tuple[str, Any, str, tuple[str, ...]]], origin: str) -> Group | None:
    """A chart only where all amounts are in one currency: bars of different currencies cannot be compared."""
    if not found:
        return None
    one_currency = len({currency for _, _, currency, _ in found}) == 1
    bars = charts.bars([(name, Decimal(str(cost)), amount(cost, currency)) for name, cost, currency, _ in found]) if one_currency else []
    rows = [(name, amount(cost, currency), *more) for name, cost, currency, more in found]
    return Group(title, head, bars, rows[:MOST_ROWS], len(rows) - MOST_ROWS, origin)


def _days(result: Result, currency: str) -> dict[str, Any] | None:
    """Cost by day, or by month where the lines cover whole months; AI below, everything else above it."""
    days = [one for one in result.get("days", ()) if one.get("cost") is not None]
    rows = [
        (str(one["day"]), amount(one["cost"], currency), "" if one.get("ai_cost") is None else amount(one["ai_cost"], currency))
        for one in days
    ]
    texts = [f"{day}: {cost}" + (f", AI {ai}" if ai else "") for day, cost, ai in rows]
    chart = charts.columns(days, texts)
    if chart is None:
        return None
    top = max(days, key=lambda one: float(one["cost"]))
    word = "month" if is_month(days[0]["day"]) else "day"
    return {
        "chart": chart,
        "rows": rows[-charts.MOST_DAYS :],
        "word": word,
        "note": f"highest: {top['day']}, {amount(top['cost'], currency)}",
    }


def _findings(entries: Sequence[Result], known: _Origins) -> list[dict[str, Any]]:
    """One group a rule and its words, in the audit's order."""
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for entry in entries:
        groups.setdefault((str(entry.get("rule")), str(entry.get("title")), str(entry.get("confirm") or "")), []).append(entry)
    return [
        {"rule": rule, "title": title, "confirm": confirm, "items": [_finding(one, known) for one in found]}
        for (rule, title, confirm), found in groups.items()
    ]


def _finding(entry: Result, known: _Origins) -> dict[str, Any]:
    currency, saving = str(entry.get("currency") or ""), entry.get("saving")
    numbers = list(entry.get("row_numbers", ()))
    return {
        **{name: str(entry.get(name) or "") for name in ("detail", "note", "why", "saving_tier")},
        "amount": "" if entry.get("amount") is None else amount(entry["amount"], currency),
        "saving": "" if not saving else range_text(Range(*(Decimal(str(saving[at])) for at in ("low", "likely", "high"))), currency),
        "rows": f"{entry.get('rows') or 0:,}",
        "rows_text": _counted(entry.get("rows") or 0, "row"),
        "numbers": ", ".join(str(number) for number in numbers[:20])
        + (" and more" if (entry.get("rows") or 0) > len(numbers[:20]) else ""),
        "id": known.finding(entry),
    }
