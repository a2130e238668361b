"""Threads that each process a whole item and return results in order.

libjpeg, Pillow and torch release the GIL while they compute. Independent items keep all cores busy; one item spread
over all cores waits at every layer for the slowest core, and for the decoding.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

import torch

from camcore.system.environment import count_cores

MOST_THREADS = 8  # more would hold too many batches at once; the other cores help inside the threads
AHEAD = 2  # finished results that may wait to be taken

Item = TypeVar("Item")
Result = TypeVar("Result")


def choose_threads() -> int:
    """Return how many threads suit the cores of this process."""
    return min(MOST_THREADS, count_cores())


class OrderedThreads:
    """A thread pool, a context manager. With a count of 0 the calling thread does everything."""

    def __init__(self, count: int) -> None:
        self.count = count
        inside = max(1, count_cores() // max(1, count))
        self._pool = ThreadPoolExecutor(count, "ordered", torch.set_num_threads, (inside,)) if count else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def run(self, work: Callable[[], Result]) -> Result:
        """Call a function in a thread of the pool and return its result."""
        return work() if self._pool is None else self._pool.submit(work).result()

    def map_ordered(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the result for each item, in order. Memory does not grow with the number of items.

        Raises:
            Exception: What `work` raises for the first item, in order, that fails.
        """
        if self._pool is None:
            yield from map(work, items)
            return
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(self._pool.submit(work, item))
            if len(waiting) >= self.count + AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
