"""Look-ups in the fact base: accelerators, instances, API models, model architectures, carbon, commitments.

Each kind of fact is read from YAML on first use and kept; importing this module reads nothing. Names are found by
canonical name, alias, common spellings ("A100 80GB", "a100-80g"), or refused with the nearest names: a look-up never
guesses. Prices are list prices in USD without tax; a user's own price is not handled here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from knowledge.errors import KnowledgeError, UserError
from knowledge.parsed import NotYaml, read_yaml
from knowledge.schemas import (
    KINDS,
    Accelerator,
    ApiModel,
    Commitment,
    FactFile,
    GridRegion,
    Instance,
    ModelArchitecture,
    Named,
    PowerUse,
    SourceEntry,
)
from knowledge.source import STALE_AFTER_DAYS, Source

Entry = TypeVar("Entry", bound=Named)
DATA = Path(__file__).parent / "data"

#: Makers and prefixes that people put before an accelerator's name.
_MAKERS = re.compile(r"^((nvidia|amd|intel|google|aws|amazon|habana|tesla|geforce|quadro|instinct|dgx|hgx)\s+)+")
#: Date and version tails of API model names, such as "-2024-08-06", "-20250514", "-latest", "-v1:0".
_VERSION_TAIL = re.compile(r"(-\d{4}-\d{2}-\d{2}|[-@]20\d{6}|-latest|-preview|-v\d+(:\d+)?)+$")


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


def _shelf(what: str, kind: str, cls: type[Entry]) -> Shelf[Entry]:
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


@cache
def accelerators() -> Shelf[Accelerator]:
    """All accelerators."""
    return _shelf("accelerator", "hardware", Accelerator)


@cache
def instances() -> Shelf[Instance]:
    """All rentable machines."""
    return _shelf("instance", "prices/instances", Instance)


@cache
def api_models() -> Shelf[ApiModel]:
    """All models sold by the token."""
    return _shelf("API model", "prices/api", ApiModel)


@cache
def models() -> Shelf[ModelArchitecture]:
    """All open model architectures."""
    return _shelf("model", "models", ModelArchitecture)


_MEMORY_TAIL = re.compile(r"[\s_-]*(\d+)\s*(gib|gb|g)$")


def find_accelerator(name: str) -> Accelerator | None:
    """An accelerator by any usual spelling; a memory size behind the name ("RTX 4080 16GB") must be the card's own."""
    found = accelerators().find(name)
    size = _MEMORY_TAIL.search(name.strip().lower())
    if found is None and size is not None:
        bare = accelerators().find(name.strip()[: size.start()])
        if bare is not None and bare.memory_gib is not None and abs(bare.memory_gib - float(size.group(1))) <= 0.08 * bare.memory_gib:
            found = bare
    return found


def accelerator(name: str) -> Accelerator:
    """An accelerator by any usual spelling. Raises UserError `unknown-accelerator` with the nearest names."""
    return find_accelerator(name) or accelerators().get(name)


def instance(name: str, region: str | None = None) -> Instance:
    """An instance type; with `region`, it must have a price there.

    Raises UserError `unknown-instance`, or `unknown-region-price` naming the regions that are known.
    """
    found = instances().get(name)
    if region is not None and found.price(region) is None:
        known = ", ".join(p.region for p in found.prices[:8])
        raise UserError("unknown-region-price", f"No price of {found.name} in {region[:40]} is known.", f"Known regions: {known}.")
    return found


def find_api_model(name: str) -> ApiModel | None:
    """An API model by name or alias, else by the name without its date tail; None where neither is known."""
    shelf = api_models()
    found = shelf.find(name)
    if found is None:
        bare = _VERSION_TAIL.sub("", name.strip().lower())
        found = shelf.find(bare) if bare != name.strip().lower() else None
    return found


def api_model(name: str) -> ApiModel:
    """An API model. Raises UserError `unknown-api-model` with the nearest names."""
    return find_api_model(name) or api_models().get(name)


def model(name: str) -> ModelArchitecture:
    """An open model's architecture. Raises UserError `unknown-model` with the nearest names."""
    return models().get(name)


def accelerator_names() -> Mapping[str, str]:
    """Lower-case alias -> canonical name."""
    return accelerators().aliases


def instance_names() -> Mapping[str, str]:
    """Lower-case alias -> canonical name."""
    return instances().aliases


def api_model_names() -> Mapping[str, str]:
    """Lower-case alias -> canonical name."""
    return api_models().aliases


def model_names() -> Mapping[str, str]:
    """Lower-case alias -> canonical name."""
    return models().aliases


