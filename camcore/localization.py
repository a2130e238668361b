"""Does the heat lie on the object? Measures of drawn maps against boxes and masks; values are kept per image.

Maps here are drawn ones, 0 to 1, in the size of the picture that boxes and masks refer to (`side` by `side` pixels of
what the model sees).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from camcore.geometry import FloatArray

SIDE = 224
THRESHOLDS = np.arange(0, 1, 0.01)
IOU_LEVELS = (0.3, 0.5, 0.7)
EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)

PixelBoxes = NDArray[np.int64]


@dataclass(frozen=True)
class BoxOverlap:
    """The overlap of estimated with true boxes for one image at every threshold, each (thresholds,).

    `best` is the highest IoU of any estimated with any true box, `largest` that of the largest region's box.
    """

    best: NDArray[np.float32]
    largest: NDArray[np.float32]


def estimate_boxes(foreground: NDArray[np.bool_]) -> tuple[PixelBoxes, int]:
    """Return boxes (x0, y0, x1, y1) around the regions of a mask (h, w), and which of them is the largest region's.

    Regions are 8-connected; a hole counts as a region of its own, with the ring of foreground around it, as contour
    tracing has it. Far edges are exclusive and end at the last pixel's index. Empty where nothing is foreground.
    """
    labels, count = ndimage.label(foreground, EIGHT_NEIGHBOURS)
    if count == 0:
        return np.zeros((0, 4), dtype=np.int64), -1
    slices = ndimage.find_objects(labels)
    areas = [
        ndimage.binary_fill_holes(labels[part] == number).sum() for number, part in enumerate(slices, start=1)
    ]
    holes = ndimage.find_objects(ndimage.label(ndimage.binary_fill_holes(foreground) & ~foreground)[0])
    height, width = foreground.shape
    boxes = [_to_box(part, 0, width, height) for part in slices] + [_to_box(part, 1, width, height) for part in holes]
    return np.array(boxes, dtype=np.int64), int(np.argmax(areas))


def _to_box(part: tuple[slice, slice], margin: int, width: int, height: int) -> tuple[int, int, int, int]:
    rows, columns = part
    return (
        columns.start - margin,
        rows.start - margin,
        min(columns.stop + margin, width - 1),
        min(rows.stop + margin, height - 1),
    )


def box_iou(first: PixelBoxes, second: PixelBoxes) -> NDArray[np.float64]:
    """Return the IoU of each pair of boxes, (n, m); widths and heights are counted in pixels, both ends included."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low + 1, 0, None).prod(-1)
    areas = [(boxes[:, 2:] - boxes[:, :2] + 1).prod(-1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    iou: NDArray[np.float64] = shared / union
    return iou


def overlap_boxes(score: NDArray[np.uint8], true_boxes: PixelBoxes) -> BoxOverlap:
    """Return how well the boxes of a score map (h, w) fit the true ones, for thresholds relative to its maximum.

    Source: Choe et al. 2020, arXiv 2001.07437, section 4; the conventions are those of its evaluation code.
    """
    best, largest = (np.zeros(len(THRESHOLDS), dtype=np.float32) for _ in range(2))
    known: dict[int, tuple[float, float]] = {}
    peak = int(score.max())
    for index, threshold in enumerate(THRESHOLDS):
        cut = int(threshold * peak)
        if cut not in known:
            boxes, chosen = estimate_boxes(score > cut)
            ious = box_iou(boxes, true_boxes).max(1) if len(boxes) and len(true_boxes) else np.zeros(1)
            known[cut] = (float(ious.max()), float(ious[chosen]) if len(boxes) else 0.0)
        best[index], largest[index] = known[cut]
    return BoxOverlap(best, largest)


def max_box_acc(overlaps: Sequence[NDArray[np.float32]], level: float) -> tuple[float, int]:
    """Return the highest share of images with IoU at least `level` at one threshold for all, and that threshold's index.

    The threshold is chosen on these images: an oracle, unless they are not the ones that are reported.
    """
    shares = (np.stack(overlaps) >= level).mean(0)
    return float(shares.max()), int(shares.argmax())


def to_score(drawn: FloatArray) -> NDArray[np.uint8]:
    """Return a drawn map, 0 to 1, as the bytes that thresholds are applied to."""
    score: NDArray[np.uint8] = (drawn * 255).astype(np.uint8)
    return score
