"""The controls that choose which images the gallery shows; `masks` applies them."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from camcore.heatmaps.drawing import CONVENTIONS
from camcore.measures.disagreement import MEASURES
from camcore.system.names import natural_key, nfc
from dashboard.data.measures import load_samples, load_texts, measure_off_object, measure_pair
from dashboard.data.runs import ExplainedRun
from dashboard.gallery import masks
from dashboard.gallery.masks import EVERYTHING, Mask
from dashboard.language import text
from dashboard.url_state import among, keep_in_url, read_percent_range, refuse, reset, write_percent_range
from dashboard.widgets.gallery_link import ALL_NAMES, NAMES, REFINEMENTS
from dashboard.widgets.wording import source_title

RESULTS = ("all", "right", "wrong")
STATUSES = ("ok", "no_positive_evidence", "constant", "too_coarse", "not_finite")
SLOTS = ("a", "b")

Values = dict[str, Any]


def choose_filters(explained: ExplainedRun, sources: tuple[str, str]) -> tuple[Mask, Values]:
    """Show the filters; return which images pass them, (N,), and the value of each filter."""
    images = len(load_samples(explained))
    values = _keep_values(explained, sources)
    passed = find_masks(explained, sources, values)
    active = sum(masks.is_narrowed(values[name]) for name in passed)
    label = text("gallery.filter.some", count=active) if active else text("gallery.filter.none")
    with st.popover(label, icon=":material/tune:", key="filters"):
        _show_names(explained, passed)
        _show_ranges(values, sources)
        _show_kinds(explained, sources, values, passed)
        st.button(
            text("gallery.filter.clear"), on_click=reset, args=(ALL_NAMES,), disabled=not active, key="clear_inside"
        )
    _show_result(load_samples(explained)["right"].to_numpy(), masks.pass_all(passed, images, but="result"))
    return masks.pass_all(passed, images), values


def find_masks(explained: ExplainedRun, sources: tuple[str, str], values: Values) -> dict[str, Mask]:
    """Return per filter which images pass it, (N,) each.

    Distances are measured only if their range is narrowed.
    """
    samples = load_samples(explained)
    passed = {
        "search": masks.contains(samples, partial(load_texts, explained), values["search"]),
        "class": masks.equals(samples["label_name"], values["class"]),
        "predicted": masks.equals(samples["predicted_name"], values["predicted"]),
        "confidence": masks.within(samples["confidence"].to_numpy(), values["confidence"]),
        "result": masks.has_result(samples["right"].to_numpy(), values["result"]),
    }
    if "objects" in values:
        passed["objects"] = masks.has_objects(samples, values["objects"])
    for name in ("disagreement", "off_object"):
        if name in values:
            narrowed = masks.is_narrowed(values[name])
            shares = _shares(explained, sources, name, values) if narrowed else np.zeros(len(samples))
            passed[name] = masks.within(shares, values[name])
    for slot, source in zip(SLOTS, sources, strict=True):
        if f"status_{slot}" in values:
            passed[f"status_{slot}"] = masks.equals(samples[f"status_{source}"], values[f"status_{slot}"])
    return passed


def _shares(explained: ExplainedRun, sources: tuple[str, str], name: str, values: Values) -> Any:
    """Return the values (N,) that a range filter compares."""
    if name == "disagreement":
        measure = values["disagreement_by"]
        return measure_pair(explained, *sources, measure)[f"{measure}_{values['filter_as']}"].to_numpy()
    return measure_off_object(explained, sources[SLOTS.index(values["off_object_of"])])[values["filter_as"]].to_numpy()


def _keep_values(explained: ExplainedRun, sources: tuple[str, str]) -> Values:
    """Return the values of all filters that this run and these sources offer."""
    samples = load_samples(explained)
    differ = sources[0] != sources[1]
    class_names = _class_names(explained)
    keys = {
        "search": keep_in_url("search", "", str),
        "class": keep_in_url("class", "", among(class_names)),
        "predicted": keep_in_url("predicted", "", among(class_names)),
        "result": keep_in_url("result", "all", among(RESULTS)),
        "confidence": _keep_range("confidence"),
        "status_a": keep_in_url("status_a", "", among(STATUSES)),
    }
    if offered := masks.offered_objects(samples):
        keys["objects"] = keep_in_url("objects", "", among(offered))
    if differ:
        keys["status_b"] = keep_in_url("status_b", "", among(STATUSES))
        keys["disagreement"] = _keep_range("disagreement")
        keys["disagreement_by"] = keep_in_url("disagreement_by", "heat_moved", among(list(MEASURES)))
    if samples["objects"].any():
        keys["off_object"] = _keep_range("off_object")
        keys["off_object_of"] = keep_in_url("off_object_of", "a", among(SLOTS[: 1 + differ]))
    if {"disagreement", "off_object"} & set(keys):
        keys["filter_as"] = keep_in_url("filter_as", "literature", among(CONVENTIONS))
    refuse(name for name in (*NAMES, *REFINEMENTS) if name not in keys)
    return {name: st.session_state[key] for name, key in keys.items()}


def _class_names(explained: ExplainedRun) -> list[str]:
    """Return the data set's classes and the predicted ones in natural order; the network may know many more."""
    predicted = np.flatnonzero(np.bincount(load_samples(explained)["predicted"]))
    known = np.union1d(explained.run.dataset_labels, predicted)
    return sorted({explained.run.class_names[label] for label in known}, key=natural_key)


