"""What the ranks of one piece of work do together: sums, gathered values, what the first one decides, and their end.

All ranks must call these functions in the same order. A process that is alone never touches torch.distributed.
"""

import atexit
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any, NoReturn, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous

from camcore.errors import CamcoreError
from camcore.system.ranks import current_rank

LONGEST_WAIT = timedelta(hours=12)  # for a rank that decodes a data set; one that has ended is noticed at once
LONGEST_STEP = timedelta(minutes=10)  # on GPUs, where nobody notices

T = TypeVar("T")


class LostRankError(CamcoreError):
    """Another rank has ended, so that this one can't go on."""


def init_ranks() -> None:
    """Meet the other ranks, once; nothing where there are none.

    Raises:
        LostRankError: They can't be reached.
    """
    ranks = current_rank()
    if ranks.is_only or dist.is_initialized():
        return
    sys.stderr = sys.__stderr__  # from here on any rank may fail by itself
    with _together():
        dist.init_process_group("gloo", timeout=LONGEST_WAIT, store=_store(), rank=ranks.rank, world_size=ranks.count)
    atexit.register(dist.destroy_process_group)


def sum_over_ranks(values: Tensor) -> Tensor:
    """Add up a tensor over all ranks, in place, and return it; it is the same to the bit on all of them."""
    if not current_rank().is_only:
        with _together():
            dist.all_reduce(values, group=_group(values.device.type))
    return values


def reduce_sums(*values: float) -> list[float]:
    """Return the sums of numbers over all ranks."""
    if current_rank().is_only:
        return list(values)
    sums: list[float] = sum_over_ranks(torch.tensor(values, dtype=torch.float64)).tolist()
    return sums


def reduce_any(holds: bool) -> bool:
    """Return whether something holds on any rank."""
    return reduce_sums(holds)[0] > 0


def reduce_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Add up the gradients of parameters over all ranks."""
    if current_rank().is_only:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return
    flat = sum_over_ranks(torch.cat([gradient.reshape(-1) for gradient in gradients]))
    parts = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view(gradient.shape))


def gather(value: T) -> list[T]:
    """Return the values of all ranks, in their order. Tensors must lie on the CPU."""
    if current_rank().is_only:
        return [value]
    found: list[Any] = [None] * current_rank().count
    with _together():
        dist.all_gather_object(found, value)
    return found


def from_first(work: Callable[[], T]) -> T:
    """Return, on every rank, what some work returns that the first one does alone. Tensors must lie on the CPU."""
    if current_rank().is_only:
        return work()
    found = [work() if current_rank().is_first else None]
    with _together():
        dist.broadcast_object_list(found, src=0)
    return cast(T, found[0])


def wait_for_all() -> None:
    """Wait until all ranks have come here."""
    reduce_sums(0.0)


@contextmanager
def first_here() -> Iterator[None]:
    """Run the block on the first rank of each machine, and then on its others, which find what that one has kept."""
    if current_rank().local_rank:
        wait_for_all()
    yield
    if not current_rank().local_rank:
        wait_for_all()


def may_report() -> bool:
    """Return whether this rank may say how the work has ended: the first one that asks, of all ranks."""
    if current_rank().is_only:
        return True
    if not dist.is_initialized():
        return current_rank().is_first
    try:
        return bool(_store().add("camcore said how it ended", 1) == 1)
    except RuntimeError:  # the store went with its process, which torchrun reports
        return False


def exit_rank(status: int) -> NoReturn:
    """End this rank at once: ending properly could wait for others, and those wait for this one."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@contextmanager
def _together() -> Iterator[None]:
    """Turn what torch says when a rank is gone into an error that says so."""
    try:
        yield
    except RuntimeError as error:
        raise LostRankError(
            f"Rank {current_rank().rank} lost touch with the other ranks ({str(error).splitlines()[0]}), so all"
            f" {current_rank().count} end. What is finished is kept: the same command goes on from there, `camcore"
            " train` with --resume."
        ) from error


@cache
def _store() -> Any:
    """Return the store of torchrun's that all ranks reach."""
    return next(iter(rendezvous("env://")))[0]


@cache
def _group(kind: str) -> Any:
    """Return the group for tensors on a kind of device; None is the default one, for the CPU."""
    return dist.new_group(backend="nccl", timeout=LONGEST_STEP) if kind == "cuda" else None
