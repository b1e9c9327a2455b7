"""Generator of dirty cost sheets with known true totals, as finance people make them. Seeded; writes CSV and XLSX below a given folder.

A shape is a function of the language's words and a random source. What a case expects is stated where its rows are made.
"""

# ruff: noqa: E501 - a sheet reads better with a row of it in one line

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from tests.tools.audit.dirty_words import BY_CODE, Words

SERVICES = (
    "EC2 p4d.24xlarge",
    "Azure OpenAI",
    "S3",
    "Snowflake",
    "Anthropic API",
    "Datadog",
    "Vertex AI",
    "RDS",
    "GitHub Copilot",
    "Pinecone",
)
TEAMS = ("ml", "web", "data")


@dataclass
class Case:
    """One dirty file and what the audit must say about it."""

    total: Decimal | None  # None: no total may be stated
    text: str = ""  # content of a text file, or
    sheets: dict[str, list[list[object]]] = field(default_factory=dict)  # of a workbook
    merges: tuple[tuple[object, ...], ...] = ()
    currency: str = ""
    asks: tuple[str, ...] = ()  # each must stand in some question
    excluded: int | None = None  # rows left out
    unknown: int = 0  # rows not understood
    not_counted: tuple[str, ...] = ()  # columns whose amounts must be listed as not counted
    hidden_columns: tuple[int, ...] = ()
    suffix: str = "csv"
    encoding: str = "utf-8"

    def write(self, folder: Path, name: str) -> Path:
        """The file on disk."""
        path = folder / f"{name}.{'xlsx' if self.sheets else self.suffix}"
        if not self.sheets:
            path.write_bytes(self.text.encode(self.encoding))
            return path
        with xlsxwriter.Workbook(str(path)) as book:
            for title, rows in self.sheets.items():
                sheet = book.add_worksheet(title)
                for at, row in enumerate(rows):
                    for column, cell in enumerate(row):
                        if cell not in ("", None):
                            sheet.write(at, column, float(cell) if isinstance(cell, Decimal) else cell)
                for merge in self.merges:
                    sheet.merge_range(*merge)
                for column in self.hidden_columns:
                    sheet.set_column(column, column, None, None, {"hidden": True})
        return path


def amount(rng: random.Random) -> Decimal:
    """A usual amount with two decimals."""
    return Decimal(rng.randrange(2_000, 90_000_000)) / 100


def num(w: Words, value: Decimal, places: int = 2) -> str:
    """The number as the language writes it."""
    text = f"{value:,.{places}f}"
    if w.style == "comma":
        return text.translate(str.maketrans(",.", ".,"))
    if w.style == "space":
        return text.replace(",", "\u202f").replace(".", ",")
    if w.style == "swiss":
        return text.replace(",", "’")
    if w.style == "indian":
        return _indian(value, places)
    return text


def _indian(value: Decimal, places: int) -> str:
    whole, _, cents = f"{abs(value):.{places}f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ("-" if value < 0 else "") + ",".join([*groups, tail]) + ("." + cents if cents else "")


def table(rows: list[list[object]], delimiter: str = ",", w: Words | None = None, quote: bool = False) -> str:
    """Rows as a text table; Decimals in the language's style."""
    lines = []
    for row in rows:
        cells = [num(w or BY_CODE["en"], cell) if isinstance(cell, Decimal) else str(cell) for cell in row]
        marks = [quote or delimiter in cell or '"' in cell or "\n" in cell for cell in cells]
        lines.append(delimiter.join('"' + c.replace('"', '""') + '"' if m else c for c, m in zip(cells, marks, strict=True)))
    return "\n".join(lines) + "\n"


def delimiter(w: Words) -> str:
    """What the language's Excel writes between cells."""
    return ";" if w.style in ("comma", "space") else ","


