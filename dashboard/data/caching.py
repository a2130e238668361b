"""Two caches shared by all sessions: one checks files for changes, one limits bytes."""

import os
import sys
import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from threading import Condition, Lock
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

import numpy as np
import pandas as pd
from cachetools import LRUCache, cached
from cachetools.keys import hashkey

K = TypeVar("K", bound=Hashable)
P = ParamSpec("P")
T = TypeVar("T")
State = tuple[tuple[int, ...] | None, ...]

SETTLED_NS = 2 * 10**9  # file systems round times: two changes may have the same time
MOST_BYTES = 640 * 1024**2


class Keyed(Protocol):
    """An object whose `key` changes with its files."""

    @property
    def key(self) -> Hashable:
        """The value that caches compare."""


R = TypeVar("R", bound=Keyed)


class FileCache(Generic[K, T]):
    """At most `most` values, each valid until one of its files changes.

    Values are shared: don't write to them. A folder counts as changed if something in it is added, removed or replaced,
    which is how camcore writes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[K, tuple[Sequence[Path], State, T]] = {}
        self._lock = Lock()  # of changes

    def get(self, key: K, find_files: Callable[[], Sequence[Path]], read: Callable[[], T]) -> T:
        """Return the result of `read`, from the cache if no file has changed. Errors are not cached.

        Args:
            key: Identifies the value.
            find_files: All files and folders that the value depends on, missing ones included. If it returns none, the
                value is not cached.
            read: Computes the value.
        """
        stored = self._values.get(key)
        if stored is not None and file_state(stored[0]) == stored[1]:
            return stored[2]
        files = find_files()
        state = file_state(files)
        value = read()
        with self._lock:
            self._values.pop(key, None)
            if files and _is_settled(state):
                self._values[key] = (files, state, value)
                while len(self._values) > self._most:
                    del self._values[next(iter(self._values))]
        return value


def file_state(files: Sequence[Path]) -> State:
    """Return values that differ if a file has changed; None for each missing or unreadable file."""
    return tuple(_stat(file) for file in files)


def cached_by_size(measure: Callable[Concatenate[R, P], T]) -> Callable[Concatenate[R, P], T]:
    """Return a function that computes its result once per run and arguments.

    Sessions that ask at the same time wait for one computation. All such functions share `MOST_BYTES`; the results used
    last stay, at least one. Results are shared: don't write to them. Errors are not cached.
    """

    def find_key(run: Keyed, *arguments: Hashable) -> Hashable:
        return hashkey(measure, run.key, *arguments)  # not the run itself: the cache would keep its files open

    return cached(_results, find_key, condition=_changed)(measure)


def size_of(value: object) -> int:
    """Return roughly how many bytes a result takes."""
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage(deep=True).sum())
    if isinstance(value, pd.Series):
        return int(value.memory_usage(deep=True))
    return value.nbytes if isinstance(value, np.ndarray) else sys.getsizeof(value)


def new_cache(most_bytes: int) -> "LRUCache[Hashable, Any]":
    """Return an empty cache. A result larger than the limit fills it."""
    return LRUCache(most_bytes, getsizeof=lambda value: min(size_of(value), most_bytes))


_results = new_cache(MOST_BYTES)
_changed = Condition()


def _stat(file: Path) -> tuple[int, ...] | None:
    try:
        stat = os.stat(file)  # noqa: PTH116 Path.stat takes twice as long; this runs for every run at every click
    except (OSError, ValueError):
        return None
    return stat.st_ino, stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _is_settled(state: State) -> bool:
    newest = max((max(times[3:]) for times in state if times is not None), default=0)
    return newest < time.time_ns() - SETTLED_NS
