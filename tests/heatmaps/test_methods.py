"""The CAM family beyond CAM and Grad-CAM: formulas by hand, and identities."""

import numpy as np
import pytest
import torch

from camcore.config import ModelConfig, ViewConfig
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.methods import METHODS, eigen_cam, grad_cam_pp, hires_cam, layer_cam, xgrad_cam
from camcore.heatmaps.score_cam import score_cam, score_channels
from camcore.heatmaps.sources import parse_sources
from camcore.models.classifier import Classifier

# One image, two channels, 2 x 2 cells.
FEATURES = np.array([[[[1.0, 2.0], [0.0, 1.0]], [[0.0, 1.0], [3.0, 1.0]]]])
GRADIENTS = np.array([[[[1.0, 0.0], [-1.0, 2.0]], [[0.0, 0.0], [0.0, 1.0]]]])


@pytest.fixture(scope="module")
def model() -> Classifier:
    torch.manual_seed(0)
    return Classifier(ModelConfig("resnet10_narrow", "gap", 16), ViewConfig(size=64), 5).eval()


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def test_hires_cam_by_hand() -> None:
    np.testing.assert_array_equal(hires_cam(FEATURES, GRADIENTS), [[[1, 0], [0, 3]]])


def test_layer_cam_leaves_out_what_speaks_against() -> None:
    signed = FEATURES + 1
    np.testing.assert_array_equal(layer_cam(signed, GRADIENTS), [[[2, 0], [0, 6]]])


def test_xgrad_cam_by_hand() -> None:
    # Weights: (1*1 + 0*2 - 1*0 + 2*1) / 4 = 3/4, and 1*1 / 5 = 1/5.
    np.testing.assert_allclose(xgrad_cam(FEATURES, GRADIENTS), [[[0.75, 1.7], [0.6, 0.95]]])


def test_a_zero_sum_channel_has_no_weight_in_xgrad_cam() -> None:
    features = np.array([[[[1.0, -1.0], [0.0, 0.0]]]])
    np.testing.assert_array_equal(xgrad_cam(features, np.ones_like(features)), np.zeros((1, 2, 2)))


def test_grad_cam_pp_by_hand() -> None:
    # Channel 0, sum 4: alpha = g^2 / (2 g^2 + 4 g^3): 1/6 at g = 1, 1/(2 - 4) at -1 (cut off), 4/40 at 2; weight
    # 1/6 * 1 + 1/10 * 2. Channel 1, sum 5: 1/7 at g = 1.
    first, second = 1 / 6 + 2 / 10, 1 / 7
    expected = first * FEATURES[0, 0] + second * FEATURES[0, 1]
    np.testing.assert_allclose(grad_cam_pp(FEATURES, GRADIENTS)[0], expected)


def test_eigen_cam_is_the_first_singular_vector_of_the_features() -> None:
    features = np.random.default_rng(0).random((2, 6, 3, 4))
    cells = features.reshape(2, 6, 12).swapaxes(1, 2)
    right = np.linalg.svd(cells)[2][:, 0]
    expected = np.einsum("nck,nk->nc", cells, right).reshape(2, 3, 4)
    expected *= np.sign(expected.sum((1, 2), keepdims=True))
    np.testing.assert_allclose(eigen_cam(features, None), expected, rtol=1e-6)


def test_score_cam_by_hand() -> None:
    features = torch.tensor(FEATURES)
    scores = torch.tensor([[[0.0, 9.0], [float(np.log(3)), 9.0]]])
    expected = 0.25 * FEATURES[0, 0] + 0.75 * FEATURES[0, 1]
    np.testing.assert_allclose(score_cam(features, scores, torch.tensor([0]))[0], expected, rtol=1e-6)


def test_channel_scores_come_from_masked_images(model: Classifier, images: torch.Tensor) -> None:
    features = torch.zeros(1, 2, 4, 4)
    features[0, 0, :, :2] = 5.0
    seen = model.normalize(images[:1])
    mask = torch.nn.functional.interpolate(features[:, :1] / 5, (64, 64), mode="bilinear", align_corners=False)
    with torch.no_grad():
        through = model.classify(model.run_layers(seen * mask, 0, len(model.layers)))
        nothing = model.classify(model.run_layers(seen * 0, 0, len(model.layers)))
    scores = score_channels(model, images[:1], features)
    torch.testing.assert_close(scores[0], torch.cat([through, nothing]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.gap_identity])
def test_the_last_layer_of_a_gap_network_makes_them_one_map(model: Classifier, images: torch.Tensor, name: str) -> None:
    sources = parse_sources(f"cam,{name}", model.layer_names)
    output = run_forward(model, images, sources)
    maps = explain_targets(model, images, output, output.logits.argmax(1)[:, None], sources)
    scaled = [raw / raw.abs().amax((2, 3), keepdim=True) for raw in (maps["cam"], maps[name])]
    torch.testing.assert_close(*scaled, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["grad_cam_pp", "layer_cam", "eigen_cam", "score_cam"])
def test_the_others_are_other_maps(model: Classifier, images: torch.Tensor, name: str) -> None:
    sources = parse_sources(f"cam,{name}", model.layer_names)
    output = run_forward(model, images, sources)
    maps = explain_targets(model, images, output, output.logits.argmax(1)[:, None], sources)
    scaled = [raw / raw.abs().amax((2, 3), keepdim=True) for raw in (maps["cam"], maps[name])]
    assert float((scaled[0] - scaled[1]).abs().max()) > 0.1
