"""A process that holds a JobRunner, for the tests to kill: starts one sleeping job, prints its id, and waits."""

import sys
import time
from pathlib import Path

from job_samples import SampleArgs, sample

from tools.jobs.runner import JobRunner
from tools.store.store import Store

if __name__ == "__main__":
    data = Path(sys.argv[1])
    store = Store.open(data / "frugal.db")
    runner = JobRunner(store, data, import_paths=(Path(__file__).parent,))
    store_chat = store.create_conversation("ada").id
    job = runner.start("ada", store_chat, sample("sleep_stubbornly"), SampleArgs())
    queued = runner.start("ada", store_chat, sample("succeed"), SampleArgs())
    pids = runner.folder(job.id) / "pids.txt"
    while not (pids.exists() and len(pids.read_text().split()) == 2):
        time.sleep(0.05)
    print(job.id, queued.id, flush=True)
    time.sleep(120)
