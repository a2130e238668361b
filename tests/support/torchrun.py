"""Runs camcore on several ranks: forked ones, which start at once, or torchrun's."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch.distributed as dist

from camcore.explained.explanation import open_explanation
from camcore.runs.run import Run
from camcore.system.ranks import VARIABLES
from tests.support.kill_process import ONE_THREAD, REPOSITORY, Killer, Outcome

LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo"}


def become_rank(rank: int, count: int, patch: pytest.MonkeyPatch) -> None:
    """Make this process one of `count` ranks, as torchrun starts them on this machine."""
    patch.setenv("TORCHELASTIC_RUN_ID", "test")
    for name, value in zip(VARIABLES, (rank, count, rank, count), strict=True):
        patch.setenv(name, str(value))


class Forks:
    """Runs a command, or Python code, on several ranks without a supervisor."""

    def __init__(self, killer: Killer) -> None:
        self.killer = killer

    def run(self, *arguments: object, ranks: int = 2, source: str | None = None, before: str = "") -> list[Outcome]:
        """Run on all ranks to their end, and return how each ended.

        Args:
            arguments: Arguments of `camcore`.
            ranks: Number of ranks.
            source: Python code to run instead of the command.
            before: Python code to run before the command; `rank` is the rank.
        """
        return self.wait(self.start(*arguments, ranks=ranks, source=source, before=before))

    def start(self, *arguments: object, ranks: int = 2, source: str | None = None, before: str = "") -> list[int]:
        """Begin what `run` does and return the processes' ids."""
        self.store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
        words = [str(word) for word in arguments]
        command = source or f"from camcore.cli.main import main\nmain({words!r})"
        return [
            self.killer.start(source=f"{_describe_rank(rank, ranks, self.store.port)}\n{before}\n{command}\n")
            for rank in range(ranks)
        ]

    def wait(self, processes: list[int]) -> list[Outcome]:
        """Wait for processes that were started."""
        return [self.killer.wait(process) for process in processes]


def _describe_rank(rank: int, ranks: int, port: int) -> str:
    variables = {
        "TORCHELASTIC_RUN_ID": "test",
        "TORCHELASTIC_USE_AGENT_STORE": "True",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        **{name: str(rank) for name in ("RANK", "LOCAL_RANK")},
        **{name: str(ranks) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE")},
        **LOOPBACK,
    }
    return f"import os\nos.environ.update({variables!r})\nrank = {rank}"


def read_maps(run: Run) -> dict[str, bytes]:
    """Return the bytes of the current explanation's files, without times in the manifest."""
    explanation = open_explanation(run)
    stored = [path for path in explanation.path.iterdir() if path.suffix in (".npy", ".bin", ".parquet")]
    contents = {path.name: path.read_bytes() for path in stored}
    manifest = explanation.manifest.model_dump_json(exclude={"created", "seconds", "images_per_second"})
    return contents | {"manifest": manifest.encode()}


def run_torchrun(
    folder: Path, *arguments: object, ranks: int = 2, source: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command, or a script, under torchrun; `stderr` of the result holds all output."""
    with tempfile.TemporaryDirectory() as scripts:
        script = Path(scripts, "work.py")
        script.write_text(source or "")
        return subprocess.run(
            [
                *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)),
                *((str(script),) if source else ("-m", "camcore", "--")),
                *(str(argument) for argument in arguments),
            ],
            cwd=REPOSITORY,
            env=os.environ
            | ONE_THREAD
            | LOOPBACK
            | {"CAMCORE_CACHE": str(folder / "cache"), "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            timeout=120,
        )
