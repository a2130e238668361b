"""Maps of a class the user chooses, if the run stores CAM for every class."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from camcore.explained.queries import same_by_theory
from camcore.system.names import find_name, natural_key
from dashboard.components.heatmap_grid import CLASS
from dashboard.data.runs import ExplainedRun
from dashboard.url_state import missing, read_news

_CHOSEN = "class_maps_chosen"  # in the session state


def choose_class(name: str) -> None:
    """Remember the class to show maps of, as a callback."""
    st.session_state[_CHOSEN] = name


def classes_with_maps(explained: ExplainedRun, sources: Sequence[str]) -> tuple[str, ...]:
    """Return the classes that at least one of the sources has maps of, in natural order."""
    if not any(_has_maps(explained, source) for source in sources):
        return ()
    return tuple(sorted(explained.run.class_names, key=natural_key))


def follow_link(explained: ExplainedRun, sources: Sequence[str]) -> None:
    """Choose the class that a link asks for, or note that it is missing."""
    linked = read_news(CLASS)
    if not linked:
        return
    name = find_name(classes_with_maps(explained, sources), linked)
    if name is None:
        missing()[CLASS] = linked
    else:
        choose_class(name)


def chosen_class(explained: ExplainedRun, sources: Sequence[str]) -> str:
    """Return the class from a link or the user's choice; empty if the run lacks it."""
    name: str = st.session_state.get(_CHOSEN, "")
    return name if name in classes_with_maps(explained, sources) else ""


def class_maps(explained: ExplainedRun, source: str, indices: Sequence[int]) -> NDArray[np.float32] | None:
    """Return a source's raw maps (len(indices), h, w) of the chosen class, or None.

    Methods equal to CAM up to a factor give CAM / Z, with Z the number of cells.
    """
    name = chosen_class(explained, (source,))
    stored = explained.explanation.all_class_maps()
    if not name or stored is None:
        return None
    maps = stored[list(indices), explained.run.class_names.index(name)].astype(np.float32)
    return maps if source == "cam" else maps / np.float32(maps.shape[-1] * maps.shape[-2])


def _has_maps(explained: ExplainedRun, source: str) -> bool:
    explanation = explained.explanation
    return explanation.all_class_maps() is not None and same_by_theory(explanation, "cam", source)