def _keep_range(name: str) -> str:
    return keep_in_url(name, EVERYTHING, read_percent_range, write_percent_range)


def _show_names(explained: ExplainedRun, passed: dict[str, Mask]) -> None:
    st.text_input(text("gallery.filter.search"), key="url_search", placeholder=text("gallery.filter.search_hint"))
    samples = load_samples(explained)
    class_names = _class_names(explained)
    with st.grid(2, min_column_width=180):
        for name, column in (("class", "label_name"), ("predicted", "predicted_name")):
            others = masks.pass_all(passed, len(samples), but=name)
            _select(name, class_names, masks.count_values(samples[column], others))


def _show_ranges(values: Values, sources: tuple[str, str]) -> None:
    st.slider(text("gallery.filter.confidence"), *EVERYTHING, key="url_confidence", format="%d%%")
    with st.grid(2, min_column_width=180, vertical_alignment="bottom"):
        if "disagreement" in values:
            _choose("disagreement_by", list(MEASURES), {name: text(f"measure.{name}") for name in MEASURES})
            _slide("disagreement")
        if "off_object" in values:
            titles = {
                slot: f"{slot.upper()}: {source_title(source)}" for slot, source in zip(SLOTS, sources, strict=True)
            }
            _choose("off_object_of", SLOTS if sources[0] != sources[1] else SLOTS[:1], titles)
            _slide("off_object")
    if "filter_as" in values:
        _choose("filter_as", CONVENTIONS, {name: text(f"convention.{name}") for name in CONVENTIONS})


def _show_kinds(explained: ExplainedRun, sources: tuple[str, str], values: Values, passed: dict[str, Mask]) -> None:
    samples = load_samples(explained)
    with st.grid(2, min_column_width=180):
        for slot, source in zip(SLOTS, sources, strict=True):
            name = f"status_{slot}"
            if name in values:
                others = masks.pass_all(passed, len(samples), but=name)
                counts = masks.count_values(samples[f"status_{source}"], others)
                titles = {status: text(f"gallery.filter.status.{status}") for status in STATUSES}
                _select(name, STATUSES, counts, titles, text("gallery.filter.status", source=source_title(source)))
        if "objects" in values:
            others = masks.pass_all(passed, len(samples), but="objects")
            offered = masks.offered_objects(samples)
            counts = Counter({kind: int((masks.has_objects(samples, kind) & others).sum()) for kind in offered})
            _select("objects", offered, counts, {kind: text(f"gallery.filter.objects.{kind}") for kind in offered})


def _select(
    name: str, options: Sequence[str], counts: Counter[str], titles: dict[str, str] | None = None, label: str = ""
) -> None:
    """Show a choice of one option or any; each option says how many images it would leave."""

    def write(option: str) -> str:
        if not option:
            return text("gallery.filter.any")
        name = titles[option] if titles else nfc(option)
        return text("gallery.filter.class_count", name=name, count=counts[option])

    st.selectbox(label or text(f"gallery.filter.{name}"), ["", *options], key=f"url_{name}", format_func=write)


def _choose(name: str, options: Sequence[str], titles: dict[str, str]) -> None:
    st.selectbox(text(f"gallery.filter.{name}"), options, key=f"url_{name}", format_func=titles.__getitem__)


def _slide(name: str) -> None:
    st.slider(
        text(f"gallery.filter.{name}"),
        *EVERYTHING,
        key=f"url_{name}",
        format="%d%%",
        help=text(f"gallery.filter.{name}.help"),
    )


def _show_result(right: Mask, passes: Mask) -> None:
    counts = {"all": passes.sum(), "right": (right & passes).sum(), "wrong": (~right & passes).sum()}
    st.segmented_control(
        text("gallery.filter.result"),
        RESULTS,
        key="url_result",
        required=True,
        format_func=lambda name: text(f"gallery.filter.result.{name}", count=int(counts[name])),
        label_visibility="collapsed",
    )
