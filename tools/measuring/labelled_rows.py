"""Reads a labelled file for quality: CSV, TSV or JSONL with a text and a label column (or prompt and answer).

Column names may be the usual aliases. Labels are names or ids of the model's `id2label`. Errors name row and column.
Guesses no label, drops no row silently: a row without text or with an unknown label stops the reading. Rows are
numbered as in the file, the header being row 1 of a table.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import UserError

MAX_BYTES = 200_000_000
_TEXT = (
    "text",
    "sentence",
    "review",
    "prompt",
    "question",
    "query",
    "utterance",
    "content",
    "input",
    "message",
    "comment",
    "body",
    "title",
)
_LABEL = ("label", "labels", "intent", "answer", "class", "category", "sentiment", "target", "gold", "output", "expected")


@dataclass(frozen=True)
class Row:
    """One example. `label` is None where the file has no label column; `number` is its row in the file. `schema` is the
    JSON schema that the answer obeys, where the row brings one (a column "schema" in JSONL)."""

    text: str
    label: str | None
    number: int
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Labelled:
    """A file's examples and the column names they came from."""

    name: str
    rows: tuple[Row, ...]
    text_column: str
    label_column: str | None

    def thinned(self, most: int) -> "Labelled":
        """At most `most` rows, evenly spread over the file (the same ones every time)."""
        if len(self.rows) <= most:
            return self
        step = len(self.rows) / most
        return Labelled(self.name, tuple(self.rows[int(i * step)] for i in range(most)), self.text_column, self.label_column)


def read_labelled(path: Path) -> Labelled:
    """All examples of a file. Raises UserError `data-*` for a file that is missing, empty, not text, or lacks a column."""
    name = path.name
    if not path.is_file():
        raise UserError("data-not-found", f'There is no file "{name}" at the place you named.', "Check the spelling of the path.")
    if path.stat().st_size > MAX_BYTES:
        raise UserError(
            "data-too-big", f"{name} is larger than {MAX_BYTES // 1_000_000} MB.", "Give a sample; a few thousand rows are enough."
        )
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise UserError("data-not-text", f"{name} is not UTF-8 text (line {line}).", "Save it as CSV or JSONL in UTF-8.") from None
    if "\0" in text:
        raise UserError("data-not-text", f"{name} is not a text file.", "Save it as CSV or JSONL in UTF-8.")
    if not text.strip():
        raise UserError("data-empty", f"{name} is empty.", "Give a file with a text and a label column.")
    records = list(_json_lines(name, text) if path.suffix.lower() in (".jsonl", ".ndjson", ".json") else _table(name, text))
    if not records:
        raise UserError("data-empty", f"{name} has a header but no rows.", "Add at least a few dozen labelled rows.")
    return _labelled(name, records)


def _json_lines(name: str, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise UserError("data-not-json", f"{name} line {number} is not JSON.", "Write one JSON object on each line.") from None
        if not isinstance(record, dict):
            raise UserError(
                "data-not-json", f"{name} line {number} is not a JSON object.", 'Write lines such as {"text": "...", "label": "..."}.'
            )
        yield number, record


def _table(name: str, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for record in reader:
            if None in record:
                raise UserError(
                    "data-row-too-long",
                    f"{name} row {reader.line_num} has more cells than the header.",
                    "Put texts that hold the separator in double quotes.",
                )
            yield reader.line_num, record
    except csv.Error as error:
        raise UserError(
            "data-not-csv", f"{name} row {reader.line_num} cannot be read as CSV ({error}).", "Check the quotes in that row."
        ) from None


def _labelled(name: str, records: list[tuple[int, Mapping[str, Any]]]) -> Labelled:
    columns = list(dict.fromkeys(key for _, record in records for key in record))
    lower = {column.strip().lower(): column for column in reversed(columns)}
    text_column = next((lower[alias] for alias in _TEXT if alias in lower), None)
    label_column = next((lower[alias] for alias in _LABEL if alias in lower), None)
    shown = ", ".join(columns)[:200]
    if text_column is None:
        raise UserError(
            "data-no-text-column", f"{name} has no text column; its columns are: {shown}.", 'Name the column with the texts "text".'
        )
    rows = []
    for number, record in records:
        text = record.get(text_column)
        if not isinstance(text, str) or not text.strip():
            raise UserError("data-empty-text", f'{name} row {number} has nothing in column "{text_column}".', "Fill or remove that row.")
        schema = record.get("schema")
        rows.append(Row(text, _label(name, number, label_column, record), number, schema if isinstance(schema, dict) else None))
    return Labelled(name, tuple(rows), text_column, label_column)


def _label(name: str, number: int, column: str | None, record: Mapping[str, Any]) -> str | None:
    if column is None:
        return None
    value = record.get(column)
    if value is None or isinstance(value, dict | list) or not str(value).strip():
        raise UserError("data-empty-label", f'{name} row {number} has no label in column "{column}".', "Label or remove that row.")
    return str(value).strip()


def label_ids(data: Labelled, id2label: Mapping[Any, Any]) -> list[int]:
    """Class id of each row, by name (case does not matter) or by id. Raises UserError `data-no-labels`, `data-unknown-label`."""
    if data.label_column is None:
        raise UserError("data-no-labels", f"{data.name} has no label column.", 'Add a column "label" with the right class of each text.')
    names = {str(label).strip().lower(): int(key) for key, label in id2label.items()}
    ids = {str(key): int(key) for key in id2label}
    found = []
    for row in data.rows:
        label = str(row.label)
        hit = names.get(label.lower(), ids.get(label.removesuffix(".0")))
        if hit is None:
            known = ", ".join(str(v) for v in list(id2label.values())[:12])
            raise UserError(
                "data-unknown-label",
                f'{data.name} row {row.number}, column "{data.label_column}": the model has no class "{label[:60]}".',
                f"Its classes are: {known} (or their numbers, from 0).",
            )
        found.append(hit)
    return found
