"""Look-ups of open model architectures by hub id, alias or usual spelling, and by names with tails or with a typing error.

A look-up says how it read the name (`Resolved.how`): exactly, without tails such as "-instruct-awq", or as misspelt. Sizes,
versions and generations are never guessed; a name that could mean two models is refused with the nearest names.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from knowledge.catalog import spelling
from knowledge.catalog.shelf import Shelf, load_shelf
from knowledge.schemas import ModelArchitecture


@dataclass(frozen=True)
class Resolved:
    """A model and how its name was read. `dropped`: what was left out of the name as asked, such as ("awq", "instruct")."""

    model: ModelArchitecture
    how: Literal["exact", "tail", "near"]
    asked: str
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelShelf(Shelf[ModelArchitecture]):
    """The shelf of architectures, with its own reading of names."""

    @cached_property
    def _forms(self) -> Mapping[str, str]:
        """Comparison form -> canonical name; canonical names win over aliases."""
        found = {spelling.form(name): name for name in self.entries}
        for alias, name in self.aliases.items():
            found.setdefault(spelling.form(alias.rpartition("/")[2]), name)
        return found

    @cached_property
    def _parted(self) -> Mapping[str, list[tuple[str, str]]]:
        """Comparison form without points -> the forms that are so without them, with their canonical names."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for form, name in self._forms.items():
            found[spelling.parted(form)].append((form, name))
        return found

    @cached_property
    def _spellings(self) -> list[tuple[tuple[str, ...], str]]:
        """Every spelling without its owner, as words, with its canonical name."""
        return [(spelling.words(alias.rpartition("/")[2]), name) for alias, name in self.aliases.items()]

    @cached_property
    def _by_numbers(self) -> Mapping[tuple[str, ...], list[tuple[tuple[str, ...], str]]]:
        """Versions and sizes -> the spellings that have them, as they are and with dashes for points."""
        found: dict[tuple[str, ...], list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for parts, name in self._spellings:
            for variant in dict.fromkeys((parts, spelling.words(spelling.parted(" ".join(parts))))):
                found[spelling.numbers(variant)].append((variant, name))
        return found

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(word for parts, _ in self._spellings for word in parts)

    def resolve(self, name: str) -> Resolved | None:
        """The model and how the name was read; None where it is unknown or could mean two models."""
        lowered = " ".join(name.strip().lower().split())
        canonical = self._exactly(lowered)
        if canonical:
            return Resolved(self.entries[canonical], "exact", name)
        readings = list(spelling.without_tails(lowered))
        for text, dropped in readings:
            canonical = self._exactly(text)
            if canonical:
                return Resolved(self.entries[canonical], "tail", name, dropped)
        for text, dropped in readings:
            meant = self._misspelt(spelling.words(text))
            if meant:
                return Resolved(self.entries[meant[0]], "near", name, dropped) if len(meant) == 1 else None
        return None

    def _exactly(self, text: str) -> str | None:
        """The canonical name of a spelling; one with dashes for points ("llama-3-1-8b") counts where only one model can be meant."""
        form = spelling.form(text)
        canonical = self.aliases.get(text) or self._forms.get(form)
        if canonical:
            return canonical
        form = spelling.form(spelling.points_as_separators(text))
        meant = {name for other, name in self._parted.get(spelling.parted(form), ()) if spelling.points_left_out(form, other)}
        return meant.pop() if len(meant) == 1 else None

    def _misspelt(self, written: tuple[str, ...]) -> list[str]:
        """The canonical names nearest to a misspelt one; more than one where they are equally near."""
        distances: dict[str, int] = {}
        for meant, name in self._by_numbers.get(spelling.numbers(written), ()):
            letters = spelling.letters_off(written, meant, self._vocabulary)
            if letters is not None:
                distances[name] = min(letters, distances.get(name, letters))
        best = min(distances.values(), default=None)
        return [name for name, letters in distances.items() if letters == best]

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        return {" ".join(parts): name for parts, name in self._spellings}

    def nearest(self, name: str, count: int = 3) -> list[str]:
        """Canonical names made of like words, best first; the same versions and sizes count most."""
        from rapidfuzz import fuzz, process

        asked = spelling.words(name.rpartition("/")[2])
        sizes = sorted(spelling.numbers(asked))
        scores: dict[str, float] = {}
        for scorer in (fuzz.ratio, fuzz.token_sort_ratio):
            for text, score, _ in process.extract(" ".join(asked), list(self._texts), scorer=scorer, limit=None, score_cutoff=60):
                same = sorted(spelling.numbers(tuple(text.split()))) == sizes
                canonical = self._texts[text]
                scores[canonical] = max(scores.get(canonical, 0), score + (30 if same and sizes else 0))
        ranked = sorted(scores, key=lambda canonical: -scores[canonical])
        return [canonical for canonical in ranked if scores[canonical] > scores[ranked[0]] - 35][:count]

    def find(self, name: str) -> ModelArchitecture | None:
        """The model whose name this is, tails aside. A misspelt name is not found: `resolve` says that it is one."""
        found = self.resolve(name)
        return None if found is None or found.how == "near" else found.model


@cache
def models() -> ModelShelf:
    """All open model architectures."""
    shelf = load_shelf("model", "models", ModelArchitecture)
    return ModelShelf(shelf.what, shelf.entries, shelf.sources, shelf.aliases, shelf.squashed)


def model(name: str) -> ModelArchitecture:
    """An open model's architecture, tails of the name aside. Raises UserError `unknown-model` with the nearest names."""
    return models().get(name)


def resolve_model(name: str) -> Resolved:
    """An open model and how its name was read, typing errors included. Raises UserError `unknown-model` with the nearest names."""
    found = models().resolve(name)
    return found if found is not None else Resolved(models().get(name), "exact", name)


def model_names() -> Mapping[str, str]:
    """Lower-case alias -> canonical name."""
    return models().aliases
