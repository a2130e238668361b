"""Open, list and read run folders, without torch."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors import SafetensorError, safe_open

from camcore.config import RunConfig, read_config
from camcore.errors import CamcoreError, NoRunError, RunError, find_similar, shell_command
from camcore.system.checksums import SUMS, verify
from camcore.system.files import ALLOW, RESTORE, read_json, write_json, write_text
from camcore.system.names import natural_key
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
    """Return the folder of all runs: `CAMCORE_RUNS`, or `checkpoints` in the working directory."""
    return Path(os.environ.get("CAMCORE_RUNS") or "checkpoints")


@dataclass(frozen=True)
class Run:
    """An opened run. `info` holds the rest of `run.json`: data set, import, versions, hardware."""

    path: Path
    config: RunConfig
    class_names: tuple[str, ...]
    info: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the run folder."""
        return self.path.name

    @property
    def group(self) -> str | None:
        """The name of its group of seeds; None for a single run."""
        group = self.info.get("group")
        return group if isinstance(group, str) and group else None

    @property
    def weights_path(self) -> Path:
        """The file of the weights."""
        return self.path / "model.safetensors"

    @property
    def imported_from(self) -> str | None:
        """The name of the checkpoint that was imported; None if camcore trained the weights."""
        imported = self.info.get("imported")
        return None if imported is None else str(imported["file"])

    @property
    def dataset_labels(self) -> list[int]:
        """The class id per class of the data set. An imported network can have more classes."""
        labels = self.info["dataset"].get("labels")
        return list(range(len(self.class_names))) if labels is None else list(labels)

    @property
    def resume_path(self) -> Path:
        """The folder for resuming; exists while the training is unfinished."""
        return self.path / "resume"

    @property
    def state_path(self) -> Path:
        """The file that a training resumes from."""
        return self.resume_path / "state.pt"

    @property
    def finished(self) -> bool:
        """Whether the training is complete."""
        # A finished run without its weights (a partial copy) still has its list of files.
        return (self.weights_path.exists() or (self.path / SUMS).exists()) and not self.resume_path.exists()

    def require_weights(self) -> None:
        """Check that the weights exist.

        Raises:
            RunError: They are missing, or not trained yet.
        """
        if self.weights_path.exists():
            return
        if self.finished:
            raise RunError(f"{self.weights_path} is missing. {RESTORE}")
        raise RunError(
            f"{self.path} has no weights: training stopped before its first epoch. Resume:"
            f" {shell_command('train', '--run', self.path, '--resume')}"
        )

    def history(self) -> pd.DataFrame:
        """Return one row per finished epoch, columns `HISTORY_COLUMNS`, accuracies from 0 to 1.

        Raises:
            RunError: The file is damaged.
        """
        path = self.path / "history.csv"
        remedy = "Restore it from a copy, or train the run again."
        verify(path, remedy)
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
            raise RunError(f"{path} is damaged ({error}). {remedy}") from error

    def kept_epoch(self) -> int | None:
        """Return the epoch of the weights, counted from 1; None without weights, or if unknown.

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
        """Return the history's row of a finished run's weights; None if unfinished or without history.

        Raises:
            RunError: History or weights are damaged.
        """
        history = self.history()
        if not self.finished or history.empty:
            return None
        rows = history[history["epoch"] == self.kept_epoch()]
        if len(rows):
            return rows.iloc[0]
        best = int(history["val_accuracy"].argmax())
        return history.iloc[best if self.config.train.keep == "best" else -1]

    def place(self, name: str) -> Path | None:
        """Return the path of `root` or `weights` on this machine; None if unknown."""
        place = self._read_places().get(name)
        return Path(place) if isinstance(place, str) else None

    @written_by_first
    def remember_places(self, **places: Path | None) -> None:
        """Store the paths of data set (`root`) and initial weights (`weights`) on this machine."""
        known = self._read_places()
        new = {name: str(place.resolve()) for name, place in places.items() if place is not None}
        if new and known | new != known:
            write_json(self.path / "local.json", known | new)

    def _read_places(self) -> dict[str, Any]:
        """Return the content of `local.json`. Empty if missing or damaged, so that users are asked again."""
        try:
            return read_json(self.path / "local.json")
        except RunError:
            return {}

    @written_by_first
    def write_skipped(self, rows: Iterable[tuple[str, str]]) -> None:
        """Write the skipped files of the data set, (path, reason) each, to `skipped.csv`."""
        table = pd.DataFrame(rows, columns=["path", "reason"])
        write_text(self.path / "skipped.csv", table.to_csv(index=False, lineterminator="\n"))

    @written_by_first
    def write_history(self, rows: list[dict[str, float]]) -> None:
        """Replace the history by these rows, atomically."""
        lines = [",".join(HISTORY_COLUMNS)]
        lines += [",".join(repr(row[column]) for column in HISTORY_COLUMNS) for row in rows]
        write_text(self.path / "history.csv", "\n".join(lines) + "\n")


def open_run(path: Path) -> Run:
    """Open a run folder.

    Raises:
        RunError: There is no run, it is damaged, or a newer camcore wrote it.
    """
    try:
        if not (path / "run.json").exists():
            raise _describe_missing(path)
    except OSError as error:
        raise RunError(f"{path} can't be read ({error.strerror}). {ALLOW}") from error
    verify(path / "run.json", f"{RESTORE} If you changed it yourself: {shell_command('check', path, '--accept')}")
    document = read_json(path / "run.json")
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        newer = type(version) is int and version > FORMAT_VERSION
        raise RunError(
            f"{path / 'run.json'} has format version {version!r}; this camcore reads {FORMAT_VERSION}."
            f" {'Update camcore.' if newer else RESTORE}"
        )
    try:
        config = read_config(document["config"])
        class_names = tuple(str(name) for name in document["class_names"])
        if not isinstance(document["dataset"], dict):
            raise TypeError("'dataset' is not an object")
        labels = document["dataset"].get("labels", [])
        if not (isinstance(labels, list) and all(label in range(len(class_names)) for label in labels)):
            raise TypeError("'labels' are not class ids")
        if "imported" in document and not isinstance(document["imported"]["file"], str):
            raise TypeError("'imported' names no file")
    except (KeyError, TypeError, AttributeError, CamcoreError) as error:
        raise RunError(f"{path / 'run.json'} is damaged ({error}). Restore it from a copy, or train again.") from error
    parts = ("created", "dataset", "environment", "group", "imported")
    return Run(path, config, class_names, {key: document.get(key) for key in parts})


def _describe_missing(path: Path) -> RunError:
    """Return the error for a path without `run.json`: what is there instead."""
    inside = {child.name for child in path.iterdir()} if path.is_dir() else set()
    runs = sorted(name for name in inside if (path / name / "run.json").exists())
    beside = [child.name for child in path.parent.iterdir()] if path.parent.is_dir() else []
    if inside & {SUMS, "history.csv", "model.safetensors", "explained", "resume"}:
        return RunError(f"{path / 'run.json'} is missing. {RESTORE}")
    if runs:
        return NoRunError(f"{path} is a folder of runs, not a run. Name one of them, for example {path / runs[0]}.")
    if path.is_file() and (path.parent / "run.json").exists():
        return NoRunError(f"{path} is a file. Name the run's folder, {path.parent}.")
    if path.exists():
        return NoRunError(f"{path} is not a run: it has no run.json. {describe_listing(path)}")
    near = find_similar(path.name, [name for name in beside if (path.with_name(name) / "run.json").exists()])
    other = path.with_name(near) if near else runs_folder() / path
    guess = f" Did you mean {other}?" if near or (other / "run.json").exists() else ""
    return NoRunError(f"There is no run at {path}.{guess} {describe_listing(path)}")


def describe_listing(path: Path) -> str:
    """Return the sentence that names the command which lists the runs beside a path."""
    is_default = path.parent in (Path(), runs_folder())
    command = shell_command("runs", *(() if is_default else ("--runs", path.parent)))
    return f"`{command}` lists what is there."


def list_run_folders(folder: Path) -> list[Path]:
    """Return the subfolders that may be runs, in natural order of their names.

    Raises:
        CamcoreError: The folder can't be read.
    """
    try:
        if folder.is_file():
            raise CamcoreError(f"The runs folder {folder} is a file. Name the folder that holds the runs.")
        if (folder / "run.json").exists():
            raise CamcoreError(f"{folder} is a run, not a folder of runs. Name the folder that holds it.")
        children = list(folder.iterdir()) if folder.is_dir() else []
        runs = (child for child in children if child.is_dir() and not child.name.startswith("."))
        return sorted(runs, key=lambda child: natural_key(child.name))
    except OSError as error:
        raise CamcoreError(
            f"The runs folder {folder} can't be read ({error.strerror}). Fix its permissions, or name another: --runs"
            " DIR."
        ) from error


def list_runs(folder: Path) -> list[Run | RunError]:
    """Return a folder's runs by name, or the error of each that can't be opened."""
    runs: list[Run | RunError] = []
    for path in list_run_folders(folder):
        try:
            runs.append(open_run(path))
        except RunError as error:
            runs.append(error)
    return runs
