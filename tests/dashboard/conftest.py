"""A real browser and a real Streamlit server for the dashboard's tests."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from large_view_steps import make_browsed_run
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
expect.set_options(timeout=30_000)  # a busy machine takes its time; what is wrong stays wrong
REPOSITORY = Path(__file__).parents[2]
APP = REPOSITORY / "dashboard" / "app.py"

StartServer = Callable[..., str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the test is skipped, but fails in CI, so that it can't be skipped for ever."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is missing; install it: apt-get install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test when a script fails or a dialog opens."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(20_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    yield page
    context.close()
    assert problems == []


@pytest.fixture(scope="session")
def streamlit_server() -> Iterator[StartServer]:
    """Return a function that serves `script_path` and returns its address: `streamlit_server(script, runs_folder)`.

    Further arguments are options of `streamlit run`, e.g. `"--theme.base=dark"`. Equal calls share one server; all
    of them end with the session.
    """
    with ExitStack() as servers:
        started: dict[tuple[object, ...], str] = {}

        def start(script_path: Path, runs_folder: Path | None = None, *options: str) -> str:
            call = (script_path, runs_folder, *options)
            if call not in started:
                started[call] = servers.enter_context(_serve(script_path, runs_folder, options))
            return started[call]

        yield start


@pytest.fixture(scope="session")
def browsed_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with the maps of every class."""
    return make_browsed_run(tmp_path_factory.mktemp("browsed"))


@pytest.fixture(scope="session")
def gallery(browsed_run: Path, streamlit_server: StartServer) -> str:
    """The address of its gallery, the surest image first."""
    return f"{streamlit_server(APP, browsed_run.parent)}/gallery?run=run&sort=confidence"


@contextmanager
def _serve(script_path: Path, runs_folder: Path | None, options: tuple[str, ...]) -> Iterator[str]:
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script_path), f"--server.port={port}"]
    command += ["--server.headless=true", "--server.fileWatcherType=none", "--browser.gatherUsageStats=false", *options]
    command += [] if runs_folder is None else ["--", "--runs", str(runs_folder)]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Streamlit ended with code {process.returncode} before it answered at {url}.")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"Streamlit did not answer at {url} within {seconds:.0f} s.")
