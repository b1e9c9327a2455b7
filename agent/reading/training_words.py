"""Finds what a message states about training a model or the memory of one: method, tokens a row, epochs, context, batch. Pure code.

Lengths in tokens; "8k" of context is 8 192, as of rows 8 000.
"""

import re
from typing import Any

from agent.reading.candidates import candidates

_METHODS = (
    ("qlora", r"\bq-?lora\b|\b(?:4|four)[- ]?bit (?:lora|tuning|fine[- ]?tun)"),
    ("lora", r"\blora\b|\bpeft\b|\badapters?\b"),
    ("pretrain", r"\bpre-?train|\bfrom scratch\b"),
    ("full", r"\bfull(?:y)?\b.{0,20}\b(?:tun|train|parameter|weight)|\ball (?:the )?(?:weights|parameters)\b"),
)
_NUMBER = r"(\d[\d,]*(?:\.\d+)?)\s*(k|m)?\b"
_CONTEXT = re.compile(
    rf"(?i){_NUMBER}[\s-]*(?:tokens?\s+(?:of\s+)?)?(?:context|ctx)\b|\b(?:context|ctx)(?:\s+(?:length|window|size))?\s*(?:of|=|:|at)?\s*{_NUMBER}"
)
_BATCH = re.compile(r"(?i)\bbatch(?:\s+size)?\s*(?:of|=|:)?\s*(\d{1,5})\b|\b(\d{1,5})\s+(?:sequences|users|requests) at once\b")
_PER_ROW = re.compile(
    rf"(?i){_NUMBER}\s*tokens?\s+(?:each|long|(?:per|a|an)\s+(?:row|example|sample|record|line|document))\b"
    rf"|\b(?:rows?|examples?|samples?|records?|documents?)\s+(?:of|with|at)\s+(?:about |around |~)?{_NUMBER}\s*tokens?\b"
)
_EPOCHS = re.compile(r"(?i)\b(\d+(?:\.\d+)?|one|two|three|four|five)\s+(?:epochs?|passes)\b")
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


def method_in(text: str) -> str:
    """The way of training that the words name; "" where they name none."""
    return next((name for name, pattern in _METHODS if re.search(pattern, text, re.I)), "")


def training_words(text: str) -> dict[str, Any]:
    """Argument name -> what the words say, where they say it."""
    said = {
        "method": method_in(text),
        "rows": rows_in(text),
        "tokens_per_row": tokens_per_row(text),
        "epochs": epochs_in(text),
        "context": context_in(text),
        "batch": batch_in(text),
    }
    return {name: value for name, value in said.items() if value}


def _number(hit: re.Match[str] | None, thousand: float) -> float | None:
    """The first number of a match; `thousand` is what "k" means."""
    if hit is None:
        return None
    value, scale = next((hit.group(i), hit.group(i + 1)) for i in range(1, hit.re.groups, 2) if hit.group(i))
    return float(value.replace(",", "")) * {"k": thousand, "m": thousand * thousand}.get((scale or "").lower(), 1.0)


def context_in(text: str) -> int | None:
    """Tokens of context."""
    found = _number(_CONTEXT.search(text), 1024.0)
    return None if found is None else int(found)


def batch_in(text: str) -> int | None:
    """Sequences at once."""
    hit = _BATCH.search(text)
    return int(hit.group(1) or hit.group(2)) if hit else None


def epochs_in(text: str) -> float | None:
    """Passes over the data."""
    hit = _EPOCHS.search(text)
    return None if hit is None else float(_WORDS.get(hit.group(1).lower(), 0) or hit.group(1))


def rows_in(text: str) -> float | None:
    """Rows of data."""
    return next((float(one.value) for one in candidates(text) if one.fields == ("dataset_rows",)), None)


def tokens_per_row(text: str) -> float | None:
    """Tokens of one row of data: "512 tokens each", "rows of 400 tokens"."""
    return _number(_PER_ROW.search(text), 1000.0)


def of_rows(text: str) -> tuple[tuple[int, int], ...]:
    """The words that say how long a row is, where the message counts rows: they say nothing about requests."""
    return tuple(hit.span() for hit in _PER_ROW.finditer(text)) if rows_in(text) is not None else ()