_PROVIDER_ALIASES = {
    "aws": ("amazon", "amazon web services", "ec2", "amazon aws"),
    "azure": ("microsoft azure", "microsoft"),
    "gcp": ("google cloud", "google cloud platform", "gce"),
    "bedrock": ("amazon bedrock", "aws bedrock"),
    "google": ("google ai", "google ai studio", "gemini api", "vertex", "vertex ai"),
    "openai": ("open ai",),
    "anthropic": ("claude api",),
    "xai": ("x.ai", "x-ai"),
    "mistral": ("mistral ai",),
    "together": ("together ai", "together.ai"),
    "fireworks": ("fireworks ai", "fireworks.ai"),
    "vast-ai": ("vast.ai", "vast ai"),
    "lambda": ("lambda labs", "lambda cloud"),
    "runpod": ("run pod",),
    "thunder-compute": ("thunder compute",),
    "jarvis-labs": ("jarvis labs", "jarvislabs"),
    "digitalocean": ("digital ocean",),
    "moonshot": ("moonshot ai",),
    "voyage": ("voyage ai",),
    "verda": ("datacrunch",),
}


@cache
def providers() -> Mapping[str, str]:
    """Lower-case alias -> canonical provider, over clouds, GPU clouds and API vendors."""
    names = {i.provider for i in instances().entries.values()} | {m.provider for m in api_models().entries.values()}
    found = {name: name for name in sorted(names)}
    for name, spellings in _PROVIDER_ALIASES.items():
        found.update({spelling: name for spelling in spellings if name in names})
    return found


def source_of(entry: Named, key: str = "") -> Source:
    """Where an entry (or one of its values, by source key) was read. Raises KnowledgeError `unknown-source`."""
    known = _shelf_of(entry).sources.get(entry.name, {})
    if (key or entry.source) in known:
        return known[key or entry.source].as_source()
    raise KnowledgeError(
        "unknown-source", f"The fact about {entry.name} names a source that its file does not list.", "Run `python -m knowledge.check`."
    )


def _shelf_of(entry: Named) -> Shelf[Any]:
    table: Iterable[tuple[type[Named], Callable[[], Shelf[Any]]]] = (
        (Accelerator, accelerators),
        (Instance, instances),
        (ApiModel, api_models),
        (ModelArchitecture, models),
    )
    for cls, shelf in table:
        if isinstance(entry, cls):
            return shelf()
    raise TypeError(f"no shelf for {type(entry).__name__}")


def is_stale(source: Source, today: date | None = None) -> bool:
    """Whether a source is older than `STALE_AFTER_DAYS`, or has no date."""
    age = source.age_days(today or date.today())
    return age is None or age > STALE_AFTER_DAYS


def instances_with(accelerator_name: str) -> list[Instance]:
    """Machines that hold that accelerator, cheapest on-demand price per accelerator first; unpriced ones last."""
    canonical = accelerator(accelerator_name).name

    def per_accelerator(item: Instance) -> tuple[bool, float]:
        known = [float(p.on_demand) / item.accelerator_count for p in item.prices if p.on_demand is not None]
        return (not known, min(known, default=0.0))

    return sorted((i for i in instances().entries.values() if i.accelerator == canonical), key=per_accelerator)


@cache
def _carbon() -> tuple[tuple[GridRegion, ...], tuple[PowerUse, ...], Mapping[tuple[str, str], SourceEntry]]:
    regions: list[GridRegion] = []
    power: list[PowerUse] = []
    sources: dict[tuple[str, str], SourceEntry] = {}
    for _, content in read_folder("carbon"):
        regions.extend(content.regions)  # type: ignore[attr-defined]
        power.extend(content.power_use)  # type: ignore[attr-defined]
        provider = next((r.provider for r in content.regions), "")  # type: ignore[attr-defined]
        sources.update({(provider, key): entry for key, entry in content.sources.items()})
    return tuple(regions), tuple(power), sources


def grid_region(provider: str, region: str) -> GridRegion:
    """Grid carbon readings of a cloud region. Raises UserError `unknown-region` with the nearest names."""
    regions = {r.region: r for r in _carbon()[0] if r.provider == provider.lower()}
    wanted = region.strip().lower().replace(" ", "") if provider.lower() == "azure" else region.strip().lower()
    if wanted not in regions:
        from rapidfuzz import process

        near = [hit[0] for hit in process.extract(wanted, list(regions), limit=3, score_cutoff=60)]
        hint = f"Did you mean {' or '.join(near)}?" if near else "Grid carbon is known for regions of aws, azure and gcp."
        raise UserError(
            "unknown-region", f'No grid carbon for region "{region[:40]}" of {provider[:20]} is known.', hint, {"nearest": near}
        )
    return regions[wanted]


def power_use(provider: str) -> PowerUse | None:
    """Power usage effectiveness of a provider; None where unknown."""
    return next((p for p in _carbon()[1] if p.provider == provider.lower()), None)


def carbon_source(provider: str, key: str) -> Source:
    """Source of a grid reading or PUE figure. Raises KeyError where the file does not list it."""
    return _carbon()[2][provider.lower(), key].as_source()


@cache
def commitments() -> tuple[tuple[Commitment, Source], ...]:
    """Published "up to" commitment discounts with their sources."""
    found: list[tuple[Commitment, Source]] = []
    for _, content in read_folder("prices/commitments"):
        found.extend((c, content.sources[c.source].as_source()) for c in content.commitments)  # type: ignore[attr-defined]
    return tuple(found)
