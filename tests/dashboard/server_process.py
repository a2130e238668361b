"""What a server takes while it runs, as its process tells."""

from pathlib import Path


def find_process(url: str) -> Path:
    """Return the folder in /proc of the server at an address."""
    port = f"--server.port={url.rpartition(':')[2]}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and port in (folder / "cmdline").read_bytes().split(b"\0"):
            return folder
    raise LookupError(url)


def read_memory(process: Path) -> float:
    """Return the memory that a process holds (VmRSS), in MiB."""
    fields = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024
