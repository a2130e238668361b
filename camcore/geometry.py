"""The only place for boxes and resizing: image <-> what the model sees <-> cells of a map.

Three coordinate systems. *Image*: pixels of the upright image, (0, 0) its top left corner, far edges exclusive.
*Seen*: the part of the image that the model sees, from 0 to 1 in both directions. *Cells*: a map's grid of h by w equal
cells over the seen part.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from camcore.errors import unknown_choice

VIEWS = ("squash", "center-crop")

FloatArray = NDArray[np.floating]
BoxXyxy = tuple[float, float, float, float]


def seen_box(view: str, width: int, height: int) -> BoxXyxy:
    """Return the part of an image that the model sees, as `box_xyxy` in pixels of the image.

    `squash` sees everything; `center-crop` sees the largest square in the middle.
    """
    if view == "squash":
        return (0.0, 0.0, float(width), float(height))
    if view == "center-crop":
        side = min(width, height)
        x0, y0 = (width - side) / 2, (height - side) / 2
        return (x0, y0, x0 + side, y0 + side)
    raise unknown_choice("view", view, VIEWS)


def see_image(image: Image.Image, view: str, size: int) -> Image.Image:
    """Return what the model sees: `size` by `size` pixels, antialiased bilinear."""
    return image.resize((size, size), Image.Resampling.BILINEAR, box=seen_box(view, *image.size))


def box_to_seen(box_xyxy: BoxXyxy, seen: BoxXyxy) -> BoxXyxy | None:
    """Return a box of the image in seen coordinates (0 to 1), cut at the edges; None where nothing of it is seen."""
    x0, y0, x1, y1 = seen
    left, right = (np.clip((x - x0) / (x1 - x0), 0, 1) for x in (box_xyxy[0], box_xyxy[2]))
    top, bottom = (np.clip((y - y0) / (y1 - y0), 0, 1) for y in (box_xyxy[1], box_xyxy[3]))
    if left >= right or top >= bottom:
        return None
    return (float(left), float(top), float(right), float(bottom))


def cover_cells(boxes: Sequence[BoxXyxy], height: int, width: int) -> NDArray[np.float64]:
    """Return for each cell the share of it that lies in the union of boxes, (height, width), 0 to 1.

    `boxes` are in seen coordinates. Overlaps count once.
    """
    if not boxes:
        return np.zeros((height, width))
    if len(boxes) == 1:  # most images: nothing overlaps
        x0, y0, x1, y1 = boxes[0]
        return np.outer(_cover_steps(y0, y1, height), _cover_steps(x0, x1, width))
    xs = np.unique(np.concatenate([np.linspace(0, 1, width + 1), [b[0] for b in boxes], [b[2] for b in boxes]]))
    ys = np.unique(np.concatenate([np.linspace(0, 1, height + 1), [b[1] for b in boxes], [b[3] for b in boxes]]))
    middle_x, middle_y = (xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2
    inside = np.zeros((len(middle_y), len(middle_x)), dtype=bool)
    for x0, y0, x1, y1 in boxes:
        in_x, in_y = (middle_x > x0) & (middle_x < x1), (middle_y > y0) & (middle_y < y1)
        inside |= in_y[:, None] & in_x[None, :]
    area = inside * np.diff(ys)[:, None] * np.diff(xs)[None, :]
    rows = np.minimum((middle_y * height).astype(int), height - 1)
    columns = np.minimum((middle_x * width).astype(int), width - 1)
    covered = np.zeros((height, width))
    np.add.at(covered, (rows[:, None], columns[None, :]), area)
    return np.clip(covered * height * width, 0, 1)


def _cover_steps(start: float, end: float, count: int) -> NDArray[np.float64]:
    """Return for each of `count` equal steps from 0 to 1 the share of it between `start` and `end`."""
    edges = np.arange(count + 1) / count
    covered: NDArray[np.float64] = np.clip((np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)) * count, 0, 1)
    return covered


@lru_cache(maxsize=256)
def _bilinear_weights(source: int, target: int) -> NDArray[np.float64]:
    """Return the (target, source) matrix of bilinear interpolation with align_corners=False."""
    position = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    low = np.floor(position).astype(int)
    high = np.minimum(low + 1, source - 1)
    fraction = position - low
    weights = np.zeros((target, source))
    np.add.at(weights, (np.arange(target), low), 1 - fraction)
    np.add.at(weights, (np.arange(target), high), fraction)
    return weights


def upsample(maps: FloatArray, height: int, width: int) -> FloatArray:
    """Return maps (..., h, w) on a finer grid (..., height, width), bilinear, align_corners=False.

    Signed values in, signed values out: clip after upsampling, not before. Of the input's floating type.
    """
    h, w = maps.shape[-2:]
    if (h, w) == (height, width):
        return maps
    rows = _bilinear_weights(h, height).astype(maps.dtype)
    columns = _bilinear_weights(w, width).astype(maps.dtype)
    with np.errstate(invalid="ignore"):  # of maps that are not finite, which their status says
        result: FloatArray = rows @ maps @ columns.T
    return result


def round_maps(maps: FloatArray) -> FloatArray:
    """Return maps (..., h, w) scaled to their largest absolute value and rounded to six digits.

    Maps that are the same in theory up to a factor differ by float32 rounding; these don't, so that what is measured of
    them doesn't either.
    """
    largest = np.abs(maps).max((-2, -1), keepdims=True)
    with np.errstate(invalid="ignore"):  # of maps that are not finite, which their status says
        rounded: FloatArray = np.round(maps.astype(np.float64) / np.where(largest > 0, largest, 1), 6)
    return rounded
