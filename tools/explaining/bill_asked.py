"""Answers questions about the audited bill: "how much on EC2?", "which team costs most?", "why is the credit in the total?".

Reads the newest audit's tables and repeats their sums; adds up only days to a month. Every figure is a record that rests on the
table it stands in. Judges nothing, knows no saving, and answers nothing where the words name no part of the bill. Money in the
bill's currencies, never added across them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement, ToolResult
from tools.explaining.bill_words_asked import (
    ASKS,
    CHANGE,
    CHARGE,
    KINDS,
    LEAST,
    LEFT_OUT,
    LIST_PRICES,
    MONTHS,
    MOST,
    NOT_HERE,
    SPEND,
    TABLES,
    TOTAL,
    WE_SPENT,
    Audit,
    Entry,
    by_month,
    currency,
    is_part,
    money,
    named,
    says_month,
    spelled,
    stems,
    whole,
)  # fmt: skip

MOST_SHOWN = 5


@dataclass
class _Answer:
    """Collects sentences and the records behind their figures."""

    audit: Audit
    known: Sequence[Evidence]
    said: list[Statement] = field(default_factory=list)
    made: list[Evidence] = field(default_factory=list)
    told: set[tuple[str, str, Decimal]] = field(default_factory=set)  # names with their money, whatever the table

    def table(self, name: str) -> Evidence | None:
        """The newest record of a table."""
        return next((r for r in reversed(self.known) if r.inputs.get("kind") == "audit table" and r.inputs.get("table") == name), None)

    def figure(
        self, table: str, claim: str, value: Decimal | int, unit: str, method: str = "", tier: Tier = Tier.BILLED, **inputs: Any
    ) -> str:
        """The id of a record that holds this figure and rests on its table."""
        origin = self.table(table)
        files = ", ".join(str(one.get("file")) for one in self.audit.get("files", ()))
        record = Evidence.record(
            tier=tier,
            claim=claim,
            value=Range.exact(value),
            unit=unit,
            method=method or (origin.method if origin else "exact sum of the counted rows"),
            source=origin.source if origin else SourceRef(ref=files or "the audited files"),
            inputs={"table": table, "basis": self.audit.get("basis", ""), **inputs},
            parents=(origin.id,) if origin else (),
        )
        self.made.append(record)
        return record.id

    def say(self, text: str, figures: Mapping[str, str], names: Mapping[str, str]) -> None:
        self.said.append(Statement(text=text, figures=dict(figures), names=dict(names)))

    def result(self, topic: str, kind: str) -> ToolResult:
        """What was said, with the period and the table it was read from."""
        return ToolResult(
            result={"kind": "bill", "topic": topic, "asked": kind, "said": len(self.said)},
            evidence=tuple({r.id: r for r in self.made}.values()),
            statements=tuple(self.said),
        )


def about_the_bill(text: str, audit: Audit, evidence: Sequence[Evidence] = ()) -> ToolResult | None:
    """The answer; None where there is no audit or the words ask for nothing that its tables hold."""
    if not audit:
        return None
    if LIST_PRICES.match(text):
        made = _Answer(audit, evidence)
        return made.result(text, "list prices") if _list_prices(made) else None
    if not ASKS.match(text) or NOT_HERE.search(text):
        return None
    for kind, answer in _ANSWERS.items():
        made = _Answer(audit, evidence)
        if answer(text, made):
            return made.result(text, kind)
    return None


def _list_prices(made: _Answer) -> bool:
    """What usage without money costs at list prices."""
    priced = made.audit.get("priced_usage") or {}
    if not priced.get("total_text"):
        return False
    method = "tokens x dated list price"
    cost = made.figure(
        "priced_usage",
        "Usage without money, at list prices",
        Decimal(priced["total_text"]),
        str(priced["currency"]),
        method,
        Tier.CATALOGUE,
    )
    days = ", ".join(priced.get("price_dates", ()))
    made.say("At the list prices read on {days} this usage costs {cost}. That is not a billed amount.", {"cost": cost}, {"days": days})
    made.said.append(Statement(text="For a plan, say what you really pay a month, or add the cost export of the same days."))
    return True


def _left_out(text: str, made: _Answer) -> bool:
    """Which rows are not in the total, and why."""
    if not LEFT_OUT.search(text):
        return False
    lines = [one for one in made.audit.get("exclusions", ()) if one.get("rows")]
    for one in lines:
        where = "; ".join(_place(place) for place in one.get("where", ())[:3])
        names = {"reason": str(one["reason"]), "where": f" ({where})" if where else ""}
        figures = {"rows": made.figure("reconciliation", f"Rows left out: {one['reason']}", int(one["rows"]), "rows")}
        if one.get("amount_text"):
            amount = Decimal(str(one["amount_text"]))
            figures["amount"] = made.figure("reconciliation", f"Amount left out: {one['reason']}", amount, str(one.get("currency") or ""))
        made.say("Left out: {rows}, {reason}" + (", {amount}" if "amount" in figures else "") + "{where}.", figures, names)
    if not lines:
        made.said.append(Statement(text="No row that was understood was left out of the total."))
    if unread := int(made.audit.get("rows_unknown") or 0):
        cells = [f"{c['file']} row {c['row']}: {c['cell']}" for c in list(made.audit.get("unknown_cells", ()))[:MOST_SHOWN]]
        figures = {"rows": made.figure("reconciliation", "Rows that were not understood", unread, "rows")}
        made.say("Not understood, so not in the total: {rows}{where}.", figures, {"where": f" ({'; '.join(cells)})" if cells else ""})
    for one in list(made.audit.get("skipped", ()))[:MOST_SHOWN]:
        names = {"file": " ".join(filter(None, (str(one.get("file")), str(one.get("sheet") or "")))), "reason": str(one.get("reason"))}
        made.say("Not counted at all: {file}, {reason}.", {}, names)
    return True


def _place(place: Entry) -> str:
    rows = ", ".join(str(row) for row in place.get("rows", ())[:8])
    return f"{' '.join(filter(None, (str(place['file']), str(place.get('sheet') or ''))))} row {rows}" if rows else str(place["file"])


def _finding(text: str, made: _Answer) -> bool:
    """Findings whose title the words repeat: "above list price", "around the clock"; only those of a thing that they name."""
    words = stems(spelled(text))
    found = [one for one in made.audit.get("findings", ()) if len(words & stems(str(one.get("title")))) > 1]
    said = ([one for one in found if stems(str(one.get("detail"))) & words] or found)[:MOST_SHOWN]
    for one in said:
        claim = ": ".join(filter(None, (str(one.get("title")), str(one.get("detail") or ""))))
        record = next((r for r in reversed(made.known) if r.claim == claim and r.value is not None), None)
        notes = [note for note in (str(one.get("note") or ""), str(one.get("why") or "")) if note]
        names = {"claim": claim, "more": "".join(f" {note[:1].upper()}{note[1:].rstrip('.')}." for note in notes)}
        if record is None:
            made.say("{claim}.{more}", {}, names)
        else:
            made.made.append(record)
            made.say("{claim}, {amount}.{more}", {"amount": record.id}, names)
    for confirm in dict.fromkeys(str(one["confirm"]) for one in said if one.get("confirm")):
        made.say("To confirm: {confirm}", {}, {"confirm": confirm})
    return bool(found)


def _charge(text: str, made: _Answer) -> bool:
    """A kind of charge: credits, taxes, refunds, purchases."""
    hit = CHARGE.search(text)
    found = [one for one in made.audit.get("categories", ()) if hit and str(one["category"]).casefold().startswith(hit[1].casefold())]
    for one in found:
        name = str(one["category"])
        figures = {
            "amount": made.figure("categories", f"{name} in the total", money(one), currency(one, made.audit)),
            "rows": made.figure("categories", f"Rows of {name.casefold()}", int(one["rows"]), "rows"),
        }
        made.say("{name}: {amount}, from {rows}.", figures, {"name": name})
    if found:
        words = "Taxes, credits, refunds and purchases are part of what is billed, so they are in the total with their sign."
        made.said.append(Statement(text=words))
    return bool(found)


def _total(text: str, made: _Answer) -> bool:
    """How the total comes about."""
    if not TOTAL.search(text) or named(text, made.audit):
        return False
    lines = [one for one in made.audit.get("reconciliation", ()) if one.get("amount_text")]
    for one in lines:
        amount = made.figure("reconciliation", str(one["line"]), Decimal(str(one["amount_text"])), str(one.get("currency") or ""))
        figures = {"amount": amount}
        if one.get("rows") is not None:
            figures["rows"] = made.figure("reconciliation", f"Rows: {one['line']}", int(one["rows"]), "rows")
        lead = "Less: {name}" if one.get("part") == "left_out" else "{name}"
        made.say(lead + " {amount}" + (", {rows}." if "rows" in figures else "."), figures, {"name": str(one["line"])})
    if lines:
        words = 'Rows and amounts are listed under "Does it add up?" in the Bill panel; each figure leads to its record.'
        made.said.append(Statement(text=words))
    return bool(lines)


def _months(text: str, made: _Answer) -> bool:
    """One month, named; or all months of the bill where they are compared."""
    sums = by_month(made.audit)
    wanted = [month for month in sums if says_month(text, month)]
    compares = re.search(r"(?i)\b(?:which|each|every|per|by|a) months?\b|\bmonthly\b", text) is not None
    if not sums or not (compares or (wanted and SPEND.search(text))):
        return False
    code = str(made.audit.get("currency") or "")
    order = (
        sorted(sums, key=lambda m: sums[m])
        if LEAST.search(text)
        else sorted(sums, key=lambda m: -sums[m])
        if MOST.search(text)
        else [*sums]
    )
    for month in (wanted or order)[:12]:
        claim = f"Sum of {MONTHS[int(month[5:]) - 1].title()} {month[:4]}"
        made.say(
            "{month}: {sum}.",
            {
                "sum": made.figure(
                    "days",
                    claim,
                    sums[month],
                    code,
                    "sum of the days of that month, or of its lines where they cover the whole month",
                    month=month,
                )
            },
            {"month": month},
        )
    return True


def _change(text: str, made: _Answer) -> bool:
    """Why it went up or down: one month against the one before, as far as the tables tell."""
    if not CHANGE.search(text):
        return False
    sums, of_ai = by_month(made.audit), by_month(made.audit, "ai_cost")
    months = list(sums)
    at = next((n for n, month in enumerate(months) if n and says_month(text, month)), len(months) - 1)
    if at < 1:
        words = "The files hold no two months in one currency, so nothing in them shows a change: add the months before."
        made.said.append(Statement(text=words))
        return True
    now, before = months[at], months[at - 1]
    for what, table in (("Total", sums), ("AI spend", of_ai)):
        if now in table and before in table:
            _say_change(made, what, now, before, table)
    for month in (before, now):
        if is_part(made.audit, month):
            made.say("The files cover {month} only in part, so the two compare only as far as it goes.", {}, {"month": month})
    words = "Which service moved is not told: the audit adds services up over all months. Audit one month at a time to see it."
    made.said.append(Statement(text=words))
    return True


def _say_change(made: _Answer, what: str, now: str, before: str, sums: Mapping[str, Decimal]) -> None:
    """Both months and the difference."""
    code, moved = str(made.audit.get("currency") or ""), sums[now] - sums[before]
    how = "sum of the days of that month, or of its lines where they cover the whole month"
    figures = {
        "now": made.figure("days", f"{what} of {now}", sums[now], code, how, month=now),
        "before": made.figure("days", f"{what} of {before}", sums[before], code, how, month=before),
    }
    text = "{what}: {now} in {month}, as in {earlier}, {before}."
    if moved:
        figures["moved"] = made.figure("days", f"{what} of {now} less that of {before}", abs(moved), code, "difference of the two months")
        text = "{what}: {now} in {month}, {moved} {way} than in {earlier}, {before}."
    made.say(text, figures, {"what": what, "month": now, "earlier": before, **({"way": "more" if moved > 0 else "less"} if moved else {})})


def _day(text: str, made: _Answer) -> bool:
    """One day, written as in the file's own figures: 2026-09-18."""
    hit = re.search(r"\b\d{4}-\d\d-\d\d\b", text)
    one = next((d for d in made.audit.get("days", ()) if hit and str(d.get("day")) == hit[0] and d.get("cost") is not None), None)
    if one is None:
        return False
    day = date.fromisoformat(str(one["day"])).isoformat()
    made.say("{day}: {sum}.", {"sum": made.figure("days", f"Cost of the day {day}", money(one), currency(one, made.audit))}, {"day": day})
    return True


