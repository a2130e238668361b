"""Explaining one image gives what `explain` stores for it."""

import numpy as np
import pytest

from camcore.config import ModelConfig
from camcore.data.image_files import load_rgb
from camcore.data.registry import open_dataset
from camcore.data.uploaded_image import read_uploaded_image
from camcore.explained.explanation import open_explanation
from camcore.heatmaps.methods import METHODS
from camcore.heatmaps.sources import parse_source


@pytest.fixture
def model(trained_run):
    from camcore.runs.weights import load_model

    return load_model(trained_run)


def test_a_stored_image_gets_its_stored_maps_and_probabilities(trained_run, model, tiny_folder):
    from camcore.heatmaps.one_image import explain_classes, predict

    explanation = open_explanation(trained_run)
    sources = [parse_source(name) for name in explanation.manifest.sources]
    dataset = open_dataset(trained_run.config.dataset, tiny_folder)
    for index in range(len(dataset.val)):
        content = (tiny_folder / explanation.samples["path"].iloc[index]).read_bytes()
        image = read_uploaded_image(content, trained_run.config.view)
        assert (image.width, image.height) == load_rgb(tiny_folder / explanation.samples["path"].iloc[index]).size
        logits = np.asarray(explanation.logits[index], dtype=np.float64)
        expected = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        prediction = predict(model, image.seen)
        np.testing.assert_allclose(prediction.probabilities, expected, atol=1e-5)
        classes = [int(explanation.samples["predicted"].iloc[index]), int(explanation.samples["label"].iloc[index])]
        maps = explain_classes(model, image.seen, classes, sources)
        for source in sources:
            for at, target in enumerate(("predicted", "true")):
                stored = np.asarray(explanation.maps(source.id, target)[index])
                # Alone or in a batch, sums are rounded differently: before the last layer, a ReLU at zero may open.
                tolerance = 1e-5 if source.layer is None else 1e-2
                np.testing.assert_allclose(maps[source.id][at], stored, atol=tolerance * np.abs(stored).max())


def test_maps_are_float32_one_per_class_in_order(model):
    from camcore.heatmaps.one_image import explain_classes

    seen = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    maps = explain_classes(model, seen, [2, 0], [parse_source("cam"), parse_source("grad_cam@layer2")])
    assert {name: (raw.shape[0], raw.dtype) for name, raw in maps.items()} == {
        "cam": (2, np.float32),
        "grad_cam@layer2": (2, np.float32),
    }
    swapped = explain_classes(model, seen, [0, 2], [parse_source("cam")])["cam"]
    np.testing.assert_allclose(swapped, maps["cam"][::-1], rtol=1e-5)
    assert np.abs(swapped[0] - swapped[1]).max() > 1e-4


@pytest.mark.parametrize("head, applies", [("gap", True), ("mlp", False)])
def test_whether_cam_applies_is_measured(build_model, head, applies):
    from camcore.heatmaps.one_image import predict

    seen = np.random.default_rng(1).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    prediction = predict(build_model(ModelConfig("resnet10_narrow", head)), seen)
    assert prediction.cam_applies is applies
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_sources_are_every_method_that_can_be_had_at_once(build_model):
    from camcore.heatmaps.one_image import explain_classes, find_sources

    model = build_model(ModelConfig("resnet10_narrow", "gap"))
    sources = [source.id for source in find_sources(model, 64, True)]
    assert sources[: len(METHODS) - 1] == [name for name in METHODS if name != "score_cam"]
    assert sources[len(METHODS) - 1] == "grad_cam@layer3"
    assert len(sources) == len(set(sources))
    assert not [source for source in sources if source.startswith(("score_cam", "cam@"))]
    assert [source for source in find_sources(model, 64, False) if source.method == "cam"] == []
    every = explain_classes(
        model, np.zeros((3, 64, 64), dtype=np.uint8), [1], [parse_source(source) for source in sources]
    )
    assert list(every) == sources


def test_eigen_cam_is_left_out_for_fine_grids(build_model):
    from camcore.heatmaps.one_image import find_sources

    model = build_model(ModelConfig("resnet10_narrow", "gap"))
    at_64 = {source.layer for source in find_sources(model, 64, True) if source.method == "eigen_cam"}
    at_256 = {source.layer for source in find_sources(model, 256, True) if source.method == "eigen_cam"}
    assert at_64 == {None, "layer3", "layer2", "layer1", "maxpool"}  # 16 x 16 cells at most
    assert at_256 == {None, "layer3", "layer2"}  # 64 x 64 cells at layer1
