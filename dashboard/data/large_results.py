"""What is slow to make of all images of a run, kept between pages and sessions: as much as fits into some memory.

Streamlit's own caches count results, whatever their size: two dozen tables of a million images would be all memory.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import ParamSpec, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
