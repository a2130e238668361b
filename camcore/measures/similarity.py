"""How alike two images are to the network: the angle between their pooled features."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

ROWS_AT_ONCE = 1024  # so that only a part of large features is held in double precision

Rows = Callable[[slice], NDArray[np.floating]]


def similarity(read: Rows, images: int, index: int) -> NDArray[np.float64]:
    """Return per image how alike it is to image `index`, (N,): 1 the same, 0 unrelated, -1 the opposite.

    The cosine between features (N, K) less their mean over all images. Features behind a ReLU all point the same way,
    so that without this every two images seem alike. Channels are not scaled to one spread: that would give those which
    hardly ever fire, and say little, the weight of all others.

    It is NaN where features are not finite, and 0 where an image does not differ from the mean.

    Args:
        read: Returns the features of some images, (n, K).
        images: How many there are, N.
        index: The one that they are compared with.
    """
    alike = np.full(images, np.nan)
    wanted = np.asarray(read(slice(index, index + 1))[0], dtype=np.float64)
    if np.isfinite(wanted).all():
        blocks = [slice(start, start + ROWS_AT_ONCE) for start in range(0, images, ROWS_AT_ONCE)]
        mean = _find_mean(read, blocks)
        for rows in blocks:
            alike[rows] = _cosines(read(rows) - mean, wanted - mean)
        alike[index] = 1  # also where its features are the mean
    return alike


def _find_mean(read: Rows, blocks: list[slice]) -> NDArray[np.float64]:
    """Return the mean of the features that are finite, (K,)."""
    total, count = 0.0, 0
    for rows in blocks:
        features = read(rows)
        finite = features[np.isfinite(features).all(1)]
        total, count = total + finite.sum(0, dtype=np.float64), count + len(finite)
    return np.asarray(total / count)


def _cosines(rows: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosines between features (n, K) and those wanted (K,), NaN where they are not finite."""
    with np.errstate(invalid="ignore"):
        lengths = np.sqrt(np.einsum("nk,nk->n", rows, rows)) * np.linalg.norm(wanted)
        cosines: NDArray[np.float64] = np.divide(rows @ wanted, lengths, out=np.zeros(len(rows)), where=lengths > 0)
    return np.where(np.isfinite(lengths), cosines.clip(-1, 1), np.nan)
