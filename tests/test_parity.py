"""The same maps as the libraries in use, on the same model, for every network at its last layer and an earlier one."""

from collections import OrderedDict

import pytest
import torch
from captum.attr import LayerGradCam
from torch import Tensor, nn
from torchcam.methods import CAM, GradCAM

from camcore.attribution import explain_targets, run_forward
from camcore.backbones import BACKBONES
from camcore.heatmaps import Source
from camcore.models import Classifier

TARGETS = [1, 4, 0]
TOLERANCE = 1e-5


def as_plain_network(model: Classifier) -> nn.Sequential:
    """Return the same modules as a network that the libraries can put their hooks into; it takes normalised images."""
    trunk = nn.Sequential(*(layer for _, layer in model.layers))
    return nn.Sequential(OrderedDict(trunk=trunk, head=model.head))


@pytest.fixture(params=["last", "earlier"])
def source(request: pytest.FixtureRequest, gap_model: Classifier) -> Source:
    return Source("grad_cam", None if request.param == "last" else BACKBONES[gap_model.config.backbone].stages[-2])


def find_module(model: Classifier, source: Source) -> nn.Module:
    return dict(model.layers)[source.layer or model.layer_names[-1]]


def explain(model: Classifier, images: Tensor, source: Source) -> Tensor:
    maps = explain_targets(
        model, images, run_forward(model, images, [source]), torch.tensor(TARGETS)[:, None], [source]
    )
    return maps[source.id][:, 0]


def assert_same(ours: Tensor, theirs: Tensor) -> None:
    assert ours.shape == theirs.shape
    assert float(theirs.max() - theirs.min()) > 0
    assert float((ours - theirs).abs().max()) < TOLERANCE * float(theirs.max() - theirs.min())


def test_cam_equals_torchcam(gap_model: Classifier, noise_images: Tensor) -> None:
    network = as_plain_network(gap_model)
    with CAM(network, find_module(gap_model, Source("cam")), network.head[-1]) as extractor:
        with torch.no_grad():
            network(gap_model.normalize(noise_images))
        (theirs,) = extractor(TARGETS, normalized=False)
    assert (theirs < 0).any()
    assert_same(explain(gap_model, noise_images, Source("cam")), theirs)


def test_grad_cam_equals_torchcam(gap_model: Classifier, noise_images: Tensor, source: Source) -> None:
    network = as_plain_network(gap_model)
    with GradCAM(network, find_module(gap_model, source)) as extractor:
        scores = network(gap_model.normalize(noise_images))
        (theirs,) = extractor(TARGETS, scores, normalized=False)
    assert_same(explain(gap_model, noise_images, source).relu(), theirs)  # torchcam gives it behind the ReLU only


def test_grad_cam_equals_captum(gap_model: Classifier, noise_images: Tensor, source: Source) -> None:
    network = as_plain_network(gap_model)
    attribution = LayerGradCam(network, find_module(gap_model, source))
    theirs = attribution.attribute(gap_model.normalize(noise_images), torch.tensor(TARGETS), relu_attributions=False)
    assert_same(explain(gap_model, noise_images, source), theirs[:, 0].detach())


def test_hooks_of_others_do_not_change_our_maps(gap_model: Classifier, noise_images: Tensor, source: Source) -> None:
    alone = explain(gap_model, noise_images, source)
    network = as_plain_network(gap_model)
    with GradCAM(network, find_module(gap_model, source)):
        assert torch.equal(explain(gap_model, noise_images, source), alone)
