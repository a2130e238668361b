"""The verdict end to end on a few paper dogs, and its parts by hand."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.errors import CamcoreError
from camcore.explained.explanation import open_explanation
from camcore.models.classifier import Classifier
from camcore.runs.run import open_run
from camcore.verdict.comparison import ComparisonSetup, VerdictMeasure, correct_for_all, summarize_measure
from camcore.verdict.document import read_values, read_verdict
from camcore.verdict.faithfulness import area_under, count_pixels, insertion_deletion, order_pixels
from camcore.verdict.randomization import randomize_from_the_head
from camcore.verdict.scoring import Scores, Truth
from camcore.verdict.verdict import choose_images, summarize
from camcore.workflows import explain, train
from camcore.workflows.check import accept_run
from camcore.workflows.verdict import verdict_run
from tests.support.command_line import CPU

CONFIG = RunConfig(
    DatasetConfig("paper-dogs", train_images=32, val_images=24),
    ViewConfig(size=64),
    ModelConfig("resnet10_narrow", "gap", 16),
    TrainConfig(epochs=1, batch_size=16, augmentation="none", precision="fp32"),
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small runs of paper dogs, `gap` and `mlp`, each with its verdict; `gap` compared with `mlp`."""
    folder = tmp_path_factory.mktemp("verdicts")
    for head in ("mlp", "gap"):
        config = replace(CONFIG, model=replace(CONFIG.model, head=head))
        train.train_run(folder / head, config, CPU)
        explain.explain_run(folder / head, CPU, "grad_cam,grad_cam@layer3")
        against = folder / "mlp" if head == "gap" else None
        verdict_run(folder / head, CPU, against, images=3)
    return folder


def read(runs: Path, head: str) -> dict[str, Any]:
    written: dict[str, Any] = json.loads((open_explanation(open_run(runs / head)).path / "verdict.json").read_text())
    return written


def test_methods_equal_by_theory_measure_the_same(runs: Path) -> None:
    verdict = read(runs, "gap")
    assert verdict["reference"] == "cam"
    for name, measure in verdict["measures"].items():
        if name == "off_object_literature":
            continue  # the one measure that is about drawing
        for source in ("grad_cam", "hires_cam", "xgrad_cam"):
            assert measure["values"][source] == pytest.approx(measure["values"]["cam"], abs=1e-6), (name, source)
            assert measure["differences"][source]["identical_by_theory"]
            assert measure["differences"][source]["verdict"] == "no_difference"


def test_an_earlier_layer_that_was_explained_takes_part(runs: Path) -> None:
    verdict = read(runs, "gap")
    assert "grad_cam@layer3" in verdict["sources"]
    assert not verdict["measures"]["energy_in_box"]["differences"]["grad_cam@layer3"]["identical_by_theory"]


def test_every_measure_has_every_method_and_every_baseline(runs: Path) -> None:
    verdict = read(runs, "gap")
    expected = {"pointing_strict", "pointing_15px", "energy_in_box", "max_box_acc_v2", "max_box_acc", "pxap"}
    expected |= {"off_object_positive", "off_object_literature", "pointing_parts", "energy_in_parts"}
    expected |= {"insertion", "deletion", "follows_class", "class_sensitivity"}
    assert set(verdict["measures"]) == expected
    for name, measure in verdict["measures"].items():
        wanted = verdict["sources"] if name == "class_sensitivity" else verdict["sources"] + verdict["baselines"]
        assert set(measure["values"]) == set(wanted), name


def test_a_run_without_cam_says_why_and_compares_with_grad_cam(runs: Path) -> None:
    verdict = read(runs, "mlp")
    assert verdict["reference"] == "grad_cam"
    check = open_explanation(open_run(runs / "mlp")).manifest.cam_check
    assert verdict["not_applicable"] == {"cam": {"max_error": check.max_error}}
    assert "cam" not in verdict["sources"]
    assert not any(
        difference["identical_by_theory"] for difference in verdict["measures"]["insertion"]["differences"].values()
    )


def test_the_price_is_the_difference_in_accuracy(runs: Path) -> None:
    price = read(runs, "gap")["price"]
    first, second = (open_explanation(open_run(runs / head)).accuracy for head in ("gap", "mlp"))
    assert price["difference"] == pytest.approx(first - second)
    assert price["n"] == 22, "images of two dogs do not count"
    assert read(runs, "mlp")["price"] is None


