"""Sheet -> Layout: finds header and form, or infers roles, then applies the user's corrections and settles the styles.

Reads a sample only (the first rows, plus every thousandth up to a limit), so late surprises are caught by the ledger pass, which
reads every row. A correction of a column that the sheet does not have changes nothing here (mapping.check_named asks whether any sheet
has it). Raises UserError: no-header, mapping-unreadable.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from statistics import median

from knowledge.errors import UserError
from tools.audit.cells import DateOrder, Style, currency_of, read_day, shown, style_evidence
from tools.audit.columns import column_of, names
from tools.audit.corrected import corrected
from tools.audit.days import is_serial
from tools.audit.forms.form import Form, Inside
from tools.audit.forms.known import recognise, variant
from tools.audit.header_words import OTHER_AMOUNTS
from tools.audit.inference import header_likeness, infer, unit_of
from tools.audit.layout import Layout, Pivot
from tools.audit.mapping import Corrections, position_of
from tools.audit.reading.header import Header, filled, find_header, header_at, is_blank, key
from tools.audit.reading.sheet import Row, Sheet
from tools.audit.reconcile import parent_row
from tools.audit.rowtypes import own_tag
from tools.audit.stated import as_stated, currency
from tools.audit.views import alone, beside

_SAMPLE = 2000
_ENVIRONMENT = frozenset({"environment", "env", "stage", "deploymentenvironment", "tier", "umgebung"})
_TEAM = frozenset({"team", "owner", "department", "costcenter", "costcentre", "squad", "businessunit", "bu", "org"})
_WORKLOAD = frozenset({"workload", "application", "app", "appname", "service", "usecase", "name"})
_MONEY_ROLES = ("billed", "effective", "list")
_AMORTIZED = (
    "its costs are effective costs (amortized): commitments are spread over the usage they cover, and what was invoiced is not in it"
)
#: Names of token counts in a log's own object of them.
_BLOB = {
    "input_tokens": ("inputtokens", "prompttokens", "input", "prompt"),
    "output_tokens": ("outputtokens", "completiontokens", "output", "completion"),
    "cached_tokens": ("cachedtokens", "cachereadinputtokens", "cached"),
    "cache_write_tokens": ("cachecreationinputtokens",),
    "reasoning_tokens": ("reasoningtokens", "reasoning"),
}


def arrange(sheet: Sheet, corrections: Corrections) -> Layout | None:
    """The reading plan of one sheet; None where the sheet holds no table at all."""
    sample = sheet.sample(_SAMPLE)
    if not any(filled(cells) for _, cells in sample):
        return None
    header, form = _find(sample, corrections)
    if header is None:
        if any(filled(cells) >= 2 for _, cells in sample):
            raise UserError(
                "no-header",
                f"{sheet.file} has no header row: the first rows already hold amounts.",
                "Add a first row with column names, or say which row holds them, such as header=5.",
            )
        return None
    asked: tuple[str, ...] = ()
    if form is None:
        whole = sheet
        sheet, asked = beside(sheet, sample, header.row)
        if sheet is not whole:
            sample = sheet.sample(_SAMPLE)
            header = header_at(sample, next(at for at, (number, _) in enumerate(sample) if number == header.row))
    rows = [cells for number, cells in sample if number > header.row and filled(cells)]
    used = {position_of(value, header.names) for value in corrections.columns.values()}
    ignored = frozenset(at for name in corrections.ignored if (at := position_of(name, header.names)) is not None and at not in used)
    layout = _from_form(sheet, header, variant(form, header.names, rows)) if form else _from_guess(sheet, header, rows, ignored)
    layout = corrected(replace(layout, questions=(*asked, *layout.questions)), corrections, ignored)
    return _settle(layout, rows, corrections)


def _find(sample: list[Row], corrections: Corrections) -> tuple[Header | None, Form | None]:
    if corrections.header_row is not None:
        at = next((at for at, (number, _) in enumerate(sample) if number == corrections.header_row), None)
        if at is None:
            raise UserError(
                "mapping-unreadable",
                f"There is no row {corrections.header_row} near the top.",
                "Name the row that holds the column names, such as header=5.",
            )
        header = header_at(sample, at)
        return header, recognise(header.names)[0]
    best: tuple[int, int, Form] | None = None
    for at, (_, cells) in enumerate(sample[:60]):
        if filled(cells) < 2:
            continue
        form, score = recognise(cells)
        if form and (best is None or score > best[0]):
            best = (score, at, form)
    if best:
        return header_at(sample, best[1], two_lines=False), best[2]
    at = find_header(sample, header_likeness)
    return (None, None) if at is None else (header_at(sample, at), None)


def _from_form(sheet: Sheet, header: Header, form: Form) -> Layout:
    roles, inside = form.columns(header.names), form.inside(header.names)
    money = {role: entries[0] for role in _MONEY_ROLES if (entries := inside.pop(role, ())) and role not in roles}
    sheet = alone(sheet, header.row, {entry.at: entry.path for entry in money.values()}) if money else sheet
    roles |= {role: (entry.at,) for role, entry in money.items()}
    notes: tuple[str, ...] = (form.note,) if form.note else ()
    if "billed" not in roles and "effective" in roles:
        roles["billed"] = roles["effective"] = roles["effective"][:1]
        notes += (_AMORTIZED,)
    confidence = {position: 1.0 for positions in roles.values() for position in positions}
    pivot = _service_pivot(header) if form.pivot else None
    if pivot:
        confidence |= {position: 1.0 for position, _ in pivot.columns}
        roles = {"start": (0,)}
        confidence[0] = 1.0
    tags = tuple(
        (at, tag)
        for at, name in enumerate(header.names)
        if form.tag_prefixes and key(name).startswith(form.tag_prefixes) and at not in roles.get("tags", ()) and (tag := _tag_name(name))
    )
    fixed = dict(form.fixed) | ({"provider": form.provider} if form.provider and "provider" not in roles else {})
    return Layout(
        sheet,
        header,
        form,
        roles,
        confidence,
        tags,
        pivot,
        fixed,
        form.currency,
        f"the {form.title} format" if form.currency else "",
        date_order=form.date_order,
        inside=inside,
        factor=Decimal("0.01") if form.minor_units else Decimal(1),
        notes=notes,
    )


def _service_pivot(header: Header) -> Pivot:
    role = {"service": "service", "linkedaccount": "account", "region": "region"}.get(key(header.names[0]), "description")
    last = [at for at, name in enumerate(header.names) if key(name) != "totalcosts" and at > 0]
    return Pivot(role, tuple((at, _bare(header.names[at])) for at in last))


def _bare(name: str) -> str:
    head, bracket, tail = name.rpartition("(")
    return head.strip() if bracket and len(tail) <= 6 and (currency_of(tail.rstrip(") ")) or tail.startswith("$")) else name.strip()


def _tag_name(name: str) -> str:
    """The user's own name of a tag column; "" for a tag of the provider."""
    name = own_tag(name)
    for mark in (":", "/", "."):
        if mark in name:
            name = name.rpartition(mark)[2]
    return name


