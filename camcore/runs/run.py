"""A run folder: list, open. Reading one imports no torch."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors import SafetensorError, safe_open

from camcore.config import RunConfig, read_config
from camcore.errors import CamcoreError, RunError, shell_command
from camcore.system.checksums import SUMS, verify
from camcore.system.files import RESTORE, read_json, write_json, write_text
from camcore.system.ranks import written_by_first

FORMAT_VERSION = 1
EPOCH_KEY = "epoch"  # in the metadata of the weights
HISTORY_COLUMNS = (
    "epoch",
    "train_loss",
    "train_accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "seconds",
    "images_per_second",
)


def runs_folder() -> Path:
    """Return the folder that runs are kept in: `CAMCORE_RUNS`, or `checkpoints` below the working directory."""
    return Path(os.environ.get("CAMCORE_RUNS", "checkpoints"))


@dataclass(frozen=True)
class Run:
    """An opened run. `info` is what `run.json` says beside the configuration: data set, import, versions, hardware."""

    path: Path
    config: RunConfig
    class_names: tuple[str, ...]
    info: dict[str, Any]

    @property
    def name(self) -> str:
        """The folder's name, by which people know the run."""
        return self.path.name

    @property
    def group(self) -> str | None:
        """The name that runs share which differ in their seed alone; None for a run that was trained by itself."""
        group = self.info.get("group")
        return group if isinstance(group, str) and group else None

    @property
    def weights_path(self) -> Path:
        """The file of the weights."""
        return self.path / "model.safetensors"

    @property
    def imported_from(self) -> str | None:
        """The name of the file that the weights were imported from; None where camcore trained them."""
        imported = self.info.get("imported")
        return None if imported is None else str(imported["file"])

    @property
    def dataset_labels(self) -> list[int]:
        """The class id of each class of the data set. A network that was imported may know other classes as well."""
        labels = self.info["dataset"].get("labels")
        return list(range(len(self.class_names))) if labels is None else list(labels)

    @property
    def resume_path(self) -> Path:
        """The folder that exists while the training is not finished."""
        return self.path / "resume"

    @property
    def state_path(self) -> Path:
        """The file that the training goes on from."""
        return self.resume_path / "state.pt"

    @property
    def finished(self) -> bool:
        """Whether the training has come to its end; then its files are listed, even if the weights were left behind."""
        return (self.weights_path.exists() or (self.path / SUMS).exists()) and not self.resume_path.exists()

    def require_weights(self) -> None:
        """Do nothing if there are weights.

        Raises:
            RunError: There are none yet, or they are missing.
        """
        if self.weights_path.exists():
            return
        if self.finished:
            raise RunError(f"{self.weights_path} is missing. {RESTORE}")
        raise RunError(
            f"{self.path} has no weights yet: its training has not come so far. Go on:"
            f" {shell_command('train', '--run', self.path, '--resume')}"
        )

    def history(self) -> pd.DataFrame:
        """Return a row per finished epoch, columns `HISTORY_COLUMNS`; accuracies from 0 to 1; empty before the first.

        Raises:
            RunError: The file is damaged.
        """
        path = self.path / "history.csv"
        way_out = "Restore it from a copy, or train the run anew."
        verify(path, way_out)
        if not path.exists():
            return pd.DataFrame(columns=list(HISTORY_COLUMNS), dtype=float)
        try:
            table = pd.read_csv(path)
            if list(table.columns) != list(HISTORY_COLUMNS):
                raise ValueError(f"its columns are {', '.join(table.columns)}")
            if table.isna().any(axis=None):
                raise ValueError("a row is cut off")
            return table.astype(float).astype({"epoch": int})
        except (ValueError, OSError) as error:
            raise RunError(f"{path} is damaged ({error}). {way_out}") from error

    def kept_epoch(self) -> int | None:
        """Return the epoch that the weights are of, counted from 1; None where there are no weights, or nobody knows.

        Raises:
            RunError: The weights are damaged.
        """
        verify(self.weights_path, RESTORE)
        if not self.weights_path.exists():
            return None
        try:
            with safe_open(self.weights_path, framework="numpy") as file:
                epoch = (file.metadata() or {}).get(EPOCH_KEY, "")
        except (SafetensorError, OSError) as error:
            raise RunError(f"{self.weights_path} is damaged ({error}). {RESTORE}") from error
        return int(epoch) if epoch.isdecimal() and len(epoch) < 10 else None

    def kept_row(self) -> pd.Series | None:
        """Return the history's row of the weights that a finished run keeps; None before, and without a history.

        Raises:
            RunError: History or weights are damaged.
        """
        history = self.history()
        if not self.finished or history.empty:
            return None
        found = history[history["epoch"] == self.kept_epoch()]
        if len(found):
            return found.iloc[0]
        best = int(history["val_accuracy"].argmax())
        return history.iloc[best if self.config.train.keep == "best" else -1]

    def place(self, name: str) -> Path | None:
        """Return where something lies on this machine, `root` or `weights`; None where that was never said here."""
        place = self._read_places().get(name)
        return Path(place) if isinstance(place, str) else None

    @written_by_first
    def remember_places(self, **places: Path | None) -> None:
        """Note where data set (`root`) and initial weights (`weights`) lie on this machine."""
        known = self._read_places()
        new = {name: str(place.resolve()) for name, place in places.items() if place is not None}
        if new and known | new != known:
            write_json(self.path / "local.json", known | new)

    def _read_places(self) -> dict[str, Any]:
        """Return what `local.json` says; nothing where it is missing or damaged, so that places are asked for anew."""
        try:
            return read_json(self.path / "local.json")
        except RunError:
            return {}

    @written_by_first
    def write_skipped(self, rows: Iterable[tuple[str, str]]) -> None:
        """List the files of the data set that could not be used, (path, reason) each, in `skipped.csv`."""
        table = pd.DataFrame(rows, columns=["path", "reason"])
        write_text(self.path / "skipped.csv", table.to_csv(index=False, lineterminator="\n"))

    @written_by_first
    def write_history(self, rows: list[dict[str, float]]) -> None:
        """Replace the history by these rows, in one step."""
        lines = [",".join(HISTORY_COLUMNS)]
        lines += [",".join(repr(row[column]) for column in HISTORY_COLUMNS) for row in rows]
        write_text(self.path / "history.csv", "\n".join(lines) + "\n")


