"""Operations of several ranks: sums, gathered values, decisions of rank 0, a common end.

All ranks must call these functions in the same order. A process without other ranks never touches torch.distributed.
"""

import atexit
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any, NoReturn, TypeVar, cast

import torch
import torch.distributed as dist
from torch.distributed.rendezvous import rendezvous

from camcore.errors import CamcoreError
from camcore.system.ranks import current_rank

LONGEST_WAIT = timedelta(hours=12)  # for a rank that decodes a data set; gloo notices at once that a rank has ended
LONGEST_STEP = timedelta(minutes=10)  # on GPUs, because NCCL does not notice that

T = TypeVar("T")


class LostRankError(CamcoreError):
    """Another rank has ended, so this one cannot continue."""


def init_ranks() -> None:
    """Connect to the other ranks, once; does nothing in a single process.

    Raises:
        LostRankError: They can't be reached.
    """
    ranks = current_rank()
    if ranks.is_only or dist.is_initialized():
        return
    sys.stderr = sys.__stderr__  # from here on any rank may fail alone
    with translate_lost_ranks():
        dist.init_process_group("gloo", timeout=LONGEST_WAIT, store=_store(), rank=ranks.rank, world_size=ranks.count)
    atexit.register(dist.destroy_process_group)


@cache
def gpu_group() -> Any:
    """Return the process group for tensors on GPUs."""
    return dist.new_group(backend="nccl", timeout=LONGEST_STEP)


def reduce_sums(*values: float) -> list[float]:
    """Return the sum of each number over all ranks."""
    if current_rank().is_only:
        return list(values)
    sums = torch.tensor(values, dtype=torch.float64)
    with translate_lost_ranks():
        dist.all_reduce(sums)
    return cast(list[float], sums.tolist())


def reduce_any(holds: bool) -> bool:
    """Return whether something holds on any rank."""
    return reduce_sums(holds)[0] > 0


def gather(value: T) -> list[T]:
    """Return the values of all ranks, in the order of ranks. Tensors must be on the CPU."""
    if current_rank().is_only:
        return [value]
    values: list[Any] = [None] * current_rank().count
    with translate_lost_ranks():
        dist.all_gather_object(values, value)
    return values


def from_first(work: Callable[[], T]) -> T:
    """Let rank 0 call a function, and return its result on every rank. Tensors must be on the CPU."""
    if current_rank().is_only:
        return work()
    values = [work() if current_rank().is_first else None]
    with translate_lost_ranks():
        dist.broadcast_object_list(values, src=0)
    return cast(T, values[0])


def wait_for_all() -> None:
    """Wait until all ranks have called this."""
    reduce_sums(0.0)


@contextmanager
def local_first() -> Iterator[None]:
    """Run the block first on one rank per machine; then the others read its cache."""
    if current_rank().local_rank:
        wait_for_all()
    yield
    if not current_rank().local_rank:
        wait_for_all()


@contextmanager
def translate_lost_ranks() -> Iterator[None]:
    """Turn torch's error about a lost connection into one line."""
    try:
        yield
    except RuntimeError as error:
        if not (isinstance(error, dist.DistError) or "gloo" in str(error).lower()):  # gloo has no error class
            raise
        raise LostRankError(
            f"Rank {current_rank().rank} lost touch with the other ranks ({str(error).splitlines()[0]}), so all"
            f" {current_rank().count} end. What is finished is kept: the same command goes on from there, `camcore"
            " train` with --resume."
        ) from error


def may_report() -> bool:
    """Return whether this rank reports how the command ended: True for the first that asks."""
    if current_rank().is_only:
        return True
    if not dist.is_initialized():
        return current_rank().is_first
    try:
        return bool(_store().add("camcore said how it ended", 1) == 1)
    except RuntimeError:  # the store's process has ended, which torchrun reports
        return False


def exit_rank(status: int) -> NoReturn:
    """End this rank at once: a normal exit could wait for other ranks."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@cache
def _store() -> Any:
    """Return torchrun's key-value store, which all ranks reach."""
    return next(iter(rendezvous("env://")))[0]
