"""Parent's side of the measuring child: start it, call functions in it, follow its progress, end it. No model library.

The child stays in the caller's process group (so that cancelling a job ends it too), inherits the environment, and is
killed when this object closes. While a call runs, `tick` is called about twice a second.
"""

import contextlib
import json
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from knowledge.errors import FrugalError, JobStopped, ToolError
from tools.measuring.child import without_paths

_ROOT = Path(__file__).resolve().parents[2]


def _no_progress(phase: str, done: float, total: float) -> None:
    """Progress sink for callers that show none."""


def _no_tick() -> None:
    """Heartbeat for callers that show none."""


class Child:
    """One fresh process. Use as a context manager."""

    def __init__(self, tick: Callable[[], None] = _no_tick, progress: Callable[[str, float, float], None] = _no_progress) -> None:
        self._tick, self._progress = tick, progress
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.measuring.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr, cwd=_ROOT
        )
        assert self._process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._buffer = b""

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def call(self, entry: str, timeout: float = 1500.0, **args: Any) -> Any:
        """Runs "module:function" in the child. Re-raises its FrugalError; JobStopped where it dies or takes too long."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"entry": entry, "args": args}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        deadline = time.monotonic() + timeout
        while True:
            message = self._next(deadline)
            if "progress" in message:
                self._progress(*message["progress"])
            elif "error" in message:
                raise FrugalError.from_dict(message["error"])
            else:
                return message["reply"]

    def _next(self, deadline: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        while b"\n" not in self._buffer:
            if not self._selector.select(timeout=0.5):
                self._tick()
                if time.monotonic() > deadline:
                    self.close()
                    raise JobStopped(
                        "measuring-timeout",
                        "A step of the measurement took too long and was stopped.",
                        "Try a smaller model, batch or input.",
                    )
                continue
            data = self._process.stdout.read1(1 << 16)  # type: ignore[attr-defined]
            if not data:
                raise self._died()
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _died(self) -> ToolError:
        code = self._process.wait(timeout=10)
        if code == -9:
            return JobStopped(
                "measuring-killed",
                "The measuring process was killed; most often the machine ran out of memory.",
                "Use a smaller model or batch, or free memory, then try again.",
            )
        self._stderr.seek(0)
        last = self._stderr.read()[-2000:].decode(errors="replace").strip().splitlines()
        return JobStopped(
            "measuring-died",
            "The measuring process ended before it answered.",
            "Try again; if it happens again, report it with the details.",
            {"exit": code, "last_words": without_paths(last[-1]) if last else ""},
        )

    def close(self) -> None:
        """Ends the child at once; its results are already here."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
