"""A real server in a process of its own, and Chromium."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import mtpipe

DEMO = Path(__file__).parents[4] / "data" / "demo"
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}
PATIENCE_MS = 240_000
"""On a machine that does other things as well; nothing waits when there is nothing to wait for."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """``mtpipe serve`` at an address of its own.

    Attributes:
        folder: for jobs and the log.
        home: of models, so that they are converted once.
        archive: of originals.
    """

    folder: Path
    home: Path
    archive: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return when it listens."""
        log = self.folder / "log.txt"
        options = ["--port", str(self.port), "--home", str(self.folder / "serve"), "--threads", "1"]
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mtpipe", "serve", "--archive", str(self.archive), *options],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "MTPIPE_HOME": str(self.home)},
            )
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not re.search("listening at", log.read_text(encoding="utf-8")):
            assert self.process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, "the server doesn't start"
            time.sleep(0.05)

    def wait(self) -> None:
        """Return when the models are there, which are converted the first time."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while httpx.get(f"{self.address}/readyz").status_code != 200:
            assert time.monotonic() < deadline, "the server doesn't get ready"
            time.sleep(0.2)

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        assert self.process
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("Chromium isn't installed: apt install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's originals."""
    folder = tmp_path_factory.mktemp("archive") / "originals"
    mtpipe.Archive(str(folder), create=True).add(mtpipe.read_articles([DEMO / "archive"]))
    return folder


@pytest.fixture(scope="module")
def server(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, home: Path, archive: Path
) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server"), home, archive)
    running.start()
    running.wait()
    yield running
    running.stop()


def opened(browser: Browser, server: Server, **options: object) -> BrowserContext:
    """A browser's window; messages of its console are errors."""
    settings = {"viewport": DESKTOP, "locale": "en-GB", "base_url": server.address, **options}
    context = browser.new_context(**settings)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page on a desktop, whose scripts must not fail."""
    context = opened(browser, server)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    context.close()
    assert failures == []


def submit(page: Page) -> None:
    """Press the form's own button."""
    page.locator("main form button.main").last.click()


def width_of(page: Page) -> int:
    """How wide a page is laid out; more than the window's is scrolled sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth"))
