"""Small tools with one behaviour each, run by the job tests in real worker processes. Not tests themselves."""

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Arguments, Artefact, ToolContext, ToolResult, ToolSpec


class SampleArgs(Arguments):
    """What the samples take."""

    seconds: float = 0.0
    text: str = ""


def finding(text: str = "sample") -> Evidence:
    return Evidence.record(
        tier=Tier.BILLED, claim=f"Sample {text}", source=SourceRef(ref="sample"), value=Range.exact(Decimal("12.30")), unit="USD"
    )


def _pid_file(context: ToolContext) -> Path:
    return context.out_dir.parent / "pids.txt"


def succeed(args: SampleArgs, context: ToolContext) -> ToolResult:
    print("library chatter", '{"type": "result", "payload": {}}')
    (context.out_dir / "made.txt").write_text("made")
    return ToolResult(
        result={"said": args.text, "seen": len(context.session.evidence), "cwd": Path.cwd().name, "broken": float("nan")},
        evidence=(finding(), finding()),
        artefacts=(Artefact(path="made.txt", label="A file"),),
    )


def remember(args: SampleArgs, context: ToolContext) -> ToolResult:
    """Says what an earlier run kept, and keeps its own text."""
    assert context.kept_dir
    context.kept_dir.mkdir(parents=True, exist_ok=True)
    held = sorted(path.name for path in context.kept_dir.iterdir())
    (context.kept_dir / args.text).write_text("kept")
    return ToolResult(result={"held": held})


def count(args: SampleArgs, context: ToolContext) -> ToolResult:
    for step in range(10):
        context.progress("counting", step + 1, 10)
        time.sleep(args.seconds / 10)
    return ToolResult(result={"steps": 10})


def sleep_stubbornly(args: SampleArgs, context: ToolContext) -> ToolResult:
    """Ignores SIGTERM, has a child of its own, and leaves a half-made file."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time,signal; signal.signal(15, signal.SIG_IGN); time.sleep(60)"])
    (context.out_dir / "half.bin").write_text("half")
    _pid_file(context).write_text(f"{os.getpid()} {child.pid}")
    context.progress("sleeping", 0, 0)
    time.sleep(args.seconds or 60)
    return ToolResult(result={})


def hoard(args: SampleArgs, context: ToolContext) -> ToolResult:
    blocks = []
    for _ in range(200):
        blocks.append(bytearray(os.urandom(1024) * 20480))  # 20 MiB, touched
        time.sleep(0.05)
    return ToolResult(result={"blocks": len(blocks)})


def fail_as_user(args: SampleArgs, context: ToolContext) -> ToolResult:
    (context.out_dir / "half.bin").write_text("half")
    raise UserError("file-empty", "The file is empty.", "Export it again.", {"file": args.text})


def crash(args: SampleArgs, context: ToolContext) -> ToolResult:
    raise ValueError("secret token hf_abc at /srv/private/models")


def ask_for_too_much(args: SampleArgs, context: ToolContext) -> ToolResult:
    raise MemoryError


def abort(args: SampleArgs, context: ToolContext) -> ToolResult:
    os.abort()


def leave(args: SampleArgs, context: ToolContext) -> ToolResult:
    os._exit(3)


def phone_home(args: SampleArgs, context: ToolContext) -> ToolResult:
    socket.create_connection(("127.0.0.1", int(args.text)), timeout=2)
    return ToolResult(result={})


def phone_home_through_a_child(args: SampleArgs, context: ToolContext) -> ToolResult:
    """A process of its own carries no audit hook; only a network namespace holds it."""
    code = f"import socket; socket.create_connection(('127.0.0.1', {int(args.text)}), timeout=2)"
    return ToolResult(result={"exit": subprocess.run([sys.executable, "-c", code], check=False).returncode})


def resolve(args: SampleArgs, context: ToolContext) -> ToolResult:
    socket.getaddrinfo("example.org", 443)
    return ToolResult(result={})


def fill_disk(args: SampleArgs, context: ToolContext) -> ToolResult:
    with (context.out_dir / "big.bin").open("wb") as stream:
        for _ in range(64):
            stream.write(b"x" * 2**20)
    return ToolResult(result={})


def show_environment(args: SampleArgs, context: ToolContext) -> ToolResult:
    return ToolResult(result={"environment": dict(os.environ), "tools_from": sys.modules["tools"].__path__[0]})


def collects_garbage(args: SampleArgs, context: ToolContext) -> ToolResult:
    return ToolResult(result={"on": gc.isenabled()})


def say_surrogates(args: SampleArgs, context: ToolContext) -> ToolResult:
    return ToolResult(result={"name": "caf\udce9\x00.csv"})


def return_nothing(args: SampleArgs, context: ToolContext) -> None:
    return None


def sample(function: str, *, heavy: bool = False, time_limit_s: int = 60, memory_limit_mib: int = 1024) -> ToolSpec:
    """The declaration of one of the functions above."""
    return ToolSpec(
        name=function,
        summary="A sample",
        args=SampleArgs,
        runs="worker",
        entry=f"job_samples:{function}",
        consent="always" if heavy else "never",
        time_limit_s=time_limit_s,
        memory_limit_mib=memory_limit_mib,
    )
