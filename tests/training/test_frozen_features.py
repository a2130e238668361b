"""Features of a frozen trunk: same head as normal training, computed once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from camcore.config import RunConfig
from camcore.data.dataset import Dataset
from camcore.data.image_folder import open_image_folder
from camcore.errors import CamcoreError
from camcore.explained import trunk_choice
from camcore.explained.explain import explain
from camcore.explained.job import make_job
from camcore.explained.trunk_choice import describe_choice
from camcore.heatmaps.sources import parse_sources
from camcore.models.classifier import Classifier
from camcore.runs.create import create_run
from camcore.runs.run import Run
from camcore.runs.weights import load_model
from camcore.system.threads import OrderedThreads
from camcore.training import frozen_features
from camcore.training.frozen_features import FrozenTrunk
from camcore.training.loop import train

CPU = torch.device("cpu")
TrainIn = Callable[..., Run]


@pytest.fixture
def dataset(tiny_folder: Path) -> Dataset:
    return open_image_folder(tiny_folder)


@pytest.fixture
def frozen_config(tiny_config: RunConfig) -> RunConfig:
    changes = {"augmentation": "light", "epochs": 3, "frozen": "trunk", "precision": "fp32", "learning_rate": 0.01}
    return replace(
        tiny_config, model=replace(tiny_config.model, map_stride=32), train=replace(tiny_config.train, **changes)
    )


@pytest.fixture
def start(
    tmp_path: Path, dataset: Dataset, frozen_config: RunConfig, single_thread: None, monkeypatch: pytest.MonkeyPatch
) -> TrainIn:
    monkeypatch.setenv("CAMCORE_CACHE", str(tmp_path / "cache"))

    def start_training(name: str, head: str = "gap", **changes: Any) -> Run:
        config = replace(frozen_config, train=replace(frozen_config.train, **changes))
        config = replace(config, model=replace(config.model, head=head))
        run = create_run(tmp_path / name, config, dataset.class_names, {})
        torch.manual_seed(config.train.seed)
        model = Classifier(config.model, config.view, len(dataset.class_names))
        train(run, dataset, model, CPU, workers=0)
        return run

    return start_training


def difference(first: Run, second: Run) -> float:
    a, b = load_file(first.weights_path), load_file(second.weights_path)
    return max(float((a[name].float() - b[name].float()).abs().max()) for name in a)


@pytest.mark.parametrize("head", ["gap", "mlp"])
@pytest.mark.parametrize("augmentation", ["none", "light", "standard"])
def test_frozen_features_give_the_same_head(head: str, augmentation: str, start: TrainIn) -> None:
    through = start("through", head, augmentation=augmentation)
    cached = start("cached", head, augmentation=augmentation, views=3)  # one for each epoch
    untrained = start("untrained", head, augmentation=augmentation, epochs=1, learning_rate=1e-30)
    assert difference(through, cached) < 1e-5
    assert difference(through, untrained) > 1e-3
    ours, theirs = cached.history(), through.history()
    for column in ("train_loss", "val_loss", "val_accuracy"):
        np.testing.assert_allclose(ours[column], theirs[column], atol=1e-5)


def test_views_come_in_turn(start: TrainIn) -> None:
    through = start("through")
    assert difference(through, start("two", views=2)) > 1e-4, "the third epoch sees the first view again"


def test_features_are_computed_once(start: TrainIn, monkeypatch: pytest.MonkeyPatch) -> None:
    first = start("first", views=2)
    monkeypatch.setattr(frozen_features, "FastTrunk", lambda *_: pytest.fail("the trunk ran again"))
    assert difference(first, start("again", views=2)) == 0
    start("other head", "mlp", views=2)
    with pytest.raises(pytest.fail.Exception):
        start("other seed", views=2, seed=1)


@pytest.mark.parametrize("changed", ["weights", "images", "view", "augmentation", "mean"])
def test_whatever_decides_the_features_has_a_file_of_its_own(
    changed: str, dataset: Dataset, frozen_config: RunConfig, start: TrainIn
) -> None:
    config = replace(frozen_config, train=replace(frozen_config.train, views=1))
    torch.manual_seed(0)
    model = Classifier(config.model, config.view, 3).eval()

    def compute() -> np.ndarray[Any, Any]:
        return FrozenTrunk(model, dataset, config, OrderedThreads(0)).pooled(dataset.train, 1, "computing")

    before = compute()
    if changed == "weights":
        next(model.trunk.parameters()).data.mul_(-1)
    elif changed == "images":
        dataset = replace(dataset, train=dataset.train[::-1])
    elif changed == "view":
        config = replace(config, view=replace(config.view, size=48))
    elif changed == "augmentation":
        config = replace(config, train=replace(config.train, augmentation="none"))
    else:
        config = replace(config, view=replace(config.view, mean=(0.0, 0.0, 0.0)))
        model = Classifier(config.model, config.view, 3).eval()
    assert not np.allclose(before, compute())


def test_lanes_change_nothing(dataset: Dataset, frozen_config: RunConfig, start: TrainIn) -> None:
    config = replace(frozen_config, train=replace(frozen_config.train, augmentation="standard"))
    torch.manual_seed(0)
    model = Classifier(config.model, config.view, 3).eval()
    result = []
    for count in (0, 3):
        with OrderedThreads(count) as threads:
            trunk = FrozenTrunk(model, dataset, config, threads)
            result.append(np.array(trunk.pooled(dataset.train, 4, "computing")))
            trunk._find(dataset.train, 4).unlink()
    np.testing.assert_allclose(result[0], result[1], rtol=1e-5, atol=1e-6)


def test_the_run_is_one_like_any_other(start: TrainIn, dataset: Dataset) -> None:
    run = start("run", views=1)
    assert run.finished
    model = Classifier(run.config.model, run.config.view, 3)
    model.load_state_dict(load_file(run.weights_path))
    explanation = explain(make_job(run, dataset, model, None, CPU), workers=0)
    assert explanation.cam_able
    assert explanation.accuracy == pytest.approx(run.history()["val_accuracy"].iloc[-1])


def test_patience_ends_the_training_at_the_best_epoch(start: TrainIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from camcore.training import loop

    evaluate, losses, heads = loop.evaluate, iter([0.9, 0.5, 0.7, 0.6, 0.1]), []

    def evaluate_as_told(trainer: loop.Trainer, judged: Any, split: str) -> dict[str, float]:
        result = evaluate(trainer, judged, split)
        if split == "held_out":
            heads.append({name: value.clone() for name, value in trainer.state.model.head.state_dict().items()})
            result["held_out_loss"] = next(losses)
        return result

    monkeypatch.setattr(loop, "evaluate", evaluate_as_told)
    run = start("run", views=1, epochs=9, keep="held-out", patience=2)
    assert run.history()["epoch"].tolist() == [1, 2, 3, 4]
    assert run.finished
    weights = load_file(run.weights_path)
    assert all(torch.equal(weights[f"head.{name}"], value) for name, value in heads[1].items())
    assert run.kept_epoch() == 2
    row = run.kept_row()
    assert row is not None
    assert row["epoch"] == 2


def test_a_full_disk_is_named_with_the_remedy(start: TrainIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen_features.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 100})())
    with pytest.raises(
        CamcoreError, match=r"The features need 0\.0 GB in .*, where 0\.0 GB are free\. .*CAMCORE_CACHE"
    ):
        start("run", views=1)


def test_a_head_without_mean_pooling_is_refused(tmp_path: Path, dataset: Dataset, frozen_config: RunConfig) -> None:
    config = replace(
        frozen_config,
        model=replace(frozen_config.model, backbone="vgg16", head="native", map_stride=32),
        train=replace(frozen_config.train, views=1),
    )
    run = create_run(tmp_path / "run", config, dataset.class_names, {})
    with pytest.raises(CamcoreError) as caught:
        train(run, dataset, Classifier(config.model, config.view, 3), CPU, workers=0)
    assert str(caught.value) == (
        "vgg16 with head 'native' does not begin with mean pooling, so there are no pooled features to keep."
        " Use --head gap, or --views 0."
    )


@pytest.mark.parametrize("precision", ["auto", "exact"])
def test_explaining_takes_the_features_that_the_training_kept(
    precision: str, start: TrainIn, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trunk_choice, "WORTH_PROBING", 0)
    run = start("run", views=1)
    model = load_model(run)
    exact = explain(make_job(run, dataset, model, None, CPU), workers=0, precision="exact")
    expected = {source: np.array(exact.maps(source)) for source in ("cam", "grad_cam")}
    predicted = exact.samples["predicted"].tolist()
    if precision == "auto":
        monkeypatch.setattr(trunk_choice, "_variants_of", lambda _: pytest.fail("the trunk is not needed"))
    result = explain(make_job(run, dataset, model, None, CPU), workers=2, precision=precision)
    assert result.manifest.precision.path == ("kept features" if precision == "auto" else "fp32")
    for source, maps in expected.items():
        np.testing.assert_allclose(result.maps(source), maps, rtol=0.01, atol=1e-3)
    assert result.samples["predicted"].tolist() == predicted
    if precision == "auto":
        sentence = describe_choice(result.manifest.precision)
        assert sentence.startswith(
            "Computing from the features that the training kept; checked on 6 images: 0 predictions"
        )


def test_outdated_features_are_not_used(start: TrainIn, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk_choice, "WORTH_PROBING", 0)
    monkeypatch.setattr(trunk_choice, "_variants_of", lambda _: [])
    run = start("run", views=1)
    (file,) = frozen_features.cache_folder().glob("*-maps.npy")
    np.save(file, np.load(file)[::-1])
    result = explain(make_job(run, dataset, load_model(run), None, CPU), workers=0)
    assert result.manifest.precision.path == "fp32"


def test_an_earlier_layer_needs_the_trunk(start: TrainIn, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk_choice, "WORTH_PROBING", 0)
    monkeypatch.setattr(trunk_choice, "_variants_of", lambda _: [])
    run = start("run", views=1)
    model = load_model(run)
    sources = parse_sources("cam,grad_cam@layer3", model.layer_names)
    result = explain(make_job(run, dataset, model, sources, CPU))
    assert result.manifest.precision.path == "fp32"