def lines(rng: random.Random, count: int = 7) -> list[tuple[str, str, Decimal]]:
    """Service, team, amount."""
    names = rng.sample(SERVICES, count)
    return [(name, TEAMS[at * len(TEAMS) // count], amount(rng)) for at, name in enumerate(names)]


def preface_and_notes(w: Words, rng: random.Random) -> Case:
    rows = lines(rng)
    total = sum(a for *_, a in rows)
    content = [
        [f"{w.title} 2025", "", ""], ["ACME GmbH & Co", "", ""], ["", "", ""], [w.service, w.team, f"{w.amount} ({w.currency})"],
        *[list(row) for row in rows], ["", "", ""], [w.grand, "", total], ["", "", ""], [w.note, "", ""], ["Source: SAP FI export, J. Doe", "", ""],
    ]  # fmt: skip
    return Case(total, table(content, delimiter(w), w), currency=w.currency, excluded=3)


def subtotals(w: Words, rng: random.Random) -> Case:
    rows = lines(rng, 9)
    content: list[list[object]] = [[w.title], [w.team, w.service, w.region, f"{w.amount} {w.currency}"]]
    for team in TEAMS:
        part = [(s, a) for s, t, a in rows if t == team]
        content += [[team, s, "eu", a] for s, a in part]
        content.append([f"{w.subtotal} {team}", "", "", sum(a for _, a in part)])
        content.append([])
    content.append([w.grand, "", "", sum(a for *_, a in rows)])
    return Case(sum(a for *_, a in rows), sheets={"Sheet1": content}, currency=w.currency, excluded=4)


def unlabelled_totals(w: Words, rng: random.Random) -> Case:
    rows = lines(rng, 9)
    content: list[list[object]] = [[w.team, w.service, w.region, w.date, f"{w.amount} {w.currency}"]]
    for team in TEAMS:
        part = [(s, a) for s, t, a in rows if t == team]
        content += [[team, s, "eu", "2025-03-01", a] for s, a in part]
        content.append(["", "", "", "", sum(a for _, a in part)])
    content.append(["", "", "", "", sum(a for *_, a in rows)])
    return Case(sum(a for *_, a in rows), table(content, delimiter(w), w), currency=w.currency, excluded=4)


def repeated_header(w: Words, rng: random.Random) -> Case:
    rows = lines(rng, 8)
    head: list[object] = [w.service, w.team, f"{w.amount} {w.currency}"]
    content = [head, *map(list, rows[:4]), [], head, *map(list, rows[4:]), [w.total, "", sum(a for *_, a in rows)]]
    return Case(sum(a for *_, a in rows), sheets={"1": content}, currency=w.currency, excluded=2)


def _months(w: Words, rng: random.Random, names: list[object], title: str, extra: bool = True) -> tuple[list[list[object]], Decimal]:
    grid = [[amount(rng) for _ in names] for _ in range(5)]
    head = [w.service, *names, *([w.total] if extra else [])]
    rows = [[SERVICES[at], *g, *([sum(g)] if extra else [])] for at, g in enumerate(grid)]
    sums = [sum(column) for column in zip(*grid, strict=True)]
    whole = sum(sums, Decimal(0))
    return [[title], head, *rows, [w.grand, *sums, *([whole] if extra else [])]], whole


def month_names_across(w: Words, rng: random.Random) -> Case:
    content, total = _months(w, rng, list(w.months), f"{w.title} 2025 ({w.currency})")
    content[0] += [""] * (len(content[1]) - 1)
    return Case(total, table(content, delimiter(w), w), currency=w.currency, excluded=1)


def month_names_workbook(w: Words, rng: random.Random) -> Case:
    content, total = _months(w, rng, list(w.months[:6]), f"{w.title} 2025")
    return Case(total, sheets={"2025": content}, excluded=1)


def iso_months_across(w: Words, rng: random.Random) -> Case:
    content, total = _months(w, rng, ["2025-01", "2025-02", "2025-03", "2025-04"], w.title)
    return Case(total, table(content[1:], delimiter(w), w), excluded=1)


def quarters_across(w: Words, rng: random.Random) -> Case:
    content, total = _months(w, rng, ["Q1", "Q2", "Q3", "Q4"], f"{w.title} 2025")
    return Case(total, sheets={"Q": content}, excluded=1)


def months_quarters_and_year(w: Words, rng: random.Random) -> Case:
    months = [f"{name} 25" for name in w.months[:6]] if w.code not in ("ja", "zh") else [f"2025年{name}" for name in w.months[:6]]
    grid = [[amount(rng) for _ in months] for _ in range(5)]
    rows = [[SERVICES[at], *g[:3], sum(g[:3]), *g[3:], sum(g[3:]), sum(g)] for at, g in enumerate(grid)]
    head = [w.service, *months[:3], "Q1 25", *months[3:], "Q2 25", w.total]
    return Case(sum(map(sum, grid)), table([head, *rows], delimiter(w), w), excluded=0)


def month_budget_actual(w: Words, rng: random.Random) -> Case:
    """Two header lines: the month over a pair of budget and actual."""
    head: list[object] = [""]
    second: list[object] = [w.service]
    for name in w.months[:3]:
        head += [f"{name} 2025", ""]
        second += [w.budget, w.actual]
    rows, total = [], Decimal(0)
    for at in range(5):
        row: list[object] = [SERVICES[at]]
        for _ in range(3):
            spent = amount(rng)
            total += spent
            row += [amount(rng), spent]
        rows.append(row)
    return Case(
        total,
        sheets={"Plan": [[f"{w.title} {w.currency}"], head, second, *rows]},
        merges=tuple((1, c, 1, c + 1, head[c]) for c in (1, 3, 5)),
        excluded=0,
    )


def net_tax_gross(w: Words, rng: random.Random) -> Case:
    rows = [[s, n := (a / 7).quantize(Decimal("0.01")), v := (n * 19 / 100).quantize(Decimal("0.01")), n + v] for s, _, a in lines(rng)]
    content = [[w.service, w.net, w.vat, w.gross], *rows]
    return Case(sum(r[3] for r in rows), table(content, delimiter(w), w), excluded=0, not_counted=(w.net,))


def price_times_quantity(w: Words, rng: random.Random) -> Case:
    rows = [[s, q := rng.randrange(2, 700), p := Decimal(rng.randrange(100, 4000)) / 100, q * p] for s, _, _ in lines(rng)]
    content = [[w.service, w.quantity, w.price, w.amount], *rows, [w.total, "", "", sum(r[3] for r in rows)]]
    return Case(sum(r[3] for r in rows), sheets={"Invoice": content}, excluded=1)


def budget_and_actual(w: Words, rng: random.Random) -> Case:
    rows = [[s, amount(rng), a] for s, _, a in lines(rng)]
    return Case(
        sum(r[2] for r in rows),
        table([[w.service, w.budget, w.actual], *rows], delimiter(w), w),
        excluded=0,
        asks=(w.actual,),
        not_counted=(w.budget,),
    )


def actual_and_forecast(w: Words, rng: random.Random) -> Case:
    rows = [[s, t, a, amount(rng)] for s, t, a in lines(rng)]
    content = [[w.service, w.team, f"{w.amount} {w.currency}", w.forecast], *rows]
    return Case(sum(r[2] for r in rows), sheets={"F": content}, currency=w.currency, excluded=0, not_counted=(w.forecast,))


def cumulative(w: Words, rng: random.Random) -> Case:
    run, rows = Decimal(0), []
    for day, (s, _, a) in enumerate(lines(rng), start=1):
        run += a
        rows.append([f"2025-03-{day:02d}", s, a, run])
    return Case(run, table([[w.date, w.service, w.amount, w.cumulative], *rows], delimiter(w), w), excluded=0, not_counted=(w.cumulative,))


def cumulative_only_by_values(w: Words, rng: random.Random) -> Case:
    """The running total has a name that says nothing."""
    run, rows = Decimal(0), []
    for s, _, a in lines(rng):
        run += a
        rows.append([s, run, a])
    return Case(run, sheets={"X": [[w.service, f"{w.total} {w.currency}", f"{w.amount} {w.currency}"], *rows]}, excluded=0)


def share(w: Words, rng: random.Random) -> Case:
    rows = lines(rng)
    total = sum(a for *_, a in rows)
    content = [[w.service, w.amount, w.share], *[[s, a, f"{100 * a / total:.1f}%"] for s, _, a in rows], [w.total, total, "100%"]]
    return Case(total, table(content, delimiter(w), w), excluded=1)


def previous_and_delta(w: Words, rng: random.Random) -> Case:
    rows = [[s, p := amount(rng), a, a - p] for s, _, a in lines(rng)]
    content = [[w.service, w.previous, f"{w.amount} {w.currency}", w.delta], *rows]
    return Case(sum(r[2] for r in rows), table(content, delimiter(w), w), excluded=0, not_counted=(w.previous, w.delta))


def two_currencies(w: Words, rng: random.Random) -> Case:
    other = "USD" if w.currency != "USD" else "EUR"
    rows = [[s, a, (a * Decimal("1.0834")).quantize(Decimal("0.01"))] for s, _, a in lines(rng)]
    content = [[w.service, f"{w.amount} {w.currency}", f"{w.amount} {other}"], *rows]
    return Case(
        sum(r[1] for r in rows),
        table(content, delimiter(w), w),
        currency=w.currency,
        excluded=0,
        asks=(other,),
        not_counted=(f"{w.amount} {other}",),
    )


def thousands_in_preface(w: Words, rng: random.Random) -> Case:
    rows = [[s, t, (a / 1000).quantize(Decimal("0.1"))] for s, t, a in lines(rng)]
    total = sum(r[2] for r in rows)
    content = [[w.title], [w.thousands], [w.service, w.team, w.amount], *rows, [w.total, "", total]]
    return Case(total * 1000, sheets={"k": content}, excluded=1, asks=("1000",))


def dates_of_the_language(w: Words, rng: random.Random) -> Case:
    rows = [
        [f"{w.months[at]} 2025" if w.code not in ("ja", "zh", "ko") else f"2025{'년 ' if w.code == 'ko' else '年'}{w.months[at]}", s, a]
        for at, (s, _, a) in enumerate(lines(rng))
    ]
    return Case(sum(r[2] for r in rows), table([[w.date, w.service, w.amount], *rows], delimiter(w), w), excluded=0)


def signature_footer(w: Words, rng: random.Random) -> Case:
    rows = lines(rng)
    total = sum(a for *_, a in rows)
    content = [
        [],
        [],
        ["", "", w.service, w.team, "", f"{w.amount} {w.currency}"],
        *[["", "", s, t, "", a] for s, t, a in rows],
        ["", "", w.total, "", "", total],
        [],
        ["", "", "______________", "", "", "______________"],
        ["", "", "CFO", "", "", "Date"],
    ]
    return Case(total, sheets={"Sheet1": content}, currency=w.currency, excluded=3)


def quoted_tabs(w: Words, rng: random.Random) -> Case:
    rows = lines(rng)
    content = [[w.service, w.team, f"{w.amount} {w.currency}"], *map(list, rows), [w.total, "", sum(a for *_, a in rows)]]
    return Case(sum(a for *_, a in rows), table(content, "\t", w, quote=True), currency=w.currency, excluded=1, suffix="tsv")


def sep_line_and_trailing(w: Words, rng: random.Random) -> Case:
    rows = lines(rng)
    content = [[w.service, w.team, f"{w.amount} {w.currency}", "", ""], *[[*row, "", ""] for row in rows]]
    return Case(sum(a for *_, a in rows), "\ufeffsep=;\r\n" + table(content, ";", w).replace("\n", "\r\n"), currency=w.currency, excluded=0)


def embedded_newlines(w: Words, rng: random.Random) -> Case:
    rows = [[f"{s}\n({t})", t, a] for s, t, a in lines(rng)]
    return Case(
        sum(r[2] for r in rows),
        table([[w.service, w.team, f"{w.amount}\n({w.currency})"], *rows], delimiter(w), w),
        currency=w.currency,
        excluded=0,
    )


def month_sheets_and_summary(w: Words, rng: random.Random) -> Case:
    sheets: dict[str, list[list[object]]] = {}
    sums = []
    for name in w.months[:3]:
        rows = lines(rng, 5)
        sums.append(sum(a for *_, a in rows))
        sheets[f"{name} 25"] = [[w.service, w.team, f"{w.amount} {w.currency}"], *map(list, rows), [w.total, "", sums[-1]]]
    sheets[w.summary] = [
        [w.date, f"{w.amount} {w.currency}"],
        *[[n, a] for n, a in zip(w.months, sums, strict=False)],
        [w.grand, sum(sums)],
    ]
    return Case(sum(sums, Decimal(0)), sheets=sheets, currency=w.currency)


def vendor_sheets(w: Words, rng: random.Random) -> Case:
    sheets: dict[str, list[list[object]]] = {}
    total = Decimal(0)
    for name, columns in (("AWS", [w.service, w.amount]), ("Azure", [w.team, w.service, w.amount])):
        rows = lines(rng, 5)
        total += sum(a for *_, a in rows)
        sheets[name] = [columns, *[[s, a] if len(columns) == 2 else [t, s, a] for s, t, a in rows]]
    return Case(total, sheets=sheets, excluded=0)


def negatives(w: Words, rng: random.Random) -> Case:
    rows = lines(rng, 8)
    plain = [num(w, a) for *_, a in rows]
    n = [plain[0], f"({plain[1]})", f"{plain[2]}-", f"−{plain[3]}", f"-{plain[4]}", *plain[5:]]
    signs = (1, -1, -1, -1, -1, 1, 1, 1)
    content = [[w.service, w.team, f"{w.amount} {w.currency}"], *[[s, t, x] for (s, t, _), x in zip(rows, n, strict=True)]]
    return Case(sum(a * k for (*_, a), k in zip(rows, signs, strict=True)), table(content, ";"), currency=w.currency, excluded=0)


def spacer_columns(w: Words, rng: random.Random) -> Case:
    rows = lines(rng)
    content: list[list[object]] = [[], ["", "", w.title], [], ["", "", w.service, "", w.team, "", f"{w.amount} {w.currency}"]]
    for s, t, a in rows:
        content += [["", "", s, "", t, "", a], []]
    return Case(sum(a for *_, a in rows), sheets={"S": content}, currency=w.currency, excluded=0)


EVERY_LANGUAGE: tuple[Callable[[Words, random.Random], Case], ...] = (
    preface_and_notes, subtotals, unlabelled_totals, repeated_header, month_names_across, month_names_workbook, iso_months_across, quarters_across,
    months_quarters_and_year, month_budget_actual, net_tax_gross, price_times_quantity, budget_and_actual, actual_and_forecast, cumulative,
    cumulative_only_by_values, share, previous_and_delta, two_currencies, thousands_in_preface, dates_of_the_language, signature_footer, quoted_tabs,
    sep_line_and_trailing, embedded_newlines, month_sheets_and_summary, vendor_sheets, negatives, spacer_columns,
)  # fmt: skip
