"""Which process this is of those that torchrun has started for one piece of work; alone where it has started none."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")


@dataclass(frozen=True)
class Ranks:
    """One process of `count`: `rank` among all of them, `local_rank` among the `local_count` of its machine."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1

    @property
    def is_only(self) -> bool:
        """Whether there are no others."""
        return self.count == 1

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes, decides and speaks."""
        return self.rank == 0

    def share(self, total: int) -> range:
        """Return which of `total` things are this rank's: a stretch; those of all ranks follow one another."""
        return range(self.rank * total // self.count, (self.rank + 1) * total // self.count)


def current_rank() -> Ranks:
    """Return which rank this process is, by what torchrun says in its environment."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return Ranks()  # some clusters set the other variables for every process
    return Ranks(*(int(os.environ[name]) for name in VARIABLES))


def mute_followers() -> None:
    """Let the first rank alone speak; mistakes are told by any of them again from `collectives.join` on."""
    if not current_rank().is_first:
        sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it stays so
