"""Maps computed by other libraries on our models' modules, and ours for the same targets."""

from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_grad_cam.base_cam import BaseCAM
from torch import Tensor, nn

from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.sources import Source
from camcore.models.classifier import Classifier

TARGETS = [1, 4, 0]
TOLERANCE = 1e-5


def as_plain_network(model: Classifier) -> nn.Sequential:
    """Return the modules as a network that libraries can hook. It takes normalised images."""
    trunk = nn.Sequential(*(layer for _, layer in model.layers))
    return nn.Sequential(OrderedDict(trunk=trunk, head=model.head))


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


def run_torchcam(kind: type, model: Classifier, images: Tensor, source: Source) -> Tensor:
    """Return the library's map, not scaled; it includes the library's ReLU."""
    network = as_plain_network(model)
    with kind(network, find_module(model, source)) as extractor:
        scores = network(model.normalize(images))
        (heatmaps,) = extractor(TARGETS, scores, normalized=False)
    return heatmaps


def run_pytorch_grad_cam(
    kind: type[BaseCAM], model: Classifier, images: Tensor, source: Source, factor: float = 1
) -> tuple[Tensor, NDArray[np.float32]]:
    """Return the library's raw map, before its ReLU, and the picture that it returns.

    `factor` multiplies the explained logit, and so the gradients.
    """
    network = as_plain_network(model)
    with kind(network, [find_module(model, source)]) as extractor:
        compute, caught = extractor.get_cam_image, []

        def catch(*given: Any) -> NDArray[np.float32]:
            caught.append(compute(*given))
            return caught[-1]

        extractor.get_cam_image = catch
        targets = [lambda logits, target=target: factor * logits[target] for target in TARGETS]
        picture = extractor(model.normalize(images), targets)
    network.zero_grad()  # the library leaves gradients on the shared model
    return torch.from_numpy(caught[0]), picture
