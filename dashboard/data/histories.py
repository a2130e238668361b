"""Training histories and kept epochs of runs, also of runs that are still training."""

from pathlib import Path

import pandas as pd

from camcore.runs.run import Run
from camcore.system.checksums import SUMS
from dashboard.data.caching import FileCache
from dashboard.data.runs import RunEntry

MOST = 10_000  # runs, some kilobytes each
_histories: FileCache[Path, pd.DataFrame] = FileCache(MOST)
_kept_rows: FileCache[Path, pd.Series | None] = FileCache(MOST)
_kept_epochs: FileCache[Path, int | None] = FileCache(MOST)


def read_history(entry: RunEntry) -> pd.DataFrame:
    """Return a run's history. It is shared between sessions: don't write to it.

    Raises:
        RunError: It is damaged.
    """
    run = entry.run
    return pd.DataFrame() if run is None else _histories.get(run.path, lambda: find_files(run.path), run.history)


def read_kept_row(run: Run) -> pd.Series | None:
    """Return what `Run.kept_row` does. It is shared between sessions: don't write to it.

    Raises:
        RunError: As there.
    """
    return _kept_rows.get(run.path, lambda: find_files(run.path), run.kept_row)


def read_kept_epoch(run: Run) -> int | None:
    """Return what `Run.kept_epoch` does.

    Raises:
        RunError: As there.
    """
    return _kept_epochs.get(run.path, lambda: find_files(run.path), run.kept_epoch)


def find_files(run: Path) -> list[Path]:
    """Return the files that show whether a run's history or weights have changed."""
    return [run / name for name in ("run.json", "history.csv", "model.safetensors", SUMS, "resume")]
