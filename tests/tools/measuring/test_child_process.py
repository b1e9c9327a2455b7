"""Promise to the machine's owner: measuring happens in a process of its own that cannot outlive the job or hang it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knowledge.errors import FrugalError
from tools.measuring.child import without_paths
from tools.measuring.child_process import Child

ROOT = Path(__file__).resolve().parents[3]


def gone(pid: int, seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_it_answers_and_carries_errors_as_data() -> None:
    with Child() as child:
        assert child.call("tools.measuring.inside:memory")["peak_mib"] > 1
        with pytest.raises(FrugalError) as caught:
            child.call("os:system", command="true")
        assert caught.value.code == "measuring-failed"
        with pytest.raises(FrugalError) as caught:
            child.call("tools.measuring.inside:score_text", texts=[], max_tokens=3)
        assert "KeyError" in caught.value.message
        assert child.call("tools.measuring.inside:memory"), "an error does not end the child"
    assert gone(child.pid)


def test_a_killed_child_is_reported_and_nothing_hangs() -> None:
    with Child() as child:
        child.call("tools.measuring.inside:memory")
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(FrugalError) as caught:
            child.call("tools.measuring.inside:memory")
    assert caught.value.code == "measuring-killed" and caught.value.family == "job"


def test_the_child_dies_with_its_parent() -> None:
    code = (
        "import sys, time; from tools.measuring.child_process import Child\n"
        "child = Child(); child.call('tools.measuring.inside:memory'); print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


def test_messages_of_libraries_lose_their_folders() -> None:
    assert without_paths("cannot open /srv/data/alice/model/config.json: no") == "cannot open config.json: no"
