"""A pass over the validation split stores what the model computes."""

import math
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from camcore.config import ModelConfig, RunConfig
from camcore.data.dataset import Box, Dataset, Sample
from camcore.data.image_folder import open_image_folder
from camcore.data.model_input import Decoder
from camcore.errors import CamcoreError, RunError
from camcore.explained.explain import choose_targets, explain
from camcore.explained.explanation import TARGETS, Explanation, open_explanation
from camcore.explained.job import make_job
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.sources import Source, parse_sources
from camcore.models.classifier import Classifier
from camcore.runs.create import create_run
from camcore.runs.run import Run
from camcore.runs.weights import load_model, save_weights
from camcore.workflows.explain import find_stored

CPU = torch.device("cpu")
SOURCES = ("cam", "grad_cam", "grad_cam@layer3")


@pytest.fixture
def dataset(tiny_folder: Path) -> Dataset:
    return open_image_folder(tiny_folder)


@pytest.fixture(scope="module")
def explanation(trained_run: Run) -> Explanation:
    return open_explanation(trained_run)


def explain_with(
    run: Run, dataset: Dataset, sources: Sequence[Source] | None, all_classes: bool = False
) -> Explanation:
    return explain(make_job(run, dataset, load_model(run), sources, CPU, all_classes), workers=0)


def read_table(table: pd.DataFrame) -> list[dict[str, object]]:
    return [{key: value for key, value in row.items() if key != "boxes"} for row in table.to_dict("records")]


def test_the_maps_are_those_of_the_model_and_the_images(
    explanation: Explanation, trained_run: Run, dataset: Dataset
) -> None:
    model = load_model(trained_run)
    batch = Decoder(dataset, "squash", 64, exact=True).decode_batch(dataset.val).images
    sources = parse_sources(",".join(SOURCES), model.layer_names)
    output = run_forward(model, batch, sources)
    np.testing.assert_allclose(explanation.logits, output.logits.detach(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(explanation.pooled, output.features.detach().mean((2, 3)), rtol=1e-4, atol=1e-5)
    expected = explain_targets(model, batch, output, torch.from_numpy(np.array(explanation.targets)), sources)
    for source in sources:
        for column, target in enumerate(TARGETS[:3]):
            np.testing.assert_allclose(
                explanation.maps(source.id, target), expected[source.id][:, column], rtol=1e-3, atol=1e-4
            )


def test_stored_grad_cam_is_stored_cam_by_z(explanation: Explanation) -> None:
    for target in TARGETS[:3]:
        cam, grad_cam = (explanation.maps(name, target) for name in ("cam", "grad_cam"))
        assert np.abs(16 * grad_cam - cam).max() < 1e-4 * np.ptp(cam)
    assert explanation.cam_able


def test_mean_of_stored_cam_plus_bias_is_the_logit(explanation: Explanation, trained_run: Run) -> None:
    bias = load_model(trained_run).head[-1].bias.detach().numpy()
    for column, target in enumerate(TARGETS[:3]):
        classes = explanation.targets[:, column]
        rebuilt = explanation.maps("cam", target).mean((1, 2)) + bias[classes]
        np.testing.assert_allclose(rebuilt, explanation.logits[np.arange(6), classes], atol=1e-4)


def test_targets_are_predicted_true_runner_up_and_other(explanation: Explanation, dataset: Dataset) -> None:
    order = np.argsort(-explanation.logits, axis=1)
    predicted, true, runner_up, other = explanation.targets.T
    np.testing.assert_array_equal(predicted, order[:, 0])
    np.testing.assert_array_equal(true, [sample.label for sample in dataset.val])
    np.testing.assert_array_equal(runner_up, order[:, 1])
    assert other.tolist() == [-1] * 6
    assert np.isnan(explanation.maps("cam", "other")).all()


def test_targets_by_hand() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0], [5.0, 4.0, 9.0]])
    samples = [Sample("a", "a", 0, 9, 9), Sample("b", "b", 2, 9, 9, (Box(0, 0, 5, 5, 1),))]
    targets = choose_targets(logits, samples)
    assert targets.tolist() == [[1, 0, 2, -1], [2, 2, 0, 1]]


def with_two_classes(dataset: Dataset) -> Dataset:
    """Return the data set with a second object of the next class in two validation images."""
    val = list(dataset.val)
    for index in (0, 4):
        label = val[index].label
        val[index] = replace(
            val[index], boxes=(Box(1, 2, 20, 30, label), Box(5, 5, 30, 30, (label + 1) % 3), Box(0, 0, 3, 3))
        )
    return replace(dataset, val=tuple(val))


def test_images_of_two_classes_are_explained_for_both(own_run: Run, dataset: Dataset) -> None:
    result = explain_with(own_run, with_two_classes(dataset), [Source("cam")])
    others = [1, -1, -1, -1, 0, -1]
    assert result.targets[:, TARGETS.index("other")].tolist() == others
    assert result.samples["other_label"].tolist() == others
    assert np.isfinite(result.maps("cam", "other")).all((1, 2)).tolist() == [other >= 0 for other in others]
    counted = result.samples.drop([0, 4])
    assert result.accuracy == (counted["label"] == counted["predicted"]).mean()
    boxes = [list(box) for box in result.samples["boxes"][0]]
    assert boxes == [[1, 2, 20, 30, 0], [5, 5, 30, 30, 1], [0, 0, 3, 3, -1]]
    assert result.samples["id"].tolist() == [sample.id for sample in dataset.val]


