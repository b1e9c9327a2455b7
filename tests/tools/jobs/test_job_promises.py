"""What a job promises its owner: it runs once, in a process of its own; its end is committed before it is shown; it
stops in seconds when told to; and whatever kills it, the record says so in plain words and nothing half-made is left.

Real processes throughout; the tools they run are in job_samples.py. Run alone: pytest tests/tools/jobs -q
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import psutil
import pytest
from job_samples import SampleArgs, finding, sample

from knowledge.errors import JobStopped, ToolError, UserError
from tools.contracts.tool import Session, ToolContext
from tools.jobs.failure import advised, stopped
from tools.jobs.inline import run_inline
from tools.jobs.runner import JobRunner
from tools.store.records import JobRecord, JobStatus
from tools.store.store import Store

HERE = Path(__file__).parent


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "frugal.db")
    yield opened
    opened.close()


@pytest.fixture
def runner(store: Store, tmp_path: Path) -> Iterator[JobRunner]:
    with JobRunner(store, tmp_path, import_paths=(HERE,), disk_limit_mib=32) as running:
        yield running


@pytest.fixture
def chat(store: Store) -> str:
    return store.create_conversation("ada").id


def run(runner: JobRunner, chat: str | None, function: str, text: str = "", **limits: int) -> JobRecord:
    job = runner.start("ada", chat, sample(function, **limits), SampleArgs(text=text))
    return runner.wait("ada", job.id, 50)


def eventually(check: Callable[[], bool], within_s: float = 15) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.05)
    return False


def sleeping_job(runner: JobRunner, chat: str | None, key: str | None = None) -> tuple[JobRecord, list[int]]:
    """A job known to be in its long sleep, and the process ids of worker and grandchild."""
    job = runner.start("ada", chat, sample("sleep_stubbornly"), SampleArgs(), key)
    pids = runner.folder(job.id) / "pids.txt"
    assert eventually(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    return job, [int(pid) for pid in pids.read_text().split()]


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


# -- a job that ends well ------------------------------------------------------------------------------------------


def test_result_and_evidence_are_committed_together_and_once(runner: JobRunner, store: Store, chat: str) -> None:
    job = run(runner, chat, "succeed", "hello")
    assert job.status is JobStatus.FINISHED
    assert job.tool_result is not None
    assert job.tool_result.result["said"] == "hello"
    assert job.tool_result.result["broken"] is None  # not a number is not known, never a figure
    assert job.tool_result.evidence[0].value is not None
    assert job.tool_result.evidence[0].value.likely == Decimal("12.30")
    assert [record.id for record in store.evidence("ada", chat)] == [finding().id]
    assert not store.finish_job(job.id, {"result": {"said": "late"}}, [finding("late")])
    assert len(store.evidence("ada", chat)) == 1
    assert store.job("ada", job.id).result == job.result
    assert (runner.out_dir("ada", job.id) / "made.txt").read_text() == "made"


def test_chatter_goes_to_the_log_and_cannot_pass_for_a_result(runner: JobRunner, chat: str) -> None:
    job = run(runner, chat, "succeed", "real")
    assert job.result is not None
    assert job.result["result"]["said"] == "real"
    assert "library chatter" in (runner.folder(job.id) / "log.txt").read_text()


def test_footprint_of_the_advisor_itself_is_known(runner: JobRunner, chat: str) -> None:
    used = run(runner, chat, "succeed").footprint
    assert used.seconds is not None and used.seconds > 0
    assert used.cpu_seconds is not None and used.cpu_seconds > 0
    assert used.peak_memory_mib is not None and used.peak_memory_mib > 5


def test_a_job_sees_what_the_conversation_knows(runner: JobRunner, store: Store, chat: str) -> None:
    store.record_evidence("ada", chat, [finding("earlier"), finding("other")])
    job = run(runner, chat, "succeed")
    assert job.result is not None
    assert job.result["result"]["seen"] == 2
    assert job.result["result"]["cwd"] == job.id  # a folder of its own


def test_what_a_run_keeps_is_for_the_next_of_the_same_conversation_only(runner: JobRunner, store: Store, chat: str) -> None:
    other = store.create_conversation("ada", "Another").id
    held = [
        run(runner, where, "remember", text).result["result"]["held"]
        for where, text in ((chat, "a"), (chat, "b"), (other, "c"), (None, "d"))
    ]
    assert held == [[], ["a"], [], []]
    assert runner.kept_dir("ada", chat).is_relative_to(runner.kept_dir("ada"))
    assert not runner.kept_dir("someone else", chat).is_relative_to(runner.kept_dir("ada"))


def test_progress_moves_forward_with_an_estimate_of_the_rest(runner: JobRunner, chat: str) -> None:
    job = runner.start("ada", chat, sample("count"), SampleArgs(seconds=3))
    seen, times = [], []
    for record in runner.watch("ada", job.id):
        seen.append(record)
        times.append(time.monotonic())
    assert seen[-1].status is JobStatus.FINISHED
    steps = [record.done for record in seen if record.phase == "counting"]
    assert steps == sorted(steps)
    assert len(set(steps)) >= 3
    assert any(record.eta_s is not None and record.eta_s > 0 for record in seen if record.status is JobStatus.RUNNING)
    assert seen[-1].eta_s is None


def test_the_same_key_runs_once(runner: JobRunner, chat: str) -> None:
    first = runner.start("ada", chat, sample("succeed"), SampleArgs(text="one"), "click-1")
    again = runner.start("ada", chat, sample("succeed"), SampleArgs(text="one"), "click-1")
    assert again.id == first.id
    runner.wait("ada", first.id, 30)
    assert runner.start("ada", chat, sample("succeed"), SampleArgs(text="one"), "click-1").status is JobStatus.FINISHED
    with pytest.raises(UserError) as caught:
        runner.start("ada", chat, sample("succeed"), SampleArgs(text="two"), "click-1")
    assert caught.value.code == "job-key-reused"


def test_text_that_no_database_takes_still_arrives(runner: JobRunner, chat: str) -> None:
    job = run(runner, chat, "say_surrogates")
    assert job.result is not None
    assert job.result["result"]["name"] == "caf\ufffd\ufffd.csv"


# -- owners --------------------------------------------------------------------------------------------------------


def test_another_owners_job_is_as_unknown_as_a_made_up_one(runner: JobRunner, chat: str) -> None:
    job, _ = sleeping_job(runner, chat)
    answers = []
    for job_id in (job.id, "job-0000000000000000", "x\ud800\x00"):
        for ask in (runner.job, runner.poll, runner.cancel, runner.out_dir, lambda o, j: next(runner.watch(o, j))):
            with pytest.raises(UserError) as caught:
                ask("eve", job_id)
            answers.append(caught.value.as_dict())
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["code"] == "job-not-found"
    assert runner.job("ada", job.id).status is JobStatus.RUNNING


def test_five_may_wait_then_the_queue_is_full_for_this_owner_only(runner: JobRunner, store: Store, chat: str) -> None:
    sleeping_job(runner, chat)
    waiting = [runner.start("ada", chat, sample("succeed"), SampleArgs()) for _ in range(5)]
    with pytest.raises(UserError) as caught:
        runner.start("ada", chat, sample("succeed"), SampleArgs())
    assert caught.value.code == "queue-full"
    assert all(runner.job("ada", job.id).status is JobStatus.QUEUED for job in waiting)
    assert runner.start("bob", store.create_conversation("bob").id, sample("succeed"), SampleArgs()).status is JobStatus.QUEUED
    assert runner.cancel("ada", waiting[0].id).status is JobStatus.CANCELLED


def test_an_owner_with_one_job_does_not_wait_behind_all_of_another(runner: JobRunner, chat: str) -> None:
    first, _ = sleeping_job(runner, chat)
    many = [runner.start("ada", chat, sample("succeed"), SampleArgs()) for _ in range(3)]
    one = runner.start("bob", None, sample("succeed"), SampleArgs())
    runner.cancel("ada", first.id)
    done = runner.wait("bob", one.id, 30)
    ends = [runner.wait("ada", job.id, 30).finished_at for job in many]
    assert done.finished_at is not None
    assert sum(end is not None and end < done.finished_at for end in ends) <= 1


def test_a_heavy_job_does_not_hold_up_a_light_one(runner: JobRunner, chat: str) -> None:
    heavy = runner.start("ada", chat, sample("sleep_stubbornly", heavy=True), SampleArgs())
    second = runner.start("ada", chat, sample("sleep_stubbornly", heavy=True), SampleArgs())
    assert run(runner, chat, "succeed").status is JobStatus.FINISHED
    assert runner.job("ada", heavy.id).status is JobStatus.RUNNING
    assert runner.job("ada", second.id).status is JobStatus.QUEUED


# -- stopping ------------------------------------------------------------------------------------------------------


def test_cancel_ends_the_whole_group_even_if_it_will_not_listen(runner: JobRunner, chat: str) -> None:
    job, pids = sleeping_job(runner, chat)
    began = time.monotonic()
    ended = runner.cancel("ada", job.id)
    assert time.monotonic() - began < 4  # the promise is 2 s; the rest is for a busy test machine
    assert ended.status is JobStatus.CANCELLED
    assert ended.error is not None and ended.error["code"] == "job-cancelled"
    assert eventually(lambda: all(is_gone(pid) for pid in pids), 2)
    assert not (runner.folder(job.id) / "out" / "half.bin").exists()
    assert runner.cancel("ada", job.id) == ended  # a second click changes nothing


def test_another_process_can_cancel(runner: JobRunner, store: Store, tmp_path: Path, chat: str) -> None:
    job, pids = sleeping_job(runner, chat)
    with JobRunner(store, tmp_path, import_paths=(HERE,)) as elsewhere:
        assert elsewhere.recover() == []  # its runner is alive
        assert elsewhere.cancel("ada", job.id).status is JobStatus.CANCELLED
    assert eventually(lambda: all(is_gone(pid) for pid in pids), 2)


def test_deleting_the_conversation_stops_its_job(runner: JobRunner, store: Store, chat: str) -> None:
    job, pids = sleeping_job(runner, chat)
    assert store.delete_conversation("ada", chat).job_ids == (job.id,)
    assert eventually(lambda: all(is_gone(pid) for pid in pids), 5)


def test_shutdown_leaves_no_process_and_says_so(store: Store, tmp_path: Path, chat: str) -> None:
    runner = JobRunner(store, tmp_path, import_paths=(HERE,))
    job, pids = sleeping_job(runner, chat)
    queued = runner.start("ada", chat, sample("succeed"), SampleArgs())
    runner.shutdown()
    assert all(is_gone(pid) for pid in pids[:1])
    assert store.job("ada", job.id).status is JobStatus.LOST
    assert store.job("ada", queued.id).status is JobStatus.LOST
    with pytest.raises(ToolError):
        runner.start("ada", chat, sample("succeed"), SampleArgs())


# -- jobs that end badly -------------------------------------------------------------------------------------------


def test_kill_minus_nine_of_the_worker_is_told_and_the_next_job_runs(runner: JobRunner, store: Store, chat: str) -> None:
    store.record_evidence("ada", chat, [finding("before")])
    job, pids = sleeping_job(runner, chat)
    os.kill(pids[0], signal.SIGKILL)
    ended = runner.wait("ada", job.id, 10)
    assert ended.status is JobStatus.FAILED
    assert ended.error is not None and ended.error["family"] == "job" and ended.error["code"] == "job-died"
    assert ended.error["details"] == {"exit": "SIGKILL"}
    assert eventually(lambda: is_gone(pids[1]), 2)  # the grandchild too
    assert not (runner.folder(job.id) / "out" / "half.bin").exists()
    assert len(store.evidence("ada", chat)) == 1
    assert run(runner, chat, "succeed").status is JobStatus.FINISHED


@pytest.mark.parametrize("code", ["job-died", "job-out-of-memory", "job-out-of-time", "job-out-of-disk"])
def test_a_job_that_reads_files_is_not_told_to_try_a_smaller_model(code: str) -> None:
    of_files, of_model = (advised(stopped(code, exit=9), args) for args in ({"file": ["bill.csv"]}, {"model": "m", "file": ["rows.csv"]}))
    assert "model" not in of_files.hint and "smaller files" in of_files.hint
    assert "smaller model" in of_model.hint
    assert (of_files.code, of_files.family, of_files.details) == (code, "job", {"exit": 9})


@pytest.mark.parametrize(
    ("function", "limits", "code"),
    [
        ("hoard", {"memory_limit_mib": 300}, "job-out-of-memory"),
        ("ask_for_too_much", {}, "job-out-of-memory"),
        ("sleep_stubbornly", {"time_limit_s": 2}, "job-out-of-time"),
        ("fill_disk", {}, "job-out-of-disk"),
        ("abort", {}, "job-died"),
        ("leave", {}, "job-died"),
    ],
)
def test_limits_and_deaths_are_results_with_a_remedy(
    runner: JobRunner, chat: str, function: str, limits: dict[str, int], code: str
) -> None:
    ended = run(runner, chat, function, **limits)
    assert ended.status is JobStatus.FAILED
    assert ended.error is not None
    assert (ended.error["family"], ended.error["code"]) == ("job", code)
    assert ended.error["message"] and ended.error["hint"]
    assert list((runner.folder(ended.id) / "out").iterdir()) == []
    assert ended.footprint.seconds is not None


def test_a_tools_own_error_crosses_unchanged_and_its_half_made_files_go(runner: JobRunner, chat: str) -> None:
    ended = run(runner, chat, "fail_as_user", "bill.csv")
    expected = UserError("file-empty", "The file is empty.", "Export it again.", {"file": "bill.csv"}).as_dict()
    assert ended.error == expected
    assert not (runner.folder(ended.id) / "out" / "half.bin").exists()


def test_a_crash_is_told_without_its_text_which_is_in_the_log_only(runner: JobRunner, chat: str) -> None:
    ended = run(runner, chat, "crash")
    assert ended.error is not None and ended.error["code"] == "tool-crashed"
    assert "hf_abc" not in str(ended.error) and "/srv" not in str(ended.error) and "Traceback" not in str(ended.error)
    assert "hf_abc" in (runner.folder(ended.id) / "log.txt").read_text()


def test_a_tool_that_returns_no_result_has_crashed(runner: JobRunner, chat: str) -> None:
    ended = run(runner, chat, "return_nothing")
    assert ended.error is not None and ended.error["code"] == "tool-crashed"


def test_a_missing_library_is_named(runner: JobRunner, chat: str) -> None:
    spec = sample("succeed")
    broken = type(spec)(**{**vars(spec), "entry": "no_such_library:run"})
    ended = runner.wait("ada", runner.start("ada", chat, broken, SampleArgs()).id, 30)
    assert ended.error is not None and ended.error["code"] == "tool-unavailable"
    assert ended.error["details"] == {"library": "no_such_library"}


# -- what a worker may touch ---------------------------------------------------------------------------------------


def test_a_worker_reaches_no_network_not_even_this_machine(runner: JobRunner, chat: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        ended = run(runner, chat, "phone_home", str(canary.getsockname()[1]))
        with pytest.raises(TimeoutError):
            canary.accept()
    assert ended.error is not None and ended.error["code"] == "tool-offline"
    looked_up = run(runner, chat, "resolve")
    assert looked_up.error is not None and looked_up.error["code"] == "tool-offline"


def _namespaces_allowed() -> bool:
    code = "import sys; from tools.jobs.isolation import cut_network; sys.exit(not cut_network())"
    return subprocess.run([sys.executable, "-c", code], check=False, cwd=HERE.parents[2]).returncode == 0


@pytest.mark.skipif(not _namespaces_allowed(), reason="this kernel allows no network namespaces; the socket guard alone holds Python code")
def test_not_even_a_program_that_a_worker_starts_reaches_the_network(runner: JobRunner, chat: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        ended = run(runner, chat, "phone_home_through_a_child", str(canary.getsockname()[1]))
        with pytest.raises(TimeoutError):
            canary.accept()
    assert ended.result is not None and ended.result["result"]["exit"] != 0


def test_a_worker_inherits_an_allow_list_only(store: Store, tmp_path: Path, chat: str) -> None:
    shell = {"PATH": os.environ["PATH"], "HOME": "/home/ada", "HF_TOKEN": "hf_secret", "CODECARBON_X": "1", "LANGSMITH_TRACING": "true"}
    with JobRunner(store, tmp_path, import_paths=(HERE,), environment=shell) as runner:
        job = run(runner, chat, "show_environment")
    assert job.result is not None
    seen = job.result["result"]["environment"]
    assert "HF_TOKEN" not in seen and "CODECARBON_X" not in seen
    assert seen["LANGSMITH_TRACING"] == "false" and seen["HF_HUB_OFFLINE"] == "1" and seen["TRANSFORMERS_OFFLINE"] == "1"
    assert seen["HF_HOME"] == "/home/ada/.cache/huggingface" and seen["HOME"] != "/home/ada"


def test_a_module_planted_in_the_jobs_folder_is_not_imported(runner: JobRunner, store: Store, chat: str) -> None:
    blocker, _ = sleeping_job(runner, chat)
    job = runner.start("ada", chat, sample("show_environment"), SampleArgs())
    planted = runner.folder(job.id)
    (planted / "tools").mkdir(parents=True)
    (planted / "tools" / "__init__.py").write_text("raise SystemExit('planted code ran')")
    (planted / "sitecustomize.py").write_text("raise SystemExit('planted code ran')")
    runner.cancel("ada", blocker.id)
    ended = runner.wait("ada", job.id, 30)
    assert ended.result is not None
    assert str(planted) not in ended.result["result"]["tools_from"]


# -- the command line's way, and light tools -----------------------------------------------------------------------


def test_run_once_gives_the_result_and_leaves_other_files_alone(runner: JobRunner, store: Store, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "keep.txt").write_text("keep")
    records: list[JobRecord] = []
    result = runner.run_once("cli", sample("succeed"), SampleArgs(text="x"), out, Session(evidence=(finding(),)), records.append)
    assert result.result["seen"] == 1
    assert (out / "made.txt").exists()
    assert records[-1].status is JobStatus.FINISHED
    with pytest.raises(UserError):
        runner.run_once("cli", sample("fail_as_user"), SampleArgs(), out)
    assert (out / "keep.txt").exists() and (out / "made.txt").exists() and not (out / "half.bin").exists()
    with pytest.raises(JobStopped):
        runner.run_once("cli", sample("leave"), SampleArgs(), out)


def test_run_inline_translates_errors_the_same_way(tmp_path: Path) -> None:
    context = ToolContext(out_dir=tmp_path)
    assert run_inline(sample("succeed"), SampleArgs(text="x"), context).result["said"] == "x"
    for function, code in (("crash", "tool-crashed"), ("return_nothing", "tool-crashed"), ("ask_for_too_much", "job-out-of-memory")):
        with pytest.raises(ToolError) as caught:
            run_inline(sample(function), SampleArgs(), context)
        assert caught.value.code == code
        assert "hf_abc" not in caught.value.message
    with pytest.raises(UserError):
        run_inline(sample("fail_as_user"), SampleArgs(), context)