def open_run(path: Path) -> Run:
    """Open a run folder.

    Raises:
        RunError: There is no run, it is damaged, or a newer camcore wrote it.
    """
    if not path.is_dir():
        raise RunError(f"There is no run at {path}. `camcore runs` lists what is there.")
    verify(path / "run.json", f"{RESTORE} If you changed it yourself: camcore check {path} --accept")
    document = read_json(path / "run.json")
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise RunError(
            f"{path / 'run.json'} has format version {version!r}; this camcore reads {FORMAT_VERSION}. Update camcore."
        )
    try:
        config = read_config(document["config"])
        class_names = tuple(str(name) for name in document["class_names"])
        if not isinstance(document["dataset"], dict):
            raise TypeError("'dataset' is no object")
        labels = document["dataset"].get("labels", [])
        if not (isinstance(labels, list) and all(label in range(len(class_names)) for label in labels)):
            raise TypeError("'labels' are no class ids")
        if "imported" in document and not isinstance(document["imported"]["file"], str):
            raise TypeError("'imported' names no file")
    except (KeyError, TypeError, AttributeError, CamcoreError) as error:
        raise RunError(f"{path / 'run.json'} is damaged ({error}). Restore it from a copy, or train anew.") from error
    parts = ("created", "dataset", "environment", "group", "imported")
    return Run(path, config, class_names, {key: document.get(key) for key in parts})


def list_run_folders(folder: Path) -> list[Path]:
    """Return what may be the runs in a folder, by name.

    Raises:
        CamcoreError: The folder can't be read.
    """
    try:
        children = list(folder.iterdir()) if folder.is_dir() else []
        return sorted(child for child in children if child.is_dir() and not child.name.startswith("."))
    except OSError as error:
        raise CamcoreError(
            f"The runs folder {folder} can't be read ({error.strerror}). Allow it, or name another with CAMCORE_RUNS."
        ) from error


def list_runs(folder: Path) -> list[Run | RunError]:
    """Return the runs in a folder by name; for one that can't be opened, the error that says why."""
    found: list[Run | RunError] = []
    for path in list_run_folders(folder):
        try:
            found.append(open_run(path))
        except RunError as error:
            found.append(error)
    return found
