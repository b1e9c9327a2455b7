"""`python -m knowledge.check`: validates the fact base and prints how much of each kind it holds and how old that is.
Exit 1 on errors; warnings pass.

Errors: schema, unknown or repeated keys, order, duplicates, alias collisions, references to nowhere, insane values (spot above
on-demand, cached above input, a parameter count its own shape contradicts). Warnings: prices older than 90 days, values
recalled rather than read, doubtful rows. A warning can be acknowledged until a date in `data/acknowledged.yaml`.
Changes nothing.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.catalog import read_folder, shelf, squash
from knowledge.catalog.spelling import form, parted
from knowledge.errors import KnowledgeError
from knowledge.fact_ages import Ages, ages, fact_ages, table
from knowledge.hardware_check import carbon_errors, physical_errors
from knowledge.machine_check import machine_errors
from knowledge.model_check import model_errors
from knowledge.parsed import NotYaml, read_yaml
from knowledge.schemas import (
    KINDS,
    Accelerator,
    ApiModel,
    CarbonFile,
    CpuFamily,
    FactFile,
    ModelArchitecture,
    Named,
    PrecisionEffect,
    Rented,
)
from knowledge.source import STALE_AFTER_DAYS
from knowledge.token_check import api_model_errors

#: Kinds whose values age; datasheets and published architectures do not.
PRICED = frozenset({"prices/instances", "prices/cpu_machines", "prices/api", "prices/commitments"})


@dataclass
class Findings:
    """What the check found. A warning is (key, text); the key is what an acknowledgement names."""

    errors: list[str] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    kinds: list[Ages] = field(default_factory=list)


class Acknowledgement(BaseModel):
    """A reminder put off until a day, with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str
    until: date
    reason: str


def _load(findings: Findings) -> dict[str, list[tuple[str, FactFile]]]:
    loaded: dict[str, list[tuple[str, FactFile]]] = {}
    for kind in KINDS:
        try:
            loaded[kind] = read_folder(kind)
        except KnowledgeError as error:
            findings.errors.append(error.message)
            loaded[kind] = []
    return loaded


def repeated_keys(path: Path) -> Iterator[str]:
    """Keys that a mapping of the file holds twice: YAML would silently keep the last."""
    import yaml

    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError):
        return  # said when the file is loaded
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            yield from (f"`{key}` stands twice in the mapping at line {node.start_mark.line + 1}" for key, n in keys.items() if n > 1)
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _entries(kind: str, content: FactFile) -> tuple[Any, ...]:
    entries: tuple[Any, ...] = getattr(content, KINDS[kind][1])
    return entries


def _source_keys(entry: Any) -> Iterator[str]:
    """Every source key an entry uses."""
    if hasattr(entry, "source"):
        yield entry.source
    if isinstance(entry, Accelerator | CpuFamily):
        yield from entry.field_sources.values()
    if isinstance(entry, Rented):
        yield from entry.region_sources.values()
        if entry.size_source:
            yield entry.size_source
    if isinstance(entry, ApiModel):
        yield from entry.source_keys()
    yield from getattr(entry, "readings", {})


def _side_entries(content: FactFile) -> list[Any]:
    """Entries beside the main list of a file, which have sources too."""
    market = getattr(content, "marketplace", None)
    many = (entry for name in ("countries", "power_use", "embodied", "examples") for entry in getattr(content, name, ()))
    return [*many, *([market] if market is not None else [])]


def check_sources(kind: str, name: str, content: FactFile, findings: Findings, today: date) -> None:
    """References resolve, none is unused or in the future, and prices are not old without a warning."""
    extra = _side_entries(content)
    used = {key for entry in (*_entries(kind, content), *extra) for key in _source_keys(entry)}
    where = f"{kind}/{name}"
    findings.errors += [f"{where}: source `{key}` is used but not listed" for key in sorted(used - set(content.sources))]
    findings.errors += [f"{where}: source `{key}` is listed but not used" for key in sorted(set(content.sources) - used)]
    for key, source in content.sources.items():
        if source.checked_on > today:
            findings.errors.append(f"{where}: source `{key}` was checked in the future ({source.checked_on})")
        if source.how == "recalled":
            findings.warnings.append((f"recalled:{kind}", f"{where}: values from `{key}` were recalled, not read from the document"))
        if kind in PRICED:
            age = (today - source.checked_on).days
            if age > STALE_AFTER_DAYS:
                findings.warnings.append((f"old:{kind}:{key}", f"{where}: source `{key}` was checked {age} days ago"))


def _model_form(spelling: str) -> str:
    return parted(form(spelling.rpartition("/")[2]))


