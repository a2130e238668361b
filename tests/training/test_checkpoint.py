"""A training resumes from whatever was written, and refuses damaged files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from camcore.config import RunConfig
from camcore.errors import CamcoreError
from camcore.runs.run import Run, open_run
from camcore.training import checkpoint
from camcore.training.checkpoint import TrainingProgress
from camcore.workflows import train
from camcore.workflows.machine import Machine
from tests.support.command_line import CPU

UNTIMED = ["epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate"]


def resume(path: Path) -> Run:
    return train.resume_run(path, CPU)


def row(epoch: int, accuracy: float) -> dict[str, float]:
    return {"epoch": epoch, "val_accuracy": accuracy, "held_out_loss": 1 - accuracy}


@pytest.mark.parametrize("keep", ["best", "held-out"])
@pytest.mark.parametrize(
    ("accuracies", "best"),
    [([0.0], 1), ([0.5, 0.6], 2), ([0.5, 0.5], 1), ([0.5, 0.4], 1), ([0.9, 0.1, 0.8], 1), ([0.1, 0.9, 0.8], 2)],
)
def test_the_best_epoch_is_the_first_best(accuracies: list[float], best: int, keep: str) -> None:
    progress = TrainingProgress([row(epoch, accuracy) for epoch, accuracy in enumerate(accuracies, start=1)], keep)
    assert progress.epoch == len(accuracies)
    assert progress.best_epoch == best
    assert progress.epochs_since_best == len(accuracies) - best


def test_the_last_epoch_is_kept_by_default() -> None:
    assert TrainingProgress().best_epoch == 0
    progress = TrainingProgress([row(1, 0.9), row(2, 0.1)])
    assert (progress.best_epoch, progress.epochs_since_best) == (2, 0)


@pytest.mark.parametrize("keep", ["last", "best"])
@pytest.mark.parametrize("what", ["camcore.training.checkpoint.save_weights", "camcore.runs.run.Run.write_history"])
def test_a_stop_while_the_last_epoch_is_written_loses_nothing(
    what: str,
    keep: str,
    tmp_path: Path,
    tiny_folder: Path,
    tiny_config: RunConfig,
    single_thread: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        TrainingProgress, "best_epoch", property(lambda progress: progress.epoch)
    )  # so that there is a write
    config = replace(tiny_config, train=replace(tiny_config.train, keep=keep))
    whole = train.train_run(tmp_path / "whole", config, Machine(tiny_folder, "cpu", 0))
    path, keep_epoch = tmp_path / "run", checkpoint.keep_epoch

    def press_ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:

        def stop_in_second(*arguments: Any) -> None:
            if open_run(path).state_path.exists():  # the first epoch is written
                patch.setattr(what, press_ctrl_c)
            keep_epoch(*arguments)

        patch.setattr("camcore.training.loop.keep_epoch", stop_in_second)
        with pytest.raises(KeyboardInterrupt):
            train.train_run(path, config, Machine(tiny_folder, "cpu", 0))
    stopped = open_run(path)
    assert not stopped.finished
    assert resume(path).finished
    assert stopped.history()["epoch"].tolist() == [1, 2]
    pd.testing.assert_frame_equal(stopped.history()[UNTIMED], whole.history()[UNTIMED], check_exact=True)
    assert stopped.weights_path.read_bytes() == whole.weights_path.read_bytes()


def test_a_finished_run_has_nothing_to_resume(trained_run: Run) -> None:
    with pytest.raises(CamcoreError) as caught:
        resume(trained_run.path)
    assert str(caught.value) == (
        f"{trained_run.path} is finished; there is nothing to resume. Replace it with --overwrite."
    )


def write_garbage(path: Path) -> None:
    path.write_bytes(b"not a state")


def write_half(path: Path) -> None:
    torch.save({"model": {}}, path)


def write_other_network(path: Path) -> None:
    torch.save({"model": {"surprise": torch.zeros(1)}, "optimizer": {}, "rows": []}, path)


@pytest.mark.parametrize(
    ("write", "reason"),
    [(write_garbage, "UnpicklingError"), (write_half, "RuntimeError"), (write_other_network, "RuntimeError")],
)
def test_a_damaged_state_is_named_in_one_line(write: Callable[[Path], None], reason: str, own_run: Run) -> None:
    own_run.resume_path.mkdir()
    write(own_run.state_path)
    before = own_run.weights_path.read_bytes()
    with pytest.raises(CamcoreError) as caught:
        resume(own_run.path)
    assert str(caught.value) == f"{own_run.state_path} is damaged ({reason}). Train the run again with --overwrite."
    assert own_run.weights_path.read_bytes() == before
    assert len(own_run.history()) == 2