def _from_guess(sheet: Sheet, header: Header, rows: Sequence[list[str]], ignored: frozenset[int]) -> Layout:
    kept = [["" if at in ignored else cell for at, cell in enumerate(cells)] for cells in rows[:500]] if ignored else rows[:500]
    guess = infer(header.names, kept, (*(" ".join(line) for line in header.preface), sheet.name))
    roles = dict(guess.roles)
    blob = roles.pop("tokens_blob", ())
    inside = {
        role: tuple(Inside(at, path, len(roles.get(role, ()))) for at in blob for path in paths) for role, paths in _BLOB.items() if blob
    }
    tags = tuple((roles[role][0], role) for role in ("environment", "team") if role in roles)
    return Layout(
        sheet,
        header,
        None,
        roles,
        guess.confidence,
        tags,
        guess.pivot,
        currency=guess.currency_hint[0],
        currency_from=f'the column "{shown(guess.currency_hint[1], 40)}"' if guess.currency_hint[0] else "",
        inside=inside,
        monthly_amounts=guess.monthly,
        model_groups=guess.model_groups,
        before_tax=guess.before_tax,
        questions=tuple(guess.questions),
        notes=tuple(guess.notes),
    )


def _settle(layout: Layout, rows: Sequence[list[str]], corrections: Corrections) -> Layout:
    positions = [p for role in _MONEY_ROLES for p in layout.roles.get(role, ())[:1]] or [
        at for at, _ in (layout.pivot.columns if layout.pivot else ())
    ]
    style, question = _style(layout, positions, rows, corrections)
    order, order_question = _date_order(layout, rows, corrections)
    code, source = currency(layout, positions, rows, corrections)
    fill = int(median([filled(cells) for cells in rows])) if rows else 0
    asked = (*layout.questions, *filter(None, (question, order_question)), *_hidden(layout, positions), *_doubts(layout, rows))
    roles = dict(layout.roles)
    for role, tag_names in (("environment", _ENVIRONMENT), ("team", _TEAM), ("workload", _WORKLOAD)):
        hits = tuple(position for position, name in layout.tags if key(name) in tag_names)
        if hits and role not in roles:
            roles[role] = hits
    unit = unit_of(layout.header.names[roles["quantity"][0]]) if layout.form is None and "quantity" in roles and "unit" not in roles else ""
    settled = replace(
        layout,
        roles=roles,
        fixed={**layout.fixed, "unit": unit} if unit else layout.fixed,
        style=style,
        date_order=order,
        currency=code,
        currency_from=source,
        typical_fill=fill,
        has_rows=bool(rows),
        questions=asked,
    )
    return as_stated(settled, positions, rows, corrections)


