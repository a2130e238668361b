"""The stored data of each image, and the manifest."""

import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from camcore.data.dataset import Dataset
from camcore.data.image_folder import open_image_folder
from camcore.explained.explain import explain
from camcore.explained.explanation import TARGETS, Explanation, open_explanation
from camcore.explained.job import make_job
from camcore.heatmaps.drawing import map_status
from camcore.heatmaps.sources import Source
from camcore.runs.run import Run
from camcore.runs.weights import load_model
from camcore.system.checksums import sha256_of

SOURCES = ("cam", "grad_cam", "grad_cam@layer3")


@pytest.fixture
def dataset(tiny_folder: Path) -> Dataset:
    return open_image_folder(tiny_folder)


@pytest.fixture(scope="module")
def explanation(trained_run: Run) -> Explanation:
    return open_explanation(trained_run)


def test_every_array_has_a_row_per_validation_image(explanation: Explanation) -> None:
    assert {name: explanation.maps(name).shape for name in SOURCES} == {
        "cam": (6, 4, 4),
        "grad_cam": (6, 4, 4),
        "grad_cam@layer3": (6, 4, 4),
    }
    assert np.load(explanation.path / "cam.npy").shape == (6, len(TARGETS), 4, 4)
    assert explanation.logits.shape == (6, 3)
    assert explanation.pooled.shape == (6, 256)
    assert explanation.targets.shape == (6, len(TARGETS))
    arrays = (explanation.logits, explanation.pooled, *(explanation.maps(name) for name in SOURCES))
    assert {array.dtype for array in arrays} == {np.dtype("float32")}
    assert all(np.isfinite(array).all() for array in arrays)


def test_the_table_says_what_is_known_of_each_image(explanation: Explanation, dataset: Dataset) -> None:
    table = explanation.samples
    for column in ("id", "path", "label", "width", "height", "other_label"):
        assert table[column].tolist() == [getattr(sample, column) for sample in dataset.val]
    shares = torch.from_numpy(np.array(explanation.logits)).softmax(1).max(1).values
    np.testing.assert_allclose(table["confidence"], shares, rtol=1e-5)
    assert table["predicted"].tolist() == explanation.targets[:, 0].tolist()
    for name in SOURCES:
        assert table[f"status_{name}"].tolist() == map_status(explanation.maps(name)).tolist()
    assert all(len(boxes) == 0 for boxes in table["boxes"])


def test_the_manifest_says_what_was_explained(explanation: Explanation, trained_run: Run, dataset: Dataset) -> None:
    manifest = json.loads((explanation.path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sources"] == list(SOURCES)
    assert manifest["images"] == 6
    assert manifest["targets"] == list(TARGETS)
    assert manifest["layers"] == [
        {"name": "layer3", "height": 4, "width": 4, "channels": 128},
        {"name": "layer4", "height": 4, "width": 4, "channels": 256},
    ]
    assert manifest["weights_sha256"] == sha256_of(trained_run.weights_path)
    assert manifest["dataset_fingerprint"] == dataset.fingerprint
    assert manifest["view"] == {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(trained_run.config.view).items()
    }
    assert manifest["cam_check"]["holds"] is True
    assert manifest["cam_check"]["max_error"] < 1e-4
    assert manifest["images_per_second"] == pytest.approx(6 / manifest["seconds"])
    assert explanation.accuracy == (explanation.samples["label"] == explanation.samples["predicted"]).mean()


def test_thumbnails_are_whole_images_in_their_proportions(explanation: Explanation, dataset: Dataset) -> None:
    for index, sample in enumerate(dataset.val):
        with Image.open(io.BytesIO(explanation.thumbnail(index))) as picture:
            assert picture.size == (sample.width, sample.height), "small images are not enlarged"
            difference = np.asarray(picture.convert("RGB")).astype(int) - np.asarray(dataset.load_image(sample))
            assert np.abs(difference).mean() < 20


def test_no_absolute_path_gets_into_a_generation(explanation: Explanation, tiny_folder: Path) -> None:
    for path in explanation.path.iterdir():
        assert str(tiny_folder).encode() not in path.read_bytes(), path.name


def test_all_classes_hold_the_map_of_each_target(own_run: Run, dataset: Dataset) -> None:
    job = make_job(own_run, dataset, load_model(own_run), [Source("cam")], torch.device("cpu"), all_classes=True)
    explanation = explain(job, workers=0)
    everything = explanation.all_class_maps()
    assert everything is not None
    assert (everything.shape, everything.dtype) == ((6, 3, 4, 4), np.float16)
    of_targets = everything[np.arange(6), explanation.targets[:, 0]].astype(np.float32)
    cam = explanation.maps("cam")
    assert np.abs(of_targets - cam).max() < 2e-3 * np.abs(cam).max()
