"""A real Chromium against a real server. Without a browser the tests are skipped, with the reason."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from visitors import ROOT, Server, Visitor

CHROMIUM_OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.ui)


@pytest.fixture(scope="module")
def browser():
    """Ends with its file: while Playwright runs, nothing else in this process may run an event loop."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright (requirements-dev.txt)")
    playwright.expect.set_options(timeout=30_000)
    found = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
    with playwright.sync_playwright() as driver:
        try:
            opened = driver.chromium.launch(executable_path=found, args=CHROMIUM_OPTIONS)
        except playwright.Error as problem:
            pytest.skip(f"no Chromium could be started (sh tests/ui/install_chromium.sh installs one): {str(problem).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def real_server(browser, tmp_path_factory) -> Iterator[Server]:
    """The product as shipped, with the scripted model stand-in and the real tools."""
    server = Server(
        tmp_path_factory.mktemp("real") / "data", ["-m", "app", "--model", "scripted", "--data-dir", "{data}", "--port", "{port}"]
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def stand_in_server(browser, tmp_path_factory) -> Iterator[Server]:
    """The real page around a stand-in agent that plays slow, failing and asking turns."""
    server = Server(tmp_path_factory.mktemp("stand-in") / "data", [str(ROOT / "tests" / "app" / "screen_house.py"), "{data}", "{port}"])
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visit(browser):
    """Opens visitors; at the end none of them may have seen an error or a foreign request."""
    visitors: list[Visitor] = []

    def arrive(server: Server, **how) -> Visitor:
        visitor = Visitor(browser, server, **how)
        visitors.append(visitor)
        visitor.open()
        return visitor

    yield arrive
    for visitor in visitors:
        visitor.close()
