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
    """What a training has come to: everything that resuming needs beside weights and optimizer."""

    epoch: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)

    @property
    def best_accuracy(self) -> float:
        """The highest validation accuracy of any epoch so far, -1 before the first."""
        return max((row["val_accuracy"] for row in self.rows), default=-1.0)


def keep_epoch(
    run: Run, model: Classifier, optimizer: torch.optim.Optimizer, progress: Progress, row: dict[str, float]
) -> None:
    """Write a finished epoch: what resuming needs first, in one file, then the weights and the history that follow."""
    is_best = row["val_accuracy"] > progress.best_accuracy
    progress.epoch = int(row["epoch"])
    progress.rows.append(row)
    run.resume_path.mkdir(exist_ok=True)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "rows": progress.rows}
    with atomic_path(run.resume_path / "state.pt") as part:
        torch.save(state, part)
    if run.config.train.keep == "last" or is_best:
        save_weights(run, model)
    run.write_history(progress.rows)


def load_progress(run: Run, model: Classifier, optimizer: torch.optim.Optimizer) -> Progress:
    """Load the last finished epoch into model and optimizer.

    Raises:
        CamcoreError: The training is finished, or its state is damaged.
    """
    if run.finished:
        raise CamcoreError(f"{run.path} is finished; there is nothing to resume. Replace it with --overwrite.")
    path = run.resume_path / "state.pt"
    if not path.exists():
        return Progress()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        rows = state["rows"]
    except Exception as error:  # torch.load has no error of its own for a damaged file
        raise CamcoreError(f"{path} is damaged ({error}). Train the run anew with --overwrite.") from error
    return Progress(int(rows[-1]["epoch"]), rows)
