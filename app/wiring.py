"""Builds the parts of one process from settings: data folder, store, job runner, agent. Light: no model is loaded here.

The parts know nothing of the environment; what they need is handed in. Used by the server and the command line alike.
"""

import gc
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent.brain.place import WEIGHTS
from app.settings import Settings, process_environment
from knowledge.errors import UserError
from knowledge.own_prices import NONE, OwnPrices

if TYPE_CHECKING:
    from agent.runner import AgentRunner
    from tools.jobs.runner import JobRunner
    from tools.store.store import Store

#: The language model that ships with Frugal; also the model everyone has at hand to measure.
BRAIN_DIR = WEIGHTS
#: Least free space a data folder must have to start, in bytes.
_LEAST_FREE = 200_000_000


@dataclass(frozen=True)
class House:
    """The running parts. Close it to let the store and the workers go."""

    settings: Settings
    data_dir: Path
    store: "Store"
    jobs: "JobRunner"
    agent: "AgentRunner"

    def close(self) -> None:
        """Stops workers and closes the store."""
        self.jobs.shutdown()
        self.store.close()


def prepare_data_dir(data_dir: Path) -> Path:
    """Makes the folder; what we write there belongs to its owner alone. Raises UserError `data-dir-unusable`, `data-dir-full`."""
    os.umask(0o077)
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = data_dir / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise UserError(
            "data-dir-unusable",
            f"The data folder cannot be written: {problem.strerror or 'unknown reason'}.",
            "Name another one with --data-dir, or mend its owner and permissions.",
        ) from None
    free = shutil.disk_usage(data_dir).free
    if free < _LEAST_FREE:
        raise UserError(
            "data-dir-full",
            f"The disk of the data folder has only {free // 1_000_000} MB left.",
            "Free some space or choose another --data-dir.",
        )
    return data_dir.resolve()


def model_roots(settings: Settings, data_dir: Path) -> tuple[Path, ...]:
    """Where models may be read from. One person at their own machine may name any folder of theirs; with a login, only
    the folders that the operator names (and the data folder, where quantized copies are)."""
    named = tuple(Path(part.strip()).expanduser().resolve() for part in settings.model_roots.split(",") if part.strip())
    return (*named, data_dir) if named or settings.auth_file is not None else ()


def own_prices(settings: Settings) -> OwnPrices:
    """The prices of the file that the settings name.

    Raises UserError `price-file-missing`, `price-file-too-large`, `price-file-invalid`.
    """
    if settings.prices is None:
        return NONE
    from knowledge.own_price_file import read_own_prices  # a person named this file; uploads are read in a worker

    return read_own_prices(settings.prices.expanduser())


def build(settings: Settings) -> House:
    """All parts. Raises UserError for a bad data folder or model choice."""
    from agent.runner import AgentRunner, ModelChoice
    from tools.jobs.runner import JobRunner
    from tools.store.store import Store

    choice = replace(ModelChoice.parse(settings.model), api_key=settings.model_key.get_secret_value())
    data_dir = prepare_data_dir(settings.data_dir)
    store = Store.open(data_dir / "frugal.db", own_prices(settings))
    jobs = JobRunner(store, data_dir, brain_dir=BRAIN_DIR, model_roots=model_roots(settings, data_dir), environment=process_environment())
    house = House(settings, data_dir, store, jobs, AgentRunner(store, jobs, choice, data_dir))
    gc.freeze()  # what is loaded now stays; only what comes after it is searched for garbage, which `main` put off until here
    gc.enable()
    return house
