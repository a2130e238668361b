"""Saves a training after each epoch or stop, and resumes it."""

import io
import shutil
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from camcore.errors import CamcoreError
from camcore.models.classifier import Classifier
from camcore.runs.run import Run
from camcore.runs.weights import save_weights
from camcore.system.checksums import RUN_FILES, write_sums
from camcore.system.collectives import from_first
from camcore.system.files import atomic_path
from camcore.system.ranks import written_by_first


@dataclass
class EpochProgress:
    """Counters of the current epoch, and torch's RNG state after its last step (None before).

    The names of the fields are stored with the training's state.
    """

    steps: int = 0
    loss_sum: float = 0.0
    right: int = 0
    seen: int = 0
    seconds: float = 0.0
    random: Tensor | None = None

    @property
    def mean_loss(self) -> float:
        """The mean training loss over the images seen."""
        return self.loss_sum / self.seen

    def add_step(self, images: int, loss_sum: float, right: int, seconds: float) -> None:
        """Count a step; `seconds` are those of the epoch so far."""
        self.steps += 1
        self.loss_sum += loss_sum
        self.right += right
        self.seen += images
        self.seconds = seconds


@dataclass
class TrainingProgress:
    """A row of the history per finished epoch, and the current epoch, `begun`.

    `keep` decides which epoch's weights are kept. With a frozen trunk, `best_head` holds those of the head until the
    training ends and writes the file.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    keep: str = "last"
    best_head: dict[str, Tensor] | None = None
    begun: EpochProgress = field(default_factory=EpochProgress)

    @property
    def epoch(self) -> int:
        """The number of finished epochs."""
        return len(self.rows)

    @property
    def best_epoch(self) -> int:
        """The epoch to keep, from 1; the first of equal ones. 0 before the first epoch."""
        if self.keep == "last" or not self.rows:
            return self.epoch
        values = [_merit(row, self.keep) for row in self.rows]
        return values.index(max(values)) + 1

    @property
    def epochs_since_best(self) -> int:
        """The number of epochs after the one to keep."""
        return self.epoch - self.best_epoch


def _merit(row: dict[str, float], keep: str) -> float:
    return -row["held_out_loss"] if keep == "held-out" else row["val_accuracy"]


@dataclass(frozen=True)
class TrainingState:
    """What training changes: model, optimizer, and the weights' moving average, if any.

    A frozen trunk is not saved, because the run's initial weights hold it.
    """

    model: Classifier
    average: AveragedModel | None
    optimizer: torch.optim.Optimizer

    def save(self) -> dict[str, Any]:
        """Return the state as tensors and plain values."""
        average = None if self.average is None else self._learned(self.average)
        return {"model": self._learned(self.model), "average": average, "optimizer": self.optimizer.state_dict()}

    def load(self, saved: dict[str, Any]) -> None:
        """Restore what `save` returned."""
        self.model.load_state_dict(self._frozen(self.model) | saved["model"])
        if self.average is not None:
            self.average.load_state_dict(self._frozen(self.average) | saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])

    @property
    def kept(self) -> Classifier:
        """The model that is evaluated and saved: the moving average if there is one."""
        return self.model if self.average is None else cast(Classifier, self.average.module)

    @property
    def trunk_is_frozen(self) -> bool:
        """Whether only the head is trained."""
        return not any(parameter.requires_grad for parameter in self.model.trunk.parameters())

    def copy_head(self) -> dict[str, Tensor]:
        """Return a copy of the head's weights on a frozen trunk."""
        return {name: value.clone() for name, value in self._learned(self.kept).items()}

    def _learned(self, module: nn.Module) -> dict[str, Tensor]:
        frozen = self._frozen(module)
        return {name: value for name, value in module.state_dict().items() if name not in frozen}

    def _frozen(self, module: nn.Module) -> dict[str, Tensor]:
        frozen = self.trunk_is_frozen
        return {name: value for name, value in module.state_dict().items() if frozen and "trunk." in name}


def keep_epoch(run: Run, state: TrainingState, progress: TrainingProgress, row: dict[str, float]) -> None:
    """Save a finished epoch: first the state to resume from, then weights and history."""
    progress.rows.append(row)
    progress.begun = EpochProgress()
    if state.trunk_is_frozen and progress.best_epoch == progress.epoch:
        progress.best_head = state.copy_head()
    save_progress(run, state, progress)
    _publish(run, state, progress)


@written_by_first
def save_progress(run: Run, state: TrainingState, progress: TrainingProgress) -> None:
    """Write what a training resumes from.

    Raises:
        CamcoreError: The disk is full; what was written before is kept.
    """
    content = io.BytesIO()  # torch's own writing does not report a full disk
    learned = {"rows": progress.rows, "best_head": progress.best_head, "begun": asdict(progress.begun)}
    torch.save({**state.save(), **learned}, content)
    run.resume_path.mkdir(exist_ok=True)
    with atomic_path(run.state_path) as part:
        part.write_bytes(content.getbuffer())


def load_progress(run: Run, state: TrainingState) -> TrainingProgress:
    """Restore a stopped training; write again the files that the stop may have prevented.

    Raises:
        CamcoreError: The training is finished, or its state is damaged.
    """
    saved = from_first(lambda: _read(run))
    if saved is None:
        return TrainingProgress(keep=run.config.train.keep)
    try:
        state.load(saved)
        begun = EpochProgress(**saved.get("begun", {}))  # earlier versions stopped only between epochs
        progress = TrainingProgress(saved["rows"], run.config.train.keep, saved["best_head"], begun)
    except Exception as error:  # a state dict of another network, or a key that is missing
        raise _damaged(run, error) from error
    if not progress.begun.steps:  # otherwise the files were written, and the model is newer than they are
        _publish(run, state, progress)
    return progress


def _read(run: Run) -> dict[str, Any] | None:
    """Return what `save_progress` wrote; None if it has not written yet."""
    if run.finished:
        raise CamcoreError(f"{run.path} is finished; there is nothing to resume. Replace it with --overwrite.")
    if not run.state_path.exists():
        return None
    try:
        return cast(dict[str, Any], torch.load(run.state_path, map_location="cpu", weights_only=True))
    except Exception as error:  # torch.load has no error of its own for a damaged file
        raise _damaged(run, error) from error


def _damaged(run: Run, error: Exception) -> CamcoreError:
    reason = type(error).__name__
    return CamcoreError(f"{run.state_path} is damaged ({reason}). Train the run again with --overwrite.")


@written_by_first
def finish(run: Run, state: TrainingState, progress: TrainingProgress) -> None:
    """Write the kept head's weights and the checksums, and remove the folder to resume from."""
    if progress.best_head is not None:
        state.kept.load_state_dict(state.kept.state_dict() | progress.best_head)
        save_weights(run, state.kept, progress.best_epoch)
    write_sums(run.path, RUN_FILES)
    removed = run.resume_path.with_name(".resumed")
    shutil.rmtree(removed, ignore_errors=True)
    run.resume_path.rename(removed)  # atomic: a folder without its state would restart the training
    shutil.rmtree(removed, ignore_errors=True)


def _publish(run: Run, state: TrainingState, progress: TrainingProgress) -> None:
    """Write weights and history for readers; no weights if an epoch is faster than writing."""
    if progress.best_epoch == progress.epoch and not run.config.train.views:
        save_weights(run, state.kept, progress.epoch)
    run.write_history(progress.rows)
