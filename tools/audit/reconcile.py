"""Which rows are money and which only repeat it: totals, subtotals, repeated headers, exact duplicates.

A row is a total because its label says so, or because it is nearly empty and its amount is exactly the sum of the rows
above it. It is excluded, listed, and compared with the nearest sum of rows above, from the last total or an earlier one: a stated
total that does not agree is reported. It differs by rounding where at most half a unit of its last decimal (of cents at most, of whole
amounts where no row has decimals) is missing for each row summed, by 20 units at most, whole amounts by a thousandth too.
"""

# ruff: noqa: E501 - patterns and word lists are data

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from tools.audit.cells import BLANK, shown
from tools.audit.columns import column_of
from tools.audit.reading.header import key

_WORDS = (
    r"(?:grand|sub|service|overall|sheet|monthly|report|invoice|net|gross)?[ -]*totals?|sum|overall|amount due|total amount due|balance due|invoice amount|"
    r"summe|gesamt(?:summe|betrag|kosten|ergebnis)?|(?:zwischen|end)summe|endbetrag|rechnungsbetrag|(?:teil)?ergebnis|"
    r"total g[ée]n[ée]ral|sous[ -]total|montant total|somme|net à payer|suma|suma total|total (?:general|geral|parcial)|importe total|valor total|soma|"
    r"(?:sub)?totale|totale (?:complessivo|generale|parziale)|somma|(?:sub|eind|tussen)?totaal|algemeen totaal|totaalbedrag|"
    r"razem|ogółem|łącznie|suma (?:częściowa|końcowa|całkowita)|celkem|mezisoučet|součet|summa|totalt|delsumma|delsum|i alt|yhteensä|(?:mind)?összesen|részösszeg|"
    r"итого|всего|итог|подытог|(?:общий|промежуточный) итог|общая сумма|разом|усього|всього|підсумок|(?:загальний|проміжний) підсумок|загальна сума|"
    r"(?:genel |ara )?toplam|tổng(?: cộng)?|jumlah|รวม(?:ทั้งสิ้น)?|"
    r"(?:税込|税抜|総)?合計|小計|中計|総計|總計|总计|合计|小计|共计|总额|합계|소계|총계|총합계|부분합|"
    r"कुल(?: योग| राशि)?|योग|(?:उप|सकल)[ -]?योग|महायोग|(?:ال)?[إا]جمالي(?: الكلي)?|المجموع(?: الكلي| الفرعي)?|סה.?כ"
)
_EXACT = re.compile(
    rf"(?:{_WORDS})(?: (?:costs?|amounts?|spend|charges?|due|[a-z]{{3}}|net|gross|all|sum|ht|ttc|\(?(?:incl|excl|inkl|exkl|in )[^\d]*|\([^()\d]*\)))*"
)
_EDGE = re.compile(rf"^(?:{_WORDS})(?![\w-])|(?<![\w-])(?:{_WORDS})$|summe$|(?:合計|小計|合计|小计|합계|소계)$")
#: No product is called a subtotal: whatever follows, the row sums others.
_SUBTOTAL = re.compile(
    r"(?:sub[ -]?totals?|zwischensumme|sous[ -]total|subtotale|subtotaal|suma parcial|delsumma?|mezisoučet|részösszeg|"
    r"подытог|промежуточный итог|підсумок|проміжний підсумок|ara toplam|उप[ -]?योग)(?![\w-])|(?:小計|小计|소계|부분합)"
)
#: Labels of lines below a table that are figures but no cost: statistics, plans, balances, payments, rates.
_ASIDE = re.compile(
    r"average|avg\.?|mean|median|max(?:imum)?|min(?:imum)?|count|number of .{1,20}|budget|remaining(?: budget)?|budget remaining|forecast|variance|difference|delta|"
    r"(?:opening|closing|previous|prior|starting|ending|account)(?: account)? balance|balance(?: brought)? forward|balance|payments?(?: received)?|"
    r"(?:exchange|fx|conversion|vat|tax) rate|rate|headcount|"
    r"durchschnitt|mittelwert|anzahl|verbleibend|restbudget|prognose|abweichung|anfangssaldo|endsaldo|saldo|wechselkurs|zahlung(?:seingang)?|"
    r"moyenne|médiane|nombre|solde|écart|prévision|taux(?: de change)?|promedio|media|presupuesto|diferencia|tipo de cambio|média|orçamento|taxa de câmbio|"
    r"differenza|cambio|gemiddelde|aantal|begroting|verschil|wisselkoers|średnia|liczba|budżet|różnica|kurs|среднее|количество|бюджет|остаток|курс|"
    r"середнє|кількість|залишок|ortalama|adet|bütçe|fark|kur|平均|件数|予算|残高|差額|為替レート|平均值|预算|余额|汇率|평균|건수|예산|잔액|환율|औसत|बजट|शेष|المتوسط|الميزانية|الرصيد",
)
#: Matches every text that has a label, and some others; for engines that know no look-around.
LABEL_LIKE = rf"(?i)^[\W_]*(?:{_WORDS})|(?:{_WORDS}|summe)[\W_]*$|^[\W_]*(?:{_ASIDE.pattern})[\W_]*$|<"
ASIDE = "average, budget, balance or rate: no cost line"
_MOST_BOUNDARIES = 200
_MOST_UNITS = 20  # of the last decimal, that rounding may make in all
DUPLICATE = "duplicate line"


