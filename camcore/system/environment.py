"""Versions and hardware that a run was made with."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

from camcore.system.ranks import current_rank


def count_cores() -> int:
    """Return how many cores this process may use; ranks share a machine's cores."""
    return max(1, _count_allowed() // current_rank().local_count)


def _count_allowed() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe_environment() -> dict[str, Any]:
    """Return versions and hardware, as stored in `run.json`."""
    versions = {name: importlib.metadata.version(name) for name in ("torch", "torchvision", "numpy", "pillow")}
    return {
        "versions": {"python": platform.python_version(), **versions},
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor_name(),
        "cores": _count_allowed(),
        **({} if current_rank().is_only else {"ranks": current_rank().count}),
    }


def _processor_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
