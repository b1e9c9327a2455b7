"""Starts a worker process before its request is there, so that its imports overlap with whatever its starter does meanwhile.

A worker isolates itself and imports its tool, then waits (`Waiting`) until it is told to begin; without a request it ends by itself.
This module knows no store and imports no heavy library: the command line starts its worker first of all.
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
    """What a worker is told on its command line: enough to isolate itself and to import its tool."""

    folder: str
    channel: int  # file descriptor that it writes its lines to
    tool: str
    module: str  # of the tool's work
    parent_pid: int
    cpu_limit_s: int
    file_limit_bytes: int


@dataclass
class Waiting:
    """A worker that waits for its request. Either `begin` or `dismiss` decides what becomes of it."""

    folder: Path  # named after the job
    process: "subprocess.Popen[bytes]"
    channel: int  # read end of its lines
    is_taken: bool = field(default=False)

    def begin(self, request: Request) -> None:
        """Hands over the request. Where the worker is gone already, how it ended says why."""
        self.is_taken = True
        request.out_dir.mkdir(parents=True, exist_ok=True)
        (self.folder / "request.json").write_text(request.model_dump_json())
        self._say(b"begin\n")

    def dismiss(self) -> None:
        """Ends a worker that got no request, and removes its folder; one that works is left alone."""
        if self.is_taken:
            return
        self.is_taken = True
        self._say(b"")
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it may have ended by itself
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.channel)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _say(self, text: bytes) -> None:
        if self.process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(text)
            self.process.stdin.close()


def launch(
    spec: ToolSpec,
    folder: Path,
    environment: Mapping[str, str],
    import_paths: tuple[Path, ...] = (),
    disk_limit_mib: float = DISK_LIMIT_MIB,
) -> Waiting:
    """Starts a worker for the job that `folder` (fresh, ours) is named after.

    Must be called from a thread that outlives the run: the worker's death signal is bound to the thread that starts it.
    """
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    start = Start(
        str(folder),
        writing,
        spec.name,
        spec.entry.partition(":")[0],
        os.getpid(),
        spec.time_limit_s * (os.cpu_count() or 1) + 10,
        int(disk_limit_mib * _MIB),
    )
    try:
        with (folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no user text in the command
                [sys.executable, "-m", "tools.jobs", json.dumps(asdict(start))],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=worker_environment(environment, folder, import_paths),
                pass_fds=(writing,),
                start_new_session=True,
            )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    os.set_blocking(reading, False)
    return Waiting(folder, process, reading)


def worker_environment(given: Mapping[str, str], folder: Path, import_paths: tuple[Path, ...]) -> dict[str, str]:
    """The worker's whole environment: the allowed part of `given`, our fixed switches, a home of its own."""
    root = Path(__file__).resolve().parents[2]
    kept = {name: given[name] for name in ALLOWED_VARIABLES if name in given}
    if "HOME" in given:  # the model cache stays reachable although HOME is not the user's
        kept.setdefault("HF_HOME", str(Path(given["HOME"]) / ".cache" / "huggingface"))
    home = str(folder / "tmp")
    paths = os.pathsep.join(str(path) for path in (root, *import_paths))
    return {"PATH": os.defpath, **kept, **_FIXED, "HOME": home, "TMPDIR": home, "PYTHONPATH": paths, "FRUGAL_JOB": folder.name}