def total_label(text: str) -> str:
    """ "exact" (`Grand Total`), "edge" (`Total EC2`, `Team A Total`), "aside" (`Average`, `Exchange rate`) or ""."""
    return "" if text[:1].isdigit() and text[-1:].isdigit() else _total_label(text)


@lru_cache(maxsize=65536)
def _total_label(text: str) -> str:
    word = (re.sub(r"</?[A-Za-z][^<>]*>", "", text) if "<" in text else text).strip().strip("*:#=- ").casefold()
    if len(word) > 60 or not word:
        return ""
    if _EXACT.fullmatch(word) or _SUBTOTAL.match(word):
        return "exact"
    if _ASIDE.fullmatch(word):
        return "aside"
    return "edge" if _EDGE.search(word) else ""


@dataclass(frozen=True)
class Verdict:
    """counted, or excluded for a reason; `mismatch` is stated minus summed for a total that does not agree, `rounding` whether that is all."""

    state: str
    reason: str = ""
    mismatch: Decimal | None = None
    rounding: bool = False


COUNTED = Verdict("counted")


@dataclass
class Reconciler:
    """Judges the rows of one sheet in order."""

    header: tuple[str, ...]
    typical_fill: int
    machine_form: bool
    identity: bool  # the form numbers its lines, so identical rows are duplicates
    naming: frozenset[int] = frozenset()  # columns that say what a row is: "Total" there is no name; in a tag it may be
    running: Decimal = Decimal(0)
    since: int = 0  # counted rows since the last total
    rows: int = 0  # counted rows
    _boundaries: list[tuple[Decimal, int]] = field(default_factory=lambda: [(Decimal(0), 0)])  # sum and rows counted at each total
    _seen: set[int] = field(default_factory=set)
    repeats: int = 0

    def __post_init__(self) -> None:
        self._header_keys = [key(name) for name in self.header]

    def structural(self, cells: list[str]) -> str:
        """Reason to leave the row out before its amount matters: repeated header, exact duplicate; "" = keep."""
        if self.repeats_header(cells):
            return "repeated header"
        mark = hash(tuple(cells))
        if mark in self._seen:
            self.repeats += 1
            if self.identity:
                return DUPLICATE
        elif len(self._seen) < 5_000_000:
            self._seen.add(mark)
        return ""

    @property
    def well_filled(self) -> int:
        """Cells that a row of a machine's form fills at most where it may be a total."""
        return max(2 * self.typical_fill // 3, 2)

    @property
    def sparse(self) -> int:
        """Cells that a row of any sheet fills at most where it may be a total without a label."""
        return max(2, self.typical_fill // 2)

    def repeats_header(self, cells: list[str]) -> bool:
        """Whether the row is the header again."""
        first = next((at for at, cell in enumerate(cells) if cell), None)
        if first is None or first >= len(self.header):
            return False
        if cells[first][0].isdigit() and not self._header_keys[first][:1].isdigit():
            return False  # most rows begin with a figure or a date
        if key(cells[first]) != self._header_keys[first]:
            return False
        filled = [(cell, name) for cell, name in zip(cells, self._header_keys, strict=False) if cell]
        return len(filled) >= 2 and all(key(cell) == name for cell, name in filled)

    def may_be_total(self, cells: list[str]) -> bool:
        """Whether `total` would look at the row's amount at all."""
        return self._candidate(cells) is not None

    def total(self, cells: list[str], amount: Decimal) -> Verdict:
        """Whether a row with a readable amount is a total of rows above. Counted rows must be told by `count`."""
        candidate = self._candidate(cells)
        if candidate is None:
            return COUNTED
        label, sparse = candidate
        if label == "aside":
            return Verdict("excluded", ASIDE)
        agrees = self._agrees(amount)
        missing, rounding = (Decimal(0), False) if agrees else self._missing(amount)
        meant = agrees or sparse or (rounding and self._no_coincidence(cells, amount))
        by_label = label == "exact" or (label == "edge" and meant)
        if by_label or (not label and agrees and self._no_coincidence(cells, amount)):
            mismatch = missing if missing and self._followed else None
            self._boundaries = [*self._boundaries[-_MOST_BOUNDARIES:], (self.running, self.rows)]
            self.since = 0
            return Verdict("excluded", "total or subtotal row", mismatch, rounding)
        return COUNTED

    def _candidate(self, cells: list[str]) -> tuple[str, bool] | None:
        """Label and sparseness of a row that may be a total; a row without a label must be nearly empty."""
        if (
            self.machine_form
            and self.typical_fill > 4
            and len(cells) - cells.count("") > self.well_filled
            and cells[0]
            and not total_label(cells[0])
        ):
            return None
        texts = [cell for cell in cells if cell and cell.casefold() not in BLANK]
        sparse = len(texts) <= self.sparse
        if self.machine_form and not sparse:
            first = next((at for at, cell in enumerate(cells) if cell), -1)
            return ("exact", False) if first in self.naming and total_label(cells[first]) == "exact" else None
        if label := self._label(texts, sparse):
            return label, sparse
        few_words = sum(not any(c.isdigit() for c in text) for text in texts) <= 1
        return ("", sparse) if sparse and few_words and len(texts) < min(3, self.typical_fill) else None

    def count(self, amount: Decimal, rows: int = 1) -> None:
        """Adds counted rows to the running sums."""
        self.running += amount
        self.since += rows
        self.rows += rows

    def _label(self, texts: list[str], sparse: bool) -> str:
        if texts and total_label(texts[0]) == "aside":
            return "" if any(any(c.isalpha() for c in text) for text in texts[1:]) else "aside"
        labels = [label for text in texts[: 3 if not sparse else None] if (label := total_label(text)) and label != "aside"]
        return "exact" if "exact" in labels else labels[0] if labels else ""

    @property
    def _followed(self) -> bool:
        """Whether there is anything above that a total could sum: rows since the last total, or totals."""
        return self.since > 0 or len(self._boundaries) > 1

    def _no_coincidence(self, cells: list[str], amount: Decimal) -> bool:
        """Whether an amount that is the sum of the rows above, without a known label, is surely meant as their total."""
        named = any(any(c.isalpha() for c in cell) for cell in cells[:1])
        digits = len(str(abs(amount).normalize()).replace(".", "").strip("0"))
        enough = self.since >= 3 and digits >= 4 if named else self.since >= 2
        return amount != 0 and (enough or (not self.since and len(self._boundaries) > 2))

    def _agrees(self, amount: Decimal) -> bool:
        exponent = _exponent(amount)
        tolerance = Decimal(1).scaleb(min(-2, exponent)) / 2 if exponent else Decimal("0.5")
        return any(abs(self.running - start - amount) <= tolerance for start, _ in self._starts)

    @property
    def _starts(self) -> Sequence[tuple[Decimal, int]]:
        """Where the rows that a total sums may begin."""
        return self._boundaries if self.since else self._boundaries[:-1]

    def _missing(self, amount: Decimal) -> tuple[Decimal, bool]:
        """Stated minus summed for the nearest sum of rows above, the latest of equally near ones, and whether that is rounding."""
        if not self._starts:
            return Decimal(0), False
        missing, rows = min(
            ((amount - (self.running - start), self.rows - rows) for start, rows in reversed(self._starts)), key=lambda found: abs(found[0])
        )
        whole = _exponent(amount) >= 0 and _exponent(self.running) >= 0
        unit = Decimal(1) if whole else Decimal(1).scaleb(min(-2, _exponent(amount)))
        most = min(Decimal(rows) / 2, Decimal(_MOST_UNITS)) * unit
        return missing, abs(missing) <= (min(most, abs(amount) / 1000) if whole else most)


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _short(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def describe_mismatch(label: str, mismatch: Decimal, rounding: bool) -> str:
    """One line for the checks list."""
    if rounding:
        return f'the row "{shown(label, 40)}" differs from the rows it sums by rounding ({_short(mismatch)})'
    return f'the row "{shown(label, 40)}" states {"more" if mismatch > 0 else "less"} than the rows it should sum ({_short(mismatch)})'


def parent_row(rows: Sequence[list[str]], at: int) -> str:
    """Label of a row of the sample that is the sum of two or more rows right below it, without a label saying total; "" where none is.

    Rows below count as its parts where they are indented or leave their first cell blank; else the sum must be too exact for a coincidence.
    """
    column = column_of(at, "", [cells[at] if at < len(cells) else "" for cells in rows])
    for index, amount in enumerate(column.amounts[:500]):
        cells = rows[index]
        label = next((cell for cell in cells if cell.strip()), "")
        if not amount or amount <= 0 or total_label(label):
            continue
        digits = len(str(amount.normalize()).replace(".", "").strip("0"))
        total = Decimal(0)
        for below in range(index + 1, min(index + 40, len(rows))):
            total += column.amounts[below] or Decimal(0)
            if total > amount:
                break
            if total == amount and below > index + 1 and digits >= (3 if _deeper(cells, rows[index + 1]) else 6):
                return label
    return ""


def _deeper(parent: list[str], child: list[str]) -> bool:
    indent = [len(cells[0]) - len(cells[0].lstrip()) if cells and cells[0].strip() else -1 for cells in (parent, child)]
    return indent[1] > indent[0] >= 0 or (indent[0] >= 0 and indent[1] < 0)
