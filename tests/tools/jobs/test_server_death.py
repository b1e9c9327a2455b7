"""What is promised when the server itself is killed: no orphan computes on, and the next start says what was lost."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
from job_samples import SampleArgs, sample

from tools.jobs.runner import JobRunner
from tools.store.records import JobStatus
from tools.store.store import Store

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def _gone(pid: int, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_kill_minus_nine_of_the_server_takes_the_worker_along_and_recovery_tells(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE)))}
    server = subprocess.Popen(
        [sys.executable, str(HERE / "server_stand_in.py"), str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert server.stdout is not None
        job_id, queued_id = server.stdout.readline().split()
        worker, grandchild = (int(pid) for pid in (tmp_path / "jobs" / job_id / "pids.txt").read_text().split())
        assert psutil.pid_exists(worker)
    finally:
        server.kill()
        server.wait()
    assert _gone(worker, 5)
    assert psutil.pid_exists(grandchild)  # a tool's own child is not bound to the server: recovery must find it

    store = Store.open(tmp_path / "frugal.db")
    with JobRunner(store, tmp_path, import_paths=(HERE,)) as runner:
        assert sorted(runner.recover()) == sorted((job_id, queued_id))
        for lost in (job_id, queued_id):
            record = store.job("ada", lost)
            assert record.status is JobStatus.LOST
            assert record.error is not None
            assert (record.error["family"], record.error["code"]) == ("job", "job-lost")
            assert record.result is None
        assert _gone(grandchild, 5)
        assert not (tmp_path / "jobs" / job_id / "out").exists()
        assert runner.recover() == []
        again = runner.start("ada", None, sample("succeed"), SampleArgs())
        assert runner.wait("ada", again.id, 30).status is JobStatus.FINISHED
    store.close()
