"""Score-CAM: its weights are the logits of the image masked by each channel. One forward pass per channel."""

import torch
from torch import Tensor
from torch.nn import functional

from camcore.models.classifier import Classifier

CHANNELS_AT_ONCE = 64


@torch.no_grad()
def score_channels(model: Classifier, images: Tensor, features: Tensor) -> Tensor:
    """Return the logits of each image masked by each channel, (N, K, classes).

    A mask is the channel's map, upsampled and min-max normalised; 0 for a constant channel. The
    normalised image is multiplied with it.

    Args:
        model: In evaluation mode.
        images: (N, 3, size, size).
        features: (N, K, h, w) at the explained layer.
    """
    seen = model.normalize(images)
    masks = functional.interpolate(features.float(), seen.shape[-2:], mode="bilinear", align_corners=False)
    low, high = masks.amin((2, 3), keepdim=True), masks.amax((2, 3), keepdim=True)
    masks = (masks - low) / torch.where(high > low, high - low, 1)
    rows = []
    for image, channels in zip(seen, masks, strict=True):
        parts = (
            model.classify(model.run_layers(image * part[:, None], 0, len(model.layers)))
            for part in channels.split(CHANNELS_AT_ONCE)
        )
        rows.append(torch.cat(list(parts)))
    return torch.stack(rows)


def score_cam(features: Tensor, scores: Tensor, target: Tensor) -> Tensor:
    """Return Score-CAM before its ReLU, (N, h, w): `sum_k softmax_k(score[k, c]) * A[k]`.

    The score of an empty image, which the paper subtracts, is the same for all channels and cancels in the softmax.
    Source: Wang et al. 2020, arXiv 1910.01279, algorithm 1.

    Args:
        features: (N, K, h, w).
        scores: (N, K, classes), from `score_channels`.
        target: Class ids (N,), -1 for none.
    """
    of_target = scores.gather(2, target.clamp_min(0)[:, None, None].expand(-1, scores.shape[1], 1))[:, :, 0]
    return (features.float() * of_target.softmax(1)[:, :, None, None]).sum(1)
