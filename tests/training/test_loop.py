"""Training: bit-identical for the same seed despite interruptions; figures by hand."""

import contextlib
import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from camcore.config import RunConfig, TrainConfig
from camcore.data.dataset import Box, Dataset
from camcore.data.image_folder import open_image_folder
from camcore.data.model_input import ViewedImages
from camcore.errors import CamcoreError
from camcore.models.classifier import Classifier
from camcore.runs.create import create_run
from camcore.runs.run import Run, open_run
from camcore.system.signals import StoppedTraining, StopRequest
from camcore.training.data import EvalData
from camcore.training.loading import EpochSampler
from camcore.training.loop import Trainer, build_trainer, describe_epoch, evaluate, train
from camcore.training.optimization import build_schedule
from camcore.workflows.machine import Machine
from camcore.workflows.train import train_run

CPU = torch.device("cpu")
TIMINGS = ["seconds", "images_per_second"]
TrainIn = Callable[..., Run]


@pytest.fixture(scope="module")
def dataset(tiny_folder: Path) -> Dataset:
    return open_image_folder(tiny_folder)


@pytest.fixture(scope="module")
def small_config(tiny_config: RunConfig) -> RunConfig:
    return replace(
        tiny_config,
        view=replace(tiny_config.view, size=32),
        train=replace(tiny_config.train, augmentation="standard", epochs=3),
    )


@pytest.fixture
def start(tmp_path: Path, start_in: Callable[[Path], TrainIn]) -> TrainIn:
    """Return a function that trains a new run or resumes the existing one."""
    return start_in(tmp_path)


@pytest.fixture(scope="module")
def start_in(dataset: Dataset, small_config: RunConfig, single_thread: None) -> Callable[[Path], TrainIn]:
    """Return a function that makes a `start` for a folder."""
    return lambda folder: partial(_start_training, folder, dataset, small_config)


@pytest.fixture(scope="module")
def train_whole(tmp_path_factory: pytest.TempPathFactory, start_in: Callable[[Path], TrainIn]) -> TrainIn:
    """Return a function that trains without interruption, once for equal settings. Its runs are shared."""
    runs: dict[str, Run] = {}

    def train_once(**changes: Any) -> Run:
        if (key := str(changes)) not in runs:
            runs[key] = start_in(tmp_path_factory.mktemp("whole"))("whole", **changes)
        return runs[key]

    return train_once


def _start_training(
    folder: Path,
    dataset: Dataset,
    small_config: RunConfig,
    name: str,
    resume: bool = False,
    workers: int = 0,
    **changes: Any,
) -> Run:
    path = folder / name
    config = replace(small_config, train=replace(small_config.train, **changes))
    run = open_run(path) if resume else create_run(path, config, dataset.class_names, {})
    torch.manual_seed(run.config.train.seed)
    model = Classifier(run.config.model, run.config.view, len(dataset.class_names))
    train(run, dataset, model, CPU, resume, workers)
    return run


def assert_same_training(first: Run, second: Run) -> None:
    pd.testing.assert_frame_equal(
        first.history().drop(columns=TIMINGS), second.history().drop(columns=TIMINGS), check_exact=True
    )
    assert first.weights_path.read_bytes() == second.weights_path.read_bytes()


