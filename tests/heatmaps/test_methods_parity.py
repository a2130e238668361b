"""Methods compared with other libraries' raw maps; differing conventions are identified.

Each test of a convention computes the library's map by it in a few lines, and shows that the paper's is another.
"""

from collections.abc import Callable

import numpy as np
import pytest
import pytorch_grad_cam
import torch
from captum.attr import LayerGradientXActivation
from numpy.typing import NDArray
from pytorch_grad_cam.base_cam import BaseCAM
from torch import Tensor
from torch.nn.functional import interpolate
from torchcam.methods import GradCAMpp, LayerCAM, ScoreCAM, XGradCAM

from camcore.backbones import BACKBONES
from camcore.config import ModelConfig
from camcore.geometry import upsample
from camcore.heatmaps.attribution import run_forward
from camcore.heatmaps.methods import eigen_cam, grad_cam_pp
from camcore.heatmaps.score_cam import score_cam
from camcore.heatmaps.sources import Source
from camcore.models.classifier import Classifier
from tests.support.library_maps import (
    TARGETS,
    as_plain_network,
    assert_same,
    explain,
    find_module,
    run_pytorch_grad_cam,
    run_torchcam,
)

BuildModel = Callable[[ModelConfig], Classifier]


@pytest.fixture(params=["resnet10_narrow", "mobilenet_v3_small"])
def small_model(request: pytest.FixtureRequest, build_model: BuildModel) -> Classifier:
    """A network with ReLUs, and one with features of both signs."""
    return build_model(ModelConfig(request.param, "gap", 16))


@pytest.fixture(params=["last", "earlier"])
def layer(request: pytest.FixtureRequest, small_model: Classifier) -> str | None:
    return None if request.param == "last" else BACKBONES[small_model.config.backbone].stages[-2]


@pytest.fixture
def narrow_resnet(build_model: BuildModel) -> Classifier:
    return build_model(ModelConfig("resnet10_narrow", "gap", 16))


def take_gradients(model: Classifier, images: Tensor, source: Source) -> tuple[Tensor, Tensor]:
    output = run_forward(model, images, [source])
    features = output.layers[source.layer]
    (gradients,) = torch.autograd.grad(output.logits.gather(1, torch.tensor(TARGETS)[:, None]).sum(), features)
    return features.detach(), gradients


def weigh(features: Tensor, weights: Tensor) -> Tensor:
    return (features * weights.sum((2, 3), keepdim=True)).sum(1)


def gap_between(first: Tensor, second: Tensor) -> float:
    """Return how far two maps differ after scaling, as a share of the range."""
    first, second = (maps / maps.abs().amax((1, 2), keepdim=True) for maps in (first, second))
    return float((first - second).abs().max())


@pytest.mark.parametrize(("name", "kind"), [("layer_cam", LayerCAM), ("xgrad_cam", XGradCAM)])
def test_torchcam_returns_our_map_after_its_relu(
    small_model: Classifier, noise_images: Tensor, layer: str | None, name: str, kind: type
) -> None:
    source = Source(name, layer)
    theirs = run_torchcam(kind, small_model, noise_images, source)
    assert_same(explain(small_model, noise_images, source).relu(), theirs)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("grad_cam", pytorch_grad_cam.GradCAM),
        ("hires_cam", pytorch_grad_cam.HiResCAM),
        ("xgrad_cam", pytorch_grad_cam.XGradCAM),
        ("layer_cam", pytorch_grad_cam.LayerCAM),
    ],
)
def test_pytorch_grad_cam_has_our_map_before_its_relu(
    small_model: Classifier, noise_images: Tensor, layer: str | None, name: str, kind: type[BaseCAM]
) -> None:
    source = Source(name, layer)
    theirs, _ = run_pytorch_grad_cam(kind, small_model, noise_images, source)
    assert_same(explain(small_model, noise_images, source), theirs)


def test_pytorch_grad_cam_returns_our_map_clipped_and_scaled(
    small_model: Classifier, noise_images: Tensor, layer: str | None
) -> None:
    def scale(maps: NDArray[np.floating]) -> NDArray[np.floating]:
        maps = maps - maps.min((1, 2), keepdims=True)
        return maps / (maps.max((1, 2), keepdims=True) + 1e-7)

    source = Source("grad_cam", layer)
    _, theirs = run_pytorch_grad_cam(pytorch_grad_cam.GradCAM, small_model, noise_images, source)
    ours = explain(small_model, noise_images, source).relu().numpy()
    np.testing.assert_allclose(scale(upsample(scale(ours), 64, 64)), theirs, rtol=0, atol=1e-5)


