"""Runs one worker process and watches over it: progress, time, memory, disk, cancellation, and how it ended.

One call, one fresh process in its own process group (see launch.py); when the call returns the whole group is gone. Knows no store and
no queue. Seconds and MiB. Memory is resident memory summed over the group (pages shared between them count twice);
an address-space limit is no use here, because torch and OpenVINO map far more than they touch.
"""

import os
import selectors
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from pydantic import ValidationError

from knowledge.errors import FrugalError, ToolError
from tools.contracts.tool import ToolResult
from tools.jobs.failure import stopped
from tools.jobs.launch import Waiting
from tools.jobs.message import Line, Progress, Request
from tools.store.records import Footprint

_TICK_S, _MEMORY_EVERY_S, _DISK_EVERY_S, _ASK_EVERY_S = 0.05, 0.25, 2.0, 0.5
_GRACE_S = 1.0  # between SIGTERM and SIGKILL
_MAX_LINE_BYTES = 64 * 2**20
_MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Ends of a run's means."""

    seconds: float
    memory_mib: float
    disk_mib: float


@dataclass(frozen=True)
class Outcome:
    """How a run ended: a result, or the error that stands for it."""

    result: ToolResult | None
    error: FrugalError | None
    footprint: Footprint


@dataclass
class _Run:
    """The moving parts of one supervision."""

    pid: int
    folder: Path
    limits: Limits
    began: float = field(default_factory=time.monotonic)
    peak_mib: float = 0.0
    cause: str = ""  # error code of the stop that we ordered
    killed_at: float = 0.0  # when SIGTERM went out; 0 = not yet
    last: Line | None = None
    phase_began: tuple[str, float] = ("", 0.0)
    checked: dict[str, float] = field(default_factory=dict)

    def due(self, what: str, every_s: float) -> bool:
        moment = time.monotonic()
        if moment - self.checked.get(what, -every_s) < every_s:
            return False
        self.checked[what] = moment
        return True