def interrupt_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C at a step, counted from 0 over all epochs."""

    def build(config: TrainConfig, steps_per_epoch: int) -> Callable[[int], float]:
        share = build_schedule(config, steps_per_epoch)

        def interrupted(at: int) -> float:
            if at == step:
                raise KeyboardInterrupt
            return share(at)

        return interrupted

    monkeypatch.setattr("camcore.training.loop.build_schedule", build)


def test_the_same_seed_gives_the_same_run_to_the_bit(start: TrainIn) -> None:
    first, second, other = start("first"), start("second"), start("other", seed=1)
    assert_same_training(first, second)
    assert first.weights_path.read_bytes() != other.weights_path.read_bytes()


def test_workers_change_nothing(start: TrainIn) -> None:
    settings = {"epochs": 2, "mixing": 0.7}
    assert_same_training(start("none", **settings), start("one", workers=1, **settings))


EVERY_WAY = pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "adamw"},
        {"optimizer": "sgd"},
        {"ema": 0.9, "mixing": 0.7, "layer_decay": 0.5},
        {"frozen": "trunk", "ema": 0.5},
        {"frozen": "trunk", "views": 2, "keep": "held-out"},
    ],
    ids=["adamw", "sgd", "average and mixing", "frozen trunk", "kept features"],
)


@EVERY_WAY
def test_resume_gives_same_weights_and_history(
    settings: dict[str, Any], start: TrainIn, train_whole: TrainIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_whole(**settings)
    with monkeypatch.context() as patch:
        interrupt_at(3, patch)  # in the second epoch, of three batches, or of two where images are held out
        with pytest.raises(KeyboardInterrupt):
            start("stopped", **settings)
    stopped = open_run(tmp_path / "stopped")
    assert not stopped.finished
    assert stopped.history()["epoch"].tolist() == [1]
    waits = not settings.get("views")
    assert stopped.weights_path.exists() == waits, "a stopped run can be explained; on kept features it lasts seconds"
    start("stopped", resume=True)
    assert stopped.finished
    assert_same_training(whole, stopped)


def stop_after(checks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the training at its n-th check; it checks after each step and epoch."""

    @contextmanager
    def stop() -> Iterator[StopRequest]:
        class Late(StopRequest):
            asked = 0

            @property
            def requested(self) -> bool:  # type: ignore[override]
                self.asked += 1
                return self.asked >= checks

        yield Late()

    monkeypatch.setattr("camcore.training.loop.stop_between_steps", stop)


