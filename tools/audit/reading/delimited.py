"""Text tables: CSV, TSV and their relatives, plain or gzip. Finds encoding and delimiter; streams rows.

Says what it found (`notes`), so that the user may correct it. Stops with the row named where a quote is never closed,
a cell is too long or a byte cannot be decoded; it never skips a line silently.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from knowledge.errors import UserError
from tools.audit.reading.plain_text import PlainText
from tools.audit.reading.private import private_notes
from tools.audit.reading.sheet import LARGEST_FILE, LONGEST_CELL, MOST_COLUMNS, Row, Sheet, missing

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_LONGEST_LINE = 8 * 1024**2
_MOST_RATIO = 200  # unpacked / packed bytes of a gzip file beyond 64 MiB
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class _Limited(io.RawIOBase):
    """A byte stream that stops at the size or packing-ratio limit: archive headers are not believed."""

    def __init__(self, inner: BinaryIO, packed: int, name: str) -> None:
        self._inner, self._packed, self._name, self._seen = inner, packed, name, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            data = self._inner.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise UserError("file-damaged", f"{self._name} is damaged: its packing cannot be read.", "Pack or export it again.") from error
        self._seen += len(data)
        ratio_broken = self._seen > 64 * 1024**2 and self._seen > _MOST_RATIO * self._packed
        if self._seen > LARGEST_FILE or ratio_broken:
            raise UserError(
                "file-bomb",
                f"{self._name} unpacks to far more than it holds: beyond the ratio limit of {_MOST_RATIO} to 1.",
                "Upload it unpacked.",
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


def open_bytes(path: Path, name: str, packed: bool) -> BinaryIO:
    """The bytes of the file, unpacked where it is gzip. Reading raises UserError: file-damaged, file-bomb."""
    try:
        if not packed:
            return path.open("rb", buffering=1024**2)
        raw = cast(BinaryIO, gzip.open(path, "rb"))  # noqa: SIM115 - closed with the stream around it
        return cast(BinaryIO, io.BufferedReader(cast(io.FileIO, _Limited(raw, path.stat().st_size, name)), 1024**2))
    except FileNotFoundError as error:
        raise missing(name) from error


def open_text(path: Path, name: str, packed: bool = False, told: str = "") -> Sheet:
    """The file as one `Sheet`; `told` is the delimiter's name where the user says it.

    Raises UserError: file-binary, encoding-unreadable, line-too-long and those of its rows.
    """
    encoding = encoding_of(path, name, packed)
    lines = _first_lines(path, name, packed, encoding)
    delimiter = next((sign for sign, word in _DELIMITERS.items() if word == told), "") or _delimiter(lines)
    notes = {"encoding": encoding, "delimiter": _DELIMITERS[delimiter], **private_notes(_cells(lines, delimiter))}
    plain = PlainText(lambda: open_bytes(path, name, packed), encoding, delimiter)
    return Sheet(name, "", lambda: _rows(path, name, packed, encoding, delimiter), notes, plain=plain)


def encoding_of(path: Path, name: str, packed: bool) -> str:
    """Encoding of the text; every byte is checked. Raises UserError: file-empty, file-binary, encoding-unreadable."""
    with open_bytes(path, name, packed) as file:
        head = file.read(65536)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    if not head:
        raise UserError("file-empty", f"{name}: the file is empty.", "Upload a file with a header row and at least one cost row.")
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) * 0.2:
        return "utf-16-le" if odd > even else "utf-16-be"
    control = sum(head.count(bytes((code,))) for code in (*range(0, 9), *range(14, 32)))
    if control > max(8, len(head) * 0.02):
        raise UserError(
            "file-binary", f"{name} is not a text table: it holds binary data.", "Export it as CSV or XLSX from the program that made it."
        )
    return _check_decoding(path, name, packed)


def _check_decoding(path: Path, name: str, packed: bool) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with open_bytes(path, name, packed) as file:
        try:
            while chunk := file.read(1024**2):
                if not chunk.isascii() or decoder.getstate()[0]:
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
            return "utf-8"
        except UnicodeDecodeError:
            file.close()
    with open_bytes(path, name, packed) as file:
        sample = file.read(4 * 1024**2)
    return _legacy_encoding(sample, name)


def _legacy_encoding(sample: bytes, name: str) -> str:
    """Shift-JIS, GB18030 and Windows-1251 where the bytes clearly are, else Windows-1252.

    A detector (charset-normalizer 3.5.2) was tried: on sheets of two or three lines it takes German for Big5 and a euro sign for cp437.
    """
    for encoding, clear in _CLEARLY:
        try:
            text = codecs.getincrementaldecoder(encoding)("strict").decode(sample)
        except UnicodeDecodeError:
            continue
        if clear(text):
            return encoding
    undefined = next((at for at, byte in enumerate(sample) if byte in b"\x81\x8d\x8f\x90\x9d"), None)
    if undefined is None:
        return "cp1252"
    row = sample.count(b"\n", 0, undefined) + 1
    raise UserError(
        "encoding-unreadable",
        f"{name}: byte {undefined + 1} in row {row} fits neither UTF-8, UTF-16, Windows-1252, Windows-1251, Shift-JIS nor GB18030.",
        "Save the file as 'CSV UTF-8'.",
        {"byte": undefined + 1, "row": row},
    )


def _japanese(text: str) -> bool:
    """Words of kana and kanji alone: an apostrophe of Windows-1252 and the letter after it give one kanji inside a Latin word."""
    return _words_of(text, r"[\u3005\u3040-\u30ff\u4e00-\u9fff]+")


def _chinese(text: str) -> bool:
    """Mostly characters of everyday use: an umlaut and the letter after it give rare ones, and so do pairs of Russian letters."""
    foreign = "".join(char for char in text if ord(char) > 127).encode("gb18030")
    pairs = [(foreign[at], foreign[at + 1]) for at in range(0, len(foreign) - 1, 2)]
    return sum(0xA1 <= first <= 0xD7 and second >= 0xA1 for first, second in pairs) > 0.7 * max(1, len(pairs))


def _russian(text: str) -> bool:
    """Words of Cyrillic letters; Western European text has single letters beyond ASCII between plain ones."""
    return _words_of(text, r"[А-яЁёІіЇїЄєҐґ]{3,}")


def _words_of(text: str, letters: str) -> bool:
    foreign = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    return bool(foreign) and sum(re.fullmatch(letters, word) is not None for word in foreign) > 0.6 * len(foreign)


_CLEARLY = (("cp932", _japanese), ("gb18030", _chinese), ("cp1251", _russian))


def open_decoded(path: Path, name: str, packed: bool, encoding: str) -> io.TextIOWrapper:
    """The characters of the file, line ends as they stand."""
    return io.TextIOWrapper(open_bytes(path, name, packed), encoding=encoding, newline="")


def _lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    number = 0
    while True:
        try:
            line = text.readline(_LONGEST_LINE + 1)
        except UnicodeDecodeError as error:
            raise UserError(
                "encoding-unreadable",
                f"{name}: a byte near row {number + 1} does not fit {text.encoding}.",
                "Save the file as 'CSV UTF-8'.",
            ) from error
        if not line:
            return
        number += 1
        if len(line) > _LONGEST_LINE:
            raise UserError(
                "line-too-long",
                f"{name}: row {number} is longer than the line limit of 8 MiB.",
                "Check the export: line breaks seem to be missing.",
            )
        yield line.replace("\0", "") if "\0" in line else line


def _first_lines(path: Path, name: str, packed: bool, encoding: str) -> list[str]:
    with open_decoded(path, name, packed, encoding) as text:
        return list(islice(_lines(text, name), 400))


def _cells(lines: list[str], delimiter: str) -> Iterator[Row]:
    """The first lines as rows, for a look at them only: a row that cannot be read ends the look."""
    with suppress(csv.Error):
        yield from enumerate(csv.reader(lines, delimiter=delimiter, skipinitialspace=True), start=1)


def _delimiter(lines: list[str]) -> str:
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if any(row))
        except csv.Error:
            continue
        width, count = max(((w, c) for w, c in widths.items() if w > 1), key=lambda item: item[1] * (1 + item[0] / 50), default=(1, 0))
        score = count / max(1, sum(widths.values())) * (1 + width / 50)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def _rows(path: Path, name: str, packed: bool, encoding: str, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    quotes = first = last = 0

    def counted(text: io.TextIOWrapper) -> Iterator[str]:
        nonlocal quotes, last
        for line in _lines(text, name):
            last += 1
            quotes += line.count('"')
            yield line

    with open_decoded(path, name, packed, encoding) as text:
        reader = csv.reader(counted(text), delimiter=delimiter, skipinitialspace=True)
        row: list[str] = []
        while True:
            open_quote = quotes % 2 == 1 and (last > first or any(cell.endswith(("\n", "\r")) for cell in row))
            opened = first
            first, quotes = last + 1, 0
            try:
                row = next(reader)
            except StopIteration:
                if open_quote:
                    raise _unbalanced(name, opened) from None
                return
            except csv.Error as error:
                raise _unbalanced(name, first) from error
            if len(row) > MOST_COLUMNS:
                raise UserError(
                    "too-many-columns", f"{name} has {len(row):,} columns; the limit is {MOST_COLUMNS:,}.", "Keep the cost columns only."
                )
            yield first, row


def _unbalanced(name: str, row: int) -> UserError:
    return UserError(
        "unbalanced-quote",
        f"{name}: the quote opened in row {row} is never closed.",
        f"Close or remove the quote in row {row}.",
        {"row": row},
    )
