"""Explains single images in memory: probabilities, and raw maps of any source and class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from camcore.backbones import BACKBONES
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.cam_check import check_cam
from camcore.heatmaps.methods import METHODS
from camcore.heatmaps.sources import Source
from camcore.models.classifier import Classifier, layer_grids

MOST_EIGEN_CELLS = 1024  # Eigen-CAM compares every cell with every other: seconds and gigabytes on a finer grid


@dataclass(frozen=True)
class Prediction:
    """Probabilities per class, and whether `mean(CAM_c) + b_c` equals the logits of this image."""

    probabilities: NDArray[np.float32]
    cam_applies: bool


def predict(model: Classifier, seen: NDArray[np.uint8]) -> Prediction:
    """Run a model, in evaluation mode, on one image, uint8 (3, size, size)."""
    with torch.no_grad():
        features = model.features(_to_batch(model, seen))
        logits = model.classify(features.float())
        check = check_cam(model, features, logits)
    return Prediction(logits[0].softmax(0).float().cpu().numpy(), check.holds)


def explain_classes(
    model: Classifier, seen: NDArray[np.uint8], classes: Sequence[int], sources: Sequence[Source]
) -> dict[str, NDArray[np.float32]]:
    """Return an image's raw signed maps by source id, float32 (T, h, w), ordered by `classes`.

    They are the maps that `explain` stores.

    Raises:
        CamcoreError: A source needs class weights that the model does not have.
    """
    images = _to_batch(model, seen)
    forward = run_forward(model, images, sources)
    targets = torch.tensor([list(classes)], device=images.device)
    maps = explain_targets(model, images, forward, targets, sources)
    return {name: raw[0].detach().cpu().numpy() for name, raw in maps.items()}


def find_sources(model: Classifier, size: int, cam_applies: bool) -> list[Source]:
    """Return the fast sources for images of `size` pixels: the last layer's first.

    Score-CAM is left out, because it runs the model once per channel: minutes on a shared machine. So is Eigen-CAM on
    grids of more than `MOST_EIGEN_CELLS`.
    """
    stages = BACKBONES[model.config.backbone].stages
    cells = {grid.name: grid.height * grid.width for grid in layer_grids(model, size, stages)}
    sources = []
    for stage in reversed(stages):
        layer = None if stage == stages[-1] else stage
        for name, method in METHODS.items():
            without_cam = method.needs == "class_weights" and (layer is not None or not cam_applies)
            too_costly = method.needs == "passes" or (name == "eigen_cam" and cells[stage] > MOST_EIGEN_CELLS)
            if not (without_cam or too_costly):
                sources.append(Source(name, layer))
    return sources


def _to_batch(model: Classifier, seen: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(seen)[None].to(model.mean.device)
