"""What the pages read: runs, tables of predictions, distances between maps. Cached by run, generation and date."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from camcore.errors import ReplacedError, RunError
from camcore.explained import queries
from camcore.explained.explanation import Generation, is_explained, open_generation
from camcore.heatmaps.drawing import CONVENTIONS
from camcore.measures.disagreement import Shares, mean_of_finite
from camcore.runs.run import Run, list_run_folders, open_run
from dashboard.data.caching import Kept
from dashboard.data.large_results import keep
from dashboard.data.links import find_what_tells, refuse_links_out
from dashboard.gallery.masks import join_texts

STATES = ("explained", "trained", "training", "damaged")


@dataclass(frozen=True)
class Entry:
    """A folder in the runs folder, as far as it can be read. `problem` says why it can't, or why there are no maps.

    `changed` is the time of its `run.json`, as of `read_time`.
    """

    path: Path
    run: Run | None
    generation: Generation | None
    problem: str | None
    changed: int

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def state(self) -> str:
        """One of `STATES`."""
        if self.run is None:
            return "damaged"
        if self.generation is not None:
            return "explained"
        if is_explained(self.run):
            return "damaged"
        return "trained" if self.run.finished else "training"

    @property
    def key(self) -> tuple[str, str]:
        """What caches go by: where the run lies, and which state of its files this is."""
        return str(self.path), f"{self.generation.id if self.generation else ''} {self.changed}"


_entries: Kept[Path, Entry] = Kept(most=10_000)  # with fewer than there are runs, none would be found again


def find_runs_folder(arguments: Sequence[str]) -> Path:
    """Return the runs folder: `--runs DIR`, else CAMCORE_RUNS, else the repository's `checkpoints`."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--runs", nargs="?")
    wanted = parser.parse_known_args(arguments)[0].runs or os.environ.get("CAMCORE_RUNS")
    return Path(wanted) if wanted else Path(__file__).resolve().parents[2] / "checkpoints"


def list_entries(folder: Path) -> list[Entry]:
    """Return what lies in the runs folder, by name."""
    return [read_entry(path) for path in list_run_folders(folder)]


def read_entry(path: Path) -> Entry:
    """Return a run folder, as far as it can be read."""
    try:
        entry = _entries.get(path, lambda: find_what_tells(path), lambda: _read_entry(path))
    except RunError:
        entry = _read_entry(path)  # which says what can't be read
    generation = entry.generation
    # What a generation has read of its files is not for every session to keep.
    return entry if generation is None else replace(entry, generation=Generation(generation.path, generation.manifest))


def _read_entry(path: Path) -> Entry:
    changed = read_time(path / "run.json")
    try:
        refuse_links_out(path)
        run = open_run(path)
    except RunError as error:
        return Entry(path, None, None, str(error), changed)
    try:
        return Entry(path, run, open_generation(run), None, changed)
    except RunError as error:
        return Entry(path, run, None, str(error), changed)


def read_time(path: Path) -> int:
    """Return when a file was last changed, in ns; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def reopen(path: str, version: str) -> tuple[Run, Generation]:
    """Open what the key of an entry stands for.

    Raises:
        ReplacedError: The run has been changed or explained anew since the page began: what it shows would be mixed.
        RunError: It is damaged.
    """
    entry = read_entry(Path(path))
    if entry.run is None or entry.generation is None:
        raise RunError(entry.problem)
    if entry.key != (path, version):
        raise ReplacedError(f"{path} was changed or explained anew while this page was made. Load it once more.")
    return entry.run, entry.generation


def load_samples(entry: Entry) -> pd.DataFrame:
    """Return a row per image: those of `Generation.samples`, and label_name, predicted_name, right, objects, index.

    It is shared between sessions: don't write to it.
    """
    return _load_samples(*entry.key)


def find_image(entry: Entry, sample_id: str) -> int | None:
    """Return the index of the image with this id, None where there is none."""
    known = np.flatnonzero(load_samples(entry)["id"] == sample_id)
    return int(known[0]) if len(known) else None


def load_texts(entry: Entry) -> pd.Series:
    """Return what a search looks through beside the names of classes, as of `filtering.join_texts`."""
    return _load_texts(*entry.key)


def measure_pair(entry: Entry, first: str, second: str, measure: str) -> pd.DataFrame:
    """Return a distance between two sources' maps of the predicted class; columns `<measure>_<convention>`."""
    return _measure_pair(*entry.key, first, second, measure)


def mean_pair(entry: Entry, first: str, second: str, measure: str) -> Shares:
    """Return the mean of a distance between two sources in both conventions, NaN where no map is finite."""
    return _mean_pair(*entry.key, first, second, measure)


def measure_off_object(entry: Entry, source: str, convention: str) -> NDArray[np.float64]:
    """Return per image the share of a source's heat outside the boxes, for the predicted class; NaN without boxes."""
    return _measure_off_object(*entry.key, source)[:, CONVENTIONS.index(convention)]


def measure_likeness(entry: Entry, index: int) -> NDArray[np.float64]:
    """Return per image how alike it is to one of them in the network's eyes, -1 to 1."""
    return _measure_likeness(*entry.key, index)


def measure_range(entry: Entry, source: str) -> tuple[float, float]:
    """Return the lowest and the highest raw value of a source over all images, for the predicted class."""
    return _measure_range(*entry.key, source)


def mean_off_object(entry: Entry, sources: Sequence[str]) -> dict[tuple[str, str], float]:
    """Return the mean share of heat off the object per source and convention; empty where no image has boxes."""
    means = {
        (source, convention): mean
        for source in sources
        for convention, mean in zip(CONVENTIONS, _mean_off_object(*entry.key, source), strict=True)
    }
    return {number: mean for number, mean in means.items() if np.isfinite(mean)}


def same_by_theory(entry: Entry, first: str, second: str) -> bool:
    """Whether two sources of a run must give the same map, up to a positive factor."""
    return entry.generation is not None and queries.same_by_theory(entry.generation, first, second)


def top_classes(entry: Entry, index: int, count: int = 5) -> list[tuple[str, float]]:
    """Return the most probable classes of an image with their probabilities, from the most probable."""
    if entry.generation is None or entry.run is None:
        return []
    return queries.top_classes(entry.run, entry.generation, index, count)


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
    return queries.measure_likeness(reopen(path, version)[1], index)


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
