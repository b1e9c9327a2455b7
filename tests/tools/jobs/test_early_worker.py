"""What is promised of a worker that is started before its job is recorded: the same job, the same isolation, and no trace if unused."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from job_samples import SampleArgs, sample

from knowledge.errors import FrugalError, JobStopped, UserError
from tools.jobs.launch import Spawned, Waiting, launch, spawn
from tools.jobs.runner import JobRunner
from tools.store.records import JobRecord, JobStatus, new_id
from tools.store.store import Store

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "frugal.db")
    yield opened
    opened.close()


@pytest.fixture
def runner(store: Store, tmp_path: Path) -> Iterator[JobRunner]:
    with JobRunner(store, tmp_path, import_paths=(HERE,)) as running:
        yield running


def early(tmp_path: Path, function: str) -> Waiting:
    return launch(sample(function), tmp_path.resolve() / "jobs" / new_id("job"), {"PATH": os.environ["PATH"]}, (HERE,))


def test_a_job_runs_in_the_worker_that_waits_for_it_and_bears_its_name(runner: JobRunner, store: Store, tmp_path: Path) -> None:
    waiting = early(tmp_path, "succeed")
    records: list[JobRecord] = []
    result = runner.run_once("cli", sample("succeed"), SampleArgs(text="x"), tmp_path / "out", on_record=records.append, waiting=waiting)
    assert result.result["said"] == "x" and result.result["cwd"] == waiting.folder.name
    assert records[-1].id == waiting.folder.name and store.job("cli", waiting.folder.name).status is JobStatus.FINISHED
    waiting.dismiss()  # of no effect any more
    assert (waiting.folder / "log.txt").exists()


@pytest.mark.parametrize(("function", "error"), [("fail_as_user", UserError), ("leave", JobStopped)])
def test_it_fails_as_any_other_worker_does(runner: JobRunner, tmp_path: Path, function: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        runner.run_once("cli", sample(function), SampleArgs(), tmp_path / "out", waiting=early(tmp_path, function))


def test_a_worker_that_died_while_it_waited_ends_its_job_with_a_reason(runner: JobRunner, tmp_path: Path) -> None:
    waiting = early(tmp_path, "succeed")
    psutil.Process(waiting.worker.process.pid).kill()
    with pytest.raises(JobStopped) as caught:
        runner.run_once("cli", sample("succeed"), SampleArgs(), tmp_path / "out", waiting=waiting)
    assert caught.value.code == "job-died"


def test_a_dismissed_worker_leaves_neither_process_nor_folder(tmp_path: Path) -> None:
    waiting = early(tmp_path, "succeed")
    waiting.dismiss()
    assert not psutil.pid_exists(waiting.worker.process.pid)
    assert not waiting.folder.exists()


_STARTERS = {
    "without a tool": "spawn({}, (Path(sys.argv[2]),))",
    "waiting": "launch(sample('succeed'), Path(sys.argv[1]) / 'jobs' / 'job-1', {}, (Path(sys.argv[2]),)).worker",
}


@pytest.mark.parametrize("state", _STARTERS)
def test_a_worker_without_work_ends_with_whoever_started_it(state: str, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from job_samples import sample; from tools.jobs.launch import launch, spawn\n"
        f"worker = {_STARTERS[state]}\n"
        "print(worker.process.pid, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE)))}
    starter = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(HERE)], stdout=subprocess.PIPE, text=True, env=environment)
    assert starter.stdout is not None
    worker = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    assert gone(worker)


def gone(pid: int) -> bool:
    end = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.05)
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


# -- before its tool is known ----------------------------------------------------------------------------------------


@pytest.fixture
def spawned() -> Iterator[Spawned]:
    worker = spawn({"PATH": os.environ["PATH"], "HOME": "/home/ada", "HF_TOKEN": "hf_secret"}, (HERE,))
    yield worker
    worker.end()


def test_a_worker_started_before_its_tool_is_known_runs_any_tool(spawned: Spawned, runner: JobRunner, tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "jobs" / new_id("job")
    waiting = launch(sample("succeed"), folder, {}, spawned=spawned)
    result = runner.run_once("cli", sample("succeed"), SampleArgs(text="x"), tmp_path / "out", waiting=waiting)
    assert waiting.worker is spawned and result.result["said"] == "x" and result.result["cwd"] == folder.name


def test_it_gets_its_home_with_its_job_and_nothing_of_the_shell(spawned: Spawned, runner: JobRunner, tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "jobs" / new_id("job")
    waiting = launch(sample("show_environment"), folder, {}, spawned=spawned)
    seen = runner.run_once("cli", sample("show_environment"), SampleArgs(), tmp_path / "out", waiting=waiting).result["environment"]
    assert seen["HOME"] == seen["TMPDIR"] == str(folder / "tmp") and seen["FRUGAL_JOB"] == folder.name
    assert "HF_TOKEN" not in seen and seen["HF_HUB_OFFLINE"] == "1"


def test_what_it_writes_is_its_owners_alone(spawned: Spawned, runner: JobRunner, tmp_path: Path) -> None:
    waiting = launch(sample("fill_disk"), tmp_path.resolve() / "jobs" / new_id("job"), {}, spawned=spawned)
    runner.run_once("cli", sample("fill_disk"), SampleArgs(), tmp_path / "out", waiting=waiting)
    assert (tmp_path / "out" / "big.bin").stat().st_mode & 0o077 == 0


def test_one_that_is_not_needed_is_ended_and_can_be_ended_again(spawned: Spawned) -> None:
    spawned.end()
    assert not psutil.pid_exists(spawned.process.pid)
    spawned.end()


@pytest.mark.parametrize("words", [["run"], ["run", "nix"], ["run", "audit_costs"], ["run", "price_api"], ["run", "--help"]])
def test_no_command_leaves_one_behind(words: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "HF_HOME": str(tmp_path)}  # inherited by workers: tells ours from others on this machine
    command = [sys.executable, "-m", "app", *words]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    left = [process.pid for process in psutil.process_iter(["environ"]) if (process.info["environ"] or {}).get("HF_HOME") == str(tmp_path)]
    assert left == [] and "Traceback" not in ended.stderr


def test_its_tool_is_imported_behind_the_isolation(runner: JobRunner, tmp_path: Path) -> None:
    (tmp_path / "calls_home.py").write_text("import socket\nsocket.create_connection(('127.0.0.1', 9), 1)\n")
    spec = sample("succeed")
    waiting = launch(
        type(spec)(**{**vars(spec), "entry": "calls_home:run"}), tmp_path.resolve() / "jobs" / new_id("job"), {}, (HERE, tmp_path)
    )
    with pytest.raises(FrugalError) as caught:
        runner.run_once("cli", spec, SampleArgs(), tmp_path / "out", waiting=waiting)
    assert caught.value.code == "tool-offline"


def test_a_command_that_fails_before_its_job_leaves_no_worker_behind(tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_text("Service,Cost\nA,1\n")
    command = [sys.executable, "-m", "app", "run", "audit_costs", "--file", str(tmp_path / "bill.csv"), "--session", "conv-none"]
    ended = subprocess.run([*command, "--data-dir", str(tmp_path / "data")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1 and "conversation-not-found" in ended.stderr
    assert list((tmp_path / "data" / "jobs").iterdir()) == []


def test_a_worker_that_cannot_be_started_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_text("Service,Cost\nA,1\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jobs").write_text("a file where the folder should be")
    command = [sys.executable, "-m", "app", "run", "audit_costs", "--file", str(tmp_path / "bill.csv")]
    ended = subprocess.run([*command, "--data-dir", str(tmp_path / "data")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1 and "audit_costs stopped" in ended.stderr and "Traceback" not in ended.stderr


def test_garbage_is_looked_for_while_a_tool_works(runner: JobRunner, tmp_path: Path) -> None:
    spec = sample("collects_garbage")
    assert runner.run_once("cli", spec, SampleArgs(), tmp_path / "out", waiting=early(tmp_path, "collects_garbage")).result == {"on": True}
