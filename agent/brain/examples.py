"""Turns labelled utterances into the brain's training and evaluation examples (prompt, answer).

The labels say what a slot's value is; this finds the candidate that holds it and so learns *pointers*. Also makes
variants of a line by swapping names, changing figures, dropping sentences and adding typing noise, with a fixed seed,
so that wording and not the particular model name decides. Reads `agent/brain/data/*.jsonl` only.
"""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.brain.shape import prompt_text
from agent.reading.candidates import Candidate, candidates
from agent.reading.form import FIELDS, INTENTS, NONE, answer_text, marked, schema

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Example:
    """One training line: the model reads `prompt` and must write `answer`, which obeys `schema`."""

    prompt: str
    answer: str
    schema: dict[str, Any]


def read_rows(folder: Path = DATA) -> list[dict[str, Any]]:
    """Every labelled line, with "asked" filled in; unknown intents are refused loudly."""
    rows = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["intent"] not in INTENTS:
                raise ValueError(f"{path.name}: {row.get('id')} has unknown intent {row['intent']!r}")
            rows.append({"asked": "", **row})
    return rows


def prompt_of(text: str, found: Sequence[Candidate], asked: str) -> str:
    """The brain's prompt for a message."""
    return prompt_text(asked or NONE, marked(text, found))


def _same(candidate: Candidate, field: str, value: Any) -> bool:
    if field not in candidate.fields:
        return False
    if isinstance(candidate.value, float):
        try:
            return abs(candidate.value - float(value)) <= 1e-6 * max(1.0, abs(candidate.value))
        except (TypeError, ValueError):
            return False
    mine, theirs = (re.sub(r"[^a-z0-9.]+", "", str(v).lower()) for v in (candidate.value, value))
    words = re.sub(r"[^a-z0-9.]+", "", candidate.words.lower())
    return theirs in (mine, words) or (
        min(len(mine), len(theirs)) >= 3 and (mine in theirs or theirs in mine or words in theirs or theirs in words)
    )


def roles_of(row: dict[str, Any], found: Sequence[Candidate]) -> dict[str, str]:
    """Candidate id -> field or "none", from the row's slots."""
    roles = {c.id: NONE for c in found}
    for field, value in (row.get("slots") or {}).items():
        for one in value if isinstance(value, list) else [value]:
            for candidate in found:
                if roles[candidate.id] == NONE and _same(candidate, field, one):
                    roles[candidate.id] = field
                    break
    return roles


def example(row: dict[str, Any]) -> Example:
    """The canonical example of a labelled line."""
    found = candidates(row["text"], row["asked"])
    also = (row.get("also") or [NONE])[0]
    answer = answer_text(row["intent"], also if also in INTENTS else NONE, roles_of(row, found))
    return Example(prompt_of(row["text"], found, row["asked"]), answer, schema(found))


class Variants:
    """Makes altered copies of rows whose labels stay right."""

    def __init__(self, rows: Sequence[dict[str, Any]], seed: int) -> None:
        self.dice = random.Random(seed)
        self.pools: dict[str, list[str]] = {}
        for row in rows:
            for one in candidates(row["text"], row["asked"]):
                if one.kind in ("model", "hardware", "framework", "provider"):
                    self.pools.setdefault(one.kind, []).append(one.words)

    def of(self, row: dict[str, Any]) -> Example:
        """One variant: names swapped, sentences dropped, typing noise. Labels are computed before the words change."""
        found = candidates(row["text"], row["asked"])
        roles = roles_of(row, found)
        text, kept, shift = row["text"], [], 0
        for one in found:
            words = one.words
            if one.kind in self.pools and self.dice.random() < 0.5:
                words = self.dice.choice(self.pools[one.kind])
            start = one.start + shift
            text = text[:start] + words + text[one.end + shift :]
            shift += len(words) - len(one.words)
            kept.append(Candidate(one.id, one.kind, start, start + len(words), words, one.value, one.fields))
        also = (row.get("also") or [NONE])[0]
        noisy, kept = self._drop_sentence(*self._typos(text, kept))
        roles = {c.id: roles[c.id] for c in kept}
        answer = answer_text(row["intent"], also if also in INTENTS else NONE, roles)
        return Example(prompt_of(noisy, kept, row["asked"]), answer, schema(kept))

    def _typos(self, text: str, kept: list[Candidate]) -> tuple[str, list[Candidate]]:
        if self.dice.random() > 0.4:
            return text, kept
        letters = list(text)
        safe = [
            i
            for i in range(1, len(letters) - 1)
            if all(not c.start <= i < c.end for c in kept) and letters[i].isalpha() and letters[i + 1].isalpha()
        ]
        for i in self.dice.sample(safe, min(len(safe), 1 + len(safe) // 60)):
            if i + 1 < len(letters) and all(not c.start <= i + 1 < c.end for c in kept):
                letters[i], letters[i + 1] = letters[i + 1], letters[i]
        return "".join(letters), kept

    def _drop_sentence(self, text: str, kept: list[Candidate]) -> tuple[str, list[Candidate]]:
        """Drops the last sentence of a long message, with its candidates, now and then."""
        ends = [m.end() for m in re.finditer(r"[.!?]\s+", text)]
        if len(ends) < 2 or self.dice.random() > 0.15:
            return text, kept
        cut = ends[-1]
        return text[:cut], [c for c in kept if c.end <= cut]


def held_out(rows: Sequence[dict[str, Any]], share: float = 0.08, seed: int = 11) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Splits rows into (training, evaluation), the same way every time; a line that was written twice is trained on only."""
    order = list(rows)
    random.Random(seed).shuffle(order)
    size = int(len(order) * share)
    train = order[size:]
    seen = {(row["text"].casefold(), row["asked"]) for row in train}
    return train, [row for row in order[:size] if (row["text"].casefold(), row["asked"]) not in seen]


def label_tokens() -> list[str]:
    """Pieces of the answer that get a token each, so that a reading takes few steps."""
    names = [f'"{name}"' for name in dict.fromkeys((*INTENTS, *FIELDS, NONE))]
    keys = [f',"{letter}{i}":' for letter in "mhfpqtrknd" for i in range(1, 10)]
    return ['{"intent":', ',"also":', *names, *keys]
