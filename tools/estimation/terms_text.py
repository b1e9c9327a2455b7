"""Reads `key=value, key=value`: the options of a tool that only few questions need, each checked against what it may be.

A value is one of some words, a number in a range, or a name. What is not known or not readable is refused with what would be.
"""

import re
from collections.abc import Mapping

from knowledge.errors import UserError

#: What a key may hold: words, (least, most) of a number, or None for a name.
Known = Mapping[str, tuple[str, ...] | tuple[float, float] | None]


def read_terms(text: str, known: Known, example: str) -> dict[str, str | float]:
    """The pairs, names as they were written. Raises UserError `terms-unreadable`."""
    found: dict[str, str | float] = {}
    for part in filter(None, (piece.strip() for piece in re.split(r"[,;]", text))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        key = key.lower().replace("-", "_")
        if not equals or key not in known or not value or key in found:
            names = ", ".join(known)
            raise UserError("terms-unreadable", f'The terms "{part[:60]}" cannot be read.', f'Write "{example}"; known are {names}.')
        found[key] = _value(key, value, known[key])
    return found


def _value(key: str, value: str, limits: tuple[str, ...] | tuple[float, float] | None) -> str | float:
    if limits is None:
        return value
    if isinstance(limits[0], str):
        word = value.lower().replace("-", "_").replace(" ", "_")
        if word not in limits:
            raise UserError("terms-unreadable", f'"{value[:40]}" is no value of {key}.', f"It is {', '.join(map(str, limits))}.")
        return word
    low, high = limits
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not float(low) <= number <= float(high):
        raise UserError("terms-unreadable", f'"{value[:40]}" is no value of {key}.', f"It is a number from {low:g} to {high:g}.")
    return number
