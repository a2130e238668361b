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
        ticket = object()
        with self._changed:
            self._waiting[who] = ticket
        try:
            if not self._begin(who, ticket, 0):
                tell(*self._look(who))
                while not self._begin(who, ticket, LOOK_SECONDS):
                    tell(*self._look(who))
        except BaseException:
            self._leave(who, ticket)
            raise
        started = time.perf_counter()
        try:
            yield
        finally:
            self._end(time.perf_counter() - started)

    def _begin(self, who: str, ticket: object, patience: float) -> bool:
        """Return whether the turn has begun; else wait until the queue changes."""
        with self._changed:
            first = self._waiting.setdefault(who, ticket) is ticket and next(iter(self._waiting)) == who
            if first and self._running < self.at_once:
                del self._waiting[who]
                self._running += 1
                self._changed.notify_all()
                return True
            self._changed.wait(patience)
            return False

    def _look(self, who: str) -> tuple[int, int]:
        with self._changed:
            place = [*self._waiting, who].index(who) + 1
            return place, max(1, round(ceil(place / self.at_once) * self._seconds))

    def _leave(self, who: str, ticket: object) -> None:
        with self._changed:
            if self._waiting.get(who) is ticket:
                del self._waiting[who]
            self._changed.notify_all()

    def _end(self, seconds: float) -> None:
        with self._changed:
            self._running -= 1
            self._seconds += NEWEST_SHARE * (seconds - self._seconds)
            self._changed.notify_all()