def test_captum_has_hires_cam_as_gradient_times_activation(
    small_model: Classifier, noise_images: Tensor, layer: str | None
) -> None:
    source = Source("hires_cam", layer)
    attribution = LayerGradientXActivation(as_plain_network(small_model), find_module(small_model, source))
    theirs = attribution.attribute(small_model.normalize(noise_images), torch.tensor(TARGETS)).sum(1)
    assert_same(explain(small_model, noise_images, source), theirs.detach())


def test_torchcam_grad_cam_pp_omits_alphas_denominator(
    small_model: Classifier, noise_images: Tensor, layer: str | None
) -> None:
    # Version 0.5.0 divides `alpha[mask]` in place, which is a copy: alpha stays g^2, the weight the sum of ReLU(g)^3.
    source = Source("grad_cam_pp", layer)
    features, gradients = take_gradients(small_model, noise_images, source)
    theirs = run_torchcam(GradCAMpp, small_model, noise_images, source)
    assert_same(weigh(features, gradients.relu() ** 3).relu(), theirs)
    assert gap_between(explain(small_model, noise_images, source).relu(), theirs) > 0.02


def test_pytorch_grad_cam_pp_adds_a_constant_to_alpha(
    small_model: Classifier, noise_images: Tensor, layer: str | None
) -> None:
    # 1e-6, which is more than g^2 wherever the gradient is below 0.001.
    source = Source("grad_cam_pp", layer)
    features, gradients = take_gradients(small_model, noise_images, source)
    total = features.sum((2, 3), keepdim=True)
    alpha = gradients**2 / (2 * gradients**2 + total * gradients**3 + 1e-6)
    theirs, _ = run_pytorch_grad_cam(pytorch_grad_cam.GradCAMPlusPlus, small_model, noise_images, source)
    assert_same(weigh(features, alpha * gradients.relu()), theirs)
    assert gap_between(explain(small_model, noise_images, source), theirs) > 0.003


def test_pytorch_grad_cam_pp_is_ours_for_large_gradients(narrow_resnet: Classifier, noise_images: Tensor) -> None:
    source = Source("grad_cam_pp", "layer3")
    features, gradients = take_gradients(narrow_resnet, noise_images, source)
    theirs, _ = run_pytorch_grad_cam(pytorch_grad_cam.GradCAMPlusPlus, narrow_resnet, noise_images, source, factor=1e5)
    assert_same(grad_cam_pp(features, 1e5 * gradients), theirs)


def test_pytorch_eigen_cam_centres_features_and_ignores_sign(
    small_model: Classifier, noise_images: Tensor, layer: str | None
) -> None:
    source = Source("eigen_cam", layer)
    features = run_forward(small_model, noise_images, [source]).layers[layer].double()
    theirs, _ = run_pytorch_grad_cam(pytorch_grad_cam.EigenCAM, small_model, noise_images, source)
    centred = eigen_cam(features - features.mean((2, 3), keepdim=True), None)
    sign = (centred * theirs).sum((1, 2), keepdim=True).sign()
    assert_same(sign * centred, theirs)
    assert gap_between(explain(small_model, noise_images, source), sign * theirs) > 0.1


def stretch(maps: Tensor) -> Tensor:
    low, high = maps.amin((2, 3), keepdim=True), maps.amax((2, 3), keepdim=True)
    return (maps - low) / (high - low + 1e-8)


def enlarge(maps: Tensor, align_corners: bool) -> Tensor:
    return interpolate(maps, (64, 64), mode="bilinear", align_corners=align_corners)


@pytest.mark.parametrize(
    ("run", "make_masks", "least_gap"),
    [
        pytest.param(
            lambda *given: run_torchcam(ScoreCAM, *given),
            lambda features: enlarge(stretch(features), align_corners=False),
            0.002,
            id="torchcam scales channels before it enlarges them",
        ),
        pytest.param(
            lambda *given: run_pytorch_grad_cam(pytorch_grad_cam.ScoreCAM, *given)[0].relu(),
            lambda features: stretch(enlarge(features, align_corners=True)),
            0.03,
            id="pytorch-grad-cam puts the outer cells on the edge",
        ),
    ],
)
def test_score_cam_of_the_libraries_sees_through_other_masks(
    narrow_resnet: Classifier,
    noise_images: Tensor,
    run: Callable[..., Tensor],
    make_masks: Callable[[Tensor], Tensor],
    least_gap: float,
) -> None:
    model, source = narrow_resnet, Source("score_cam", "layer3")
    seen = model.normalize(noise_images)
    with torch.no_grad():
        features = run_forward(model, noise_images, [source]).layers["layer3"]
        masked = seen[:, None] * make_masks(features)[:, :, None]
        scores = torch.stack([model.classify(model.run_layers(batch, 0, len(model.layers))) for batch in masked])
        theirs = run(model, noise_images, source)
    assert_same(score_cam(features, scores, torch.tensor(TARGETS)).relu(), theirs)
    assert gap_between(explain(model, noise_images, source).relu(), theirs) > least_gap
