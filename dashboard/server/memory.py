"""Free what closed sessions leave: reference cycles that hold files and event loops.

Python looks for such cycles only when a quarter of its objects are new. With torch loaded that takes hundreds of
sessions, and more open files than a process may have.
"""

import ctypes
import gc
import itertools
from contextlib import suppress

import streamlit as st

BETWEEN = 10  # new sessions between collections, each of which takes some tenths of a second
_SEEN = "gone_sessions_seen"  # in the session: whether it was counted
_begun = itertools.count(1)


def set_apart_what_stays() -> None:
    """Spare what was read when the server started from being looked through. Call it before there is any session."""
    gc.collect()
    gc.freeze()


def clear_up() -> None:
    """Collect what gone sessions left, whenever so many new ones have come; call it in each run of the script."""
    if _SEEN not in st.session_state:
        st.session_state[_SEEN] = True
        if next(_begun) % BETWEEN == 0:
            gc.collect()
            _give_back()


def _give_back() -> None:
    """Let go of free memory that malloc keeps; scripts run in threads of their own, and each has its share."""
    with suppress(OSError, AttributeError):  # glibc's alone
        ctypes.CDLL(None).malloc_trim(0)
