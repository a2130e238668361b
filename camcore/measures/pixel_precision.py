"""PxAP: the average precision of pixels against masks, pooled over all images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camcore.geometry import FloatArray, FloatVector, Masks

SCORE_STEPS = 1000


@dataclass(frozen=True)
class PixelCounts:
    """Numbers of each image's pixels per score, inside and outside its mask, (N, SCORE_STEPS + 1)."""

    inside: NDArray[np.int32]
    outside: NDArray[np.int32]


def count_pixels(scores: FloatArray, masks: Masks) -> PixelCounts:
    """Return score histograms of maps inside and outside masks, both (N, side, side). Zeros for empty masks."""
    counts = np.zeros((2, len(scores), SCORE_STEPS + 1), dtype=np.int32)
    for index, (score, mask) in enumerate(zip(scores, masks, strict=True)):
        if mask.any():
            steps = (score * SCORE_STEPS).astype(np.int64)
            for side, area in enumerate((mask, ~mask)):
                counts[side, index] = np.bincount(steps[area], minlength=SCORE_STEPS + 1)
    return PixelCounts(*counts)


def pixel_average_precision(counts: PixelCounts, weights: FloatVector | None = None) -> FloatVector:
    """Return PxAP, the area under all pixels' precision-recall curve; NaN without masks.

    Args:
        counts: From `count_pixels`.
        weights: How often each image counts, (..., N), e.g. a row per resample; the result is of shape (...).

    Source: Choe et al. 2020, arXiv 2001.07437, section 4.2.
    """
    each = np.ones(len(counts.inside)) if weights is None else weights.astype(float)
    inside, outside = ((each @ sides)[..., ::-1] for sides in (counts.inside, counts.outside))
    true_positives = inside.cumsum(-1)
    with np.errstate(invalid="ignore"):
        precision = true_positives / (true_positives + outside.cumsum(-1))
        area: FloatVector = np.nansum(precision * inside, axis=-1) / true_positives[..., -1]
    return area