def test_the_values_per_image_give_the_means(runs: Path) -> None:
    explanation = open_explanation(open_run(runs / "gap"))
    verdict = read(runs, "gap")
    table = pd.read_parquet(explanation.path / verdict["values_file"])
    for source in (*verdict["sources"], *verdict["baselines"]):
        mean = table.loc[table["source"] == source, "energy_in_box"].mean()
        assert mean == pytest.approx(verdict["measures"]["energy_in_box"]["values"][source]["mean"])
    assert table.groupby("source")["insertion"].count().eq(3).all()


def test_zero_and_nan_maps_are_a_status_in_every_measure(runs: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(runs / "gap", tmp_path / "gap"))
    explanation = open_explanation(open_run(path))
    values = (np.nan, np.inf, -np.inf, 0.0)
    for source in ("grad_cam", "layer_cam"):
        maps = np.load(explanation.path / f"{source}.npy")
        for image, value in enumerate(values):
            maps[image] = value
        maps[5, :, 0, 0], maps[6, :, 0, 0] = np.nan, np.inf
        if source == "layer_cam":
            maps[:] = np.nan
        np.save(explanation.path / f"{source}.npy", maps)
    accept_run(path)
    verdict = verdict_run(path, CPU, methods="cam,grad_cam,layer_cam", images=12)
    table = read_values(explanation, verdict)
    bad = [0, 1, 2, 5, 6]
    for name in table.columns:
        unknown = table[name].loc["grad_cam"].isna()
        assert unknown[bad].all(), name
        assert table[name].loc["layer_cam"].isna().all(), name
    known = table[["pointing_strict", "class_sensitivity"]].notna()
    assert known.loc["grad_cam"].drop(bad).equals(known.loc["cam"].drop(bad)), "the other images count"
    assert 0 < table["insertion"].loc["grad_cam"].count() < table["insertion"].loc["cam"].count() == 12
    assert table["pointing_strict"].loc["grad_cam", 3] == 0, "a map without evidence points at nothing"
    for name, measure in verdict.measures.items():
        assert "layer_cam" not in measure.values, name
        assert measure.mean_of("grad_cam") is not None, name
    assert "layer_cam" not in verdict.curves.insertion
    assert read_verdict(explanation) == verdict, "what is written is what is read"
    maps = np.load(explanation.path / "cam.npy")
    np.save(explanation.path / "cam.npy", np.full_like(maps, np.nan))
    accept_run(path)
    with pytest.raises(CamcoreError, match="No heatmap of 'cam', which the others are compared with, is finite"):
        verdict_run(path, CPU, images=2)


def test_an_image_of_two_classes_is_correct_if_either_is_named() -> None:
    samples = pd.DataFrame({"label": [0, 0, 0, 0], "predicted": [0, 1, 1, 2], "other_label": [-1, -1, 1, 1]})
    no_boxes = [np.zeros((0, 4))] * 4
    no_masks = np.zeros((4, 0, 0), dtype=bool)
    truth = Truth(samples, "squash", 64, no_boxes, no_boxes, no_masks, no_masks)
    scores = Scores({"energy_in_box": {"cam": np.array([0.1, 0.2, 0.3, 0.4])}})
    measure = summarize(scores, truth, "cam", [], seed=0)["energy_in_box"].result
    assert measure.by_correctness.correct == {"cam": pytest.approx((0.1 + 0.3) / 2)}
    assert measure.by_correctness.incorrect == {"cam": pytest.approx((0.2 + 0.4) / 2)}


def test_runs_of_other_images_can_not_be_compared(runs: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, dataset=replace(CONFIG.dataset, val_images=16))
    train.train_run(tmp_path / "other", config, CPU)
    explain.explain_run(tmp_path / "other", CPU, "cam")
    with pytest.raises(CamcoreError, match="explained on different images"):
        verdict_run(runs / "gap", CPU, tmp_path / "other", images=2)


