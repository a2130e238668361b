"""Cached readings and measurements of a run's stored maps."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from camcore.explained import queries
from camcore.heatmaps.drawing import CONVENTIONS, Conventions
from camcore.measures.disagreement import mean_of_finite
from camcore.system.names import nfc
from dashboard.data.caching import cached_by_size
from dashboard.data.runs import ExplainedRun, reopen


@cached_by_size
def load_samples(explained: ExplainedRun) -> pd.DataFrame:
    """Return a row per image: `Explanation.samples` with label_name, predicted_name, right, objects and index."""
    now = reopen(explained)
    return queries.name_samples(now.run, now.explanation)


@cached_by_size
def load_texts(explained: ExplainedRun) -> pd.Series:
    """Return the text per image that the search looks through, besides class names."""
    return join_texts(load_samples(explained))


@cached_by_size
def measure_pair(explained: ExplainedRun, first: str, second: str, measure: str) -> pd.DataFrame:
    """Return a distance between two sources' maps of the predicted class; columns `<measure>_<convention>`."""
    return queries.measure_pair(reopen(explained).explanation, first, second, measures=[measure])


@cached_by_size
def find_blank(explained: ExplainedRun) -> dict[str, str]:
    """Return the sources without any map that shows where, each with the commonest status of its maps."""
    return queries.find_blank(load_samples(explained))


@cached_by_size
def mean_pair(explained: ExplainedRun, first: str, second: str, measure: str) -> Conventions:
    """Return the mean distance between two sources in both conventions, NaN if neither has a map that shows where."""
    if {first, second} <= find_blank(explained).keys():
        return Conventions(np.nan, np.nan)
    measured = measure_pair(explained, first, second, measure)
    return Conventions(*(mean_of_finite(measured[f"{measure}_{convention}"]) for convention in CONVENTIONS))


@cached_by_size
def measure_off_object(explained: ExplainedRun, source: str) -> pd.DataFrame:
    """Return the share of a source's heat outside the boxes per image; a column per convention.

    It is for the predicted class; NaN without boxes.
    """
    now = reopen(explained)
    shares = queries.measure_off_object(now.run, now.explanation, load_samples(explained), source)
    return pd.DataFrame(shares, columns=list(CONVENTIONS))


@cached_by_size
def mean_off_object(explained: ExplainedRun, sources: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """Return the mean share of heat off the object per source and convention.

    Empty if no image has boxes. Sources without a map that shows where are left out.
    """
    blank = find_blank(explained)
    means = {
        (source, convention): mean_of_finite(measure_off_object(explained, source)[convention])
        for source in sources
        if source not in blank
        for convention in CONVENTIONS
    }
    return {number: mean for number, mean in means.items() if np.isfinite(mean)}


@cached_by_size
def measure_similarity(explained: ExplainedRun, index: int) -> NDArray[np.float64]:
    """Return each image's similarity to one of them in the network's features, -1 to 1."""
    return queries.measure_similarity(reopen(explained).explanation, index)


@cached_by_size
def measure_range(explained: ExplainedRun, source: str) -> tuple[float, float]:
    """Return the lowest and highest raw value of a source over all images, for the predicted class."""
    return queries.measure_range(reopen(explained).explanation, source)


def find_image(explained: ExplainedRun, sample_id: str) -> int | None:
    """Return the index of the image with this id, or None."""
    ids = load_samples(explained)["id"]
    indices = np.flatnonzero(ids == sample_id)
    if not len(indices):  # in the other Unicode spelling
        indices = np.flatnonzero(ids.str.normalize("NFC") == nfc(sample_id))
    return int(indices[0]) if len(indices) else None


def join_texts(samples: pd.DataFrame) -> pd.Series:
    """Return each image's id and path in lower case and NFC, separated by a line break."""
    texts: pd.Series = samples["id"] + "\n" + samples["path"]
    return texts.str.casefold().str.normalize("NFC")
