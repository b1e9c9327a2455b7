"""Reads a user's price file, YAML or CSV, strictly: `docs/prices.md` describes the form. Hostile until proven otherwise.

YAML is read with a safe loader and without tags, anchors, aliases, second documents or deep nesting; in CSV, cells are data, whatever
they look like. All flaws of a file are named at once, with their lines, and a file with any flaw is not used at all. An upload is read in
a child process (`tools/own_prices/`); a file that a person names on the command line is read where it is used.
"""

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.errors import UserError
from knowledge.own_price_rows import HOURLY, MACHINE_KEYS, MODEL_KEYS, PER_MILLION, Row, entries
from knowledge.own_prices import OwnPrices

if TYPE_CHECKING:
    import yaml

YAML_ENDINGS = (".yaml", ".yml")
MOST_BYTES = 1_000_000
MOST_ROWS = 5000
_MOST_TEXT = 500  # characters of one value
_MOST_NODES = 100_000
_DEEPEST = 3  # a mapping of lists of mappings
_SHOWN = 5  # flaws in the message; all are in the details
_COLUMNS = tuple(dict.fromkeys((*MACHINE_KEYS, *MODEL_KEYS)))
_ON_TOP = ("currency", "usd_per_unit", "valid_from", "machines", "models")
_FORM = "docs/prices.md describes the form of a price file."


def read_own_prices(path: Path, name: str = "") -> OwnPrices:
    """The prices of a file. Raises UserError `price-file-missing`, `price-file-too-large`, `price-file-invalid`."""
    shown = name or path.name
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as problem:
        raise UserError(
            "price-file-missing",
            f'The price file "{shown}" could not be read: {problem.strerror or "unknown reason"}.',
            "Check its name and permissions.",
        ) from None
    return parse_own_prices(raw, shown)


def parse_own_prices(raw: bytes, name: str) -> OwnPrices:
    """The prices that these bytes state. `name` is how sources call the file, and its ending says what it is."""
    if len(raw) > MOST_BYTES:
        raise UserError(
            "price-file-too-large",
            f'The price file "{name}" is larger than {MOST_BYTES // 1_000_000} MB.',
            "Keep only the prices that you pay; a price file needs one line a machine or model.",
        )
    rows, flaws = _yaml_rows(raw) if name.lower().endswith(YAML_ENDINGS) else _csv_rows(raw)
    if len(rows) > MOST_ROWS:
        flaws = [(rows[MOST_ROWS].line, f"is entry {MOST_ROWS + 1:,}; at most {MOST_ROWS:,} are read")]
        rows = []
    found, more = entries([row for row in rows if _is_plain(row, flaws)], name)
    flaws = sorted(flaws + more)
    if not flaws and not found:
        flaws = [(1, "holds no prices")]
    if flaws:
        raise _invalid(name, flaws)
    return found


def is_price_file(path: Path) -> bool:
    """Whether an upload is a price file, by its ending or the header of its table. Reads one line; a file that cannot be read is none."""
    if path.name.lower().endswith(YAML_ENDINGS):
        return True  # nothing else that people upload is YAML
    if not path.name.lower().endswith((".csv", ".tsv", ".txt")):
        return False
    try:
        with path.open("rb") as stream:
            return is_price_header(stream.readline(4096).decode("utf-8", errors="replace"))
    except OSError:
        return False


def is_price_header(line: str) -> bool:
    """Whether a table with this header is a price file: it names machines or models, and at least one of our price columns."""
    names = {_key(cell) for cell in re.split(r"[,;\t]", line.lstrip("\ufeff").strip())}
    return bool(names & {"machine", "accelerator", "model"}) and bool(names & {*HOURLY, *PER_MILLION})


def _invalid(name: str, flaws: list[tuple[int, str]]) -> UserError:
    told = "; ".join(f"line {line}: {text}" for line, text in flaws[:_SHOWN])
    rest = f"; and {len(flaws) - _SHOWN} more" if len(flaws) > _SHOWN else ""
    return UserError(
        "price-file-invalid",
        f'The price file "{name}" is not used: {told}{rest}'.removesuffix(".") + ("" if told.endswith("?") and not rest else "."),
        f"Correct it and give it again; {_FORM}",
        {"flaws": [{"line": line, "flaw": text} for line, text in flaws[:200]]},
    )


def _key(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.strip().strip('"').lower())


def _is_plain(row: Row, flaws: list[tuple[int, str]]) -> bool:
    """Whether all values are short printable text; what is not is a flaw."""
    for key, text in row.values.items():
        if len(text) > _MOST_TEXT or not text.isprintable():
            flaws.append((row.line_of(key), f"`{key}` holds more than {_MOST_TEXT} characters, a line break or a control character"))
            return False
    return True


def _unknown_key(key: str, allowed: tuple[str, ...]) -> str:
    from rapidfuzz import process

    hit = process.extractOne(key, allowed, score_cutoff=60)
    return f"`{key[:40]}` is not a name of the form" + (f"; did you mean `{hit[0]}`?" if hit else f"; it has {', '.join(allowed)}")


