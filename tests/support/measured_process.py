"""Runs camcore in its own process for benchmarks: seconds and peak memory."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def run_camcore(*arguments: object, environment: Mapping[str, str] | None = None) -> tuple[float, float]:
    """Run a command quietly; return its seconds and its own peak memory in MiB.

    The memory is RssAnon, sampled from /proc: it excludes mapped files, which the process can't free.
    """
    command = [sys.executable, "-m", "camcore", *map(str, arguments)]
    everything = os.environ | dict(environment or {})
    started, peak = time.perf_counter(), 0
    with subprocess.Popen(command, cwd=REPOSITORY, env=everything, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, _read_anonymous(process.pid))
            time.sleep(0.05)
        if process.returncode:
            raise SystemExit(f"camcore {arguments[0]} ended with {process.returncode}")
    return time.perf_counter() - started, peak / 1024


def _read_anonymous(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)
