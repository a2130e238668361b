"""Which images the gallery shows, and in which order."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from camcore.disagreement import MEASURES
from camcore.drawing import CONVENTIONS
from dashboard.data import Entry, load_samples, measure_off_object, measure_pair
from dashboard.language import text
from dashboard.url_state import among, keep_in_url, read_percent_range, reset, value_of, write_percent_range

RESULTS = ("all", "right", "wrong")
EVERYTHING = (0, 100)
NAMES = ("class", "predicted", "result", "confidence", "search", "page")
SORTS = ("index", "confidence", "off_object", *MEASURES)


def choose_filters(entry: Entry) -> NDArray[np.bool_]:
    """Show the filters and return which images pass them, (N,)."""
    samples = load_samples(entry)
    with st.grid(4, min_column_width=200, vertical_alignment="bottom"):
        search = st.text_input(
            text("filter.search"), key=keep_in_url("search", "", str), placeholder=text("filter.search_hint")
        )
        passes = contains(samples, search)
        for name, column in (("class", "label_name"), ("predicted", "predicted_name")):
            passes &= _choose_class(entry, name, samples[column])
        passes &= _choose_confidence(samples)
    return passes & _choose_result(samples, passes)


def contains(samples: pd.DataFrame, search: str) -> NDArray[np.bool_]:
    """Return which images have all words of a search in their path, class or predicted class, (N,)."""
    found = np.ones(len(samples), dtype=bool)
    for word in search.casefold().split():
        columns = (
            samples[name].str.casefold().str.contains(word, regex=False)
            for name in ("path", "label_name", "predicted_name")
        )
        found &= np.logical_or.reduce([column.to_numpy(dtype=bool) for column in columns])
    return found


def count_active() -> int:
    """Return how many filters are set."""
    defaults = {"class": "", "predicted": "", "result": "all", "confidence": EVERYTHING, "search": ""}
    return sum(value_of(f"url_{name}") != default for name, default in defaults.items())


def show_clear_button() -> None:
    """Show the button that clears all filters."""
    st.button(
        text("filter.clear"),
        icon=":material/filter_alt_off:",
        on_click=reset,
        args=(NAMES,),
        disabled=not count_active(),
    )


def choose_order(entry: Entry, sources: tuple[str, str]) -> tuple[NDArray[np.float64], str]:
    """Show the choice of an order; return the value per image that it goes by, the smallest first, and its name."""
    sort = st.selectbox(
        text("filter.sort"),
        SORTS,
        key=keep_in_url("sort", "index", among(SORTS)),
        format_func=lambda name: text(f"sort.{name}"),
    )
    convention = st.selectbox(
        text("filter.sort_convention"),
        CONVENTIONS,
        key=keep_in_url("sort_as", "literature", among(CONVENTIONS)),
        format_func=lambda name: text(f"convention.{name}"),
        disabled=sort in ("index", "confidence"),
    )
    ascending = st.segmented_control(
        text("filter.order"),
        ("low", "high"),
        key=keep_in_url("order", "low" if sort == "index" else "high", among(("low", "high"))),
        required=True,
        format_func=lambda name: text(f"filter.order.{name}"),
    )
    values = sort_values(entry, sort, convention, sources)
    return (values if ascending == "low" else -values), sort


def sort_values(entry: Entry, sort: str, convention: str, sources: tuple[str, str]) -> NDArray[np.float64]:
    """Return the number per image that a sort goes by, (N,)."""
    if sort in ("index", "confidence"):
        return load_samples(entry)[sort].to_numpy(dtype=float)
    if sort == "off_object":
        return measure_off_object(entry, sources[0], convention)
    return measure_pair(entry, *sources)[f"{sort}_{convention}"].to_numpy(dtype=float)


def _choose_class(entry: Entry, name: str, column: pd.Series) -> NDArray[np.bool_]:
    names = list(entry.run.class_names) if entry.run else []
    counts = column.value_counts()
    wanted = st.selectbox(
        text(f"filter.{name}"),
        ["", *names],
        key=keep_in_url(name, "", among(names)),
        format_func=lambda one: (
            text("filter.class_count", name=one, count=counts.get(one, 0)) if one else text("filter.any")
        ),
    )
    return (column == wanted).to_numpy() if wanted else np.ones(len(column), dtype=bool)


def _choose_confidence(samples: pd.DataFrame) -> NDArray[np.bool_]:
    key = keep_in_url("confidence", EVERYTHING, read_percent_range, write_percent_range)
    st.slider(text("filter.confidence"), 0, 100, key=key, format="%d%%")
    low, high = value_of(key)
    return (samples["confidence"] * 100).between(low, high).to_numpy()


def _choose_result(samples: pd.DataFrame, passes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    right = samples["right"].to_numpy()
    masks = {"all": np.ones(len(samples), dtype=bool), "right": right, "wrong": ~right}
    chosen = st.segmented_control(
        text("filter.result"),
        RESULTS,
        key=keep_in_url("result", "all", among(RESULTS)),
        required=True,
        format_func=lambda name: text(f"filter.result.{name}", count=int((masks[name] & passes).sum())),
        label_visibility="collapsed",
    )
    return masks[chosen or "all"]
