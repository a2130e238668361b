"""What a training leaves after each epoch, and how it goes on from there."""

from dataclasses import dataclass, field

import torch

from camcore.errors import CamcoreError
from camcore.files import atomic_path
from camcore.models import Classifier
from camcore.runs import Run
from camcore.weights import save_weights


@dataclass
class Progress:
    """What a training has come to: a row of the history per finished epoch."""

    rows: list[dict[str, float]] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.rows)

    @property
    def last_is_best(self) -> bool:
        """Whether no earlier epoch was as good on the validation images."""
        accuracies = [row["val_accuracy"] for row in self.rows]
        return accuracies[-1] > max(accuracies[:-1], default=-1.0)


def keep_epoch(
    run: Run, model: Classifier, optimizer: torch.optim.Optimizer, progress: Progress, row: dict[str, float]
) -> None:
    """Write a finished epoch: first all of it, in one file, then the weights and the history that follow from it."""
    progress.rows.append(row)
    run.state_path.parent.mkdir(exist_ok=True)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "rows": progress.rows}
    with atomic_path(run.state_path) as part:
        torch.save(state, part)
    _publish(run, model, progress)


def load_progress(run: Run, model: Classifier, optimizer: torch.optim.Optimizer) -> Progress:
    """Load the last finished epoch into model and optimizer; write again what a stop may have kept from being written.

    Raises:
        CamcoreError: The training is finished, or its state is damaged.
    """
    if run.finished:
        raise CamcoreError(f"{run.path} is finished; there is nothing to resume. Replace it with --overwrite.")
    if not run.state_path.exists():
        return Progress()
    try:
        state = torch.load(run.state_path, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        progress = Progress(state["rows"])
    except Exception as error:  # torch.load has no error of its own for a damaged file
        reason = type(error).__name__
        raise CamcoreError(f"{run.state_path} is damaged ({reason}). Train the run anew with --overwrite.") from error
    _publish(run, model, progress)
    return progress


def _publish(run: Run, model: Classifier, progress: Progress) -> None:
    if run.config.train.keep == "last" or progress.last_is_best:
        save_weights(run, model)
    run.write_history(progress.rows)
