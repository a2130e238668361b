"""What a training leaves after each epoch, and how it goes on from there."""

from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch.optim.swa_utils import AveragedModel

from camcore.errors import CamcoreError
from camcore.files import atomic_path
from camcore.models import Classifier
from camcore.runs import Run
from camcore.weights import save_weights


@dataclass
class Progress:
    """What a training has come to: a row of the history per finished epoch. `keep` says which one's weights count."""

    rows: list[dict[str, float]] = field(default_factory=list)
    keep: str = "last"

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.rows)

    @property
    def best_epoch(self) -> int:
        """The epoch to keep, counted from 1: of equals the first one; 0 before there is one."""
        if self.keep == "last" or not self.rows:
            return self.epoch
        values = [_merit(row, self.keep) for row in self.rows]
        return values.index(max(values)) + 1

    @property
    def epochs_since_best(self) -> int:
        """How many epochs have gone by since the one to keep."""
        return self.epoch - self.best_epoch


def _merit(row: dict[str, float], keep: str) -> float:
    return -row["held_out_loss"] if keep == "held-out" else row["val_accuracy"]


@dataclass(frozen=True)
class TrainingState:
    """What an epoch changes, and the next one starts from. `average` is that of the weights, where one is kept."""

    model: Classifier
    average: AveragedModel | None
    optimizer: torch.optim.Optimizer

    def save(self) -> dict[str, Any]:
        """Return everything as tensors and plain values."""
        average = None if self.average is None else self.average.state_dict()
        return {"model": self.model.state_dict(), "average": average, "optimizer": self.optimizer.state_dict()}

    def load(self, saved: dict[str, Any]) -> None:
        """Take over what `save` returned."""
        self.model.load_state_dict(saved["model"])
        if self.average is not None:
            self.average.load_state_dict(saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])

    @property
    def kept(self) -> Classifier:
        """The model that is judged, and whose weights the run keeps."""
        return self.model if self.average is None else cast(Classifier, self.average.module)


def keep_epoch(run: Run, state: TrainingState, progress: Progress, row: dict[str, float]) -> None:
    """Write a finished epoch: first all of it, in one file, then the weights and the history that follow from it."""
    progress.rows.append(row)
    run.state_path.parent.mkdir(exist_ok=True)
    with atomic_path(run.state_path) as part:
        torch.save({**state.save(), "rows": progress.rows}, part)
    _publish(run, state, progress)


def load_progress(run: Run, state: TrainingState) -> Progress:
    """Go back to the last finished epoch; write again what a stop may have kept from being written.

    Raises:
        CamcoreError: The training is finished, or its state is damaged.
    """
    if run.finished:
        raise CamcoreError(f"{run.path} is finished; there is nothing to resume. Replace it with --overwrite.")
    if not run.state_path.exists():
        return Progress(keep=run.config.train.keep)
    try:
        saved = torch.load(run.state_path, map_location="cpu", weights_only=True)
        state.load(saved)
        progress = Progress(saved["rows"], run.config.train.keep)
    except Exception as error:  # torch.load has no error of its own for a damaged file
        reason = type(error).__name__
        raise CamcoreError(f"{run.state_path} is damaged ({reason}). Train the run anew with --overwrite.") from error
    _publish(run, state, progress)
    return progress


def _publish(run: Run, state: TrainingState, progress: Progress) -> None:
    if progress.best_epoch == progress.epoch:
        save_weights(run, state.kept, progress.epoch)
    run.write_history(progress.rows)
