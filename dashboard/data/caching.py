"""What was read of files, kept for all sessions until one of these files changes."""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import wraps
from pathlib import Path
from threading import Lock
from typing import Generic, ParamSpec, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
State = tuple[tuple[int, ...] | None, ...]

SETTLED_NS = (
    2 * 10**9
)  # file systems tell the time in steps: what changed just now may change again within the same one


class FileCache(Generic[K, T]):
    """At most `most` values by key. They are shared: don't write to them.

    A folder counts as changed when something in it was added, removed or replaced, which is how camcore writes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[K, tuple[Sequence[Path], State, T]] = {}
        self._lock = Lock()  # of changes

    def get(self, key: K, find_files: Callable[[], Sequence[Path]], read: Callable[[], T]) -> T:
        """Return what `read` returned when these files and folders were as they are; what it raises is not kept.

        Args:
            key: Stands for the value.
            find_files: All that the value depends on; what is not there counts as well. Empty where it can't be said:
                then nothing is kept.
            read: Makes the value.
        """
        kept = self._values.get(key)
        if kept is not None and file_state(kept[0]) == kept[1]:
            return kept[2]
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
    """Return what tells whether files have changed, None for each that is not there or can't be reached."""
    return tuple(_look_at(file) for file in files)


def _look_at(file: Path) -> tuple[int, ...] | None:
    try:
        found = os.stat(file)  # noqa: PTH116 Path.stat takes twice as long, and this is done for every run at every click
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _is_settled(state: State) -> bool:
    newest = max((max(one[3:]) for one in state if one is not None), default=0)
    return newest < time.time_ns() - SETTLED_NS


MOST_BYTES = 640 * 1024**2
P = ParamSpec("P")
Large = TypeVar("Large", pd.DataFrame, pd.Series, NDArray[np.float64])
_kept: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()  # the one used last is the last
_making: dict[Hashable, Lock] = {}
_lock = Lock()  # of the two above; held for moments


def keep(make: Callable[P, Large]) -> Callable[P, Large]:
    """Return a function that makes its result once per arguments, also where sessions ask for it at the same time.

    Of all such functions together the results used last are kept, up to `MOST_BYTES` and at least one. They are shared:
    don't write to them. Arguments are positional and hashable; an error is not kept.
    """

    @wraps(make)
    def make_once(*args: P.args, **kwargs: P.kwargs) -> Large:
        key = (make.__module__, make.__qualname__, *args)
        with _lock:
            making = _making.setdefault(key, Lock())
        try:
            with making:
                found = _find(key)
                if found is None:
                    found = make(*args, **kwargs)
                    _add(key, found, _measure(found))
        finally:
            with _lock:
                _making.pop(key, None)  # those who wait for it have it
        return cast(Large, found)

    return make_once


def _find(key: Hashable) -> object | None:
    with _lock:
        if key not in _kept:
            return None
        _kept.move_to_end(key)
        return _kept[key][0]


def _add(key: Hashable, value: object, size: int) -> None:
    with _lock:
        _kept[key] = value, size
        while len(_kept) > 1 and sum(size for _, size in _kept.values()) > MOST_BYTES:
            _kept.popitem(last=False)


def _measure(value: pd.DataFrame | pd.Series | NDArray[np.float64]) -> int:
    """Return the bytes that a result takes."""
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage(deep=True).sum())
    return int(value.memory_usage(deep=True)) if isinstance(value, pd.Series) else value.nbytes
