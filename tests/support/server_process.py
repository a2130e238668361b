"""Memory and computing time of a server process."""

import os
from pathlib import Path


def find_process(url: str) -> Path:
    """Return the folder in /proc of the server at an address."""
    port = f"--server.port={url.rpartition(':')[2]}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and port in (folder / "cmdline").read_bytes().split(b"\0"):
            return folder
    raise LookupError(url)


def read_memory(process: Path, field: str = "VmRSS") -> float:
    """Return a process's memory in MiB; `RssAnon` excludes mapped files."""
    fields = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return int(fields[field].split()[0]) / 1024


def read_cpu_seconds(process: Path) -> float:
    """Return a process's computing time, summed over cores."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
