"""What the page Verdict reads: the verdict of an explanation, and the values per image behind it."""

import pandas as pd
import streamlit as st

from camcore.explained.explanation import Explanation
from camcore.stats.paired import TOLERANCE
from camcore.verdict import document
from camcore.verdict.document import VerdictDocument
from dashboard.data.runs import RunEntry, read_time


def read_verdict(entry: RunEntry) -> VerdictDocument | None:
    """Return the verdict of the explanation in force, None where none was made.

    Raises:
        RunError: It is damaged, or of another format version.
    """
    explanation = _explanation(entry)
    path = explanation.path / "verdict.json"
    return _read_verdict(str(path), read_time(path), explanation)


def pair_images(entry: RunEntry, verdict: VerdictDocument, measure: str, method: str) -> pd.DataFrame:
    """Return a row per image that a measure has a value for: index, reference, method, gain.

    `gain` is the method's value minus the reference's, its sign turned where low is good. Empty where the measure has
    no value per image. It is shared between sessions: don't write to it.

    Raises:
        RunError: The values are missing or damaged.
    """
    explanation = _explanation(entry)
    path = explanation.path / verdict.values_file
    higher = verdict.measures[measure].better == "higher"
    values = (str(path), read_time(path), explanation, verdict)
    return _pair_images(*values, measure, verdict.reference, method, higher)


def _explanation(entry: RunEntry) -> Explanation:
    assert entry.explanation is not None  # noqa: S101 the page shows explained runs only
    return entry.explanation


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_verdict(path: str, date: int, _explanation: Explanation) -> VerdictDocument | None:
    return document.read_verdict(_explanation)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_values(path: str, date: int, _explanation: Explanation, _verdict: VerdictDocument) -> pd.DataFrame:
    return document.read_values(_explanation, _verdict)


@st.cache_resource(max_entries=128, show_spinner=False)
def _pair_images(
    path: str,
    date: int,
    _explanation: Explanation,
    _verdict: VerdictDocument,
    measure: str,
    reference: str,
    method: str,
    higher: bool,
) -> pd.DataFrame:
    values = _read_values(path, date, _explanation, _verdict)
    there = values.index.get_level_values("source")
    if measure not in values or not {reference, method} <= set(there):
        return pd.DataFrame({"index": [], "reference": [], "method": [], "gain": []})
    sides = {"reference": values[measure].loc[reference], "method": values[measure].loc[method]}
    pairs = pd.DataFrame(sides).astype(float).dropna().rename_axis("index").reset_index()
    gain = pairs["method"] - pairs["reference"]
    gain = gain.where(gain.abs() > TOLERANCE, 0.0)  # maps that are equal up to rounding
    return pairs.assign(gain=gain if higher else -gain)
