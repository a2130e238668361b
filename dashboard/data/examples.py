"""The most telling pictures of a run: which images show what the numbers mean."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from camcore.explained.explanation import counts_in_accuracy
from camcore.heatmaps.sources import parse_source
from camcore.presentation.wording import gradient_source
from dashboard.data.measures import load_samples, measure_off_object, measure_pair
from dashboard.data.runs import RunEntry


@dataclass(frozen=True)
class View:
    """A heatmap as an example shows it."""

    source: str
    convention: str
    target: str = "predicted"


@dataclass(frozen=True)
class Example:
    """An image, the two heatmaps of it that make a point, and a number of each or of both."""

    kind: str
    index: int
    first: View
    second: View
    numbers: tuple[float, ...]


def find_examples(entry: RunEntry) -> list[Example]:
    """Return at most one example of each kind: `drawing`, `layers`, `wrong`; those the run has none of are left out."""
    return _find_examples(entry, *entry.key)


@st.cache_resource(max_entries=64, show_spinner=False)
def _find_examples(_entry: RunEntry, path: str, version: str) -> list[Example]:
    finders: tuple[Callable[[RunEntry, list[str]], Example | None], ...] = (_find_drawing, _find_layers, _find_wrong)
    sources = list(_entry.explanation.manifest.sources) if _entry.explanation else []
    found = (find(_entry, sources) for find in finders)
    return [example for example in found if example is not None]


def _find_drawing(entry: RunEntry, sources: list[str]) -> Example | None:
    """Return the rightly named image where the drawing of CAM puts most heat off the object that is not evidence."""
    if "cam" not in sources:
        return None
    literature, positive = (measure_off_object(entry, "cam", convention) for convention in ("literature", "positive"))
    index = _highest(literature - positive, load_samples(entry)["right"].to_numpy())
    if index is None:
        return None
    numbers = (float(literature[index]), float(positive[index]))
    return Example("drawing", index, View("cam", "literature"), View("cam", "positive"), numbers)


def _find_layers(entry: RunEntry, sources: list[str]) -> Example | None:
    """Return the rightly named image where one method differs most between the last layer and an earlier one."""
    last = gradient_source(sources)
    earlier = next((source for source in sources if parse_source(source).layer), None)
    if earlier is None or earlier == last:
        return None
    moved = measure_pair(entry, last, earlier, "heat_moved")["heat_moved_positive"].to_numpy()
    samples = load_samples(entry)
    drawn = np.logical_and.reduce([samples[f"status_{source}"] == "ok" for source in (last, earlier)])
    index = _highest(moved, drawn & samples["right"].to_numpy())
    if index is None:
        return None
    return Example("layers", index, View(last, "positive"), View(earlier, "positive"), (float(moved[index]),))


def _find_wrong(entry: RunEntry, sources: list[str]) -> Example | None:
    """Return the mistake that the network was surest of, among images of one object."""
    samples = load_samples(entry)
    source = gradient_source(sources)
    wrong = ~samples["right"].to_numpy() & counts_in_accuracy(samples)
    wrong &= (samples[f"status_{source}"] == "ok").to_numpy()
    confidence = samples["confidence"].to_numpy(dtype=float)
    index = _highest(confidence, wrong)
    if index is None:
        return None
    first, second = View(source, "positive"), View(source, "positive", target="true")
    return Example("wrong", index, first, second, (float(confidence[index]),))


def _highest(values: NDArray[np.float64], allowed: NDArray[np.bool_]) -> int | None:
    usable = allowed & np.isfinite(values)
    return int(np.argmax(np.where(usable, values, -np.inf))) if usable.any() else None
