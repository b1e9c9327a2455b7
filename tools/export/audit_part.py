"""The audit in an export: how the bill adds up, its services and its findings, each with its record. Prints result keys, computes nothing.

Names from the bill go through `plain` here and through each format's own escaping later. Money in the bill's currencies.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from knowledge.ranges import Range
from tools.contracts.evidence import Evidence
from tools.contracts.figures import money_text, range_text
from tools.export.report import NOT_KNOWN, Section, Table
from tools.export.safe_text import plain

if TYPE_CHECKING:
    from tools.export.sheet_book import Book

MOST_ROWS = 200
LINE_HEADS, SERVICE_HEADS = (
    ("Amounts", "Rows", "Money", "Currency", "Evidence"),
    ("Service", "Cost", "Currency", "Rows", "Rule", "Evidence"),
)
FINDING_HEADS = ("Finding", "Where", "Money", "Saving", "Known how", "Rows", "To confirm", "Evidence")
_BASES = {"billed": "as invoiced", "effective": "with commitments spread over their use"}


@dataclass(frozen=True)
class AuditPart:
    """Result keys of the newest audit; `lines_id`, `services_id` and `finding_ids` name the records ("" where none is held)."""

    result: Mapping[str, Any]
    lines_id: str
    services_id: str
    finding_ids: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Every record that the part names."""
        return tuple(dict.fromkeys(filter(None, (self.lines_id, self.services_id, *self.finding_ids))))

    @property
    def lines(self) -> Sequence[Mapping[str, Any]]:
        """The reconciliation."""
        return tuple(self.result.get("reconciliation", ()))

    @property
    def services(self) -> Sequence[Mapping[str, Any]]:
        """Sums by service, largest first."""
        return tuple(self.result.get("services", ()))[:MOST_ROWS]

    @property
    def findings(self) -> Sequence[tuple[Mapping[str, Any], str]]:
        """Findings with their records."""
        return tuple(zip(tuple(self.result.get("findings", ()))[:MOST_ROWS], self.finding_ids, strict=False))


def audit_part(result: Mapping[str, Any], evidence: Iterable[Evidence]) -> AuditPart | None:
    """The part, where there was an audit. Records are those that hold exactly the figures shown: an older audit's do not fit."""
    if not result:
        return None
    held = list(evidence)
    lines = {
        f"{x['line']} ({x['currency'] or 'no currency'})": x["amount_text"] or f"{x['rows']} rows" for x in result.get("reconciliation", ())
    }
    services = {f"{x['name'] or 'not stated'} ({x.get('currency') or '-'})": str(x["cost"]) for x in result.get("services", ())[:MOST_ROWS]}
    findings = tuple(_finding_id(x, held) for x in result.get("findings", ())[:MOST_ROWS])
    return AuditPart(result, _table_id("reconciliation", lines, held), _table_id("services", services, held), findings)


def _table_id(name: str, shown: Mapping[str, str], held: Iterable[Evidence]) -> str:
    mine = (r for r in held if r.inputs.get("kind") == "audit table" and r.inputs.get("table") == name)
    return next((r.id for r in mine if shown and all(r.inputs.get(key) == text for key, text in shown.items())), "")


def _finding_id(finding: Mapping[str, Any], held: Iterable[Evidence]) -> str:
    def fits(record: Evidence) -> bool:
        said = record.inputs
        if (said.get("rule"), str(said.get("detail"))[:160], said.get("rows")) != (
            finding["rule"],
            finding.get("detail", ""),
            finding.get("rows"),
        ):
            return False
        amount = finding.get("amount")
        return amount is None or (record.value is not None and float(record.value.likely) == float(amount))

    return next((record.id for record in held if "rule" in record.inputs and fits(record)), "")


def _money(value: Any, currency: str) -> str:
    return money_text(Decimal(str(value)), currency).strip()


def _line_name(line: Mapping[str, Any]) -> str:
    return plain(f"less: {line['line']}" if line["part"] == "left_out" else line["line"], 200)


def _line_amount(line: Mapping[str, Any]) -> Decimal | None:
    """What is left out is taken off."""
    if not line["amount_text"]:
        return None
    return -Decimal(line["amount_text"]) if line["part"] == "left_out" else Decimal(line["amount_text"])


def _saving(finding: Mapping[str, Any]) -> str:
    saving = finding.get("saving")
    if not saving:
        return ""
    return range_text(Range(*(Decimal(str(saving[at])) for at in ("low", "likely", "high"))), finding.get("currency") or "")


def _rows(value: Any) -> str:
    return NOT_KNOWN if value is None else f"{value:,}"


