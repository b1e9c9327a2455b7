"""For every test: the made-up examples of property tests are the same in every run, and none fails for being slow.

Random ones: `pytest --hypothesis-profile default`. `make test` runs two workers: whole files go to a worker, all those in the
browser to the same one, so that two browsers never share the machine, and what takes longest goes first, so that both end together.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.load_profile("fixed")

#: Threads of torch that wait for each other sleep instead of spinning: beside other work a spinning one costs twice the processor time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_BROWSER = Path(__file__).parent / "ui"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First the files in the browser, then those that load a model library, then the others as they were found."""
    heavy = {item.path for item in items if item.get_closest_marker("heavy")}
    items.sort(key=lambda item: (_BROWSER not in item.path.parents, item.path not in heavy))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """pytest-xdist's own scheduler by files, in the order above, with one scope for the browser."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "tests/ui" if nodeid.startswith("tests/ui/") else super()._split_scope(nodeid)

    config.option.loadscopereorder = False
    return ByFile(config, log)
