"""Choices that several pages share. Their values are kept in the URL."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from camcore.heatmaps.drawing import CONVENTIONS
from camcore.measures.disagreement import MEASURES
from camcore.presentation.wording import default_pair
from dashboard.data.runs import ExplainedRun
from dashboard.language import text
from dashboard.url_state import among, forget_if_changed, keep_in_url, peek, put, read_whole_number
from dashboard.widgets.run_choice import selected
from dashboard.widgets.wording import source_title

PAGE_SIZES = (24, 48, 96)


def choose_sources(explained: ExplainedRun) -> tuple[str, str]:
    """Show the choice of two sources of the run; return their ids, which may be equal."""
    return choose_among(explained.sources)


def choose_among(sources: Sequence[str]) -> tuple[str, str]:
    """Show the choice of two of these sources; return their ids, which may be equal."""
    pair = default_pair(sources)
    _recall_pair(sources, pair)
    ids = []
    for name, default in zip(("a", "b"), pair, strict=True):
        key = keep_in_url(name, default, among(sources))
        ids.append(st.selectbox(text(f"control.source_{name}"), sources, key=key, format_func=source_title))
    _pairs()[selected().name] = (ids[0], ids[1])
    return ids[0], ids[1]


def _pairs() -> dict[str, tuple[str, str]]:
    """Return the last compared pair per run."""
    pairs: dict[str, tuple[str, str]] = st.session_state.setdefault("source_pairs", {})
    return pairs


def _recall_pair(sources: Sequence[str], default: tuple[str, str]) -> None:
    """Restore a run's last compared pair if the run changed or the page lacks a source."""
    remembered = _pairs().get(selected().name, default)
    pair = remembered if set(remembered) <= set(sources) else default
    another = [forget_if_changed(name, because_of=hash(selected().name)) for name in ("a", "b")]
    unknown = any(value is not None and value not in sources for value in map(peek, ("a", "b")))
    for name, value, is_new in zip(("a", "b"), pair, another, strict=True):
        if is_new or unknown:
            put(name, value)


def choose_measure() -> str:
    """Show the choice of a measure and return its id."""
    key = keep_in_url("measure", "heat_moved", among(list(MEASURES)))
    return st.selectbox(
        text("control.measure"), list(MEASURES), key=key, format_func=lambda name: text(f"measure.{name}")
    )


def choose_convention() -> str:
    """Show the choice of a convention and return its id."""
    key = keep_in_url("convention", "literature", among(CONVENTIONS))
    return st.selectbox(
        text("control.convention"), CONVENTIONS, key=key, format_func=lambda name: text(f"convention.{name}")
    )


def choose_page(ordered: NDArray[np.intp], sizes: Sequence[int], asked: int | None = None) -> list[int]:
    """Show the choice of a page and its size; return the indices on the page.

    If the images or their order change, it starts at page 1. `asked` is a position in `ordered`: its page is shown.
    """
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        pager = st.container(width="content")
        size = _choose_page_size(sizes) if len(sizes) > 1 and len(ordered) > sizes[0] else sizes[0]
        pages = max(1, -(-len(ordered) // size))
        forget_if_changed("page", because_of=hash(ordered.tobytes()))
        _stay_with_first(size)
        if asked is not None:
            put("page", asked // size + 1)
        key = keep_in_url("page", 1, read_whole_number(pages))
        page = pager.pagination(pages, key=key) if pages > 1 else 1
    return [int(index) for index in ordered[(page - 1) * size : page * size]]


def _stay_with_first(size: int) -> None:
    """If the page size changed, go to the page with the image that was first."""
    before = st.session_state.get("page_size_shown", size)
    st.session_state["page_size_shown"] = size
    page = peek("page")
    if before != size and page is not None:
        put("page", (page - 1) * before // size + 1)


def _choose_page_size(sizes: Sequence[int]) -> int:
    key = keep_in_url("per_page", sizes[0], among(sizes))
    choice = st.segmented_control(
        text("control.per_page"),
        sizes,
        key=key,
        required=True,
        format_func=lambda size: text("control.per_page.size", size=size),
        label_visibility="collapsed",
    )
    return choice or sizes[0]