def facts(part: AuditPart) -> tuple[str, ...]:
    """Total, period, basis and coverage, one sentence each."""
    result, period = part.result, part.result.get("period") or {}
    totals = [_money(x["total_text"], x["currency"]) + ("" if x["currency"] else " (no currency stated)") for x in result.get("totals", ())]
    basis = str(result.get("basis", ""))
    said = [f"The bill totals {' and '.join(totals)}, {basis} ({_BASES.get(basis, basis)})." if totals else "The files hold no money."]
    if period.get("start") and period.get("end"):
        said.append(f"Period: {period['start']} to {period['end']}" + (", partly covered." if period.get("partial") else "."))
    names = (("rows_read", "read"), ("rows_counted", "counted"), ("rows_excluded", "left out"), ("rows_unknown", "not understood"))
    counts = ", ".join(f"{_rows(result[key])} {word}" for key, word in names if result.get(key) is not None)
    said += [f"Rows: {counts}."] if counts else []
    said.append("Files: " + ", ".join(plain(x["file"], 200) for x in result.get("files", ())) + ".")
    return tuple(said)


def audit_section(part: AuditPart | None) -> Section | None:
    """Reconciliation, services and findings as tables."""
    if part is None:
        return None
    lines = tuple(
        (
            _line_name(x),
            "" if x["rows"] is None else _rows(x["rows"]),
            NOT_KNOWN if (a := _line_amount(x)) is None else _money(a, x["currency"]),
            part.lines_id,
        )
        for x in part.lines
    )
    services = tuple(
        (
            plain(x["name"], 200) or "not stated",
            _money(x["cost"], x.get("currency", "")),
            _rows(x.get("rows")),
            plain(x.get("rule", ""), 80),
            part.services_id,
        )
        for x in part.services
    )
    findings = tuple(
        (
            plain(f"{x['title']}: {x['detail']}" if x.get("detail") else x["title"], 300),
            "" if x.get("amount") is None else _money(x["amount"], x.get("currency", "")),
            _saving(x),
            plain(x.get("saving_tier") or "", 40),
            _rows(x.get("rows")),
            plain(x.get("confirm", ""), 400),
            evidence_id,
        )
        for x, evidence_id in part.findings
    )
    tables = (
        Table(("Amounts", "Rows", "Money", "Evidence"), lines, frozenset({1, 2}), (5, 1.4, 2.2, 2.2), "How the bill adds up"),
        Table(("Service", "Cost", "Rows", "Rule", "Evidence"), services, frozenset({1, 2}), (4, 2, 1.4, 2.2, 2.2), "By service"),
        Table(
            ("Finding", "Money", "Saving", "Known how", "Rows", "To confirm", "Evidence"), findings, frozenset({1, 2, 4}),
            (4, 2, 2.6, 1.6, 1.2, 4, 2.2), "Findings, to be confirmed",
        ),
    )  # fmt: skip
    return Section("audit", "Audit of the bill", facts(part), tables=tuple(t for t in tables if t.rows), wide=True)


def audit_sheet(book: "Book", part: AuditPart) -> None:
    """The same on one sheet: money as numbers, every name as inert text."""
    page = book.sheet("Audit", (44, 30, 16, 26, 14, 12, 44, 18))
    row = 0
    for text in facts(part):
        book.across(page, row, 8, text)
        row += 1
    row = _block(book, page, row + 1, "How the bill adds up", LINE_HEADS)
    for line in part.lines:
        book.row(page, row, (_line_name(line), NOT_KNOWN if line["rows"] is None else line["rows"]))
        book.put(page, row, 2, _line_amount(line), "money")
        book.row(page, row, (line["currency"], part.lines_id), start=3)
        row += 1
    row = _block(book, page, row + 1, "By service", SERVICE_HEADS)
    for one in part.services:
        book.put(page, row, 0, one["name"] or "not stated")
        book.put(page, row, 1, Decimal(str(one["cost"])), "money")
        book.row(page, row, (one.get("currency", ""), one.get("rows"), one.get("rule", ""), part.services_id), start=2)
        row += 1
    row = _block(book, page, row + 1, "Findings, to be confirmed", FINDING_HEADS)
    for one, evidence_id in part.findings:
        book.row(page, row, (one["title"], one.get("detail", "")))
        book.put(page, row, 2, None if one.get("amount") is None else Decimal(str(one["amount"])), "money")
        book.row(page, row, (_saving(one), one.get("saving_tier") or "", one.get("rows"), one.get("confirm", ""), evidence_id), start=3)
        row += 1


def _block(book: "Book", page: Any, row: int, title: str, heads: Sequence[str]) -> int:
    book.put(page, row, 0, title, "section")
    book.row(page, row + 1, heads, "head")
    return row + 2
