"""The child process of one job: `python -m tools.jobs CHANNEL`, where CHANNEL is a file descriptor to write to.

Waits for its `launch.Start`, isolates itself, imports the one tool it is for, waits for the request, runs it, and writes JSON lines to
the channel: progress, then one result or error. From its start on, stdout and stderr are the job's log file, so library chatter cannot
be mistaken for a result. Exits without interpreter shutdown: native thread pools may hang there, and everything worth keeping is sent.
"""

import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tools.contracts.tool import ToolContext, ToolResult
from tools.jobs.failure import as_frugal
from tools.jobs.isolation import isolate
from tools.jobs.launch import Start, job_environment
from tools.jobs.message import Request
from tools.store.text import storable

_PROGRESS_EVERY_S = 0.1


def main(descriptor: int) -> None:
    """Runs one request to its end. Never returns."""
    os.set_inheritable(descriptor, False)
    channel = os.fdopen(descriptor, "w", encoding="ascii")
    start = _start()
    if start is None:
        os._exit(0)
    folder = Path(start.folder)

    def send(line: dict[str, Any]) -> None:
        channel.write(json.dumps(storable(line)) + "\n")
        channel.flush()

    try:
        isolate(start.parent_pid, start.cpu_limit_s, start.file_limit_bytes, folder)
        import_module(start.module)  # while the job is still being recorded
        gc.freeze()  # what is loaded now stays; from here on garbage is looked for as usual (see __main__.py)
        gc.enable()
        request = _request(folder)
        if request is None:
            os._exit(0)
        last = {"type": "result", "payload": _run(request, send).model_dump(mode="json")}
    except BaseException as error:  # SystemExit and the like are a tool's failure too
        traceback.print_exc()
        last = {"type": "error", "payload": as_frugal(error, start.tool).as_dict()}
    send({**last, "peak_memory_mib": _peak_memory_mib()})
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _start() -> Start | None:
    """What the job is, once it is told, and from then on at home in its folder; None where the starter has changed its mind."""
    words = sys.stdin.buffer.readline()
    if not words:
        return None
    start = Start(**json.loads(words))
    folder = Path(start.folder)
    os.environ.update(job_environment(folder))
    os.chdir(folder)
    os.umask(0o077)  # whatever a job writes belongs to its owner alone
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    return start


def _request(folder: Path) -> Request | None:
    """The request, once there is one; None where the starter has changed its mind."""
    if not sys.stdin.buffer.readline():
        return None
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    message = folder / "request.json"
    request = Request.model_validate_json(message.read_bytes())
    message.unlink()
    return request


def _run(request: Request, send: Callable[[dict[str, Any]], None]) -> ToolResult:
    module, _, name = request.args_model.partition(":")
    args = getattr(import_module(module), name).model_validate(request.args)
    module, _, name = request.entry.partition(":")
    work = getattr(import_module(module), name)
    context = ToolContext(
        out_dir=request.out_dir,
        session=request.session.session(),
        progress=_throttled(send),
        brain_dir=request.brain_dir,
        model_roots=request.model_roots,
        kept_dir=request.kept_dir,
    )
    result = work(args, context)
    if not isinstance(result, ToolResult):
        raise TypeError(f"{request.tool} returned {type(result).__name__}")
    return result


def _throttled(send: Callable[[dict[str, Any]], None]) -> Callable[[str, float, float], None]:
    """Sends at most ten lines a second, but every new phase and every last step."""
    shown = ("", 0.0)

    def progress(phase: str, done: float, total: float) -> None:
        nonlocal shown
        moment = time.monotonic()
        if phase != shown[0] or moment - shown[1] >= _PROGRESS_EVERY_S or (total and done >= total):
            shown = (phase, moment)
            send({"type": "progress", "phase": phase, "done": float(done), "total": float(total)})

    return progress


def _peak_memory_mib() -> float | None:
    """Highest resident memory of this process (VmHWM); None where the kernel does not say."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return None