def _hidden(layout: Layout, positions: Sequence[int]) -> list[str]:
    """Questions about rows and cost columns that a spreadsheet program does not show: they are read like the others."""
    rows = [number for number in layout.sheet.hidden_rows if number > layout.header.row]
    many = f"{len(rows):,} rows of the table are hidden in the workbook; they were counted. Should they be?"
    one = f"Row {rows[0]} of the table is hidden in the workbook; it was counted. Should it be?" if rows else ""
    asked = [one if len(rows) == 1 else many] if rows else []
    columns = [layout.header.names[at][:40] for at in positions if at in layout.sheet.hidden_columns]
    return asked + (
        [f'"{columns[0]}" is a hidden column of the workbook; it was counted. Is that right (ignore={columns[0]} leaves it out)?']
        if columns
        else []
    )


def _doubts(layout: Layout, rows: Sequence[list[str]]) -> list[str]:
    """Questions about a sheet named as a plan, and about rows that are the sum of the rows below them."""
    if layout.form or not layout.has_money:
        return []
    asked = []
    name = layout.sheet.name
    if names(column_of(0, name, ()), OTHER_AMOUNTS["a plan or forecast"]):
        asked.append(
            f'The sheet "{shown(name, 40)}" is named as a plan or forecast and was counted. Should it be (sheet=NAME|NAME names others)?'
        )
    if "billed" in layout.roles and (label := parent_row(rows, layout.roles["billed"][0])):
        asked.append(f'The row "{shown(label, 40)}" equals the sum of the rows below it; all were counted. Does it already hold them?')
    return asked


def _style(layout: Layout, positions: Sequence[int], rows: Sequence[list[str]], corrections: Corrections) -> tuple[Style, str]:
    if corrections.decimal:
        return ("comma" if corrections.decimal == "comma" else "dot"), ""
    proofs: set[Style] = set()
    doubtful = ""
    for cells in rows:
        for at in positions:
            text = cells[at] if at < len(cells) else ""
            if proof := style_evidence(text):
                proofs.add(proof)
            elif ("," in text or "." in text) and any(c.isdigit() for c in text):
                doubtful = doubtful or text.strip()
    if len(proofs) == 1:
        return proofs.pop(), ""
    if proofs:
        note = f"The cost column mixes decimal comma and decimal point; cells such as {shown(doubtful, 20)} could be either. Which one is meant (decimal=comma or decimal=dot)?"  # noqa: E501
        return ("mixed", note) if doubtful else ("dot", "")
    semicolon = layout.sheet.notes.get("delimiter") == "semicolon"
    style: Style = "comma" if (semicolon and "," in doubtful) or ("." in doubtful and semicolon) else "dot"
    if not doubtful or ("." in doubtful and not semicolon):
        return style, ""
    reading, other = ("decimal comma", "dot") if style == "comma" else ("thousands comma", "comma")
    return style, f"Cells such as {shown(doubtful, 20)} were read with {reading}; is that right (decimal={other} reads them the other way)?"


def _date_order(layout: Layout, rows: Sequence[list[str]], corrections: Corrections) -> tuple[DateOrder, str]:
    if corrections.date_order:
        return ("dmy" if corrections.date_order == "dmy" else "mdy"), ""
    starts = [cells[at] for at in layout.roles.get("start", ())[:1] for cells in rows if at < len(cells) and not is_blank(cells[at])]
    if starts and sum(is_serial(text) for text in starts) >= 0.9 * len(starts):
        return "serial", ""
    proofs: set[DateOrder] = set()
    ambiguous = ""
    for at in (*layout.roles.get("start", ())[:1], *layout.roles.get("end", ())[:1]):
        for cells in rows:
            day = read_day(cells[at]) if at < len(cells) else None
            if day and day.proves:
                proofs.add(day.proves)
            elif day and day.ambiguous:
                ambiguous = ambiguous or cells[at].strip()
    if len(proofs) == 1:
        return proofs.pop(), ""
    if layout.date_order or not ambiguous:
        return layout.date_order, ""
    order: DateOrder = "dmy" if layout.style == "comma" or "." in ambiguous else "mdy"
    return (
        order,
        f"Is {shown(ambiguous, 20)} day first or month first? It was read as {'day' if order == 'dmy' else 'month'} first (dates=dmy or dates=mdy changes it).",  # noqa: E501
    )
