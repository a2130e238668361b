"""The order of the gallery's images: by a number, or by similarity to one image."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from camcore.heatmaps.drawing import CONVENTIONS
from camcore.measures.disagreement import MEASURES
from dashboard.data.measures import find_image, load_samples, measure_off_object, measure_pair, measure_similarity
from dashboard.data.runs import ExplainedRun
from dashboard.language import text
from dashboard.url_state import among, keep_in_url, reset

OFF_OBJECT = ("off_object", "off_object_b")  # for source A and for source B
SORTS = ("index", "confidence", *OFF_OBJECT, *MEASURES)
SORTS_OF_PREDICTIONS = ("index", "confidence")  # all others depend on the maps and their normalisation
LIKENESS = "likeness"


def choose_like(explained: ExplainedRun) -> str:
    """Return the id of the image that the others are compared with, or an empty text."""

    def read(written: str) -> str | None:
        index = find_image(explained, written) if written else None
        return None if index is None else str(load_samples(explained)["id"].iloc[index])

    return str(st.session_state[keep_in_url("like", "", read)])


def choose_order(explained: ExplainedRun, sources: tuple[str, str], like: str) -> tuple[NDArray[np.float64], str]:
    """Show the choice of an order; return the value to sort by and its name.

    Values are per image, ascending. `like` wins until the user chooses another order.
    """
    offered = offered_sorts(explained, sources)
    if like and (index := find_image(explained, like)) is not None:
        orders = (LIKENESS, *offered)
        key = keep_in_url("sort", LIKENESS, lambda written: LIKENESS if written in orders else None)
        _select("sort", key, orders, "gallery.sort", on_change=_leave_likeness)
        return -measure_similarity(explained, index), LIKENESS
    sort = _select("sort", keep_in_url("sort", "index", among(offered)), offered, "gallery.sort")
    if sort == "index":
        return sort_values(explained, sort, "", sources), sort
    convention = ""
    if sort not in SORTS_OF_PREDICTIONS:
        key = keep_in_url("sort_as", "literature", among(CONVENTIONS))
        convention = _select("sort_as", key, CONVENTIONS, "convention")
    key = keep_in_url("order", "high", among(("high", "low")))
    first = _select("order", key, ("high", "low"), "gallery.filter.order")
    values = sort_values(explained, sort, convention, sources)
    return (values if first == "low" else -values), sort


def offered_sorts(explained: ExplainedRun, sources: tuple[str, str]) -> tuple[str, ...]:
    """Return the orders of `SORTS` that this run offers.

    Distances need two sources, off-object heat needs boxes.
    """
    differ, boxes = sources[0] != sources[1], bool(load_samples(explained)["objects"].any())
    needed = dict.fromkeys(MEASURES, differ) | {"off_object": boxes, "off_object_b": boxes and differ}
    return tuple(name for name in SORTS if needed.get(name, True))


def sort_values(explained: ExplainedRun, sort: str, convention: str, sources: tuple[str, str]) -> NDArray[np.float64]:
    """Return the value per image that an order sorts by, (N,)."""
    if sort in SORTS_OF_PREDICTIONS:
        return load_samples(explained)[sort].to_numpy(dtype=float)
    if sort in OFF_OBJECT:
        return measure_off_object(explained, sources[OFF_OBJECT.index(sort)])[convention].to_numpy()
    return measure_pair(explained, *sources, sort)[f"{sort}_{convention}"].to_numpy(dtype=float)


def describe(sort: str, value: float) -> str:
    """Return the caption for the sorted value; empty if the picture itself shows it."""
    if sort in SORTS_OF_PREDICTIONS or np.isnan(value):
        return ""
    if sort == LIKENESS:
        return text("gallery.like.caption", value=f"{-value:.2f}".replace("-", "−"))
    return text("gallery.caption", name=text(f"gallery.sort.{sort}"), share=abs(value))


def _leave_likeness() -> None:
    if st.session_state["url_sort"] != LIKENESS:
        reset(("like", "page"))


def _select(
    name: str, key: str, options: Sequence[str], texts: str, on_change: Callable[[], None] | None = None
) -> str:
    label = text(f"gallery.filter.{name}")
    return st.selectbox(
        label, options, key=key, format_func=lambda option: text(f"{texts}.{option}"), on_change=on_change
    )
