"""Prints how fast the product is on this machine: `python -m tests.bench [--setup]`. Measures, never asserts.

First page after `python -m app`, first sign of life after Send, a turn that only records facts, reading one message,
the audit of the sample bill. `--setup` also times a fresh environment (minutes, needs the package registry).
Machines are noisy: medians with their spread, beside the target.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "app" / "static" / "samples" / "acme_ai_bill.csv"
FACTS = (
    "we serve llama 3 8b on 2 A10G with vLLM",
    "about 40k requests a day, 900 tokens in and 150 out",
    "it costs us $3,000 a month on AWS",
    "latency has to stay under 800 ms",
    "our chatbot runs in bf16 on one L4",
    "we pay 12k usd per month for gpt-4o-mini, 600k calls a month",
    "dual 3090s, mistral 7b for summarization",
)


def seconds_of(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def row(name: str, values: list[float], target: str) -> None:
    """One line of the table: median, least, most, target, number of measurements."""
    median = statistics.median(values)
    print(f"{name:<46} {median:>8.3f} {min(values):>8.3f} {max(values):>8.3f} {len(values):>4}   {target}")


def first_page() -> float:
    """Seconds from starting the process to the first byte of the page."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tempfile.mkdtemp()
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "app", "--port", str(port), "--data-dir", folder],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                    page.read()
                return time.perf_counter() - begun
            except OSError:
                if server.poll() is not None or time.perf_counter() - begun > 60:
                    raise RuntimeError("the server did not start") from None
                time.sleep(0.02)
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def turns() -> tuple[list[float], list[float], list[float]]:
    """(seconds to the first event, seconds of a facts-only turn, seconds of reading one message), brain warm."""
    from agent.llm.choice import ModelChoice
    from agent.runner import AgentRunner
    from tools.jobs.runner import JobRunner
    from tools.store.store import Store

    folder = Path(tempfile.mkdtemp())
    store = Store.open(folder / "frugal.db")
    agent = AgentRunner(store, JobRunner(store, folder), ModelChoice(), folder)
    agent.warm_up()
    first, whole, reading = [], [], []
    for text in FACTS:
        chat = store.create_conversation("bench").id
        begun = time.perf_counter()
        stream = agent.turn("bench", chat, text)
        next(stream)
        first.append(time.perf_counter() - begun)
        for _ in stream:
            pass
        whole.append(time.perf_counter() - begun)
    _, parts = agent._load()
    reading = [seconds_of(lambda t=text: parts.reader.read(t, "")) for text in FACTS]  # type: ignore[misc]
    store.close()
    shutil.rmtree(folder, ignore_errors=True)
    return first, whole, reading


def audit() -> float:
    """Seconds of a cold command-line audit of the sample bill."""
    folder = tempfile.mkdtemp()
    command = [sys.executable, "-m", "app", "run", "audit_costs", "--file", str(SAMPLE), "--json", "--data-dir", folder]
    taken = seconds_of(lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True))
    shutil.rmtree(folder, ignore_errors=True)
    return taken


def setup() -> float:
    """Seconds to a whole environment in a fresh folder."""
    folder = Path(tempfile.mkdtemp())
    for name in ("Makefile", "requirements.txt", "constraints.txt"):
        shutil.copy(ROOT / name, folder / name)
    python = os.environ.get("PYTHON", sys.executable)
    taken = seconds_of(lambda: subprocess.run(["make", "setup", f"PYTHON={python}"], cwd=folder, check=True, capture_output=True))
    shutil.rmtree(folder, ignore_errors=True)
    return taken


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--setup", action="store_true", help="also time a fresh environment")
    wants_setup = parser.parse_args().setup
    print(f"{'seconds':<46} {'median':>8} {'least':>8} {'most':>8} {'n':>4}   target")
    row("first page after python -m app", [first_page() for _ in range(3)], "3 or less")
    first, whole, reading = turns()
    row("first sign of life after Send (agent)", first, "0.3 or less")
    row("turn that only records facts", whole, "median 1 or less")
    row("reading one message (brain, int8)", reading, "")
    row("audit of the sample bill, cold process", [audit() for _ in range(3)], "")
    if wants_setup:
        row("environment set-up", [setup()], "300 or less")


if __name__ == "__main__":
    main()
