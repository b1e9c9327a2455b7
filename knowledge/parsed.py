"""The content of a YAML file of the fact base. Parsing YAML takes fifteen times as long as reading JSON, so what was parsed once lies
in `__pycache__` as JSON, as Python keeps its compiled modules: where Python would put them, and not where it is told to write none.

Kept under a hash of the YAML's bytes: a changed file is parsed anew, whatever its date says. Where nothing can be written, every start
parses. Knows no schemas; what comes from here is checked as if it were just typed.
"""

import contextlib
import hashlib
import json
import os
import sys
from datetime import date
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

_DATE = "\0date"


class NotYaml(ValueError):
    """The file is no YAML; the text says where."""


def read_yaml(path: Path) -> Any:
    """What the file says. Raises OSError, NotYaml."""
    raw = path.read_bytes()
    mark = hashlib.sha256(raw).hexdigest()
    place = Path(cache_from_source(str(path))).with_suffix(".json")
    with contextlib.suppress(OSError, ValueError):
        known, _, text = place.read_text(encoding="utf-8").partition("\n")
        if known == mark:
            return _unpacked(text)
    content = _parsed(raw)
    if not sys.dont_write_bytecode:
        _keep(place, mark, content)
    return content


def _parsed(raw: bytes) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(raw.decode("utf-8"), Loader=loader)  # noqa: S506 - a safe loader, in C where there is one
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise NotYaml(str(problem)) from problem


def _keep(place: Path, mark: str, content: Any) -> None:
    """Writes the whole file or none. Content that JSON would change, such as keys that are no texts, is not kept."""
    try:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_packed)
    except TypeError:
        return
    if _unpacked(text) != content:
        return
    draft = place.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):  # a read-only installation
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(f"{mark}\n{text}", encoding="utf-8")
        draft.replace(place)


def _packed(value: Any) -> dict[str, str]:
    if type(value) is date:
        return {_DATE: value.isoformat()}
    raise TypeError(type(value).__name__)


def _unpacked(text: str) -> Any:
    return json.loads(text, object_hook=lambda found: date.fromisoformat(found[_DATE]) if _DATE in found else found)
