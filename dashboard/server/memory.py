"""Frees reference cycles of closed sessions, which hold files and event loops.

Python collects them only when a quarter of its objects are new. With torch loaded that takes hundreds of sessions, and
more open files than a process may have.
"""

import ctypes
import gc
import itertools
from contextlib import suppress

import streamlit as st

BETWEEN = 10  # new sessions between collections; a collection takes some tenths of a second
_SEEN = "gone_sessions_seen"  # in the session: whether it is counted already
_begun = itertools.count(1)


def freeze_start_objects() -> None:
    """Exclude the objects made at the start from collections. Call it before the first session."""
    gc.collect()
    gc.freeze()


def collect_closed_sessions() -> None:
    """Collect what closed sessions left, once per `BETWEEN` new sessions."""
    if _SEEN not in st.session_state:
        st.session_state[_SEEN] = True
        if next(_begun) % BETWEEN == 0:
            gc.collect()
            _give_back()


def _give_back() -> None:
    """Return free memory that malloc keeps per thread to the system."""
    with suppress(OSError, AttributeError):  # glibc only
        ctypes.CDLL(None).malloc_trim(0)
