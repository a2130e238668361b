"""Training: the same to the bit from the same seed, whatever interrupts it; figures by hand."""

import itertools
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from camcore import new_runs
from camcore.config import ModelConfig, RunConfig, TrainConfig
from camcore.datasets.image_folder import open_image_folder
from camcore.datasets.sample import Box, Dataset
from camcore.errors import CamcoreError
from camcore.loading import SeenImages
from camcore.models import Classifier
from camcore.runs import Run, create_run, open_run
from camcore.train import Trainer, build_optimizer, build_schedule, describe_epoch, evaluate, train

CPU = torch.device("cpu")
TIMINGS = ["seconds", "images_per_second"]
TrainIn = Callable[..., Run]


@pytest.fixture
def dataset(tiny_folder: Path) -> Dataset:
    return open_image_folder(tiny_folder)


@pytest.fixture
def small_config(tiny_config: RunConfig) -> RunConfig:
    return replace(
        tiny_config,
        view=replace(tiny_config.view, size=32),
        train=replace(tiny_config.train, augmentation="standard", epochs=3),
    )


@pytest.fixture
def start(tmp_path: Path, dataset: Dataset, small_config: RunConfig, single_thread: None) -> TrainIn:
    """Return a function that trains a new run, or goes on with the one there is."""

    def start_training(name: str, resume: bool = False, workers: int = 0, **changes: Any) -> Run:
        path = tmp_path / name
        config = replace(small_config, train=replace(small_config.train, **changes))
        run = open_run(path) if resume else create_run(path, config, dataset.class_names, {})
        torch.manual_seed(run.config.train.seed)
        model = Classifier(run.config.model, run.config.view, len(dataset.class_names))
        train(run, dataset, model, CPU, resume, workers)
        return run

    return start_training


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

    monkeypatch.setattr("camcore.train.build_schedule", build)


def test_the_same_seed_gives_the_same_run_to_the_bit(start: TrainIn) -> None:
    first, second, other = start("first"), start("second"), start("other", seed=1)
    assert_same_training(first, second)
    assert first.weights_path.read_bytes() != other.weights_path.read_bytes()