def check_names(kind: str, files_of_kind: list[tuple[str, FactFile]], findings: Findings) -> None:
    """Names are unique and in order, and no spelling leads to two entries."""
    alike = _model_form if kind == "models" else squash
    owner: dict[str, str] = {}
    loose: dict[str, str] = {}
    for name, content in files_of_kind:
        entries = [e for e in _entries(kind, content) if isinstance(e, Named)]
        names = [e.name for e in entries]
        if names != sorted(names, key=str.lower) and names != sorted(names):
            findings.errors.append(f"{kind}/{name}: entries are not in name order")
        for entry in entries:
            for spelling in dict.fromkeys((entry.name.lower(), *(a.lower() for a in entry.aliases))):
                if owner.setdefault(spelling, entry.name) != entry.name:
                    findings.errors.append(f"{kind}/{name}: `{spelling}` means both {owner[spelling]} and {entry.name}")
                if loose.setdefault(alike(spelling), entry.name) != entry.name:
                    findings.errors.append(
                        f"{kind}/{name}: `{spelling}` is written like {loose[alike(spelling)]} but belongs to {entry.name}"
                    )
            if len({a.lower() for a in entry.aliases}) != len(entry.aliases):
                findings.errors.append(f"{kind}/{name}: {entry.name} repeats an alias")


def check_values(loaded: dict[str, list[tuple[str, FactFile]]], findings: Findings) -> None:
    """Sanity of every entry, and references from one kind to another (none where the other kind did not load)."""
    accelerators = {e.name for _, c in loaded["hardware"] for e in _entries("hardware", c)}
    weights = {e.name for _, c in loaded["models"] for e in _entries("models", c)}
    findings.errors += carbon_errors([c for _, c in loaded["carbon"] if isinstance(c, CarbonFile)], accelerators)
    cpus = {e.name for _, c in loaded["cpus"] for e in _entries("cpus", c)}
    for kind, files_of_kind in loaded.items():
        for _, content in files_of_kind:
            for entry in _entries(kind, content):
                if isinstance(entry, Rented):
                    findings.errors += machine_errors(entry, accelerators, cpus)
                    findings.warnings += [
                        (f"doubtful:{entry.name}", f"{entry.name} in {region}: {why}") for region, why in entry.doubtful.items()
                    ]
                else:
                    findings.errors += _entry_errors(entry, accelerators, weights)


def _entry_errors(entry: Any, accelerators: set[str], weights: set[str]) -> list[str]:
    found: list[str] = []
    if isinstance(entry, Accelerator | CpuFamily | PrecisionEffect):
        found += physical_errors(entry, accelerators)
    elif isinstance(entry, ApiModel):
        found += api_model_errors(entry, weights or {entry.weights})
    elif isinstance(entry, ModelArchitecture):
        found += model_errors(entry)
    return found


def acknowledgements(today: date, findings: Findings) -> dict[str, Acknowledgement]:
    """Acknowledgements still in force, by key. A broken file is an error; an expired one simply no longer counts."""
    path = shelf.DATA / "acknowledged.yaml"
    if not path.is_file():
        return {}
    try:
        entries = [Acknowledgement.model_validate(raw) for raw in read_yaml(path) or []]
    except (NotYaml, ValidationError, TypeError) as error:
        findings.errors.append(f"acknowledged.yaml: {str(error).splitlines()[0]}")
        return {}
    return {entry.key: entry for entry in entries if entry.until >= today}


def run(today: date | None = None) -> Findings:
    """The whole check."""
    today = today or date.today()
    findings = Findings()
    loaded = _load(findings)
    for kind, files_of_kind in loaded.items():
        for name, content in files_of_kind:
            check_sources(kind, name, content, findings, today)
            findings.errors += [f"{kind}/{name}: {flaw}" for flaw in repeated_keys(shelf.DATA / kind / name)]
        check_names(kind, files_of_kind, findings)
    check_values(loaded, findings)
    findings.kinds = fact_ages(loaded, _entries, today)
    _check_cards(findings, today)
    return findings


def _check_cards(findings: Findings, today: date) -> None:
    """Technique cards validate themselves on loading; a card that does not load is an error."""
    from knowledge.techniques import cards

    try:
        findings.kinds.append(ages("techniques", [max(s.checked_on for s in card.sources) for card in cards()], today))
    except KnowledgeError as error:
        findings.errors.append(error.message)


def main() -> int:
    """Prints the findings; returns the exit code."""
    today = date.today()
    findings = run(today)
    quiet = acknowledgements(today, findings)
    print(table(findings.kinds))
    open_warnings = [(key, text) for key, text in findings.warnings if key not in quiet]
    for key, count in Counter(key for key, _ in open_warnings).items():
        first = next(text for other, text in open_warnings if other == key)
        print(f"warning [{key}] {first}{f' (and {count - 1} more files)' if count > 1 else ''}")
    for entry in sorted({key for key, _ in findings.warnings if key in quiet}):
        print(f"acknowledged until {quiet[entry].until}: {entry} ({quiet[entry].reason})")
    for text in findings.errors:
        print(f"error {text}")
    print(f"{len(findings.errors)} errors, {len(open_warnings)} warnings, {len(findings.warnings) - len(open_warnings)} acknowledged")
    return 1 if findings.errors else 0


if __name__ == "__main__":
    sys.exit(main())
