"""What the page Verdict reads: the verdict of a generation, and the values per image behind it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from camcore.errors import RunError
from camcore.files import read_json
from camcore.statistics import TOLERANCE
from dashboard.data import Entry

FORMAT_VERSION = 1
PARTS = {
    "reference": str,
    "sources": list,
    "baselines": list,
    "not_applicable": dict,
    "images": dict,
    "measures": dict,
    "curves": dict,
    "randomization": dict,
    "cost": dict,
    "freedom": dict,
    "claims": list,
}
PARTS_OF_MEASURE = ("group", "better", "n", "values", "differences")


@dataclass(frozen=True)
class Verdict:
    """A verdict as `verdict.json` holds it, checked for what every part of the page relies on."""

    document: dict[str, Any]

    @property
    def reference(self) -> str:
        """The source that differences are taken to."""
        return str(self.document["reference"])

    @property
    def sources(self) -> list[str]:
        """The methods that apply, in the order of tables."""
        return list(self.document["sources"])

    @property
    def baselines(self) -> list[str]:
        """Maps that know nothing of the network."""
        return list(self.document["baselines"])

    @property
    def measures(self) -> dict[str, dict[str, Any]]:
        """What was measured, by id, in the order of tables."""
        found: dict[str, dict[str, Any]] = self.document["measures"]
        return found

    @property
    def main_measure(self) -> str:
        """The measure that the claims say most about, else the first."""
        claimed = (claim.get("parameters", {}).get("measure") for claim in self.document["claims"])
        return next((name for name in claimed if name in self.measures), next(iter(self.measures)))

    @cached_property
    def same_by_theory(self) -> list[str]:
        """The reference, and the methods that are the same map by theory."""
        found = {
            source
            for measure in self.measures.values()
            for source, difference in measure["differences"].items()
            if difference.get("identical_by_theory")
        }
        return [source for source in self.sources if source == self.reference or source in found]

    def best(self, measure: str) -> list[str]:
        """Return the methods with the best mean, several where they are equal."""
        values = self.measures[measure]["values"]
        sign = 1 if self.measures[measure]["better"] == "higher" else -1
        means = {name: sign * values[name]["mean"] for name in self.sources if mean_of(values, name) is not None}
        return [name for name in means if np.isclose(means[name], max(means.values()), rtol=0, atol=TOLERANCE)]


def mean_of(values: dict[str, Any], source: str) -> float | None:
    """Return the mean of a source, None where there is none."""
    found = values.get(source)
    return None if found is None or found.get("mean") is None else float(found["mean"])


def read_verdict(entry: Entry) -> Verdict | None:
    """Return the verdict of the generation in force, None where none was made.

    Raises:
        RunError: It is damaged, or of another format version.
    """
    path = _folder(entry) / "verdict.json"
    return _read_verdict(str(path), path.stat().st_mtime_ns, str(entry.path)) if path.exists() else None


def pair_images(entry: Entry, verdict: Verdict, measure: str, method: str) -> pd.DataFrame:
    """Return a row per image that a measure has a value for: index, reference, method, gain.

    `gain` is the method's value minus the reference's, its sign turned where low is good. Empty where the measure has
    no value per image. It is shared between sessions: don't write to it.

    Raises:
        RunError: `measures.parquet` is missing or damaged.
    """
    path = _folder(entry) / "measures.parquet"
    date = path.stat().st_mtime_ns if path.exists() else 0
    higher = verdict.measures[measure]["better"] == "higher"
    return _pair_images(str(path), date, str(entry.path), measure, verdict.reference, method, higher)


def _folder(entry: Entry) -> Path:
    assert entry.generation is not None  # noqa: S101 the page shows explained runs only
    return entry.generation.path


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_verdict(path: str, date: int, run: str) -> Verdict:
    document = read_json(Path(path))
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise RunError(f"{path} has format version {version!r}; this camcore reads {FORMAT_VERSION}.")
    damage = _find_damage(document)
    if damage:
        raise RunError(f"{path} is damaged ({damage}). Make it anew: camcore verdict {run}")
    return Verdict(document)


def _find_damage(document: dict[str, Any]) -> str:
    """Return what a verdict lacks, empty where nothing."""
    wrong = [name for name, kind in PARTS.items() if not isinstance(document.get(name), kind)]
    if wrong:
        return f"no usable {wrong[0]!r}"
    if not document["measures"] or document["reference"] not in document["sources"]:
        return "no measure" if not document["measures"] else f"no source {document['reference']!r}"
    for name, measure in document["measures"].items():
        missing = [part for part in PARTS_OF_MEASURE if part not in measure]
        if missing:
            return f"no {missing[0]!r} of {name!r}"
    return ""


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
