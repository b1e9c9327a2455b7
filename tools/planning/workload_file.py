"""Reads WORKLOAD.yaml: one mapping of workload fields, or a list of them under `workloads`.

Safe YAML only, at most 1 MiB, no aliases that could explode; unknown keys are refused with the nearest name. Reads
fields only: no defaults are added and no prices looked up.
"""

import math
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from knowledge.errors import UserError
from tools.contracts.workload import FIELD_TYPES, Workload

MAX_BYTES = 1_048_576
MAX_WORKLOADS = 50


class _NoAliases(yaml.SafeLoader):
    """Refuses `*alias`: a few bytes of nested aliases can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)


def _load(path: Path) -> Any:
    if not path.is_file():
        raise UserError("workload-not-found", f"There is no file {path.name}.", "Give the path of a YAML file with the workload's fields.")
    if path.stat().st_size > MAX_BYTES:
        raise UserError(
            "workload-too-large", f"{path.name} is larger than 1 MiB.", "A workload file holds a few lines; a bill goes in with --bill."
        )
    try:
        return yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_NoAliases)  # noqa: S506 - a SafeLoader with less
    except UnicodeDecodeError as problem:
        raise UserError("workload-unreadable", f"{path.name} is not UTF-8 text.", "Save it as UTF-8.") from problem
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise UserError(
            "workload-unreadable", f"{path.name} is not valid YAML{where}.", "Write one `field: value` a line, without aliases."
        ) from problem


def _unknown(name: Any, place: str) -> UserError:
    from rapidfuzz import process

    near = [hit[0] for hit in process.extract(str(name), list(FIELD_TYPES), limit=2, score_cutoff=55)]
    hint = f"Did you mean {' or '.join(near)}?" if near else f"The fields are: {', '.join(FIELD_TYPES)}."
    return UserError("unknown-field", f'{place}: there is no workload field "{str(name)[:60]}".', hint)


def _checked(entry: Any, place: str) -> Workload:
    if not isinstance(entry, dict) or not entry:
        raise UserError(
            "workload-empty",
            f"{place}: a workload is a list of `field: value` lines.",
            f"Use fields such as {', '.join(list(FIELD_TYPES)[:6])}.",
        )
    for name in entry:
        if name not in FIELD_TYPES:
            raise _unknown(name, place)
    try:
        workload = Workload.model_validate(entry)
    except ValidationError as problem:
        first = problem.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else "the entry"
        kind = FIELD_TYPES[field].__name__ if field in FIELD_TYPES else "a mapping"
        raise UserError(
            "workload-value", f"{place}: {field} cannot be read as {kind}.", f"Write {field} as {kind}, without units."
        ) from problem
    return _sane(workload, place)


def _sane(workload: Workload, place: str) -> Workload:
    for name, value in workload.filled().items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        share = name in ("utilization", "cached_share", "quality_floor")
        most = 1.0 if share else 24.0 if name == "hours_per_day" else 1e15
        if not math.isfinite(value) or not 0 <= value <= most:
            hint = "Shares are written between 0 and 1, such as 0.35." if share else f"It must lie between 0 and {most:g}."
            raise UserError("workload-value", f"{place}: {name} is {value}, which cannot be.", hint)
    return workload


def read_workload(path: Path) -> list[Workload]:
    """The workloads of a file. Raises UserError `workload-not-found`, `workload-too-large`, `workload-unreadable`, `workload-empty`,
    `unknown-field`, `workload-value`."""
    data = _load(path)
    entries = data["workloads"] if isinstance(data, dict) and set(data) == {"workloads"} else [data]
    if not isinstance(entries, list) or not entries:
        raise UserError("workload-empty", f"{path.name} holds no workload.", "List at least one under `workloads`.")
    if len(entries) > MAX_WORKLOADS:
        raise UserError("workload-too-large", f"{path.name} holds more than {MAX_WORKLOADS} workloads.", "Split it into several plans.")
    many = len(entries) > 1
    return [_checked(entry, f"{path.name}, workload {i}" if many else path.name) for i, entry in enumerate(entries, 1)]
