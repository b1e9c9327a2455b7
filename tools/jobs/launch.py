"""Starts a worker process before its request is there, so that its imports overlap with whatever its starter does meanwhile.

A worker may be started before its tool is known (`spawn`): it imports what every job needs. Told its tool and its folder (`launch`) it
isolates itself and imports the tool, then waits (`Waiting`) until it is told to begin. At each step it ends by itself where no word comes.
This module knows no store and imports nothing beyond the standard library: the command line starts its worker first of all.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.contracts.tool import ToolSpec
    from tools.jobs.message import Request

#: Variables a worker may inherit. Tokens, proxies and tool settings of the user's shell stay outside.
ALLOWED_VARIABLES = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "OMP_WAIT_POLICY",
    "HF_HOME",
    "HF_HUB_CACHE",
)
_FIXED = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DISABLE_SAFETENSORS_CONVERSION": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",  # else every installed package is searched for one when a worker starts
    "PYTHONUTF8": "1",
    "PYTHONSAFEPATH": "1",  # also in processes that a tool starts: nothing is imported from the folder they run in
    "PYTHONNOUSERSITE": "1",
    "PYTHONFAULTHANDLER": "1",
}
DISK_LIMIT_MIB = 20480
_MIB = 2**20


@dataclass(frozen=True)
class Start:
    """What a worker is told first: enough to isolate itself and to import its tool."""

    folder: str
    tool: str
    module: str  # of the tool's work
    parent_pid: int
    cpu_limit_s: int
    file_limit_bytes: int


@dataclass(frozen=True)
class Spawned:
    """A worker that has no tool yet: `launch` gives it one, or `end` ends it."""

    process: "subprocess.Popen[bytes]"
    channel: int  # read end of its lines

    def say(self, text: bytes, *, is_last: bool) -> None:
        """Writes to its stdin. Where the worker is gone already, how it ended says why."""
        if self.process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(text)
            self.process.stdin.flush()
            if is_last:
                self.process.stdin.close()

    def end(self) -> None:
        """Kills its whole group and waits for it; nothing where its end was waited for already."""
        if self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it may have ended by itself
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.channel)


@dataclass
class Waiting:
    """A worker that waits for its request. Either `begin` or `dismiss` decides what becomes of it."""

    folder: Path  # named after the job
    worker: Spawned
    is_taken: bool = field(default=False)

    def begin(self, request: "Request") -> None:
        """Hands over the request. Where the worker is gone already, how it ended says why."""
        self.is_taken = True
        request.out_dir.mkdir(parents=True, exist_ok=True)
        (self.folder / "request.json").write_text(request.model_dump_json())
        self.worker.say(b"begin\n", is_last=True)

    def dismiss(self) -> None:
        """Ends a worker that got no request, and removes its folder; one that works is left alone."""
        if self.is_taken:
            return
        self.is_taken = True
        self.worker.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def spawn(environment: Mapping[str, str], import_paths: tuple[Path, ...] = ()) -> Spawned:
    """Starts a worker without a tool. Raises OSError.

    Must be called from a thread that outlives the run: the worker's death signal is bound to the thread that starts it.
    """
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no user text in the command
            [sys.executable, "-m", "tools.jobs", str(writing)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd="/",
            env=worker_environment(environment, import_paths),
            pass_fds=(writing,),
            start_new_session=True,
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    os.set_blocking(reading, False)
    return Spawned(process, reading)


def launch(
    spec: "ToolSpec",
    folder: Path,
    environment: Mapping[str, str],
    import_paths: tuple[Path, ...] = (),
    disk_limit_mib: float = DISK_LIMIT_MIB,
    spawned: Spawned | None = None,
) -> Waiting:
    """Gives a worker its tool, for the job that `folder` (fresh, ours) is named after: `spawned`, else one of its own. Raises OSError."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    (folder / "log.txt").touch()
    start = Start(
        str(folder),
        spec.name,
        spec.entry.partition(":")[0],
        os.getpid(),
        spec.time_limit_s * (os.cpu_count() or 1) + 10,
        int(disk_limit_mib * _MIB),
    )
    worker = spawned or spawn(environment, import_paths)
    worker.say(json.dumps(asdict(start)).encode() + b"\n", is_last=False)
    return Waiting(folder, worker)


def worker_environment(given: Mapping[str, str], import_paths: tuple[Path, ...]) -> dict[str, str]:
    """A worker's whole environment until it knows its job: the allowed part of `given` and our fixed switches."""
    root = Path(__file__).resolve().parents[2]
    kept = {name: given[name] for name in ALLOWED_VARIABLES if name in given}
    if "HOME" in given:  # the model cache stays reachable although HOME is not the user's
        kept.setdefault("HF_HOME", str(Path(given["HOME"]) / ".cache" / "huggingface"))
    paths = os.pathsep.join(str(path) for path in (root, *import_paths))
    return {"PATH": os.defpath, **kept, **_FIXED, "PYTHONPATH": paths}


def job_environment(folder: Path) -> dict[str, str]:
    """What a worker adds once it knows its job: a home of its own, and the mark by which processes that it leaves behind are found."""
    home = str(folder / "tmp")
    return {"HOME": home, "TMPDIR": home, "FRUGAL_JOB": folder.name}