def test_workers_change_nothing(start: TrainIn) -> None:
    assert_same_training(start("none", epochs=2), start("one", workers=1, epochs=2))


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_going_on_gives_what_would_have_come_without_the_interruption(
    optimizer: str, start: TrainIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = start("whole", optimizer=optimizer)
    with monkeypatch.context() as patch:
        interrupt_at(4, patch)  # the second batch of the second epoch of three batches
        with pytest.raises(KeyboardInterrupt):
            start("stopped", optimizer=optimizer)
    stopped = open_run(whole.path.with_name("stopped"))
    assert not stopped.finished
    assert stopped.history()["epoch"].tolist() == [1]
    assert stopped.weights_path.exists(), "a stopped run can be explained"
    start("stopped", resume=True)
    assert stopped.finished
    assert_same_training(whole, stopped)


def test_an_interruption_before_the_first_epoch_ends_can_be_resumed(
    start: TrainIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = start("whole", epochs=1)
    with monkeypatch.context() as patch:
        interrupt_at(1, patch)
        with pytest.raises(KeyboardInterrupt):
            start("stopped", epochs=1)
    stopped = open_run(whole.path.with_name("stopped"))
    assert stopped.history().empty
    start("stopped", resume=True)
    assert_same_training(whole, stopped)


def test_a_finished_run_holds_weights_and_history_and_nothing_else(trained_run: Run) -> None:
    names = {path.name for path in trained_run.path.iterdir()}
    assert names == {"run.json", "local.json", "history.csv", "model.safetensors", "explained"}
    history = trained_run.history()
    assert history["epoch"].tolist() == [1, 2]
    assert history[["train_accuracy", "val_accuracy"]].stack().between(0, 1).all()
    assert (history[["train_loss", "val_loss", "seconds", "images_per_second"]] > 0).all(axis=None)


@pytest.mark.parametrize(("keep", "kept"), [("last", 3), ("best", 2)])
def test_the_weights_kept_are_those_of_the_epoch_asked_for(
    keep: str, kept: int, start: TrainIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies, seen = [0.5, 0.9, 0.9], []

    def evaluate_as_told(trainer: Trainer, *_: Any) -> dict[str, float]:
        seen.append({name: tensor.clone() for name, tensor in trainer.model.state_dict().items()})
        return {"val_loss": 1.0, "val_accuracy": accuracies[len(seen) - 1]}

    monkeypatch.setattr("camcore.train.evaluate", evaluate_as_told)
    run = start("run", keep=keep)
    weights = load_file(run.weights_path)
    equal = [all(torch.equal(weights[name], state[name]) for name in state) for state in seen]
    assert equal == [epoch == kept for epoch in (1, 2, 3)]


def test_images_of_two_classes_do_not_count_for_accuracy(
    dataset: Dataset, start: TrainIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[list[int]] = []

    def remember(_trainer: Trainer, images: Any, labels: Tensor) -> dict[str, float]:
        assert len(images) == len(labels)
        counted.append(labels.tolist())
        return {"val_loss": 1.0, "val_accuracy": 0.0}

    two = replace(dataset.val[2], boxes=(Box(0, 0, 9, 9, dataset.val[2].label), Box(9, 9, 20, 20, 0)))
    assert two.other_label == 0
    val = (*dataset.val[:2], two, *dataset.val[3:])
    monkeypatch.setattr("camcore.train.evaluate", remember)
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
    with pytest.raises(CamcoreError) as caught:
        train(run, dataset, model, CPU, workers=0)
    assert str(caught.value) == (
        f"The loss is nan in epoch 1, batch 1, at learning rate {rate}. Nothing of this epoch is kept."
        " Train anew with a lower --learning-rate."
    )
    assert run.history().empty
    assert not run.weights_path.exists()


def test_the_schedule_by_hand() -> None:
    share = build_schedule(TrainConfig(epochs=4, warmup_epochs=1), steps_per_epoch=4)
    assert [share(step) for step in range(5)] == [0.2, 0.4, 0.6, 0.8, 1.0]  # 16 steps, 4 of them warm-up
    assert share(10) == pytest.approx(0.5)  # half way down the cosine
    assert share(7) == pytest.approx(0.5 * (1 + math.sqrt(0.5)))
    assert share(15) == pytest.approx(0.5 * (1 + math.cos(math.pi * 11 / 12)))


def test_the_schedule_falls_after_its_peak_and_never_reaches_zero() -> None:
    share = build_schedule(TrainConfig(epochs=5, warmup_epochs=0), steps_per_epoch=3)
    shares = [share(step) for step in range(15)]
    assert shares[0] == 1
    assert all(later < earlier for earlier, later in itertools.pairwise(shares))
    assert shares[-1] > 0


def test_warm_up_takes_half_of_a_short_training_at_most() -> None:
    share = build_schedule(TrainConfig(epochs=1, warmup_epochs=9), steps_per_epoch=8)
    assert [share(step) for step in range(5)] == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_the_rate_of_the_history_is_that_of_the_epoch_s_last_step(trained_run: Run) -> None:
    config = trained_run.config.train
    share = build_schedule(config, 3)  # 12 images in batches of 4
    expected = [config.learning_rate * share(step) for step in (2, 5)]
    assert trained_run.history()["learning_rate"].tolist() == expected


def test_only_matrices_and_kernels_decay() -> None:
    model = Classifier(ModelConfig("resnet10_narrow"), RunConfig().view, 3)
    decayed, others = build_optimizer(model, TrainConfig(weight_decay=0.3)).param_groups
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.3, 0.0)
    assert all(parameter.ndim >= 2 for parameter in decayed["params"])
    assert all(parameter.ndim == 1 for parameter in others["params"])
    assert len(decayed["params"]) + len(others["params"]) == len(list(model.parameters()))


@pytest.mark.parametrize(("name", "kind"), [("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)])
def test_the_optimizer_is_the_one_asked_for(name: str, kind: type) -> None:
    model = Classifier(ModelConfig("resnet10_narrow"), RunConfig().view, 3)
    optimizer = build_optimizer(model, TrainConfig(optimizer=name, learning_rate=0.25))
    assert type(optimizer) is kind
    assert {group["lr"] for group in optimizer.param_groups} == {0.25}


def test_evaluation_by_hand(dataset: Dataset, small_config: RunConfig) -> None:
    # A head of zero weights gives its bias for every image: logits log 1, log 2, log 5.
    model = Classifier(small_config.model, small_config.view, 3)
    with torch.no_grad():
        model.head[-1].weight.zero_()
        model.head[-1].bias.copy_(torch.tensor([1.0, 2.0, 5.0]).log())
    images = SeenImages(dataset, dataset.val, "squash", 32)
    labels = [sample.label for sample in dataset.val]
    trainer = Trainer(small_config.train, model, build_optimizer(model, small_config.train), CPU, "fp32")
    found = evaluate(trainer, images, torch.tensor(labels))
    assert not model.training
    assert sorted(labels) == [0, 0, 1, 1, 2, 2]
    assert found["val_accuracy"] == pytest.approx(1 / 3)
    assert found["val_loss"] == pytest.approx(-sum(math.log(share / 8) for share in (1, 2, 5)) / 3)


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
    monkeypatch.setattr("camcore.train.evaluate", lambda *_: {"val_loss": float("nan"), "val_accuracy": 0.0})
    with pytest.raises(CamcoreError) as caught:
        new_runs.train_run(tmp_path / "run", tiny_config, tiny_folder, device="cpu", workers=0)
    assert str(caught.value) == (
        "The validation loss is nan after epoch 1: the training diverges. Nothing of this epoch is kept."
        " Train anew with a lower --learning-rate."
    )
    assert not (tmp_path / "run" / "history.csv").exists()
