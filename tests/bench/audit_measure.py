"""Runs one command in a fresh child process and says what it took. Only the standard library, so that this process stays small:
Linux counts the parent's memory at the moment of the start towards the child's peak.

Processor time and peak memory are the kernel's own figures (getrusage in a lane, `wait4` for a command): the peak is resident memory of
the largest process among the child and the children it waited for.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


#: A command that takes longer is ended and counts as failed.
LIMIT_S = 3600


class LaneFailed(RuntimeError):
    """A lane ended with an error; its last line says why."""


@dataclass(frozen=True)
class Taken:
    """What one run of a lane took, in seconds and MB, and what it answered."""

    wall: float
    start: float  # from the start of the process to its first own line, and its imports
    work: float
    cpu: float
    peak: float
    checks: dict[str, float] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)


@dataclass
class Series:
    """Several runs of one lane."""

    runs: list[Taken] = field(default_factory=list)

    def median(self, name: str) -> float:
        """Median of one measure."""
        return statistics.median(getattr(run, name) for run in self.runs)

    def spread(self, name: str) -> str:
        """`least-most` of one measure."""
        values = [getattr(run, name) for run in self.runs]
        return f"{min(values):.2f}-{max(values):.2f}"

    @property
    def peak(self) -> float:
        """The worst peak."""
        return max(run.peak for run in self.runs)

    def check(self, name: str) -> float | None:
        """Median seconds of one check; None where the lane does not list it."""
        values = [run.checks[name] for run in self.runs if name in run.checks]
        return statistics.median(values) if values else None


def lane(name: str, file: Path, scratch: Path | None = None) -> Taken:
    """One run of a lane. Raises LaneFailed."""
    with tempfile.TemporaryDirectory(dir=file.parent) as own:
        answer = Path(own) / "answer.json"
        place = scratch or Path(own)
        words = ["-m", "tests.bench.audit_lane", name, str(file), "--scratch", str(place), "--answer", str(answer)]
        begun, wall, _, _, _, _ = child([sys.executable, *words])
        found = json.loads(answer.read_text())
    start = found["entered"] - begun + found["imports"]
    return Taken(wall, start, found["work"], found["cpu"], found["peak"], found["checks"], found["answers"])


def child(command: Sequence[str]) -> tuple[float, float, float, float, float, bytes]:
    """Runs it: (time of start, wall s, processor s, peak MB, s to the first byte of output, output). Raises LaneFailed."""
    with tempfile.TemporaryFile() as errors:
        begun_at, begun = time.time(), time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None
        limit = threading.Timer(LIMIT_S, process.kill)
        limit.start()
        first = os.read(process.stdout.fileno(), 1)
        first_output = time.perf_counter() - begun
        rest = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        limit.cancel()
        process.stdout.close()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            last = errors.read().decode(errors="replace").strip().splitlines()[-2:] or [
                f"ended with {process.returncode} after {wall:.0f} s"
            ]
            raise LaneFailed(" / ".join(line.strip()[:300] for line in last))
    return begun_at, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, first_output, first + rest
