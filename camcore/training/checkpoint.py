"""What a training leaves after each epoch, or where it is stopped within one, and how it goes on from there."""

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
    """How far an epoch has come: its steps, sums over the images seen, and torch's random numbers behind the last step.

    `random` is None before its first step.
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
    """What a training has come to: a row of the history per finished epoch. `keep` says which one's weights count.

    `best_head` holds what was learned by that one, where the trunk is frozen: its file is written when all is done.
    `begun` is the epoch behind the last finished one.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    keep: str = "last"
    best_head: dict[str, Tensor] | None = None
    begun: EpochProgress = field(default_factory=EpochProgress)

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
    """What an epoch changes, and the next one starts from. `average` is that of the weights, where one is kept.

    Of a frozen trunk nothing is saved: it is where it came from.
    """

    model: Classifier
    average: AveragedModel | None
    optimizer: torch.optim.Optimizer

    def save(self) -> dict[str, Any]:
        """Return everything as tensors and plain values."""
        average = None if self.average is None else self._learned(self.average)
        return {"model": self._learned(self.model), "average": average, "optimizer": self.optimizer.state_dict()}

    def load(self, saved: dict[str, Any]) -> None:
        """Take over what `save` returned."""
        self.model.load_state_dict(self._frozen(self.model) | saved["model"])
        if self.average is not None:
            self.average.load_state_dict(self._frozen(self.average) | saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])

    @property
    def kept(self) -> Classifier:
        """The model that is judged, and whose weights the run keeps."""
        return self.model if self.average is None else cast(Classifier, self.average.module)

    @property
    def trunk_is_frozen(self) -> bool:
        """Whether the training changes the head alone."""
        return not any(parameter.requires_grad for parameter in self.model.trunk.parameters())

    def copy_head(self) -> dict[str, Tensor]:
        """Return a copy of what a head has learned on a frozen trunk."""
        return {name: value.clone() for name, value in self._learned(self.kept).items()}

    def _learned(self, module: nn.Module) -> dict[str, Tensor]:
        frozen = self._frozen(module)
        return {name: value for name, value in module.state_dict().items() if name not in frozen}

    def _frozen(self, module: nn.Module) -> dict[str, Tensor]:
        frozen = self.trunk_is_frozen
        return {name: value for name, value in module.state_dict().items() if frozen and "trunk." in name}


def keep_epoch(run: Run, state: TrainingState, progress: TrainingProgress, row: dict[str, float]) -> None:
    """Write a finished epoch: first all of it, in one file, then the weights and the history that follow from it."""
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
    content = io.BytesIO()  # where the disk is full, torch's own writing does not say so
    learned = {"rows": progress.rows, "best_head": progress.best_head, "begun": asdict(progress.begun)}
    torch.save({**state.save(), **learned}, content)
    run.resume_path.mkdir(exist_ok=True)
    with atomic_path(run.state_path) as part:
        part.write_bytes(content.getbuffer())


def load_progress(run: Run, state: TrainingState) -> TrainingProgress:
    """Go back to where the training stopped; write again what a stop may have kept from being written.

    Raises:
        CamcoreError: The training is finished, or its state is damaged.
    """
    saved = from_first(lambda: _read(run))
    if saved is None:
        return TrainingProgress(keep=run.config.train.keep)
    try:
        state.load(saved)
        begun = EpochProgress(**saved.get("begun", {}))  # earlier versions stopped behind a whole epoch only
        progress = TrainingProgress(saved["rows"], run.config.train.keep, saved["best_head"], begun)
    except Exception as error:  # a state dict of another network, or a key that is missing
        raise _damaged(run, error) from error
    if not progress.begun.steps:  # else all of it was written, and the model has moved on
        _publish(run, state, progress)
    return progress


def _read(run: Run) -> dict[str, Any] | None:
    """Return what `save_progress` wrote, None where it has not yet."""
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
    return CamcoreError(f"{run.state_path} is damaged ({reason}). Train the run anew with --overwrite.")


@written_by_first
def finish(run: Run, state: TrainingState, progress: TrainingProgress) -> None:
    """Write the kept head's weights and the checksums, and remove the folder to resume from."""
    if progress.best_head is not None:
        state.kept.load_state_dict(state.kept.state_dict() | progress.best_head)
        save_weights(run, state.kept, progress.best_epoch)
    write_sums(run.path, RUN_FILES)
    done = run.resume_path.with_name(".resumed")
    shutil.rmtree(done, ignore_errors=True)
    run.resume_path.rename(done)  # in one step: a folder without its state would begin the training anew
    shutil.rmtree(done, ignore_errors=True)


def _publish(run: Run, state: TrainingState, progress: TrainingProgress) -> None:
    """Write weights and history for readers during the training; no weights if an epoch takes less than writing."""
    if progress.best_epoch == progress.epoch and not run.config.train.views:
        save_weights(run, state.kept, progress.epoch)
    run.write_history(progress.rows)
