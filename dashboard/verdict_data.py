"""What the page Verdict reads: the verdict of a generation, and the values per image behind it."""

import pandas as pd
import streamlit as st

from camcore import verdict_view
from camcore.errors import RunError
from camcore.generations import Generation
from camcore.statistics import TOLERANCE
from camcore.verdict_view import Verdict
from dashboard.data import Entry


def read_verdict(entry: Entry) -> Verdict | None:
    """Return the verdict of the generation in force, None where none was made.

    Raises:
        RunError: It is damaged, or of another format version.
    """
    generation = _generation(entry)
    path = generation.path / "verdict.json"
    return _read_verdict(str(path), path.stat().st_mtime_ns, generation) if path.exists() else None


def pair_images(entry: Entry, verdict: Verdict, measure: str, method: str) -> pd.DataFrame:
    """Return a row per image that a measure has a value for: index, reference, method, gain.

    `gain` is the method's value minus the reference's, its sign turned where low is good. Empty where the measure has
    no value per image. It is shared between sessions: don't write to it.

    Raises:
        RunError: `measures.parquet` is missing or damaged.
    """
    path = _generation(entry).path / "measures.parquet"
    date = path.stat().st_mtime_ns if path.exists() else 0
    higher = verdict.measures[measure]["better"] == "higher"
    return _pair_images(str(path), date, str(entry.path), measure, verdict.reference, method, higher)


def _generation(entry: Entry) -> Generation:
    assert entry.generation is not None  # noqa: S101 the page shows explained runs only
    return entry.generation


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_verdict(path: str, date: int, _generation: Generation) -> Verdict | None:
    return verdict_view.read_verdict(_generation)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_values(path: str, date: int, run: str) -> pd.DataFrame:
    try:
        return pd.read_parquet(path).set_index(["source", "index"]).sort_index()
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing. Make it anew: camcore verdict {run}") from error
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{path} is damaged ({error}). Make it anew: camcore verdict {run}") from error


@st.cache_resource(max_entries=128, show_spinner=False)
def _pair_images(
    path: str, date: int, run: str, measure: str, reference: str, method: str, higher: bool
) -> pd.DataFrame:
    values = _read_values(path, date, run)
    there = values.index.get_level_values("source")
    if measure not in values or not {reference, method} <= set(there):
        return pd.DataFrame({"index": [], "reference": [], "method": [], "gain": []})
    sides = {"reference": values[measure].loc[reference], "method": values[measure].loc[method]}
    pairs = pd.DataFrame(sides).astype(float).dropna().rename_axis("index").reset_index()
    gain = pairs["method"] - pairs["reference"]
    gain = gain.where(gain.abs() > TOLERANCE, 0.0)  # maps that are equal up to rounding
    return pairs.assign(gain=gain if higher else -gain)