def supervise(
    waiting: Waiting,
    request: Request,
    limits: Limits,
    on_progress: Callable[[Progress], None],
    stop_wanted: Callable[[], bool],
) -> Outcome:
    """Gives the waiting worker its request and runs it to its end. `stop_wanted` is asked at every tick (0.05 s)."""
    ooms = _oom_kills()
    process, channel = waiting.worker.process, waiting.worker.channel
    run = _Run(process.pid, waiting.folder, limits)
    try:
        waiting.begin(request)
        _attend(run, channel, on_progress, stop_wanted)
    finally:
        _signal_group(run.pid, signal.SIGKILL)  # before the leader is reaped, while its group id cannot be anyone else's
        _, status, used = os.wait4(run.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        os.close(channel)
    footprint = Footprint(seconds=time.monotonic() - run.began, cpu_seconds=used.ru_utime + used.ru_stime, peak_memory_mib=_peak(run))
    result, error = _judge(run, process.returncode, _oom_kills() > ooms)
    return Outcome(result, error, footprint)


def _attend(run: _Run, channel: int, on_progress: Callable[[Progress], None], stop_wanted: Callable[[], bool]) -> None:
    """Reads the channel and enforces the limits until the worker has exited."""
    buffer = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        is_open = True
        while True:
            exited = os.waitid(os.P_PID, run.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            if is_open:
                is_open = _read(run, channel, buffer, on_progress)
                if not is_open:
                    selector.unregister(channel)
            if exited:
                return
            _enforce(run, stop_wanted)
            if is_open:
                selector.select(_TICK_S)
            else:
                time.sleep(0.005)


def _read(run: _Run, channel: int, buffer: bytearray, on_progress: Callable[[Progress], None]) -> bool:
    """Takes in what is there; False at the end of the stream."""
    while True:
        try:
            chunk = os.read(channel, 1 << 16)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        buffer += chunk
        if len(buffer) > _MAX_LINE_BYTES:
            run.cause = run.cause or "tool-result-too-large"
            buffer.clear()
        while (end := buffer.find(b"\n")) >= 0:
            _take(run, bytes(buffer[:end]), on_progress)
            del buffer[: end + 1]


def _take(run: _Run, raw: bytes, on_progress: Callable[[Progress], None]) -> None:
    try:
        line = Line.model_validate_json(raw)
    except ValidationError:
        return  # not ours; a run without a readable last line is judged by how it ended
    if line.type != "progress":
        run.last = line
        return
    moment = time.monotonic()
    if line.phase != run.phase_began[0]:
        run.phase_began = (line.phase, moment)
    spent = moment - run.phase_began[1]
    known = line.total > 0 and 0 < line.done <= line.total and spent > 0
    on_progress(Progress(line.phase, line.done, line.total, spent * (line.total - line.done) / line.done if known else None))


def _enforce(run: _Run, stop_wanted: Callable[[], bool]) -> None:
    if run.due("memory", _MEMORY_EVERY_S):
        run.peak_mib = max(run.peak_mib, _group_memory_mib(run.pid))
    if not run.cause:
        if run.peak_mib > run.limits.memory_mib:
            run.cause = "job-out-of-memory"
        elif time.monotonic() - run.began > run.limits.seconds:
            run.cause = "job-out-of-time"
        elif run.due("disk", _DISK_EVERY_S) and _folder_mib(run.folder) > run.limits.disk_mib:
            run.cause = "job-out-of-disk"
        elif run.last is None and stop_wanted():
            run.cause = "job-cancelled"
    if run.cause and not run.killed_at:
        run.killed_at = time.monotonic()
        _signal_group(run.pid, signal.SIGKILL if run.cause == "job-out-of-memory" else signal.SIGTERM)
    elif run.killed_at and time.monotonic() - run.killed_at > _GRACE_S:
        _signal_group(run.pid, signal.SIGKILL)


def _judge(run: _Run, code: int, out_of_memory: bool) -> tuple[ToolResult | None, FrugalError | None]:
    """What the end of the process means."""
    if run.last is not None and run.last.type == "error":
        return None, FrugalError.from_dict(run.last.payload)
    if run.last is not None and run.last.type == "result":
        try:
            return ToolResult.model_validate(run.last.payload), None
        except ValidationError:
            return None, ToolError(
                "tool-crashed", "The tool returned a result that cannot be read.", "Report this with the job's log file."
            )
    if run.cause == "tool-result-too-large":
        return None, ToolError("tool-result-too-large", "The tool's result is too large to keep.", "Try with less data.")
    if run.cause:
        return None, _with_limits(run)
    if code == -signal.SIGXCPU:
        run.cause = "job-out-of-time"
        return None, _with_limits(run)
    if (code == -signal.SIGKILL and (out_of_memory or run.peak_mib > 0.8 * run.limits.memory_mib)) or _log_says_memory(run.folder):
        run.cause = "job-out-of-memory"
        return None, _with_limits(run)
    return None, stopped("job-died", exit=signal.Signals(-code).name if code < 0 else code)


def _with_limits(run: _Run) -> FrugalError:
    details: dict[str, Any] = {
        "job-out-of-memory": {"limit_mib": run.limits.memory_mib, "seen_mib": round(run.peak_mib)},
        "job-out-of-time": {"limit_s": run.limits.seconds},
        "job-out-of-disk": {"limit_mib": run.limits.disk_mib},
    }.get(run.cause, {})
    return stopped(run.cause, **details)


def _peak(run: _Run) -> float | None:
    reported = run.last.peak_memory_mib if run.last else None
    peak = max(run.peak_mib, reported or 0.0)
    return peak or None


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left in it


def _group_memory_mib(pid: int) -> float:
    total = 0.0
    try:
        leader = psutil.Process(pid)
        for process in (leader, *leader.children(recursive=True)):
            try:
                total += process.memory_info().rss / _MIB
            except psutil.Error:
                continue  # it ended between the listing and the look
    except psutil.Error:
        return total
    return total


def _folder_mib(folder: Path) -> float:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(root) / name).lstat().st_blocks * 512
            except OSError:
                continue  # removed meanwhile
    return total / _MIB


def _log_says_memory(folder: Path) -> bool:
    """Whether native code ended on an allocation it could not get (it aborts without telling Python)."""
    log = folder / "log.txt"
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 4096))
        return b"std::bad_alloc" in stream.read()


def _oom_kills() -> int:
    """Processes the kernel has ended for lack of memory so far, as far as it tells us."""
    total = 0
    for source in (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events")):
        try:
            total += sum(int(line.split()[1]) for line in source.read_text().splitlines() if line.startswith("oom_kill "))
        except OSError:
            continue
    return total


def clear_outputs(out_dir: Path, keep: frozenset[str]) -> None:
    """Removes what a failed run left in `out_dir`, except the entries that were there before."""
    if not out_dir.exists():
        return
    for entry in out_dir.iterdir():
        if entry.name in keep:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