def test_images_of_two_classes_alone_have_maps_and_no_accuracy(own_run: Run, dataset: Dataset) -> None:
    other = [replace(sample, boxes=(Box(0, 0, 5, 5, (sample.label + 1) % 3),)) for sample in dataset.val]
    result = explain_with(own_run, replace(dataset, val=tuple(other)), [Source("cam")])
    assert math.isnan(result.accuracy)
    assert result.manifest.accuracy is None
    assert np.isfinite(result.maps("cam", "other")).all()


def test_workers_and_batches_change_nothing(
    own_run: Run, dataset: Dataset, explanation: Explanation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("camcore.explained.job.BATCH_SIZE", 4)  # six images: a full batch and a short one
    sources = parse_sources(",".join(SOURCES), ("layer3", "layer4"))
    result = explain(make_job(own_run, dataset, load_model(own_run), sources, CPU), workers=1)
    for name in SOURCES:
        np.testing.assert_allclose(result.maps(name), explanation.maps(name), rtol=1e-3, atol=1e-4)
    assert [result.thumbnail(index) for index in range(6)] == [explanation.thumbnail(index) for index in range(6)]
    tables = [read_table(maps.samples.drop(columns="confidence")) for maps in (result, explanation)]
    assert tables[0] == tables[1]


def test_default_sources_include_cam_if_it_applies(own_run: Run, dataset: Dataset) -> None:
    assert explain_with(own_run, dataset, None).sources == (Source("cam"), Source("grad_cam"))


@pytest.fixture
def mlp_run(tmp_path: Path, tiny_config: RunConfig, dataset: Dataset, single_thread: None) -> Run:
    """A run with a hidden layer and random weights, explained with Grad-CAM."""
    config = replace(tiny_config, model=ModelConfig("resnet10_narrow", "mlp"))
    run = create_run(tmp_path / "mlp", config, dataset.class_names, {})
    torch.manual_seed(0)
    save_weights(run, Classifier(config.model, config.view, 3), 1)
    explain_with(run, dataset, None)
    return run


def test_with_a_hidden_layer_only_grad_cam_is_computed(mlp_run: Run) -> None:
    result = open_explanation(mlp_run)
    assert result.sources == (Source("grad_cam"),)
    assert not result.cam_able


@pytest.mark.parametrize(("sources", "all_classes"), [("grad_cam,cam", False), ("grad_cam", True)])
def test_cam_refusal_states_the_measured_error(sources: str, all_classes: bool, mlp_run: Run, dataset: Dataset) -> None:
    before = open_explanation(mlp_run).id
    with pytest.raises(CamcoreError) as caught:
        explain_with(mlp_run, dataset, parse_sources(sources, ("layer4",)), all_classes)
    reason = open_explanation(mlp_run).manifest.cam_check.reason
    assert str(caught.value) == (
        f"CAM needs one linear layer directly after mean pooling; with head 'mlp' {reason}."
        " Use --sources grad_cam, or train with --head gap."
    )
    assert open_explanation(mlp_run).id == before


@pytest.mark.parametrize("workers", [0, 1])
def test_an_undecodable_image_keeps_the_old_maps(
    workers: int, own_run: Run, dataset: Dataset, tiny_folder: Path
) -> None:
    before = open_explanation(own_run).id
    gone = replace(dataset.val[5], path="val/frame/gone.png")
    # The first 16 are also read without workers, to see whether CAM applies.
    broken = replace(dataset, val=(*dataset.val[:5] * 4, gone))
    with pytest.raises(CamcoreError) as caught:
        explain(make_job(own_run, broken, load_model(own_run), None, CPU), workers=workers)
    path = str(tiny_folder / gone.path)
    assert str(caught.value) == (
        f"Cannot read the image {path!r}: no such file. Replace it, or remove it from the data set."
    )
    assert open_explanation(own_run).id == before
    assert [path.name for path in (own_run.path / "explained").iterdir() if path.is_dir()] == [before]


def test_what_is_there_is_known(own_run: Run) -> None:
    assert find_stored(own_run) == (open_explanation(own_run).sources, False)
    save_weights(own_run, Classifier(own_run.config.model, own_run.config.view, 3), 2)
    assert find_stored(own_run) == ((), False), "other weights have other maps"


def test_a_run_that_was_never_explained_has_nothing_stored(own_run: Run) -> None:
    shutil.rmtree(own_run.path / "explained")
    assert find_stored(own_run) == ((), False)


def test_damaged_maps_are_named(own_run: Run) -> None:
    path = open_explanation(own_run).path / "grad_cam.npy"
    path.unlink()
    with pytest.raises(RunError) as caught:
        find_stored(own_run)
    assert str(caught.value) == f"{path} is missing. Recreate it: camcore explain {own_run.path} --force"


def test_the_model_comes_back_without_hooks_or_gradients(own_run: Run, dataset: Dataset) -> None:
    model = load_model(own_run)
    explain(make_job(own_run, dataset, model, None, CPU), workers=0)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in model.modules())
