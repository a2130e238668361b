"""Starts the Streamlit server and the browser for tests and benchmarks."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

# The headless build needs half the computing time of the full browser's headless mode.
BROWSERS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM = next((path for path in BROWSERS if path.exists()), BROWSERS[0])
REPOSITORY = Path(__file__).parents[2]
APP = REPOSITORY / "dashboard" / "app.py"
WINDOW: ViewportSize = {"width": 1280, "height": 800}


@contextmanager
def serve(script_path: Path, runs_folder: Path | None, options: tuple[str, ...] = ()) -> Iterator[str]:
    """Serve a script and yield its address; `options` are those of `streamlit run`."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script_path), f"--server.port={port}"]
    command += ["--server.headless=true", "--server.fileWatcherType=none", "--browser.gatherUsageStats=false", *options]
    command += [] if runs_folder is None else ["--", "--runs", str(runs_folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])}
    # In this folder, the small apps of tests use the settings too.
    process = subprocess.Popen(
        command, cwd=APP.parent, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Wait until a server reports that it is healthy.

    Raises:
        RuntimeError: It ended, or does not answer.
    """
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


def new_context(browser: Browser) -> BrowserContext:
    """Return a new browser context; certificates are not checked."""
    context = browser.new_context(viewport=WINDOW, ignore_https_errors=True)
    context.set_default_timeout(60_000)  # a busy machine is slow; errors stay errors
    return context


def record_problems(page: Page) -> list[str]:
    """Return a list that grows with each failed script and each dialog."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    return problems


@contextmanager
def open_page(browser: Browser) -> Iterator[Page]:
    """Open a page that fails the test if a script fails or a dialog opens."""
    context = new_context(browser)
    page = context.new_page()
    problems = record_problems(page)
    yield page
    context.close()
    assert problems == []


def forget(page: Page) -> None:
    """Leave the page, remove what it stored, and close the others of its context."""
    for other in page.context.pages:
        if other is not page:
            other.close()
    page.evaluate("() => location.origin === 'null' || (localStorage.clear(), sessionStorage.clear())")
    page.context.clear_cookies()
    page.mouse.move(0, 0)
    page.goto("about:blank")
