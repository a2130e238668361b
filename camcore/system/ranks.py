"""Which of torchrun's processes this is: its rank. Without torchrun there is one process, rank 0."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import ParamSpec

VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")

P = ParamSpec("P")


@dataclass(frozen=True)
class Ranks:
    """This process among `count`: `rank` of all, `local_rank` of the `local_count` on its machine."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1

    @property
    def is_only(self) -> bool:
        """Whether there are no other ranks."""
        return self.count == 1

    @property
    def is_first(self) -> bool:
        """Whether this is rank 0, which writes, decides and prints."""
        return self.rank == 0

    def share(self, total: int) -> range:
        """Return this rank's contiguous share of `total` items; the ranks' shares follow one another."""
        return range(self.rank * total // self.count, (self.rank + 1) * total // self.count)


def current_rank() -> Ranks:
    """Return this process's rank, read from torchrun's environment variables."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return Ranks()  # some clusters set the other variables for every process
    return Ranks(*(int(os.environ[name]) for name in VARIABLES))


def written_by_first(write: Callable[P, None]) -> Callable[P, None]:
    """Decorate a function that writes a run's files: only rank 0 runs it."""

    @wraps(write)
    def write_if_first(*arguments: P.args, **options: P.kwargs) -> None:
        if current_rank().is_first:
            write(*arguments, **options)

    return write_if_first


def mute_followers() -> None:
    """Silence all ranks but rank 0. `collectives.init_ranks` restores standard error, for errors of one rank."""
    if not current_rank().is_first:
        sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open until the end
