"""CAM and Grad-CAM equal other libraries' maps for every network, at two layers."""

import pytest
import torch
from captum.attr import LayerGradCam
from torch import Tensor
from torchcam.methods import CAM, GradCAM

from camcore.backbones import BACKBONES
from camcore.heatmaps.sources import Source
from camcore.models.classifier import Classifier
from tests.support.library_maps import TARGETS, as_plain_network, assert_same, explain, find_module


@pytest.fixture(params=["last", "earlier"])
def source(request: pytest.FixtureRequest, gap_model: Classifier) -> Source:
    return Source("grad_cam", None if request.param == "last" else BACKBONES[gap_model.config.backbone].stages[-2])


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
