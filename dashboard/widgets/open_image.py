"""Finds the page of an image that a link, the browser's history or the large view opens.

The browser keeps the id of the open image in the URL and moves within a page by itself.
"""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.data.measures import find_image, load_samples
from dashboard.data.runs import ExplainedRun
from dashboard.url_state import missing, read_news
from dashboard.widgets.link_notice import FILTERED

NAME = "image"  # in the URL; the value is a sample id
# Session state:
_ASKED = "image_asked"  # index of the image to open next
_GOTO = "image_goto"  # its id, and a number that marks a new request


def find_asked(explained: ExplainedRun, ordered: NDArray[np.intp]) -> int | None:
    """Return the position in `ordered` of the image to open now, or None.

    If a link names an image that is missing there, the page's notice says so.
    """
    index: int | None = st.session_state.pop(_ASKED, None)
    wanted = read_news(NAME) or missing().pop(FILTERED, None)
    if index is None and wanted:
        index = find_image(explained, wanted)
        if index is None:
            missing()[NAME] = wanted
    if index is None:
        return None
    place = np.flatnonzero(ordered == index)
    if not len(place):
        missing()[FILTERED] = str(load_samples(explained)["id"].iloc[index])
        return None
    return int(place[0])


def ask_for_neighbour(explained: ExplainedRun, ordered: NDArray[np.intp], index: int, by: int) -> None:
    """Callback: ask for the image `by` places after another one; the next rerun shows its page."""
    place = np.flatnonzero(ordered == index)
    if len(place) and 0 <= place[0] + by < len(ordered):
        neighbour = int(ordered[place[0] + by])
        _, number = st.session_state.get(_GOTO, ("", 0))
        st.session_state[_ASKED] = neighbour
        st.session_state[_GOTO] = (load_samples(explained)["id"].iloc[neighbour], number + 1)


def goto() -> tuple[str, int] | None:
    """Return the id of the image that the large view last asked for, and the request's number."""
    stop_request: tuple[str, int] | None = st.session_state.get(_GOTO)
    return stop_request
