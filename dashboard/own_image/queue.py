"""A queue for running the network: first come, first served, one picture per turn."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from threading import Condition

LOOK_SECONDS = 0.5  # how often to update a waiting visitor's place and to check whether it left
FIRST_GUESS = 1.0  # seconds per turn until one is measured
NEWEST_SHARE = 0.3  # weight of the last turn in the estimate of the next one

OnWait = Callable[[int, int], None]  # place in the queue, from 1, and estimated seconds left


class FairQueue:
    """A first-come queue that lets `at_once` visitors run at the same time.

    After a turn, a visitor goes to the end of the queue.
    """

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self._changed = Condition()
        self._waiting: dict[str, object] = {}  # who -> its ticket, in order of arrival
        self._running = 0
        self._seconds = FIRST_GUESS

    @contextmanager
    def turn(self, who: str, tell: OnWait) -> Iterator[None]:
        """Wait for a turn, then run the block.

        Args:
            who: Has one place in the queue. If it comes again, as a rerun script does, it keeps its place.
            tell: Called repeatedly while the block waits. If it raises, as Streamlit does when a visitor has left or
                changed something, the place is given up.
        """
        ticket, patience, started = object(), 0.0, None
        with self._changed:
            self._waiting[who] = ticket
        try:
            while place := self._wait(who, ticket, patience):
                tell(place, max(1, round(ceil(place / self.at_once) * self._seconds)))
                patience = LOOK_SECONDS
            started = time.perf_counter()
            yield
        finally:
            with self._changed:
                if started is not None:
                    self._running -= 1
                    self._seconds += NEWEST_SHARE * (time.perf_counter() - started - self._seconds)
                elif self._waiting.get(who) is ticket:
                    del self._waiting[who]
                self._changed.notify_all()

    def _wait(self, who: str, ticket: object, patience: float) -> int:
        """Begin the turn and return 0, or wait for a change and return the place."""
        with self._changed:
            is_next = self._waiting.setdefault(who, ticket) is ticket and next(iter(self._waiting)) == who
            if is_next and self._running < self.at_once:
                del self._waiting[who]
                self._running += 1
                self._changed.notify_all()
                return 0
            self._changed.wait(patience)
            return [*self._waiting, who].index(who) + 1
