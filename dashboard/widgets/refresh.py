"""Pages that are open take in by themselves what others do in the runs folder: a new run, an epoch, new heatmaps."""

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

import streamlit as st

from camcore.errors import CamcoreError
from dashboard.data.runs import RunEntry, list_entries

LOOK_SECONDS = 5


def follow_runs(folder: Path, shown: Sequence[RunEntry], show: Callable[[list[RunEntry]], None]) -> None:
    """Show runs, and show them again every few seconds as they are then.

    Where one has come or gone, or has another state or other heatmaps than those `shown`, the whole page runs again.
    """
    st.fragment(_follow, run_every=LOOK_SECONDS)(folder, _tell_apart(shown), show)


def _follow(folder: Path, before: list[Hashable], show: Callable[[list[RunEntry]], None]) -> None:
    try:
        listed = list_entries(folder)
    except CamcoreError:
        st.rerun()  # the page says what is wrong with the folder
    if _tell_apart(listed) != before:
        st.rerun()
    show(listed)


def _tell_apart(entries: Sequence[RunEntry]) -> list[Hashable]:
    return [(entry.key, entry.state, entry.problem) for entry in entries]
