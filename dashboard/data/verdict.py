"""The cached verdict of an explanation, and its values per image."""

from pathlib import Path

import pandas as pd

from camcore.stats.paired import TOLERANCE
from camcore.verdict import document
from camcore.verdict.document import VerdictDocument
from dashboard.data.caching import FileCache
from dashboard.data.runs import ExplainedRun

_verdicts: FileCache[Path, VerdictDocument | None] = FileCache(64)
_values: FileCache[Path, pd.DataFrame] = FileCache(2)  # large: every measure of every image and source
_pairs: FileCache[tuple[Path, str, str, str], pd.DataFrame] = FileCache(16)


def read_verdict(explained: ExplainedRun) -> VerdictDocument | None:
    """Return the verdict of the run's explanation, or None if it has none.

    Raises:
        RunError: It is damaged, or has another format version.
    """
    path = explained.explanation.path / "verdict.json"
    return _verdicts.get(path, lambda: [path], lambda: document.read_verdict(explained.explanation))


def pair_images(explained: ExplainedRun, verdict: VerdictDocument, measure: str, method: str) -> pd.DataFrame:
    """Return a row per image with a value of the measure: index, reference, method, gain.

    `gain` is the method's value minus the reference's, negated if lower is better. Empty if the measure has no value
    per image. Sessions share it: don't write to it.

    Raises:
        RunError: The values are missing or damaged.
    """
    path = explained.explanation.path / verdict.values_file

    def pair() -> pd.DataFrame:
        values = _values.get(path, lambda: [path], lambda: document.read_values(explained.explanation, verdict))
        pairs = _pair(values, measure, verdict.reference, method)
        return pairs if verdict.measures[measure].better == "higher" else pairs.assign(gain=-pairs["gain"])

    return _pairs.get((path, measure, verdict.reference, method), lambda: [path], pair)


def _pair(values: pd.DataFrame, measure: str, reference: str, method: str) -> pd.DataFrame:
    """Return index, reference, method and difference for the images with both values."""
    sources = values.index.get_level_values("source")
    if measure not in values or not {reference, method} <= set(sources):
        return pd.DataFrame({"index": [], "reference": [], "method": [], "gain": []})
    sides = {"reference": values[measure].loc[reference], "method": values[measure].loc[method]}
    pairs = pd.DataFrame(sides).astype(float).dropna().rename_axis("index").reset_index()
    gain = pairs["method"] - pairs["reference"]
    return pairs.assign(gain=gain.where(gain.abs() > TOLERANCE, 0.0))  # rounding errors count as equal
