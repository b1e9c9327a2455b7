"""JSON text -> values, one after another, through a window that slides over the file; nothing is ever loaded whole but one value.

Numbers stay the digits that stand in the file (`Number`), so no amount passes through a binary float. Every fault names its
line and column; a key that stands twice in one object is a fault, because nobody can say which amount is meant. Knows no
records and no columns. The decoder is the standard library's; ijson would give the same values by events, but neither
repeated keys nor line and column, and it is one more package to keep.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TextIO

from knowledge.errors import UserError
from tools.audit.cells import shown
from tools.audit.reading.sheet import LONGEST_CELL

Step = tuple[str, ...]

LARGEST_VALUE = 64 * 1024**2  # characters of one value that is decoded at once: a record, a bucket, a page
_CHUNK = 1024**2
_BLANKS = re.compile(r"[ \t\r\n]*")
_NEAR_END = 16  # a fault this close to the window's end may only be text that is not read yet
_quoted = json.JSONEncoder(ensure_ascii=False).encode
_WALKED = 3  # objects around a list that are walked through instead of decoded


class Number(str):
    """A number, or NaN and Infinity, as its characters in the file."""

    __slots__ = ()


class _Repeated(Exception):
    """A key stands twice in one object."""


class Item(NamedTuple):
    """One value of the file: where it stands, whether it is an element of a list there, and the line it begins on."""

    where: Step
    value: Any
    in_list: bool
    line: int


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise _Repeated(next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return found


class JsonText:
    """A reading position in JSON text."""

    def __init__(self, source: TextIO, name: str) -> None:
        self._source, self._name = source, name
        self._text, self._at, self._ended = "", 0, False
        self._line, self._column, self._counted = 1, 1, 0  # of self._counted, a place in the window
        self._decode = json.JSONDecoder(
            object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=Number, strict=False
        ).raw_decode

    def next(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            blanks = _BLANKS.match(self._text, self._at)
            self._at = blanks.end() if blanks else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def line(self) -> int:
        """Line of the position."""
        return self._place(self._at)[0]

    def take(self, wanted: str) -> str:
        """Passes the next character, which must be one of `wanted`."""
        found = self.next()
        if not found or found not in wanted:
            raise self.fault("the file ends too early" if not found else f"expected {' or '.join(wanted)}", self._at)
        self._at += 1
        return found

    def value(self) -> Any:
        """The value that begins at the next character.

        Raises UserError: json-broken, json-duplicate-key, json-too-deep, json-value-too-large.
        """
        if not self.next():
            raise self.fault("the file ends too early", self._at)
        while True:
            try:
                found, end = self._decode(self._text, self._at)
            except json.JSONDecodeError as error:
                partial = error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _NEAR_END
                if partial and self._more():
                    continue
                raise self.fault(_said(error, len(self._text)), error.pos) from error
            except _Repeated as error:
                raise self._repeated(str(error)) from None
            except RecursionError as error:
                raise too_deep(self._name, f"line {self.line():,}") from error
            margin = _NEAR_END if isinstance(found, Number) else 0  # `1.` or `1e` may go on
            if end + margin < len(self._text) or not self._more():
                self._at = end
                return found

    def fault(self, what: str, at: int) -> UserError:
        """json-broken with the line and column of a place in the window."""
        line, column = self._place(at)
        return UserError(
            "json-broken",
            f"{self._name} is not valid JSON: line {line:,}, column {column:,}: {what}.",
            "Mend that line, or export the file again; JSON that was cut off ends too early.",
            {"line": line, "column": column},
        )

    def _repeated(self, key: str) -> UserError:
        line = self.line()
        return UserError(
            "json-duplicate-key",
            f'{self._name}: the key "{shown(key, 40)}" stands twice in one object of the value that begins on line {line:,}.',
            "Only one of the two can be meant: remove the other, or export the file again.",
            {"line": line, "key": shown(key, 40)},
        )

    def _place(self, at: int) -> tuple[int, int]:
        """Line and column, 1-based. Moves the counted place forward, so the text is counted once."""
        lines = self._text.count("\n", self._counted, at)
        last = self._text.rfind("\n", self._counted, at)
        self._column = at - last if lines else self._column + at - self._counted
        self._line, self._counted = self._line + lines, at
        return self._line, self._column

    def _more(self) -> bool:
        """Reads on, forgetting what lies before the position; doubles the window where one value fills it."""
        if self._ended:
            return False
        self._place(self._at)
        kept = len(self._text) - self._at
        if kept > LARGEST_VALUE:
            raise UserError(
                "json-value-too-large",
                f"{self._name}: one value, beginning on line {self._line:,}, is longer than the limit of {LARGEST_VALUE // 1024**2} MiB.",
                "Save it as JSONL (one record a line) or as CSV.",
                {"line": self._line},
            )
        try:
            fresh = self._source.read(min(max(_CHUNK, kept), LARGEST_VALUE + _CHUNK - kept))
        except UnicodeDecodeError as error:
            raise UserError(
                "encoding-unreadable",
                f"{self._name}: a byte after line {self._line:,} does not fit its encoding.",
                "Save the file as UTF-8.",
            ) from error
        if not fresh:
            self._ended = True
            return False
        self._text, self._at, self._counted = self._text[self._at :] + fresh, 0, 0
        return True


def _said(error: json.JSONDecodeError, end: int) -> str:
    if error.msg.startswith("Unterminated string"):
        return "the text that begins here is never closed"
    return "the file ends too early" if error.pos >= end else error.msg[:1].lower() + error.msg[1:]


def too_deep(name: str, where: str) -> UserError:
    """json-too-deep."""
    return UserError(
        "json-too-deep",
        f"{name}: the value at {where} is nested deeper than any bill.",
        "Export the records themselves, as JSONL or CSV.",
    )


def one_document(text: JsonText) -> Iterator[Item]:
    """The elements of every list within three objects of the top, and the single values beside them."""
    yield from _walk(text, ())


def one_after_another(text: JsonText) -> Iterator[Item]:
    """Every top-level value: JSON lines, and objects written below each other."""
    while text.next():
        line = text.line()
        yield Item((), text.value(), True, line)


def _walk(text: JsonText, where: Step) -> Iterator[Item]:
    first = text.next()
    if first == "[":
        yield from _elements(text, where)
    elif first == "{" and len(where) <= _WALKED:
        yield from _members(text, where)
    else:
        yield Item(where, text.value(), False, 0)


def _elements(text: JsonText, where: Step) -> Iterator[Item]:
    text.take("[")
    if text.next() == "]":
        text.take("]")
        yield Item(where, [], False, 0)
        return
    while True:
        yield Item(where, text.value(), True, 0)
        if text.take(",]") == "]":
            return


def _members(text: JsonText, where: Step) -> Iterator[Item]:
    text.take("{")
    seen: set[str] = set()
    while text.next() != "}" or seen:
        if text.next() != '"':
            text.take('"')
        key = text.value()
        if key in seen:
            raise text._repeated(key)
        seen.add(key)
        text.take(":")
        yield from _walk(text, (*where, key))
        if text.take(",}") == "}":
            return
    text.take("}")


def cell(value: Any) -> str:
    """One value as the text of a cell."""
    if isinstance(value, str):
        text = str(value[:LONGEST_CELL])
        if not text.isascii():
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text.replace("\0", "") if "\0" in text else text
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return cell(compact(value))


def compact(value: Any) -> str:
    """A list or object as JSON without blanks, its numbers as they stand in the file."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(name)}:{compact(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    return _quoted(value)