@EVERY_WAY
def test_a_stop_after_a_step_loses_nothing(
    settings: dict[str, Any], start: TrainIn, train_whole: TrainIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Workers load images alike for every optimizer: the settings with the most random choices have one.
    workers = int("mixing" in settings)
    whole = train_whole(**settings)
    path = tmp_path / "stopped"
    epochs, stops = 0, 0
    for checks in (2, 1, 3, 4, 1):  # within an epoch, behind its last step, behind the epoch, and not at all
        with monkeypatch.context() as patch, contextlib.suppress(StoppedTraining):
            stop_after(checks, patch)
            start("stopped", resume=path.exists(), workers=workers, **settings)
        stopped = open_run(path)
        if stopped.finished:
            break
        stops += 1
        assert len(stopped.history()) >= epochs
        epochs = len(stopped.history())
    else:
        start("stopped", resume=True, workers=workers, **settings)
    assert stops >= 3
    assert_same_training(whole, stopped)


def test_resume_within_the_first_epoch(start: TrainIn, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = start("whole", epochs=1)
    with monkeypatch.context() as patch:
        interrupt_at(1, patch)
        with pytest.raises(KeyboardInterrupt):
            start("stopped", epochs=1)
    stopped = open_run(whole.path.with_name("stopped"))
    assert stopped.history().empty
    start("stopped", resume=True)
    assert_same_training(whole, stopped)


def test_a_finished_run_holds_weights_and_history(trained_run: Run) -> None:
    names = {path.name for path in trained_run.path.iterdir()}
    lists = {"images.parquet", "SHA256SUMS"}
    assert names == {"run.json", "local.json", "history.csv", "model.safetensors", "explained", *lists}
    history = trained_run.history()
    assert history["epoch"].tolist() == [1, 2]
    assert history[["train_accuracy", "val_accuracy"]].stack().between(0, 1).all()
    assert (history[["train_loss", "val_loss", "seconds", "images_per_second"]] > 0).all(axis=None)


@pytest.mark.parametrize(("keep", "kept_epoch"), [("last", 3), ("best", 2)])
def test_the_weights_kept_are_those_of_the_epoch_asked_for(
    keep: str, kept_epoch: int, start: TrainIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies, seen = [0.5, 0.9, 0.9], []

    def evaluate_as_told(trainer: Trainer, *_: Any) -> dict[str, float]:
        seen.append({name: tensor.clone() for name, tensor in trainer.state.kept.state_dict().items()})
        return {"val_loss": 1.0, "val_accuracy": accuracies[len(seen) - 1]}

    monkeypatch.setattr("camcore.training.loop.evaluate", evaluate_as_told)
    run = start("run", keep=keep)
    weights = load_file(run.weights_path)
    equal = [all(torch.equal(weights[name], state[name]) for name in state) for state in seen]
    assert equal == [epoch == kept_epoch for epoch in (1, 2, 3)]


def test_images_of_two_classes_do_not_count_for_accuracy(
    dataset: Dataset, start: TrainIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[list[int]] = []

    def remember(_trainer: Trainer, judged: EvalData, _split: str) -> dict[str, float]:
        assert len(judged.inputs) == len(judged.labels)  # type: ignore[arg-type]
        counted.append(judged.labels.tolist())
        return {"val_loss": 1.0, "val_accuracy": 0.0}

    two = replace(dataset.val[2], boxes=(Box(0, 0, 9, 9, dataset.val[2].label), Box(9, 9, 20, 20, 0)))
    assert two.other_label == 0
    val = (*dataset.val[:2], two, *dataset.val[3:])
    monkeypatch.setattr("camcore.training.loop.evaluate", remember)
    run = start("plain", epochs=1)
    model = Classifier(run.config.model, run.config.view, 3)
    shutil.rmtree(run.path)
    run = create_run(run.path, run.config, dataset.class_names, {})
    train(run, replace(dataset, val=val), model, CPU, workers=0)
    labels = [sample.label for sample in dataset.val]
    assert counted == [labels, labels[:2] + labels[3:]]


@pytest.mark.parametrize("rate", [1e-3, 0.5])
def test_a_loss_that_is_not_finite_ends_the_training(
    rate: float, tmp_path: Path, dataset: Dataset, small_config: RunConfig
) -> None:
    config = replace(small_config, train=replace(small_config.train, warmup_epochs=0.0, learning_rate=rate))
    run = create_run(tmp_path / "run", config, dataset.class_names, {})
    model = Classifier(config.model, config.view, 3)
    torch.nn.init.constant_(model.head[-1].weight, math.nan)
    order = EpochSampler(len(dataset.train), config.train.seed).order()
    first = [dataset.train[index].id for index in order[: config.train.batch_size]]
    with pytest.raises(CamcoreError) as caught:
        train(run, dataset, model, CPU, workers=0)
    assert str(caught.value) == (
        f"The loss is nan in epoch 1, batch 1 ({', '.join(first[:3])} and 1 more), at learning rate {rate}."
        " Nothing of this epoch is kept. Train again with a lower --learning-rate."
    )
    assert run.history().empty
    assert not run.weights_path.exists()


def test_the_history_holds_the_last_learning_rate(trained_run: Run) -> None:
    config = trained_run.config.train
    share = build_schedule(config, 3)  # 12 images in batches of 4
    expected = [config.learning_rate * share(step) for step in (2, 5)]
    assert trained_run.history()["learning_rate"].tolist() == expected


def test_evaluation_by_hand(dataset: Dataset, small_config: RunConfig) -> None:
    # A head of zero weights gives its bias for every image: logits log 1, log 2, log 5.
    model = Classifier(small_config.model, small_config.view, 3)
    with torch.no_grad():
        model.head[-1].weight.zero_()
        model.head[-1].bias.copy_(torch.tensor([1.0, 2.0, 5.0]).log())
    images = ViewedImages(dataset, dataset.val, "squash", 32)
    labels = [sample.label for sample in dataset.val]
    trainer = build_trainer(replace(small_config.train, precision="fp32"), model, 3, CPU)
    evaluation = evaluate(trainer, EvalData(images, torch.tensor(labels)), "val")
    assert not model.training
    assert sorted(labels) == [0, 0, 1, 1, 2, 2]
    assert evaluation["val_accuracy"] == pytest.approx(1 / 3)
    assert evaluation["val_loss"] == pytest.approx(-sum(math.log(share / 8) for share in (1, 2, 5)) / 3)


def test_a_last_batch_of_one_image_is_left_out(
    dataset: Dataset, start: TrainIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 12 images in batches of 11: the one left over has no batch statistics to be normalised by.
    start("run", epochs=1, batch_size=11)


def test_smoothing_is_for_training_only(start: TrainIn) -> None:
    # Smoothed or not, a learning rate of almost nothing leaves the same model and so the same validation loss.
    plain, smooth = (
        start(name, epochs=1, learning_rate=1e-30, label_smoothing=smoothing).history().iloc[0]
        for name, smoothing in (("plain", 0.0), ("smooth", 0.4))
    )
    assert plain["val_loss"] == smooth["val_loss"]
    assert plain["train_loss"] != smooth["train_loss"]


def test_an_epoch_in_one_line() -> None:
    row = {"epoch": 7, "train_loss": 1.23456, "train_accuracy": 0.5, "val_loss": 2.0, "val_accuracy": 0.875}
    assert describe_epoch(row | {"seconds": 1.25, "images_per_second": 95.6}, 30) == (
        "epoch   7/30  train loss 1.235  accuracy 0.500  val loss 2.000  accuracy 0.875  1.2 s  96 images/s"
    )


def test_a_validation_loss_that_is_not_finite_ends_the_training(
    tmp_path: Path, tiny_folder: Path, tiny_config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("camcore.training.loop.evaluate", lambda *_: {"val_loss": float("nan"), "val_accuracy": 0.0})
    with pytest.raises(CamcoreError) as caught:
        train_run(tmp_path / "run", tiny_config, Machine(tiny_folder, "cpu", 0))
    assert str(caught.value) == (
        "The validation loss is nan after epoch 1: the training diverges. Nothing of this epoch is kept."
        " Train again with a lower --learning-rate."
    )
    assert not (tmp_path / "run" / "history.csv").exists()


def test_the_average_of_the_weights_is_what_is_kept(start: TrainIn) -> None:
    # The first update copies the weights; the later ones leave a share of `ema` of what was there before.
    settings = {"epochs": 1, "batch_size": 6, "precision": "fp32"}  # two steps
    last, averaged = (
        load_file(start(name, ema=ema, **settings).weights_path) for name, ema in (("last", 0.0), ("average", 0.75))
    )
    first_step = load_file(start("first", epochs=1, batch_size=6, precision="fp32", ema=1 - 1e-9).weights_path)
    name = "head.2.weight"
    assert not torch.equal(last[name], first_step[name])
    torch.testing.assert_close(averaged[name], 0.75 * first_step[name] + 0.25 * last[name])
    statistics = "trunk.bn1.running_mean"
    torch.testing.assert_close(averaged[statistics], 0.75 * first_step[statistics] + 0.25 * last[statistics])


@pytest.mark.parametrize(
    ("frozen", "fixed"),
    [("none", ()), ("batchnorm", ("bn", "downsample.1")), ("trunk", ("trunk.",))],
)
def test_what_is_frozen_stays_as_it_was(frozen: str, fixed: tuple[str, ...], start: TrainIn) -> None:
    run = start("run", epochs=1, frozen=frozen)
    torch.manual_seed(run.config.train.seed)
    before = Classifier(run.config.model, run.config.view, 3).state_dict()
    after = load_file(run.weights_path)
    same = {name for name in after if torch.equal(after[name], before[name])}
    expected = {name for name in after if any(part in name for part in fixed)}
    assert same == expected


def test_training_crops_may_be_smaller_than_what_is_judged(start: TrainIn, monkeypatch: pytest.MonkeyPatch) -> None:
    sides: list[tuple[bool, int]] = []
    features = Classifier.features

    def remember(model: Classifier, images: Tensor) -> Tensor:
        sides.append((model.training, images.shape[-1]))
        return features(model, images)

    monkeypatch.setattr(Classifier, "features", remember)
    run = start("run", epochs=1, train_size=40)
    assert set(sides) == {(True, 40), (False, run.config.view.size)}
