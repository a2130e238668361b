"""Does the heat lie on the object, and on the parts that decide? Measures against boxes and masks, a value per image.

Boxes are in seen coordinates; masks are those of the square picture that the model saw, `side` by `side` pixels, and an
empty one stands for an image without a mask. A value is NaN where there is nothing to measure: no box, no mask, no map
of that target, a map that is not finite.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from camcore.geometry import FloatArray, see_image, upsample
from camcore.heatmaps.drawing import map_status
from camcore.measures.disagreement import off_object_heat

TOLERANCE = 15 / 224
"""How far from the object a peak may lie in the tolerant pointing game, as a share of the picture's side."""

SCORE_STEPS = 1000
BLOB_WIDTH = 0.25  # standard deviation, as a share of the side
_TIE = 1e-5  # of the maximum: rounding differs between methods that give the same map, and must not move the peak
_PORTION = 64

FloatVector = NDArray[np.float64]
Masks = NDArray[np.bool_]


def see_mask(mask: Masks, view: str, side: int) -> Masks:
    """Return a mask of the image (height, width) as the model sees it; a pixel counts from half its area on."""
    seen: Masks = np.asarray(see_image(Image.fromarray(mask.astype(np.uint8) * 255), view, side)) >= 128
    return seen


def cover_masks(masks: Masks, height: int, width: int) -> FloatArray:
    """Return the share of each cell that masks (N, side, side) cover, (N, height, width); NaN for an empty mask."""
    cover = _pool(masks.astype(np.float32), height, width)
    cover[~masks.any((-2, -1))] = np.nan
    return cover


@dataclass(frozen=True)
class Peaks:
    """The hottest pixel of each map, `row_column` (N, 2), in a picture of `side` pixels; `status` of `map_status`."""

    row_column: NDArray[np.int64]
    status: NDArray[np.str_]
    side: int


def find_peaks(signed: FloatArray, side: int) -> Peaks:
    """Return the peaks of raw maps (N, h, w), upsampled to the picture that the model saw.

    Of pixels that tie after clipping, the highest of the signed map counts; of pixels that tie there too, the first.
    """
    row_column = np.zeros((len(signed), 2), dtype=np.int64)
    status = map_status(signed)
    usable = np.flatnonzero(status == "ok")
    for start in range(0, len(usable), _PORTION):
        rows = usable[start : start + _PORTION]
        coarse = signed[rows].astype(np.float64)
        fine = upsample(coarse, side, side).reshape(len(rows), -1)
        tie = _TIE * coarse.max((-2, -1))[:, None]
        first = (fine >= fine.max(-1, keepdims=True) - tie).argmax(-1)
        row_column[rows] = np.stack(np.divmod(first, side), axis=-1)
    return Peaks(row_column, status, side)


@dataclass(frozen=True)
class Pointing:
    """Whether each peak hits, (N,), 1 or 0: `strict` the object itself, `tolerant` within 15 px of it at 224.

    A map without positive evidence has no peak: by definition a miss, whatever pixel comes first.
    """

    strict: FloatVector
    tolerant: FloatVector


def pointing_game(peaks: Peaks, boxes: Sequence[FloatArray]) -> Pointing:
    """Return whether peaks hit any of an image's boxes, given per image in seen coordinates, (n, 4).

    Source: Zhang et al. 2016, arXiv 1608.00507, section 4.2.
    """
    distance = np.full(len(boxes), np.nan)
    for index, ((row, column), found) in enumerate(zip(peaks.row_column, boxes, strict=True)):
        if len(found):
            point = (np.array([column, row]) + 0.5) / peaks.side
            outside = np.maximum(0, np.maximum(found[:, :2] - point, point - found[:, 2:]))
            distance[index] = np.hypot(*outside.T).min()
    return _hit(peaks, distance)


def pointing_game_on_masks(peaks: Peaks, masks: Masks) -> Pointing:
    """Return whether peaks hit an image's mask, (N, side, side)."""
    reach = int(np.ceil(TOLERANCE * peaks.side + 0.5))
    steps = np.arange(-reach, reach + 1)
    gap = np.maximum(np.abs(steps) - 0.5, 0) / peaks.side  # from the peak's centre to the edge of another pixel
    distance = np.hypot(gap[:, None], gap)
    # Beyond the picture's edge the edge's own pixels stand in: they are nearer than they are taken for, and counted so.
    rows, columns = (np.clip(at[:, None] + steps, 0, peaks.side - 1) for at in peaks.row_column.T)
    around = masks[np.arange(len(masks))[:, None, None], rows[:, :, None], columns[:, None]]
    nearest = np.where(around, distance, np.inf).min((-2, -1))
    return _hit(peaks, np.where(masks.any((-2, -1)), nearest, np.nan))


def _hit(peaks: Peaks, distance: FloatVector) -> Pointing:
    nothing = np.isnan(distance) | (peaks.status == "not_finite")
    near = [(distance <= reach) & (peaks.status == "ok") for reach in (0, TOLERANCE)]
    strict, tolerant = (np.where(nothing, np.nan, hits.astype(float)) for hits in near)
    return Pointing(strict, tolerant)


@dataclass(frozen=True)
class Energy:
    """The share of each map's heat that lies inside, and the share of the area, which a uniform map scores; (N,)."""

    share: FloatVector
    chance: FloatVector


