"""Reads `--NAME VALUE ...` after `run TOOL` against that tool's argument model. Kebab and snake case, repeatable lists.

Everything wrong here is wrong usage (exit 2), with the nearest right name. Paths that exist are made absolute, because
the work runs in a folder of its own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError

from knowledge.errors import UserError
from tools.contracts.tool import Arguments, ToolSpec

#: Arguments that may name a file or folder.
_PATHS = {"file", "data", "model", "out", "workload", "bill"}


def split_options(words: Sequence[str], flags: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """(name in snake case, value) pairs. Raises UserError `argument-without-name`, `argument-missing`."""
    pairs: list[tuple[str, str]] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            raise UserError("argument-without-name", f'"{word[:60]}" stands alone.', "Write each argument as --name value.")
        name, equals, value = word[2:].partition("=")
        name = name.replace("-", "_")
        if not equals:
            if name in flags:
                value = "true"
            elif not rest:
                raise UserError("argument-missing", f"--{name.replace('_', '-')} has no value.", "Write each argument as --name value.")
            else:
                value = rest.pop(0)
        pairs.append((name, value))
    return pairs


def parse(spec: ToolSpec, pairs: Sequence[tuple[str, str]]) -> Arguments:
    """The validated argument model. Raises UserError `argument-unknown`, `argument-missing`, `argument-invalid`."""
    fields = spec.args.model_fields
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name not in fields:
            raise UserError(
                "argument-unknown", f"{spec.name} has no argument --{name.replace('_', '-')[:60]}.", _nearest(name, list(fields), spec)
            )
        value = absolute(name, value)
        if get_origin(fields[name].annotation) is list:
            given.setdefault(name, []).append(value)
        else:
            given[name] = value
    try:
        return spec.args.model_validate(given)
    except ValidationError as problem:
        first = problem.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        option = f"--{name.replace('_', '-')}"
        if first["type"] == "missing":
            raise UserError("argument-missing", f"{spec.name} needs {option}.", f"{fields[name].description}.") from None
        raise UserError(
            "argument-invalid", f"{option} is not valid: {first['msg']}.", f"{fields[name].description}." if name in fields else ""
        ) from None


def absolute(name: str, value: str) -> str:
    """The value, as an absolute path where it names something that exists (or is to be written)."""
    if name not in _PATHS or not value:
        return value
    path = Path(value).expanduser()
    is_there = path.exists() and not (name == "model" and value == "brain")
    return str(path.resolve()) if is_there or name == "out" else value


def _nearest(name: str, known: list[str], spec: ToolSpec) -> str:
    from rapidfuzz import process

    hit = process.extractOne(name, known, score_cutoff=55) if known else None
    every = ", ".join("--" + k.replace("_", "-") for k in known)
    return f"Did you mean --{hit[0].replace('_', '-')}?" if hit else f"The arguments of {spec.name} are: {every}."
