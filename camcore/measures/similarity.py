"""Similarity of images to the network: the cosine between their pooled features."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

ROWS_AT_ONCE = 1024  # limits how much of large features is held in double precision

Rows = Callable[[slice], NDArray[np.floating]]


def similarity(read: Rows, images: int, index: int) -> NDArray[np.float64]:
    """Return each image's similarity to image `index`, (N,): 1 equal, 0 unrelated, -1 opposite.

    The cosine between features (N, K) minus their mean over all images. Features after a ReLU all point the same way,
    so without this any two images seem similar. Channels are not scaled to equal variance: that would give channels
    that hardly ever fire the same weight as all others.

    NaN if features are not finite, 0 if an image equals the mean.

    Args:
        read: Returns the features of some images, (n, K).
        images: The number of images, N.
        index: The image that all are compared with.
    """
    similarities = np.full(images, np.nan)
    wanted = np.asarray(read(slice(index, index + 1))[0], dtype=np.float64)
    if np.isfinite(wanted).all():
        blocks = [slice(start, start + ROWS_AT_ONCE) for start in range(0, images, ROWS_AT_ONCE)]
        mean = _find_mean(read, blocks)
        for rows in blocks:
            similarities[rows] = _cosines(read(rows) - mean, wanted - mean)
        similarities[index] = 1  # even if its features equal the mean
    return similarities


def _find_mean(read: Rows, blocks: list[slice]) -> NDArray[np.float64]:
    """Return the mean of the finite features, (K,)."""
    total, count = 0.0, 0
    for rows in blocks:
        features = read(rows)
        finite = features[np.isfinite(features).all(1)]
        total, count = total + finite.sum(0, dtype=np.float64), count + len(finite)
    return np.asarray(total / count)


def _cosines(rows: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return cosines of features (n, K) and `wanted` (K,), NaN if not finite."""
    with np.errstate(invalid="ignore"):
        lengths = np.sqrt(np.einsum("nk,nk->n", rows, rows)) * np.linalg.norm(wanted)
        cosines: NDArray[np.float64] = np.divide(rows @ wanted, lengths, out=np.zeros(len(rows)), where=lengths > 0)
    return np.where(np.isfinite(lengths), cosines.clip(-1, 1), np.nan)
