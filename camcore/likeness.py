"""How alike two images are to the network: the angle between their pooled features."""

import numpy as np
from numpy.typing import NDArray

ROWS_AT_ONCE = 1024  # so that only a part of large features is held in double precision


def likeness(pooled: NDArray[np.floating], index: int) -> NDArray[np.float64]:
    """Return per image how alike it is to image `index`, (N,): 1 the same, 0 unrelated, -1 the opposite.

    The cosine between features (N, K) less their mean over all images. Features behind a ReLU all point the same way,
    so that without this every two images seem alike. Channels are not scaled to one spread: that would give those which
    hardly ever fire, and say little, the weight of all others.

    It is NaN where features are not finite, and 0 where an image does not differ from the mean.
    """
    finite = np.isfinite(pooled).all(1)
    alike = np.full(len(pooled), np.nan)
    if finite[index]:
        mean = pooled.mean(0, dtype=np.float64, where=finite[:, None])
        wanted = pooled[index] - mean
        for start in range(0, len(pooled), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            alike[rows] = np.where(finite[rows], _cosines(pooled[rows] - mean, wanted), np.nan)
        alike[index] = 1  # also where its features are the mean
    return alike


def _cosines(rows: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(wanted)
    cosines: NDArray[np.float64] = np.divide(rows @ wanted, lengths, out=np.zeros(len(rows)), where=lengths > 0)
    return cosines.clip(-1, 1)
