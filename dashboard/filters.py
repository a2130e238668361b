"""Which images the gallery shows, and in which order."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from camcore.disagreement import MEASURES
from camcore.drawing import CONVENTIONS
from dashboard.data import Entry, load_samples, measure_off_object, measure_pair
from dashboard.language import text
from dashboard.url_state import among, keep_in_url, read_percent_range, reset, write_percent_range

RESULTS = ("all", "right", "wrong")
EVERYTHING = (0, 100)
SORTS = ("index", "confidence", "off_object", *MEASURES)
SORTS_OF_PREDICTIONS = ("index", "confidence")  # the others depend on the maps, so on how they are drawn


def choose_filters(entry: Entry) -> NDArray[np.bool_]:
    """Show the filters and return which images pass them, (N,)."""
    samples = load_samples(entry)
    class_names = entry.run.class_names if entry.run else ()
    keys = {
        "search": keep_in_url("search", "", str),
        "class": keep_in_url("class", "", among(class_names)),
        "predicted": keep_in_url("predicted", "", among(class_names)),
        "confidence": keep_in_url("confidence", EVERYTHING, read_percent_range, write_percent_range),
    }
    active = sum(st.session_state[key] not in ("", EVERYTHING) for key in keys.values())
    label = text("filter.some", count=active) if active else text("filter.none")
    with st.popover(label, icon=":material/tune:", type="primary" if active else "secondary"):
        search = st.text_input(text("filter.search"), key=keys["search"], placeholder=text("filter.search_hint"))
        passes = contains(samples, search)
        for name, column in (("class", "label_name"), ("predicted", "predicted_name")):
            passes &= _choose_class(name, keys[name], class_names, samples[column])
        passes &= _choose_confidence(keys["confidence"], samples["confidence"])
        st.button(text("filter.clear"), on_click=reset, args=((*keys, "result", "page"),), disabled=not active)
    return passes & _choose_result(samples["right"].to_numpy(), passes)


def contains(samples: pd.DataFrame, search: str) -> NDArray[np.bool_]:
    """Return which images have all words of a search in their path, class or predicted class, (N,)."""
    found = np.ones(len(samples), dtype=bool)
    for word in search.casefold().split():
        columns = (samples[name].str.casefold() for name in ("path", "label_name", "predicted_name"))
        found &= np.logical_or.reduce([column.str.contains(word, regex=False) for column in columns])
    return found


def choose_order(entry: Entry, sources: tuple[str, str]) -> tuple[NDArray[np.float64], str]:
    """Show the choice of an order; return the value per image that it goes by, the smallest first, and its name."""
    sort = _select("sort", "index", SORTS, "sort")
    if sort == "index":
        return sort_values(entry, sort, "", sources), sort
    convention = "" if sort in SORTS_OF_PREDICTIONS else _select("sort_as", "literature", CONVENTIONS, "convention")
    first = _select("order", "high", ("high", "low"), "filter.order")
    values = sort_values(entry, sort, convention, sources)
    return (values if first == "low" else -values), sort


def sort_values(entry: Entry, sort: str, convention: str, sources: tuple[str, str]) -> NDArray[np.float64]:
    """Return the number per image that a sort goes by, (N,)."""
    if sort in SORTS_OF_PREDICTIONS:
        return load_samples(entry)[sort].to_numpy(dtype=float)
    if sort == "off_object":
        return measure_off_object(entry, sources[0], convention)
    return measure_pair(entry, *sources)[f"{sort}_{convention}"].to_numpy(dtype=float)


def describe(sort: str, value: float) -> str:
    """Return the line under a picture for the value that it is sorted by; none for what the picture says itself."""
    if sort in SORTS_OF_PREDICTIONS or np.isnan(value):
        return ""
    return text("gallery.caption", name=text(f"sort.{sort}"), share=abs(value))


def _select(name: str, default: str, options: Sequence[str], texts: str) -> str:
    key = keep_in_url(name, default, among(options))
    return st.selectbox(text(f"filter.{name}"), options, key=key, format_func=lambda one: text(f"{texts}.{one}"))


def _choose_class(name: str, key: str, class_names: Sequence[str], column: pd.Series) -> NDArray[np.bool_]:
    counts = column.value_counts()

    def label(one: str) -> str:
        return text("filter.class_count", name=one, count=counts.get(one, 0)) if one else text("filter.any")

    wanted = st.selectbox(text(f"filter.{name}"), ["", *class_names], key=key, format_func=label)
    return (column == wanted).to_numpy() if wanted else np.ones(len(column), dtype=bool)


def _choose_confidence(key: str, confidence: pd.Series) -> NDArray[np.bool_]:
    st.slider(text("filter.confidence"), 0, 100, key=key, format="%d%%")
    low, high = st.session_state[key]
    return (confidence * 100).between(low, high).to_numpy()


def _choose_result(right: NDArray[np.bool_], passes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    masks = {"all": np.ones(len(right), dtype=bool), "right": right, "wrong": ~right}
    chosen = st.segmented_control(
        text("filter.result"),
        RESULTS,
        key=keep_in_url("result", "all", among(RESULTS)),
        required=True,
        format_func=lambda name: text(f"filter.result.{name}", count=int((masks[name] & passes).sum())),
        label_visibility="collapsed",
    )
    return masks[chosen or "all"]
