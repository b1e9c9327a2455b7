"""A real server and a person at a real browser, for the tests of the page."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / ".build" / "screens"
SAMPLE = ROOT / "app" / "static" / "samples" / "acme_ai_bill.csv"


class Server:
    """A server process on a free port; `command` gets the data folder and the port."""

    def __init__(self, data_dir: Path, command: list[str]) -> None:
        self.data_dir, self.command, self.process, self.port = data_dir, command, None, 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = self.port or probe.getsockname()[1]
        environ = {key: value for key, value in os.environ.items() if not key.startswith(("FRUGAL_", "GRADIO_"))} | {
            "PYTHONPATH": str(ROOT)
        }
        words = [word.format(data=self.data_dir, port=self.port) for word in self.command]
        self.log = (self.data_dir.parent / f"{self.data_dir.name}.log").open("ab")
        self.process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environ, stdout=self.log, stderr=self.log)
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.address}/health", timeout=2).read()
                return
            except OSError:
                assert self.process.poll() is None, self.said()
                time.sleep(0.1)
        raise AssertionError(self.said())

    def said(self) -> str:
        return Path(self.log.name).read_text()[-3000:]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Visitor:
    """A person at the page. Collects what must not happen: errors, policy violations, requests to other hosts."""

    def __init__(self, browser, server: Server, width: int = 1440, height: int = 900, scheme: str = "light") -> None:
        self.server, self.complaints, self.foreign = server, [], []
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._watch)

    def _watch(self, request) -> None:
        if not request.url.startswith((self.server.address, "data:", "blob:")):
            self.foreign.append(request.url)

    def open(self, query: str = "?c=new") -> None:
        self.page.goto(f"{self.server.address}/{query}")
        self.page.locator("#prompt textarea").wait_for()
        self.page.locator("#conversation").wait_for(state="attached")

    def enter(self, text: str) -> None:
        """Types and presses Enter."""
        prompt = self.page.locator("#prompt textarea")
        prompt.fill(text)
        self.page.wait_for_timeout(250)  # nobody types a sentence and presses Enter within one frame
        prompt.press("Enter")

    def say(self, text: str) -> None:
        """Types and sends; returns once the page shows the message and an empty prompt."""
        from playwright.sync_api import expect

        prompt, said = self.page.locator("#prompt textarea"), self.page.locator("#chat .user-row")
        before = said.count()
        self.enter(text)
        expect(said).to_have_count(before + 1, timeout=60_000)
        expect(prompt).to_have_value("")

    def settled(self) -> None:
        """Waits until nothing runs."""
        from playwright.sync_api import expect

        for _ in range(2):
            expect(self.page.locator("button#stop")).to_be_hidden(timeout=120_000)
            expect(self.page.locator('#chat .title[aria-busy="true"]')).to_have_count(0, timeout=120_000)
            self.page.wait_for_timeout(500)

    def tab(self, name: str):
        self.page.get_by_role("tab", name=name).click()

    def picture(self, name: str) -> None:
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}.png")

    def close(self) -> None:
        self.context.close()
        assert not self.foreign, f"requests to other hosts: {self.foreign}"
        assert not self.complaints, f"the browser complained: {self.complaints}"
