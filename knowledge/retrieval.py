"""Search over technique cards, their speed notes and the concept texts: BM25 ranking with exact names first.

Lexical only (bm25s), built on first use from the shipped data in a few hundred milliseconds; no model, no network. Finds
texts; explains nothing itself. Concepts are `data/concepts/*.yaml`, unknown keys refused.
"""

import logging
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.errors import KnowledgeError
from knowledge.parsed import NotYaml, read_yaml
from knowledge.techniques import CardSource, cards

CONCEPTS = Path(__file__).parent / "data" / "concepts"


class Concept(BaseModel):
    """A short explanation in our own words."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str = Field(pattern=r"^[a-z][a-z0-9_]+$")
    title: str
    aliases: tuple[str, ...] = ()
    text: str = Field(min_length=40)
    techniques: tuple[str, ...] = ()
    sources: tuple[CardSource, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Hit:
    """One found text. `id` is a technique or concept id; a note points to its technique."""

    kind: Literal["technique", "concept", "note"]
    id: str
    title: str
    text: str
    score: float
    exact: bool = False  # the query is one of its names
    named: bool = False  # one of its names stands in the query


@dataclass(frozen=True)
class _Document:
    kind: Literal["technique", "concept", "note"]
    id: str
    title: str
    text: str
    names: tuple[str, ...]


def read_concepts(folder: Path) -> tuple[Concept, ...]:
    """All concepts of a folder. Raises KnowledgeError `concept-invalid`."""
    found = []
    known = {card.id for card in cards()}
    for path in sorted(folder.glob("*.yaml")):
        try:
            concept = Concept.model_validate(read_yaml(path))
        except (OSError, NotYaml, ValidationError) as problem:
            raise KnowledgeError(
                "concept-invalid", f"The concept file {path.name} is not valid.", "Check its keys and syntax."
            ) from problem
        missing = [name for name in concept.techniques if name not in known]
        if concept.id != path.stem or missing:
            raise KnowledgeError(
                "concept-invalid", f"{path.name}: wrong id or unknown techniques {', '.join(missing)}.", "Correct the file."
            )
        found.append(concept)
    return tuple(found)


@cache
def concepts() -> tuple[Concept, ...]:
    """The shipped concepts."""
    return read_concepts(CONCEPTS)


def plain(text: str) -> str:
    """Comparison form: lower case, letters and digits separated by single spaces, final plural s dropped."""
    words = re.sub(r"[^a-z0-9+%]+", " ", text.lower()).split()
    return " ".join(w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in words)


@cache
def _documents() -> tuple[_Document, ...]:
    documents = []
    for concept in concepts():
        names = (concept.id.replace("_", " "), concept.title, *concept.aliases)
        documents.append(_Document("concept", concept.id, concept.title, concept.text, tuple(plain(n) for n in names)))
    for card in cards():
        names = (card.id.replace("_", " "), card.title, *card.aliases)
        documents.append(_Document("technique", card.id, card.title, card.summary, tuple(plain(n) for n in names)))
        documents += [_Document("note", card.id, card.title, note, ()) for note in card.speed_notes]
    return tuple(documents)


@cache
def _index() -> Any:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG on import
    corpus = [f"{plain(d.title)} {' '.join(d.names)} {plain(d.text)}" for d in _documents()]
    index = bm25s.BM25()
    index.index(bm25s.tokenize(corpus, stopwords="en", show_progress=False), show_progress=False)
    return index


def search(query: str, limit: int = 5, kinds: tuple[str, ...] = ("technique", "concept", "note")) -> list[Hit]:
    """Best texts first; a document one of whose names is the query, or stands in it as a phrase, comes before all others.

    Empty where no word of the query occurs in any text.
    """
    import bm25s

    wanted = plain(query)
    if not wanted:
        return []
    documents = _documents()
    tokens = bm25s.tokenize([wanted], stopwords="en", show_progress=False)
    found, scores = _index().retrieve(tokens, k=len(documents), show_progress=False)
    hits = []
    for position, score in zip(found[0], scores[0], strict=True):
        document = documents[int(position)]
        named = _named(document, wanted)
        if document.kind in kinds and (score > 0 or named):
            hits.append((named, float(score), document))
    ranked = sorted(hits, key=lambda h: (-h[0], -h[1], h[2].kind, h[2].id))
    return [Hit(d.kind, d.id, d.title, d.text, round(score, 4), named >= 1000, named > 0) for named, score, d in ranked[:limit]]


def _named(document: _Document, wanted: str) -> int:
    """1000 where a name is the whole query; else the length of the longest name of two letters or more inside it."""
    if wanted in document.names:
        return 1000
    return max((len(n) for n in document.names if len(n) > 2 and f" {n} " in f" {wanted} "), default=0)