def _ai(text: str, made: _Answer) -> bool:
    """The AI spend as a whole."""
    found = made.audit.get("ai_total_text") or made.audit.get("ai_total")
    if found is None or not re.search(r"\bAI\b", text) or not SPEND.search(text):
        return False
    code = str(made.audit.get("currency") or "")
    made.say("AI spend: {amount}.", {"amount": made.figure("by_kind", "AI spend", Decimal(str(found)), code)}, {})
    entries = [one for one in whole(made.audit, "by_kind") if one["kind"] in ("gpu", "managed_ai", "api_tokens")]
    _say_entries(made, "by_kind", entries)
    return True


def _entries(text: str, made: _Answer) -> bool:
    """Parts of the bill that the words name."""
    if not (SPEND.search(text) or re.search(r"(?i)\bwhy\b", text)):
        return False
    found = named(text, made.audit)
    for table, entries in found[:2]:
        _say_entries(made, table, entries)
    return bool(found)


def _largest(text: str, made: _Answer) -> bool:
    """The largest or smallest of a table."""
    is_least = LEAST.search(text) is not None
    if not (is_least or MOST.search(text)):
        return False
    wanted = next((name for name, (words, _, _) in TABLES.items() if re.search(rf"(?i)\b(?:{words})\b", text)), "")
    if not wanted and not (SPEND.search(text) and len(text.split()) <= 10):
        return False
    table = wanted or "services"
    entries = whole(made.audit, table)
    if not entries:
        made.say("The audit found no {what} in these files, so it cannot split the bill that way.", {}, {"what": TABLES[table][1]})
        return True
    if len({currency(one, made.audit) for one in entries}) > 1:
        made.said.append(Statement(text="The amounts are in several currencies, so they cannot be ranked against each other."))
    _say_entries(made, table, sorted(entries, key=lambda one: money(one) if is_least else -money(one)))
    return True


