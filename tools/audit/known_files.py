"""Hashes of big files that an earlier audit took, so that a bill of many files is not hashed anew for one more.

A file counts as the one of before while its inode, size and time of change are the same, which is also what tells `intake` that a file
changes while it is read. Lies beside the kept folds, in the user's own folder; damaged or missing, every file is hashed again.
"""

import json
from pathlib import Path
from uuid import uuid4

from tools.audit.reading.detect import file_hash

State = tuple[int, int, int]
_NAME = "files.json"
_WORTH_KNOWING = 1_000_000  # bytes; less is hashed faster than looked up
_MOST = 5_000


class KnownFiles:
    """What is remembered in a folder; without a folder, nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / _NAME if folder else None
        self._known, self._new = self._read(), False

    def digest(self, path: Path, state: State) -> str:
        """sha256 of the file, whose `state` was just looked up. Raises UserError file-missing."""
        if self._path is None or state[1] < _WORTH_KNOWING:
            return file_hash(path)
        told = self._known.get(str(path.resolve()))
        if told and told[:-1] == list(state) and isinstance(told[-1], str):
            return told[-1]
        digest = file_hash(path)
        self._known[str(path.resolve())] = [*state, digest]
        self._new = True
        return digest

    def keep(self) -> None:
        """Writes what is new; the files met last stay where there are too many."""
        if self._path is None or not self._new:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(f".{uuid4().hex}")
        new.write_text(json.dumps(dict(list(self._known.items())[-_MOST:])))
        new.replace(self._path)

    def _read(self) -> dict[str, list[int | str]]:
        try:
            told = json.loads(self._path.read_text()) if self._path else {}
        except (OSError, ValueError):
            return {}
        return {path: entry for path, entry in told.items() if isinstance(entry, list)} if isinstance(told, dict) else {}
