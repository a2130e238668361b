"""Localisation measures against boxes and masks, one value per image.

Boxes are in seen coordinates. Masks (N, side, side) are of the square picture that the model saw; an empty mask means
that the image has none. A value is NaN if there is nothing to measure: no box, no mask, no map of that target, or a map
that is not finite.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from PIL import Image

from camcore.geometry import (
    FloatArray,
    FloatVector,
    Masks,
    apply_view,
    boxes_in_view,
    cover_cells,
    pool_cells,
    upsample,
    view_parts,
)
from camcore.heatmaps.drawing import evidence_status

BOXES = pa.list_(pa.list_(pa.float64()))
TOLERANCE = 15 / 224  # how far from the object a peak may lie in the tolerant pointing game, as a share of the side
_TIE = 1e-5  # of the maximum: the rounding of methods that give the same map must not move the peak
_PORTION = 64  # maps upsampled at once


def count_boxes(boxes: pd.Series) -> NDArray[np.int64]:
    """Return how many boxes each image has, (N,)."""
    return np.asarray(pc.list_value_length(_as_arrow(boxes)), dtype=np.int64)


def object_cover(samples: pd.DataFrame, view: str, height: int, width: int) -> FloatArray:
    """Return each cell's share covered by an image's boxes, (N, height, width); NaN without boxes."""
    counts, boxes = count_boxes(samples["boxes"]), _as_arrow(samples["boxes"]).flatten()
    edges = np.stack([np.asarray(pc.list_element(boxes, at)) for at in range(4)], -1)
    parts = view_parts(view, samples["width"].to_numpy(), samples["height"].to_numpy())
    return cover_cells(boxes_in_view(edges, np.repeat(parts, counts, axis=0)), counts, height, width)


def off_object_heat(drawn: FloatArray, cover: FloatArray) -> FloatVector:
    """Return a normalised map's share of heat outside the boxes, (N,); NaN without boxes or heat."""
    total = drawn.sum((-2, -1))
    outside = (drawn * (1 - cover)).sum((-2, -1))
    share: FloatVector = np.divide(outside, total, out=np.full(len(drawn), np.nan), where=total > 0)
    return share


def apply_view_to_mask(mask: Masks, view: str, side: int) -> Masks:
    """Return a mask (height, width) in the model's view; pixels at least half covered are set."""
    seen: Masks = np.asarray(apply_view(Image.fromarray(mask.astype(np.uint8) * 255), view, side)) >= 128
    return seen


def cover_masks(masks: Masks, height: int, width: int) -> FloatArray:
    """Return each cell's share covered by masks (N, side, side), (N, height, width). NaN for an empty mask."""
    cover = pool_cells(masks.astype(np.float32), height, width)
    cover[~masks.any((-2, -1))] = np.nan
    return cover


@dataclass(frozen=True)
class Peaks:
    """Each map's hottest pixel, `row_column` (N, 2), in `side` pixels; `status` from `evidence_status`."""

    row_column: NDArray[np.int64]
    status: NDArray[np.str_]
    side: int


def find_peaks(signed: FloatArray, side: int) -> Peaks:
    """Return the peaks of raw maps (N, h, w), upsampled to the model's view.

    Among tied pixels after clipping, the highest in the signed map is taken; if still tied, the first.
    """
    row_column = np.zeros((len(signed), 2), dtype=np.int64)
    status = evidence_status(signed)
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
    """Whether each peak hits, (N,), 1 or 0. `strict`: inside the object; `tolerant`: within 15 px of it at 224.

    A map without positive evidence has no peak, which counts as a miss.
    """

    strict: FloatVector
    tolerant: FloatVector


def pointing_game(peaks: Peaks, boxes: Sequence[FloatArray]) -> Pointing:
    """Return whether peaks hit a box of their image, (n, 4) each in view coordinates.

    Source: Zhang et al. 2016, arXiv 1608.00507, section 4.2.
    """
    distance = np.full(len(boxes), np.nan)
    for index, ((row, column), corners) in enumerate(zip(peaks.row_column, boxes, strict=True)):
        if len(corners):
            point = (np.array([column, row]) + 0.5) / peaks.side
            outside = np.maximum(0, np.maximum(corners[:, :2] - point, point - corners[:, 2:]))
            distance[index] = np.hypot(*outside.T).min()
    return _hit(peaks, distance)


def pointing_game_on_masks(peaks: Peaks, masks: Masks) -> Pointing:
    """Return whether peaks hit an image's mask, (N, side, side)."""
    reach = int(np.ceil(TOLERANCE * peaks.side + 0.5))
    steps = np.arange(-reach, reach + 1)
    gap = np.maximum(np.abs(steps) - 0.5, 0) / peaks.side  # from the peak's centre to the edge of another pixel
    distance = np.hypot(gap[:, None], gap)
    # Beyond the picture's edge, `clip` repeats edge pixels. They lie nearer than that and are counted there as well.
    rows, columns = (np.clip(at[:, None] + steps, 0, peaks.side - 1) for at in peaks.row_column.T)
    around = masks[np.arange(len(masks))[:, None, None], rows[:, :, None], columns[:, None]]
    nearest = np.where(around, distance, np.inf).min((-2, -1))
    return _hit(peaks, np.where(masks.any((-2, -1)), nearest, np.nan))


@dataclass(frozen=True)
class Energy:
    """Each map's share of heat inside, and the area's share (the chance level), (N,)."""

    share: FloatVector
    chance: FloatVector


def energy_in_box(drawn: FloatArray, cover: FloatArray) -> Energy:
    """Return how much heat lies inside the boxes; NaN also without heat.

    Args:
        drawn: Maps as positive evidence, 0 to 1, (N, h, w).
        cover: The share of each cell that lies inside, see `object_cover`.

    Source: Wang et al. 2020 (Score-CAM), arXiv 1910.01279, section 4.3.
    """
    return Energy(1 - off_object_heat(drawn, cover), cover.mean((-2, -1)))


def part_energy(drawn: FloatArray, parts: Masks) -> Energy:
    """Return the share of heat of normalised maps (N, h, w) on part masks (N, side, side)."""
    return energy_in_box(drawn, cover_masks(parts, *drawn.shape[-2:]))


def follow_class(
    true_peaks: Peaks, other_peaks: Peaks, true_boxes: Sequence[FloatArray], other_boxes: Sequence[FloatArray]
) -> FloatVector:
    """Return whether the peaks of both classes of an image hit their own objects, (N,); NaN without both objects."""
    return pointing_game(true_peaks, true_boxes).strict * pointing_game(other_peaks, other_boxes).strict


def _hit(peaks: Peaks, distance: FloatVector) -> Pointing:
    nothing = np.isnan(distance) | (peaks.status == "not_finite")
    near = [(distance <= reach) & (peaks.status == "ok") for reach in (0, TOLERANCE)]
    strict, tolerant = (np.where(nothing, np.nan, hits.astype(float)) for hits in near)
    return Pointing(strict, tolerant)


def _as_arrow(boxes: pd.Series) -> Any:
    """Return lists of boxes, stored as Arrow or Python objects, as one Arrow array."""
    stored = pa.array(boxes)
    return (stored.combine_chunks() if isinstance(stored, pa.ChunkedArray) else stored).cast(BOXES)