def _not_named(text: str, made: _Answer) -> bool:
    """Spend on something that no table names: said so, with what the tables do hold."""
    entries = sorted(whole(made.audit, "services"), key=lambda one: -money(one))
    if not entries or not WE_SPENT.search(text):
        return False
    words = "No service, model, team, account, environment, region or provider of the bill is named like that. By service it is:"
    made.said.append(Statement(text=words))
    _say_entries(made, "services", entries)
    return True


def _say_entries(made: _Answer, table: str, entries: Sequence[Entry]) -> None:
    """Each entry with its money and its share of the total."""
    _, word, key = TABLES[table]
    totals = {str(one["currency"] or ""): Decimal(str(one["total_text"])) for one in made.audit.get("totals", ())}
    for one in entries[:MOST_SHOWN]:
        name, code, amount = str(one.get(key) or "not stated"), currency(one, made.audit), money(one)
        shown = KINDS.get(name, ("", name))[1] if table == "by_kind" else name
        if (shown, code, amount) in made.told:  # a model that is its own service
            continue
        made.told.add((shown, code, amount))
        figures = {"amount": made.figure(table, f"Cost of the {word} {shown}", amount, code)}
        total = totals.get(code)
        if total and 0 <= amount <= total:
            figures["share"] = made.figure(
                table, f"Share of the {word} {shown} in the total", amount / total, "ratio", "its cost divided by the total of its currency"
            )
        made.say(
            "{name}: {amount}" + (", {share} of the total." if "share" in figures else "."),
            figures,
            {"name": shown[:1].upper() + shown[1:] if table == "by_kind" else shown},
        )
    if len(entries) > MOST_SHOWN:
        made.said.append(Statement(text="The rest is in the Bill panel."))


_ANSWERS: dict[str, Callable[[str, _Answer], bool]] = {
    "left out": _left_out,
    "charge": _charge,
    "day": _day,
    "change": _change,
    "months": _months,
    "total": _total,
    "finding": _finding,
    "entries": _entries,
    "ai": _ai,
    "largest": _largest,
    "not named": _not_named,
}
