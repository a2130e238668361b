"""The Streamlit server and the browser that tests and benchmarks use."""

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

CHROMIUM = Path("/usr/bin/chromium")
REPOSITORY = Path(__file__).parents[2]
APP = REPOSITORY / "dashboard" / "app.py"


@contextmanager
def serve(script_path: Path, runs_folder: Path | None, options: tuple[str, ...] = ()) -> Iterator[str]:
    """Serve a script until the context ends, and yield its address; `options` are those of `streamlit run`."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script_path), f"--server.port={port}"]
    command += ["--server.headless=true", "--server.fileWatcherType=none", "--browser.gatherUsageStats=false", *options]
    command += [] if runs_folder is None else ["--", "--runs", str(runs_folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])}
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


def find_process(url: str) -> Path:
    """Return the folder in /proc of the server at an address."""
    port = f"--server.port={url.rpartition(':')[2]}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and port in (folder / "cmdline").read_bytes().split(b"\0"):
            return folder
    raise LookupError(url)


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
