"""The agent's test house as a fixture."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = open_house(tmp_path)
    yield opened
    opened.jobs.shutdown()
    opened.store.close()
