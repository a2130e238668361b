"""What pages read and measure of a run's stored maps, cached."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from camcore.explained import queries
from camcore.heatmaps.drawing import CONVENTIONS
from camcore.measures.disagreement import Shares, mean_of_finite
from dashboard.data.caching import keep
from dashboard.data.runs import RunEntry, reopen


def load_samples(entry: RunEntry) -> pd.DataFrame:
    """Return a row per image: those of `Explanation.samples`, and label_name, predicted_name, right, objects, index.

    It is shared between sessions: don't write to it.
    """
    return _load_samples(*entry.key)


def find_image(entry: RunEntry, sample_id: str) -> int | None:
    """Return the index of the image with this id, None where there is none."""
    known = np.flatnonzero(load_samples(entry)["id"] == sample_id)
    return int(known[0]) if len(known) else None


def load_texts(entry: RunEntry) -> pd.Series:
    """Return what a search looks through beside the names of classes, as of `filtering.join_texts`."""
    return _load_texts(*entry.key)


def measure_pair(entry: RunEntry, first: str, second: str, measure: str) -> pd.DataFrame:
    """Return a distance between two sources' maps of the predicted class; columns `<measure>_<convention>`."""
    return _measure_pair(*entry.key, first, second, measure)


def mean_pair(entry: RunEntry, first: str, second: str, measure: str) -> Shares:
    """Return the mean of a distance between two sources in both conventions, NaN where no map is finite."""
    return _mean_pair(*entry.key, first, second, measure)


def measure_off_object(entry: RunEntry, source: str, convention: str) -> NDArray[np.float64]:
    """Return per image the share of a source's heat outside the boxes, for the predicted class; NaN without boxes."""
    return _measure_off_object(*entry.key, source)[:, CONVENTIONS.index(convention)]


def measure_similarity(entry: RunEntry, index: int) -> NDArray[np.float64]:
    """Return per image how alike it is to one of them in the network's eyes, -1 to 1."""
    return _measure_likeness(*entry.key, index)


def measure_range(entry: RunEntry, source: str) -> tuple[float, float]:
    """Return the lowest and the highest raw value of a source over all images, for the predicted class."""
    return _measure_range(*entry.key, source)


def mean_off_object(entry: RunEntry, sources: Sequence[str]) -> dict[tuple[str, str], float]:
    """Return the mean share of heat off the object per source and convention; empty where no image has boxes."""
    means = {
        (source, convention): mean
        for source in sources
        for convention, mean in zip(CONVENTIONS, _mean_off_object(*entry.key, source), strict=True)
    }
    return {number: mean for number, mean in means.items() if np.isfinite(mean)}


def same_by_theory(entry: RunEntry, first: str, second: str) -> bool:
    """Whether two sources of a run must give the same map, up to a positive factor."""
    return entry.explanation is not None and queries.same_by_theory(entry.explanation, first, second)


def top_classes(entry: RunEntry, index: int, count: int = 5) -> list[tuple[str, float]]:
    """Return the most probable classes of an image with their probabilities, from the most probable."""
    if entry.explanation is None or entry.run is None:
        return []
    return queries.top_classes(entry.run, entry.explanation, index, count)


@keep
def _load_samples(path: str, version: str) -> pd.DataFrame:
    return queries.name_samples(*reopen(path, version))


@keep
def _load_texts(path: str, version: str) -> pd.Series:
    return join_texts(_load_samples(path, version))


@keep
def _measure_pair(path: str, version: str, first: str, second: str, measure: str) -> pd.DataFrame:
    return queries.measure_pair(reopen(path, version)[1], first, second, measures=[measure])


@keep
def _measure_off_object(path: str, version: str, source: str) -> NDArray[np.float64]:
    return queries.measure_off_object(*reopen(path, version), _load_samples(path, version), source)


@keep
def _measure_likeness(path: str, version: str, index: int) -> NDArray[np.float64]:
    return queries.measure_similarity(reopen(path, version)[1], index)


@st.cache_resource(max_entries=256, show_spinner=False)
def _mean_pair(path: str, version: str, first: str, second: str, measure: str) -> Shares:
    measured = _measure_pair(path, version, first, second, measure)
    literature, positive = (mean_of_finite(measured[f"{measure}_{convention}"]) for convention in CONVENTIONS)
    return literature, positive


@st.cache_resource(max_entries=256, show_spinner=False)
def _mean_off_object(path: str, version: str, source: str) -> Shares:
    literature, positive = (mean_of_finite(column) for column in _measure_off_object(path, version, source).T)
    return literature, positive


@st.cache_resource(max_entries=256, show_spinner=False)
def _measure_range(path: str, version: str, source: str) -> tuple[float, float]:
    return queries.measure_range(reopen(path, version)[1], source)


def join_texts(samples: pd.DataFrame) -> pd.Series:
    """Return id and path of each image on a line each, without regard to case, as `contains` looks through them."""
    texts: pd.Series = samples["id"] + "\n" + samples["path"]
    return texts.str.casefold()