def _text(raw: bytes) -> tuple[str, list[tuple[int, str]]]:
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as problem:
        return "", [(raw[: problem.start].count(b"\n") + 1, "is not UTF-8 text")]


def _csv_rows(raw: bytes) -> tuple[list[Row], list[tuple[int, str]]]:
    text, flaws = _text(raw)
    if flaws:
        return [], flaws
    head = text.lstrip().split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    rows: list[Row] = []
    columns: list[str] = []
    end = 0
    try:
        for cells in reader:
            line, end = end + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [_key(cell) for cell in cells]
                flaws += [(line, _unknown_key(key, _COLUMNS)) for key in columns if key not in _COLUMNS]
                flaws += [(line, f"`{key}` is the name of two columns") for key in sorted({k for k in columns if columns.count(k) > 1})]
                if flaws:
                    return [], flaws
            elif len(cells) > len(columns):
                flaws.append((line, f"has {len(cells)} cells under {len(columns)} columns"))
            else:
                rows.append(Row(line, {key: cell.strip() for key, cell in zip(columns, cells, strict=False) if cell.strip()}))
            if len(rows) > MOST_ROWS:
                break
    except csv.Error as problem:
        flaws.append((end + 1, f"is not a CSV row ({problem})"))
    return rows, flaws


def _yaml_rows(raw: bytes) -> tuple[list[Row], list[tuple[int, str]]]:
    text, flaws = _text(raw)
    if flaws:
        return [], flaws
    import yaml

    try:
        flaws = _forbidden(text)
        root = None if flaws else yaml.compose(text, Loader=_loader())
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        return [], [(mark.line + 1 if mark is not None else 1, f"is not YAML ({getattr(problem, 'problem', None) or 'unreadable'})")]
    if flaws or root is None:
        return [], flaws
    if not isinstance(root, yaml.MappingNode):
        return [], [(1, "is not a price file; it needs `machines:` or `models:`")]
    return _yaml_entries(_pairs(root, _ON_TOP, flaws), flaws), flaws


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _forbidden(text: str) -> list[tuple[int, str]]:
    """What YAML allows and a price file does not need: each is a way to hide code, or to make a small file large."""
    import yaml

    depth = documents = 0
    for number, event in enumerate(yaml.parse(text, Loader=_loader())):
        mark = event.start_mark
        line = mark.line + 1 if mark is not None else 1
        is_start = isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent)
        depth += int(is_start) - isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            return [(line, "uses an anchor or alias (& or *), which a price file may not")]
        if getattr(event, "tag", None):
            return [(line, "uses a tag (!), which a price file may not")]
        if depth > _DEEPEST or documents > 1 or number > _MOST_NODES:
            return [(line, "is nested more deeply, has more documents or more values than a price file may")]
    return []


def _pairs(node: "yaml.MappingNode", allowed: tuple[str, ...], flaws: list[tuple[int, str]]) -> dict[str, "yaml.Node"]:
    """Keys and values of a mapping; an unknown or repeated key is a flaw."""
    found: dict[str, Any] = {}
    for key_node, value in node.value:
        line, key = key_node.start_mark.line + 1, _key(str(key_node.value))
        if key not in allowed:
            flaws.append((line, _unknown_key(key, allowed)))
        elif key in found:
            flaws.append((line, f"`{key}` stands there twice"))
        found[key] = value
    return found


def _yaml_entries(top: "dict[str, yaml.Node]", flaws: list[tuple[int, str]]) -> list[Row]:
    import yaml

    shared = {key: node for key in ("currency", "usd_per_unit", "valid_from") if (node := top.get(key)) is not None}
    rows = []
    for key, allowed in (("machines", MACHINE_KEYS), ("models", MODEL_KEYS)):
        node = top.get(key)
        if node is None:
            continue
        if not isinstance(node, yaml.SequenceNode):
            flaws.append((node.start_mark.line + 1, f"`{key}` is not a list"))
            continue
        for item in node.value:
            line = item.start_mark.line + 1
            if not isinstance(item, yaml.MappingNode):
                flaws.append((line, f"an entry of `{key}` is not a mapping of names to values"))
                continue
            nodes = {**shared, **_pairs(item, allowed, flaws)}
            rows.append(_yaml_row(line, nodes, flaws))
    return rows


def _yaml_row(line: int, nodes: "dict[str, yaml.Node]", flaws: list[tuple[int, str]]) -> Row:
    import yaml

    row = Row(line, {})
    for key, node in nodes.items():
        at = node.start_mark.line + 1
        if not isinstance(node, yaml.ScalarNode):
            flaws.append((at, f"`{key}` is not a single value"))
        elif node.tag != "tag:yaml.org,2002:null" and node.value.strip():
            row.values[key], row.lines[key] = node.value.strip(), at
    return row
