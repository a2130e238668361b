"""Whose turn it is to run the network: first come, first served, a picture at a time, and only some at once."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from threading import Condition

LOOK_SECONDS = 0.5  # how often a waiting visitor's place is updated, and whether it has left is checked
FIRST_GUESS = 1.0  # seconds per turn, before the first one is measured
NEWEST_SHARE = 0.3  # of the last turn in what the next one is expected to take

OnWait = Callable[[int, int], None]  # place in the line, from 1, and estimated seconds left


class FairQueue:
    """A first-come queue in which `at_once` visitors have their turn at a time.

    After a turn, a visitor goes to the end of the line.
    """

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self._changed = Condition()
        self._waiting: dict[str, object] = {}  # who -> what that one waits with; the first came first
        self._running = 0
        self._seconds = FIRST_GUESS

    @contextmanager
    def turn(self, who: str, tell: OnWait) -> Iterator[None]:
        """Run the block when its turn has come.

        Args:
            who: Stands in the line once. Who comes again, as a script does that is rerun while it waits, takes the
                place over.
            tell: Is called again and again while the block waits. What it raises, as Streamlit does when a visitor has
                gone or changed something, gives the place up.
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
        """Return whether it is somebody's turn, which begins then; else wait until something has changed."""
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
