"""MaxBoxAcc and MaxBoxAccV2: how well boxes around hot regions fit the true boxes.

Source: Choe et al. 2020, arXiv 2001.07437, sections 3 and 4; the conventions are those of its evaluation code.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from camcore.errors import CamcoreError
from camcore.geometry import FloatArray, FloatVector, Masks, box_in_view, view_box
from camcore.stats.paired import Estimate, PairedDifference
from camcore.stats.resampling import Statistic, paired_resample, resample_interval

THRESHOLDS = np.arange(0, 1, 0.01)
IOU_LEVELS = (0.3, 0.5, 0.7)
SPLITS = 5

PixelBoxes = NDArray[np.int64]

_EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)
_ROUNDING = 1e-6  # an edge at 112.0000001 px is one at 112


@dataclass(frozen=True)
class BoxOverlap:
    """Overlap per image and threshold, (N, thresholds) each; NaN for images without a true box.

    `best` is the highest IoU of any estimated with any true box, `largest` that of the largest region's box.
    """

    best: NDArray[np.float32]
    largest: NDArray[np.float32]


def to_score(drawn: FloatArray) -> NDArray[np.uint8]:
    """Return normalised maps, 0 to 1, as the bytes that thresholds are applied to."""
    score: NDArray[np.uint8] = (drawn * 255).astype(np.uint8)
    return score


def seen_boxes(samples: pd.DataFrame, labels: Sequence[int], view: str) -> list[FloatArray]:
    """Return per image the boxes of one class in view coordinates, (n, 4). n is 0 if there are none.

    Args:
        samples: Those of an explanation; a box of unknown class belongs to the sample's label.
        labels: The class per image, -1 for none.
        view: What the model sees.
    """
    seen_per_image = []
    columns = (samples[name] for name in ("boxes", "label", "width", "height"))
    for wanted, boxes, label, width, height in zip(labels, *columns, strict=True):
        part = view_box(view, width, height)
        mine = [box for box in boxes if wanted >= 0 and (label if box[4] == -1 else box[4]) == wanted]
        seen = (box_in_view((box[0], box[1], box[2], box[3]), part) for box in mine)
        seen_per_image.append(np.array([box for box in seen if box is not None], dtype=float).reshape(-1, 4))
    return seen_per_image


def to_pixel_boxes(boxes: FloatArray, side: int) -> PixelBoxes:
    """Return the first and last pixels in `side` by `side` touched by boxes (n, 4)."""
    near = np.floor(boxes[:, :2] * side + _ROUNDING)
    far = np.ceil(boxes[:, 2:] * side - _ROUNDING) - 1
    return np.concatenate([near, np.maximum(near, far)], axis=1).astype(np.int64)


def overlap_boxes(scores: NDArray[np.uint8], true_boxes: Sequence[PixelBoxes]) -> BoxOverlap:
    """Compare score maps' boxes with the true boxes at every threshold of each map's maximum.

    Values depend on their image alone, so many images can be measured in portions. A map that is zero everywhere has no
    box and overlaps by 0.

    Args:
        scores: (N, height, width).
        true_boxes: Per image (n, 4), x0, y0, x1, y1 in pixels of the map, far edges included.
    """
    overlap = np.full((2, len(scores), len(THRESHOLDS)), np.nan, dtype=np.float32)
    for index, (score, boxes) in enumerate(zip(scores, true_boxes, strict=True)):
        if len(boxes):
            overlap[:, index] = _overlap_one(score, boxes)
    return BoxOverlap(*overlap)


def estimate_boxes(foreground: Masks, euler: int) -> tuple[PixelBoxes, int]:
    """Return boxes (x0, y0, x1, y1) around a mask's regions, and the largest region's index.

    Regions are 8-connected. As in contour tracing, a hole counts as a region, with the ring of foreground around it. A
    region's size includes what it encloses. Far edges are exclusive, as in the reference code, and are limited to the
    last pixel's index.

    Args:
        foreground: (h, w), with at least one pixel set.
        euler: The number of regions minus the number of holes; saves a search if there are no holes.
    """
    rows, columns = (np.flatnonzero(foreground.any(axis)) for axis in (1, 0))
    part = foreground[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]  # labelling takes time per pixel
    labels, count = ndimage.label(part, _EIGHT_NEIGHBOURS)
    regions = ndimage.find_objects(labels)
    holes = _find_holes(part) if count > euler else []
    boxes = np.array([_to_box(region, 0) for region in regions] + [_to_box(hole, 1) for hole in holes])
    boxes += np.tile([columns[0], rows[0]], 2)
    height, width = foreground.shape
    boxes[:, 2:] = np.minimum(boxes[:, 2:], [width - 1, height - 1])
    return boxes, _find_largest(labels, regions, bool(holes))


def box_iou(first: PixelBoxes, second: PixelBoxes) -> NDArray[np.float64]:
    """Return the IoU of each pair of boxes, (n, m). Widths and heights count pixels, both ends included."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low + 1, 0, None).prod(-1)
    areas = [(boxes[:, 2:] - boxes[:, :2] + 1).prod(-1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    iou: NDArray[np.float64] = shared / union
    return iou


def max_box_acc(overlap: FloatArray, levels: Sequence[float]) -> float:
    """Return the share of hits at the best threshold, averaged over IoU levels.

    `max_box_acc(overlaps.largest, [0.5])` is MaxBoxAcc, `max_box_acc(overlaps.best, IOU_LEVELS)` is MaxBoxAccV2. The
    threshold is chosen on the reported images: an oracle; `cross_fit` avoids that. NaN without boxes.

    Args:
        overlap: (N, thresholds). Images without boxes (NaN) don't count.
        levels: IoU from which a box counts as correct; each has its own threshold.
    """
    boxed = overlap[~np.isnan(overlap[:, 0])]
    if not len(boxed):
        return float("nan")
    return float(np.mean([(boxed >= level).mean(0).max() for level in levels]))


def max_box_acc_interval(hits: Masks, seed: int = 0) -> Estimate:
    """Return MaxBoxAcc with cross-fitted thresholds and its interval; for `hits` see `cross_fit`."""
    return resample_interval(cross_fit(hits, seed), len(hits), seed)


def max_box_acc_difference(hits: Masks, reference: Masks, seed: int = 0) -> PairedDifference:
    """Compare MaxBoxAcc of two methods, each with its own thresholds; see `cross_fit`."""
    if len(hits) != len(reference):
        raise CamcoreError(f"Hits of {len(hits)} and of {len(reference)} images are not paired. Give the same images.")
    return paired_resample(cross_fit(hits, seed), cross_fit(reference, seed), len(hits), seed)


def cross_fit(hits: Masks, seed: int = 0) -> Statistic:
    """Return MaxBoxAcc as a statistic, its threshold chosen on the other half of the images.

    Args:
        hits: Whether a box at a threshold fits, (n, thresholds), or (n, IoU levels, thresholds) for MaxBoxAccV2, whose
            levels have a threshold each and are averaged.
        seed: Determines the halves; use the same for every method.

    The best threshold on the reported images is an oracle: it exceeds what any threshold reaches on new images. Here no
    image takes part in the choice of its own threshold. Choosing on half the images is noisy, which would increase the
    error of a difference by half. So the accuracy is smoothed over a fifth of the thresholds before its maximum is
    taken, and SPLITS splits are averaged, both ways each. Resampling repeats the choice, so the interval includes its
    variance: simulated (n = 108), intervals that take the chosen thresholds as given cover 0.84.
    """
    levels = (hits if hits.ndim == 3 else hits[:, None, :]).astype(np.float32)
    n = len(levels)
    splits = [np.random.default_rng([seed, number]).permutation(n)[: n // 2] for number in range(SPLITS)]

    def compute(weights: FloatVector) -> FloatVector:
        light = weights.astype(np.float32)
        total, value = _count(light, levels), np.zeros(len(weights))
        for half in splits:
            first = _count(light[:, half], levels[half])
            for chosen_on, applied_to in ((first, total - first), (total - first, first)):
                best = _choose_thresholds(chosen_on)[..., None]
                value += np.take_along_axis(applied_to, best, -1).mean((-2, -1))
        accuracy: FloatVector = value / (SPLITS * weights.sum(1))
        return accuracy

    return compute


def _overlap_one(score: NDArray[np.uint8], true_boxes: PixelBoxes) -> NDArray[np.float64]:
    """Return the best and the largest region's IoU, (2, thresholds)."""
    cuts = (THRESHOLDS * int(score.max())).astype(int)
    # Cuts that leave the same pixels are computed once.
    pixels, which, same = np.unique(_count_above(score)[cuts], return_index=True, return_inverse=True)
    if pixels[-1] == 0:
        return np.zeros((2, len(cuts)))
    estimates = _estimate_all(score, cuts[which])
    starts = np.cumsum([0] + [len(boxes) for boxes, _ in estimates[:-1]])
    ious = box_iou(np.concatenate([boxes for boxes, _ in estimates]), true_boxes).max(1)
    largest = ious[starts + [index for _, index in estimates]]
    return np.stack([np.maximum.reduceat(ious, starts), largest])[:, same]


def _estimate_all(score: NDArray[np.uint8], cuts: NDArray[np.int64]) -> list[tuple[PixelBoxes, int]]:
    """Return the boxes and the largest region of `score > cut` for each cut, as `estimate_boxes` does."""
    euler = _euler_numbers(score)[cuts]
    # Every region has a peak, so that one peak is one region, and then an Euler number of one means no hole.
    peaks = (_find_peaks(score)[None] > cuts[:, None]).sum(1)
    outlines = _outline(score, cuts)
    return [
        (outlines[at : at + 1], 0) if peaks[at] == 1 and euler[at] == 1 else estimate_boxes(score > cut, int(euler[at]))
        for at, cut in enumerate(cuts)
    ]


def _find_peaks(score: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the values of the plateaus, single pixels included, that touch no higher pixel."""
    highest = _spread(score) == score
    # A plateau that touches a higher pixel holds one which is not the highest around itself.
    sloping = highest & (_spread(np.where(highest, np.uint8(0), score)) == score)
    labels, count = ndimage.label(highest, _EIGHT_NEIGHBOURS)
    is_peak, values = np.ones(count + 1, dtype=bool), np.zeros(count + 1, dtype=np.uint8)
    is_peak[labels[sloping]] = False
    values[labels[highest]] = score[highest]
    return values[is_peak]


def _spread(score: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the maximum of each pixel and its eight neighbours."""
    padded = np.pad(score, 1)
    upright = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    spread: NDArray[np.uint8] = np.maximum(np.maximum(upright[:, :-2], upright[:, 1:-1]), upright[:, 2:])
    return spread


def _outline(score: NDArray[np.uint8], cuts: NDArray[np.int64]) -> PixelBoxes:
    """Return the box around all of `score > cut` for each cut, with far edges as in `estimate_boxes`."""
    near, far = [], []
    for axis in (0, 1):
        above = score.max(axis)[None] > cuts[:, None]
        near.append(above.argmax(1))
        far.append(np.minimum(above.shape[1] - above[:, ::-1].argmax(1), above.shape[1] - 1))
    return np.stack([*near, *far], axis=1)


def _find_holes(foreground: Masks) -> list[tuple[slice, slice]]:
    height, width = foreground.shape
    return [
        (rows, columns)
        for rows, columns in ndimage.find_objects(ndimage.label(~foreground)[0])
        if rows.start > 0 and columns.start > 0 and rows.stop < height and columns.stop < width
    ]


def _find_largest(labels: NDArray[np.int32], regions: list[tuple[slice, slice]], holes: bool) -> int:
    if len(regions) == 1:
        return 0
    sizes = np.bincount(labels.ravel())[1:]
    if holes:
        # Filling is slow; a region whose box has fewer pixels than another region can't be the largest.
        spans = np.array([(rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in regions])
        for index in np.flatnonzero(spans >= sizes.max()):
            sizes[index] = ndimage.binary_fill_holes(labels[regions[index]] == index + 1).sum()
    return int(np.argmax(sizes))


def _to_box(part: tuple[slice, slice], margin: int) -> tuple[int, int, int, int]:
    rows, columns = part
    return columns.start - margin, rows.start - margin, columns.stop + margin, rows.stop + margin


def _euler_numbers(score: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return regions minus holes of `score > cut` for each cut from 0 to 255, (256,).

    Pixels are closed squares, so those that touch at a corner are connected: corners - edges + squares.
    """
    padded = np.pad(score, 1)
    upright = np.maximum(padded[:, 1:], padded[:, :-1])
    level = np.maximum(padded[1:], padded[:-1])
    corners = np.maximum(upright[1:], upright[:-1])
    return _count_above(corners) - _count_above(upright) - _count_above(level) + _count_above(score)


def _count_above(values: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return how many values lie above each cut from 0 to 255, (256,)."""
    count: NDArray[np.int64] = values.size - np.bincount(values.ravel(), minlength=256).cumsum()
    return count


def _count(weights: NDArray[np.float32], levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the total weight of the images hit, (rows, levels, thresholds)."""
    return np.tensordot(weights, levels, axes=1)


def _choose_thresholds(counts: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the index of the highest smoothed count on the last axis. The middle one wins a tie."""
    smooth = ndimage.uniform_filter1d(counts, counts.shape[-1] // 10 * 2 + 1, mode="nearest", output=np.float64)
    best = smooth == smooth.max(-1, keepdims=True)
    middle: NDArray[np.intp] = (best & (best.cumsum(-1) > best.sum(-1, keepdims=True) // 2)).argmax(-1)
    return middle
