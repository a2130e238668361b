"""Baseline maps made without a network: a centre blob, uniform, random, the image's edges."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camcore.geometry import FloatArray, pool_cells

BLOB_WIDTH = 0.25  # standard deviation, as a share of the side


@dataclass(frozen=True)
class Baseline:
    """A map made without a network. `compute` takes grey images (N, side, side), map height and width, and a seed."""

    title: str
    compute: Callable[[NDArray[np.generic], int, int, int], FloatArray]


def _centre_blob(grey: NDArray[np.generic], height: int, width: int, _: int) -> FloatArray:
    y, x = (((np.arange(cells) + 0.5) / cells - 0.5) / BLOB_WIDTH for cells in (height, width))
    return np.repeat(np.exp(-(y[:, None] ** 2 + x**2) / 2)[None], len(grey), axis=0)


def _input_edges(grey: NDArray[np.generic], height: int, width: int, _: int) -> FloatArray:
    slopes = (np.hypot(*np.gradient(image.astype(np.float32))) for image in grey)
    edges: FloatArray = np.concatenate([pool_cells(slope[None], height, width) for slope in slopes])
    return edges


# What any method has to beat. The uniform map's peak is its first pixel, a corner; the random map shows what pointing
# at random hits.
BASELINES = {
    "center": Baseline("Centre blob", _centre_blob),
    "uniform": Baseline("Uniform", lambda grey, height, width, _: np.ones((len(grey), height, width))),
    "random": Baseline(
        "Random", lambda grey, height, width, seed: np.random.default_rng(seed).random((len(grey), height, width))
    ),
    "edges": Baseline("Edges of the image", _input_edges),
}