def energy_in_box(drawn: FloatArray, cover: FloatArray) -> Energy:
    """Return how much heat lies inside the boxes; NaN also where there is no heat.

    Args:
        drawn: Maps as positive evidence, 0 to 1, (N, h, w).
        cover: The share of each cell that lies inside, as of `object_cover`.

    Source: Wang et al. 2020 (Score-CAM), arXiv 1910.01279, section 4.3.
    """
    return Energy(1 - off_object_heat(drawn, cover), cover.mean((-2, -1)))


def part_energy(drawn: FloatArray, parts: Masks) -> Energy:
    """Return how much of the heat of drawn maps (N, h, w) lies on the parts that decide, masks (N, side, side)."""
    return energy_in_box(drawn, cover_masks(parts, *drawn.shape[-2:]))


@dataclass(frozen=True)
class ClassFollowing:
    """On images of two classes: does each map's peak fall on its own class's object, and do both? (N,), 1, 0 or NaN."""

    on_true: FloatVector
    on_other: FloatVector
    both: FloatVector


def follow_class(
    true_peaks: Peaks, other_peaks: Peaks, true_boxes: Sequence[FloatArray], other_boxes: Sequence[FloatArray]
) -> ClassFollowing:
    """Return whether the map for each of two classes peaks on its own object; NaN on images without the two objects."""
    on_true = pointing_game(true_peaks, true_boxes).strict
    on_other = pointing_game(other_peaks, other_boxes).strict
    both = on_true * on_other
    return ClassFollowing(np.where(np.isnan(both), np.nan, on_true), np.where(np.isnan(both), np.nan, on_other), both)


@dataclass(frozen=True)
class PixelCounts:
    """How many of each image's pixels have a score, inside and outside of its mask, each (N, SCORE_STEPS + 1)."""

    inside: NDArray[np.int32]
    outside: NDArray[np.int32]


def count_pixels(scores: FloatArray, masks: Masks) -> PixelCounts:
    """Return histograms of drawn maps and their masks, both (N, side, side). An empty mask gives a row of zeros."""
    counts = np.zeros((2, len(scores), SCORE_STEPS + 1), dtype=np.int32)
    for index, (score, mask) in enumerate(zip(scores, masks, strict=True)):
        if mask.any():
            steps = (score * SCORE_STEPS).astype(np.int64)
            for side, chosen in enumerate((mask, ~mask)):
                counts[side, index] = np.bincount(steps[chosen], minlength=SCORE_STEPS + 1)
    return PixelCounts(*counts)


def pixel_average_precision(counts: PixelCounts, weights: FloatArray | None = None) -> FloatArray:
    """Return PxAP, the area under the precision and recall of all pixels together; NaN without masks.

    Args:
        counts: Of `count_pixels`.
        weights: How often each image counts, (..., N), e.g. a row per resample; the result is of shape (...).

    Source: Choe et al. 2020, arXiv 2001.07437, section 4.2.
    """
    each = np.ones(len(counts.inside)) if weights is None else weights.astype(float)
    right, wrong = ((each @ sides)[..., ::-1] for sides in (counts.inside, counts.outside))
    found = right.cumsum(-1)
    with np.errstate(invalid="ignore"):
        precision = found / (found + wrong.cumsum(-1))
        area: FloatArray = np.nansum(precision * right, axis=-1) / found[..., -1]
    return area


@dataclass(frozen=True)
class Baseline:
    """A map that no network made. `compute` takes grey images (N, side, side), a map's height and width, and a seed."""

    title: str
    compute: Callable[[NDArray[np.generic], int, int, int], FloatArray]


def _centre_blob(grey: NDArray[np.generic], height: int, width: int, _: int) -> FloatArray:
    y, x = (((np.arange(cells) + 0.5) / cells - 0.5) / BLOB_WIDTH for cells in (height, width))
    return np.repeat(np.exp(-(y[:, None] ** 2 + x**2) / 2)[None], len(grey), axis=0)


def _input_edges(grey: NDArray[np.generic], height: int, width: int, _: int) -> FloatArray:
    slopes = (np.hypot(*np.gradient(image.astype(np.float32))) for image in grey)
    edges: FloatArray = np.concatenate([_pool(slope[None], height, width) for slope in slopes])
    return edges


BASELINES = {
    "center": Baseline("Centre blob", _centre_blob),
    "uniform": Baseline("Uniform", lambda grey, height, width, _: np.ones((len(grey), height, width))),
    "random": Baseline(
        "Random", lambda grey, height, width, seed: np.random.default_rng(seed).random((len(grey), height, width))
    ),
    "edges": Baseline("Edges of the image", _input_edges),
}
"""What any method has to beat. Raw maps (N, h, w) like a method's, so that nothing is measured in another way.

The uniform map's peak is its first pixel, a corner; what pointing at random hits, the random map shows.
"""


def _pool(values: FloatArray, height: int, width: int) -> FloatArray:
    """Return the means of (N, rows, columns) over equal cells, (N, height, width); pixels on an edge count in part."""
    means: FloatArray = _mean_weights(values.shape[1], height) @ values @ _mean_weights(values.shape[2], width).T
    return means


def _mean_weights(pixels: int, cells: int) -> NDArray[np.float32]:
    edges, starts = np.linspace(0, pixels, cells + 1), np.arange(pixels)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    weights: NDArray[np.float32] = (np.clip(overlap, 0, None) * cells / pixels).astype(np.float32)
    return weights
