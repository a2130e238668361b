"""Cached training histories and kept epochs, also of runs that are still training."""

from pathlib import Path

import pandas as pd

from camcore.runs.run import Run
from camcore.system.checksums import SUMS
from dashboard.data.caching import FileCache
from dashboard.data.runs import RunEntry

MOST = 10_000  # runs; a history takes some kilobytes
_histories: FileCache[Path, pd.DataFrame] = FileCache(MOST)
_kept_rows: FileCache[Path, pd.Series | None] = FileCache(MOST)
_kept_epochs: FileCache[Path, int | None] = FileCache(MOST)


def read_history(entry: RunEntry) -> pd.DataFrame:
    """Return a run's history. Sessions share it: don't write to it.

    Raises:
        RunError: It is damaged.
    """
    run = entry.run
    return pd.DataFrame() if run is None else _histories.get(run.path, lambda: find_files(run.path), run.history)


def read_kept_row(run: Run) -> pd.Series | None:
    """Return the cached `Run.kept_row`. Sessions share it: don't write to it.

    Raises:
        RunError: See `Run.kept_row`.
    """
    return _kept_rows.get(run.path, lambda: find_files(run.path), run.kept_row)


def read_kept_epoch(run: Run) -> int | None:
    """Return the cached `Run.kept_epoch`.

    Raises:
        RunError: See `Run.kept_epoch`.
    """
    return _kept_epochs.get(run.path, lambda: find_files(run.path), run.kept_epoch)


def find_files(run: Path) -> list[Path]:
    """Return the files that change if a run's history or weights change."""
    return [run / name for name in ("run.json", "history.csv", "model.safetensors", SUMS, "resume")]
