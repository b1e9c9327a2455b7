"""A whole application around a stand-in agent, once per module: real store, real guard, real page."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    from screen_house import make_house

    from app.settings import load

    made = make_house(load({"data_dir": tmp_path_factory.mktemp("data")}, environ={}))
    yield made
    made.close()


@pytest.fixture(scope="module")
def application(house):
    from app.quiet import quiet_libraries
    from app.server import create_app

    quiet_libraries()
    return create_app(house)
