"""Takes an uploaded file into the data folder and shows its beginning. Never parses: audits do that in their own process.

Each file gets a folder with a random name; inside it keeps a cleaned form of the user's name, because evidence names
it. `peek` reads the first few kB of a plain text table or of JSON, as text; the rows of spreadsheets, Parquet and packed
files appear after the audit has read them in its worker.
"""

import csv
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import UserError
from tools.store.records import Upload
from tools.store.store import Store

#: Endings of tables, labelled files and price files that the tools read.
ACCEPTED = (".csv", ".tsv", ".txt", ".gz", ".xlsx", ".xlsm", ".json", ".jsonl", ".ndjson", ".parquet", ".yaml", ".yml")
_TABLES = frozenset({".csv", ".tsv", ".txt"})
_RECORDS = frozenset({".json", ".jsonl", ".ndjson", ".yaml", ".yml"})
_PEEK_BYTES = 64_000


@dataclass(frozen=True)
class Peek:
    """First rows of a file as text cells; `note` says why there are none."""

    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""


def shown_name(name: str) -> str:
    """The user's file name without folders and control characters, at most 120 characters."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(c for c in base if c.isprintable() and c not in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069").strip()
    return (clean[:100] + "…" + clean[-16:] if len(clean) > 120 else clean) or "unnamed"


def stored_name(name: str) -> str:
    """The shown name made safe for a file system and for every log: letters, digits and ` ._-()`, no leading dot."""
    return re.sub(r"[^\w ._()-]", "_", name).lstrip(". ") or "unnamed"


def accept(store: Store, data_dir: Path, owner: str, conversation_id: str, source: Path, name: str, limit_mb: int) -> Upload:
    """Moves the file into a folder of its own (0600) and records it. Raises UserError `upload-empty`, `upload-too-large`, `upload-type`."""
    name = shown_name(name)
    size = source.stat().st_size
    if not name.lower().endswith(ACCEPTED):
        raise UserError("upload-type", f'"{name}" is not a kind of file that Frugal reads.', f"It reads {', '.join(ACCEPTED)}.")
    if size == 0:
        raise UserError("upload-empty", f'"{name}" is empty (0 bytes).', "Export it again and check that it holds rows.")
    if size > limit_mb * 1_000_000:
        raise UserError(
            "upload-too-large",
            f'"{name}" is larger than the limit of {limit_mb} MB.',
            "Send a sample first: one month, or only the cost columns, packed as .csv.gz; or raise FRUGAL_UPLOAD_MB.",
        )
    folder = data_dir / "uploads" / secrets.token_hex(16)
    folder.mkdir(mode=0o700, parents=True)
    target = folder / stored_name(name)
    shutil.move(source, target)
    os.chmod(target, 0o600)  # noqa: PTH101
    digest = hashlib.sha256()
    with target.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return store.record_upload(owner, conversation_id, name, str(target), size, digest.hexdigest())


def accept_all(
    store: Store, data_dir: Path, owner: str, conversation_id: str, files: Sequence[Path], limit_mb: int, most: int
) -> list[Upload]:
    """`accept` for the files of one message. Raises UserError `upload-too-many` before anything is moved."""
    if len(files) > most:
        raise UserError(
            "upload-too-many", f"One message takes at most {most} files; this one has {len(files)}.", "Send them in several messages."
        )
    return [accept(store, data_dir, owner, conversation_id, path, path.name, limit_mb) for path in files]


def peek(path: Path, rows: int = 5, columns: int = 8) -> Peek:
    """The beginning of a file as text: header and `rows` rows of a table, `rows` records of JSON, every cell cut short. Never raises."""
    suffix = path.suffix.lower()
    if suffix not in _TABLES | _RECORDS:
        return Peek(note="Its rows are shown once the audit has read it, in a process of its own.")
    try:
        with path.open("rb") as stream:
            head = stream.read(_PEEK_BYTES)
    except OSError:
        return Peek(note="The file could not be opened.")
    if b"\x00" in head[:4096] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Peek(note="This does not look like a text table.")
    text = head.decode("utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig", errors="replace")
    if suffix in _RECORDS:
        return _records(text, rows)
    return _table(text, len(head) == _PEEK_BYTES, rows, columns)


def _records(text: str, rows: int) -> Peek:
    """The first lines, or pieces that look like records where all stand in one line. Text only: nothing is parsed."""
    pieces = re.split(r"[\r\n]+|(?<=\}),\s*(?=\{)", text[: 4096 * rows])
    shown = [piece for piece in (_cell(piece, 160) for piece in pieces) if piece.strip("[]{}, ")][:rows]
    if not shown:
        return Peek(note="The beginning of the file holds no text.")
    return Peek((("How the file begins",), *((piece,) for piece in shown)))


def _table(text: str, is_cut: bool, rows: int, columns: int) -> Peek:
    lines = text.splitlines()[: rows * 4]
    if is_cut and len(lines) > 1:
        lines = lines[:-1] if len(text.splitlines()) <= rows * 4 else lines
    delimiter = max(",;\t|", key=lambda mark: (lines[0] if lines else "").count(mark))
    try:
        table = [row for row in csv.reader(lines, delimiter=delimiter) if any(cell.strip() for cell in row)][: rows + 1]
    except csv.Error:
        return Peek(note="The first rows could not be shown.")
    return Peek(tuple(tuple(_cell(cell) for cell in row[:columns]) for row in table))


def _cell(text: str, most: int = 60) -> str:
    clean = "".join(c if c.isprintable() else " " for c in text).strip()
    return clean[: most - 1] + "…" if len(clean) > most else clean
