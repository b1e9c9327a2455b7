"""A sign of life that survives nothing: each runner holds a locked file, and the kernel drops the lock when it dies.

So another process (the next server, the command line) can tell a running job from an orphan, without trusting process
ids, which are reused and mean nothing across containers. Works on a local disk; network file systems may not lock.
"""

import fcntl
import os
import secrets
from pathlib import Path

import psutil


class Lease:
    """Taken at construction, given back by `release` or by dying."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.id = f"run-{secrets.token_hex(8)}"
        self._path = _file(folder, self.id)
        draft = self._path.with_suffix(".new")
        self._stream = draft.open("w")
        fcntl.flock(self._stream, fcntl.LOCK_EX)
        draft.rename(self._path)  # visible only once locked

    def release(self) -> None:
        """Nobody holds it any more."""
        self._path.unlink(missing_ok=True)
        self._stream.close()


def is_held(folder: Path, lease_id: str) -> bool:
    """Whether the runner of that id is alive, in whichever process."""
    if not lease_id:
        return False
    path = _file(folder, lease_id)
    try:
        with path.open("r+") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    path.unlink(missing_ok=True)
    return False


def kill_leftovers(job_id: str) -> int:
    """Ends processes that still carry the job's mark in their environment; returns how many. Only our own can be seen."""
    marked = 0
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("FRUGAL_JOB") == job_id:
                process.kill()
                marked += 1
        except psutil.Error:
            continue  # gone, or another user's
    return marked


def _file(folder: Path, lease_id: str) -> Path:
    return folder / f"{lease_id}.lock"
