"""A shelf of facts: entries of one kind by name, alias and usual spelling, read from YAML on first use and kept.

A wrong name is refused with the nearest ones: a look-up never guesses. Knows no kind of fact in particular.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from knowledge.errors import KnowledgeError, UserError
from knowledge.parsed import NotYaml, read_yaml
from knowledge.schemas import KINDS, FactFile, Named, SourceEntry
from knowledge.source import STALE_AFTER_DAYS, Source

Entry = TypeVar("Entry", bound=Named)
DATA = Path(__file__).parent.parent / "data"

#: Makers and prefixes that people put before an accelerator's name.
_MAKERS = re.compile(r"^((nvidia|amd|intel|google|aws|amazon|habana|tesla|geforce|quadro|instinct|dgx|hgx)\s+)+")


def read_folder(kind: str) -> list[tuple[str, FactFile]]:
    """Every file of a kind as (file name, checked content), in name order. `kind` is a key of `schemas.KINDS`.

    Raises KnowledgeError `bad-fact-file` where a file is not YAML or breaks its schema.
    """
    shape, _ = KINDS[kind]
    return [(path.name, _read(path, shape, kind)) for path in sorted((DATA / kind).glob("*.yaml"))]


def _read(path: Path, shape: type[FactFile], kind: str) -> FactFile:
    try:
        return shape.model_validate(read_yaml(path))
    except ValidationError as error:
        flaws = [f"{'.'.join(str(p) for p in flaw['loc'])}: {flaw['msg']}" for flaw in error.errors()]
    except NotYaml as error:
        flaws = str(error).splitlines()
    shown = "; ".join(flaw.strip() for flaw in flaws[:4])
    raise KnowledgeError(
        "bad-fact-file",
        f"The fact file {kind}/{path.name} cannot be used: {shown}",
        "Run `python -m knowledge.check` and correct the file.",
    )


def squash(name: str) -> str:
    """Comparison form of a name: lower case, separators dropped, memory sizes without unit ("80GB", "80g" -> "80")."""
    text = _MAKERS.sub("", name.strip().lower())
    text = re.sub(r"(?<=[\s_-])(\d+)\s*(gib|gb|g)\b", r"\1", text)
    return re.sub(r"[\s_\-/.()]+", "", text)


@dataclass(frozen=True)
class Shelf(Generic[Entry]):
    """One kind of fact, ready for look-up."""

    what: str  # "accelerator", for messages and error codes
    entries: Mapping[str, Entry]
    sources: Mapping[str, Mapping[str, SourceEntry]]  # canonical name -> the sources of its file
    aliases: Mapping[str, str]  # lower-case alias or name -> canonical name
    squashed: Mapping[str, str]

    def find(self, name: str) -> Entry | None:
        """The entry of that name, alias or spelling; None where there is none."""
        lowered = " ".join(name.strip().lower().split())
        canonical = self.aliases.get(lowered) or self.squashed.get(squash(lowered))
        return self.entries[canonical] if canonical else None

    def nearest(self, name: str, count: int = 3) -> list[str]:
        """Canonical names that look like `name`, best first."""
        from rapidfuzz import fuzz, process

        hits = process.extract(squash(name), list(self.squashed), scorer=fuzz.WRatio, limit=count * 4, score_cutoff=60)
        return list(dict.fromkeys(self.squashed[hit[0]] for hit in hits))[:count]

    def get(self, name: str) -> Entry:
        """The entry. Raises UserError `unknown-<what>` with the nearest names."""
        found = self.find(name)
        if found is None:
            near = self.nearest(name) if name.strip() else []
            hint = f"Did you mean {' or '.join(near)}?" if near else f"The fact base knows {len(self.entries)} of them; check the spelling."
            raise UserError(
                f"unknown-{self.what.lower().replace(' ', '-')}",
                f'No {self.what} called "{name.strip()[:80]}" is known.',
                hint,
                {"nearest": near},
            )
        return found


def load_shelf(what: str, kind: str, cls: type[Entry]) -> Shelf[Entry]:
    """All entries of a kind, read now. `what` names the kind in messages. Raises KnowledgeError `bad-fact-file`."""
    entries: dict[str, Entry] = {}
    sources: dict[str, Mapping[str, SourceEntry]] = {}
    for _, content in read_folder(kind):
        for entry in getattr(content, KINDS[kind][1]):
            if not isinstance(entry, cls):
                raise TypeError(f"{kind} holds {type(entry).__name__}")
            entries[entry.name] = entry
            sources[entry.name] = content.sources
    aliases = {spelling.lower(): entry.name for entry in entries.values() for spelling in (entry.name, *entry.aliases)}
    squashed: dict[str, str] = {}
    for spelling, canonical in aliases.items():
        squashed.setdefault(squash(spelling), canonical)
    return Shelf(what, entries, sources, aliases, squashed)


def is_stale(source: Source, today: date | None = None) -> bool:
    """Whether a source is older than `STALE_AFTER_DAYS`, or has no date."""
    age = source.age_days(today or date.today())
    return age is None or age > STALE_AFTER_DAYS


def checked(source: Source, today: date | None = None) -> str:
    """How a price's day is written beside it: `checked 2026-07-20`, with `, old` once it is stale; "" where no day applies."""
    if source.checked_on is None:
        return ""
    return f"checked {source.checked_on}" + (", old" if is_stale(source, today) else "")
