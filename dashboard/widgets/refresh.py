"""Updates open pages when runs, epochs or heatmaps change in the runs folder."""

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

import streamlit as st

from camcore.errors import CamcoreError
from dashboard.data.runs import RunEntry, list_entries

LOOK_SECONDS = 5


def follow_runs(folder: Path, entries: Sequence[RunEntry], show: Callable[[list[RunEntry]], None]) -> None:
    """Show runs, and show them again every few seconds.

    If a run appears, disappears or changes its state or heatmaps, the whole page runs again.
    """
    st.fragment(_follow, run_every=LOOK_SECONDS)(folder, _list_states(entries), show)


def _follow(folder: Path, before: list[Hashable], show: Callable[[list[RunEntry]], None]) -> None:
    try:
        listed = list_entries(folder)
    except CamcoreError:
        st.rerun()  # the page then reports what is wrong with the folder
    if _list_states(listed) != before:
        st.rerun()
    show(listed)


def _list_states(entries: Sequence[RunEntry]) -> list[Hashable]:
    return [(entry.key, entry.state, entry.problem) for entry in entries]