def test_the_price_of_the_architecture_needs_a_run_without_it(runs: Path) -> None:
    with pytest.raises(CamcoreError) as raised:
        verdict_run(runs / "mlp", CPU, runs / "gap", images=2)
    assert str(raised.value) == (
        f"What CAM's architecture costs is measured against a run without it, so CAM must apply to {runs / 'mlp'}"
        f" alone; it applies to {runs / 'gap'}. Name a run with another head with --against."
    )


def test_a_shifted_map_is_worse_and_a_copy_is_no_different() -> None:
    random = np.random.default_rng(0)
    reference = random.random(200)
    values = {"cam": reference, "copy": reference.copy(), "shifted": reference - 0.3 + 0.05 * random.random(200)}
    measure = VerdictMeasure("localization", "continuous", "higher")
    setup = ComparisonSetup("cam", [], np.ones(200, dtype=bool), seed=0)
    measures = correct_for_all({"m": summarize_measure(measure, values, None, setup)}, list(values), [])
    outcomes = {source: difference.outcome for source, difference in measures["m"].differences.items()}
    assert outcomes == {"copy": "no_difference", "shifted": "worse"}
    assert measures["m"].differences["copy"].identical


def test_lower_is_better_turns_the_word() -> None:
    values = {"cam": np.linspace(0.4, 0.6, 50), "lower": np.linspace(0.1, 0.35, 50)}
    measure = VerdictMeasure("faithfulness", "continuous", "lower")
    setup = ComparisonSetup("cam", [], np.ones(50, dtype=bool), seed=0)
    measures = correct_for_all({"m": summarize_measure(measure, values, None, setup)}, list(values), [])
    assert measures["m"].differences["lower"].outcome == "better"


def test_pixels_are_taken_exactly_and_ties_at_random() -> None:
    assert count_pixels(10, 4) == [0, 2, 5, 8, 10]
    flat = order_pixels(np.zeros((1, 2, 2)), 8, seed=0)[0]
    assert sorted(flat) == list(range(64))
    assert flat.tolist() != sorted(flat)
    assert order_pixels(np.zeros((1, 2, 2)), 8, seed=0)[0].tolist() == flat.tolist()
    hot = order_pixels(np.array([[[0.0, 0.0], [0.0, 9.0]]]), 8, seed=0)[0]
    assert hot[0] in (54, 55, 62, 63), "beyond the centre of the last cell the map is flat"


def test_the_area_under_a_curve() -> None:
    np.testing.assert_allclose(area_under(np.array([[0.0, 1.0, 1.0], [1.0, 1.0, 1.0]])), [0.75, 1])


def test_all_pixels_in_and_no_pixel_out_are_the_image_itself() -> None:
    torch.manual_seed(0)
    model = Classifier(CONFIG.model, CONFIG.view, 4).eval()
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    targets = torch.tensor([1, 3])
    orders = order_pixels(np.random.default_rng(0).random((2, 4, 4)), 64, seed=0)
    curves = insertion_deletion(model, images, orders, targets, steps=3)
    with torch.no_grad():
        whole = model(images).softmax(1)[torch.arange(2), targets]
        nothing = model.classify(model.run_layers(torch.zeros(1, 3, 64, 64), 0, len(model.layers))).softmax(1)
    np.testing.assert_allclose(curves[:, 0, -1], whole, rtol=1e-4)
    np.testing.assert_allclose(curves[:, 1, 0], whole, rtol=1e-4)
    np.testing.assert_allclose(curves[:, 1, -1], nothing[0, targets], rtol=1e-4)


def test_randomisation_starts_at_the_head() -> None:
    torch.manual_seed(0)
    model = Classifier(CONFIG.model, CONFIG.view, 4).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    names = []
    for name, broken in randomize_from_the_head(model, seed=0):
        names.append(name)
        if name == "head":
            assert torch.equal(broken.layers[-1][1][0].conv1.weight, model.layers[-1][1][0].conv1.weight)
            assert not torch.equal(broken.head[-1].weight, model.head[-1].weight)
    assert names == ["head", "layer4", "layer3", "layer2", "layer1", "maxpool"]
    assert not torch.equal(broken.layers[0][1].weight, model.layers[0][1].weight)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_subset_is_seeded() -> None:
    assert choose_images(100, 5, 0).tolist() == choose_images(100, 5, 0).tolist() != choose_images(100, 5, 1).tolist()
    assert not math.isnan(choose_images(3, 10, 0).sum())
