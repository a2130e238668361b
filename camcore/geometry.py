"""Boxes and resizing, between image pixels, what the model sees, and cells of a map.

Three coordinate systems. *Image*: pixels of the upright image, (0, 0) its top left corner, far edges exclusive.
*View*: the part of the image that the model sees, from 0 to 1 in both directions. *Cells*: a map's grid of h by w equal
cells over the view.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from pydantic import PositiveInt

from camcore.errors import unknown_choice

VIEWS = ("squash", "center-crop")

FloatArray = NDArray[np.floating]
FloatVector = NDArray[np.float64]
Masks = NDArray[np.bool_]
BoxXyxy = tuple[float, float, float, float]


@dataclass(frozen=True)
class LayerGrid:
    """A layer of a network: the grid of its maps, in cells, and its channels."""

    name: str
    height: PositiveInt
    width: PositiveInt
    channels: PositiveInt


def view_parts(view: str, widths: ArrayLike, heights: ArrayLike) -> NDArray[np.float64]:
    """Return the model's view of each image, (n, 4), as `box_xyxy` in image pixels.

    `squash`: the whole image; `center-crop`: the largest central square.
    """
    sides = np.stack([np.asarray(widths, dtype=np.float64), np.asarray(heights, dtype=np.float64)], -1)
    if view == "squash":
        seen = sides
    elif view == "center-crop":
        seen = np.broadcast_to(sides.min(-1, keepdims=True), sides.shape)
    else:
        raise unknown_choice("view", view, VIEWS)
    start = (sides - seen) / 2
    return np.concatenate([start, start + seen], -1)


def view_box(view: str, width: int, height: int) -> BoxXyxy:
    """Return the part of one image that the model sees, in image pixels."""
    x0, y0, x1, y1 = view_parts(view, [width], [height])[0].tolist()
    return (x0, y0, x1, y1)


def apply_view(image: Image.Image, view: str, size: int) -> Image.Image:
    """Return what the model sees: `size` by `size` pixels, antialiased bilinear."""
    return image.resize((size, size), Image.Resampling.BILINEAR, box=view_box(view, *image.size))


def box_in_view(box_xyxy: BoxXyxy, seen: BoxXyxy) -> BoxXyxy | None:
    """Return a box in view coordinates, clipped to 0 to 1; None if outside the view."""
    x0, y0, x1, y1 = seen
    left, right = (np.clip((x - x0) / (x1 - x0), 0, 1) for x in (box_xyxy[0], box_xyxy[2]))
    top, bottom = (np.clip((y - y0) / (y1 - y0), 0, 1) for y in (box_xyxy[1], box_xyxy[3]))
    if left >= right or top >= bottom:
        return None
    return (float(left), float(top), float(right), float(bottom))


def boxes_in_view(boxes: FloatArray, seen: FloatArray) -> NDArray[np.float64]:
    """Return boxes (n, 4) in view coordinates, clipped to 0 to 1. `seen` (n, 4) are the views.

    A box outside the view has no area.
    """
    start, size = np.tile(seen[:, :2], 2), np.tile(seen[:, 2:] - seen[:, :2], 2)
    return np.clip((boxes - start) / size, 0, 1)


def cover_cells(boxes: FloatArray, counts: NDArray[np.integer], height: int, width: int) -> NDArray[np.float64]:
    """Return the share of each cell covered by an image's boxes, (n, height, width), 0 to 1.

    Overlaps count once. NaN for an image without boxes.

    Args:
        boxes: (m, 4) in view coordinates, in the order of the images.
        counts: Number of boxes per image, (n,).
        height: Rows of the grid.
        width: Columns of the grid.
    """
    cover = np.full((len(counts), height, width), np.nan)
    starts = np.cumsum(counts) - counts
    for count in np.unique(counts[counts > 0]):
        images = np.flatnonzero(counts == count)
        cover[images] = _cover_unions(boxes[starts[images, None] + np.arange(count)], height, width)
    return cover


def _cover_unions(boxes: FloatArray, height: int, width: int) -> NDArray[np.float64]:
    """Return the shares for n images with k boxes each, (n, k, 4)."""
    x0, y0, x1, y1 = np.moveaxis(np.asarray(boxes, dtype=np.float64), -1, 0)
    if boxes.shape[1] == 1:  # most images: nothing overlaps
        covered: NDArray[np.float64] = _cover_steps(y0, y1, height).swapaxes(1, 2) * _cover_steps(x0, x1, width)
        return covered
    xs, in_x, columns = _cut_at_edges(x0, x1, width)
    ys, in_y, rows = _cut_at_edges(y0, y1, height)
    area = (in_y.swapaxes(1, 2) @ in_x > 0) * ys[:, :, None] * xs[:, None, :]
    return np.clip(rows.swapaxes(1, 2) @ area @ columns * (height * width), 0, 1)


def _cut_at_edges(
    start: NDArray[np.float64], end: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float64]]:
    """Cut 0 to 1 per image at the edges of `count` equal steps and k spans (n, k).

    Returns the lengths of the c pieces (n, c), which span holds them (n, k, c), and which step (n, c, count).
    """
    edges = np.broadcast_to(np.linspace(0, 1, count + 1), (len(start), count + 1))
    cuts = np.sort(np.concatenate([edges, start, end], axis=1), axis=1)
    middles = (cuts[:, 1:] + cuts[:, :-1]) / 2
    inside = (middles[:, None] > start[:, :, None]) & (middles[:, None] < end[:, :, None])
    steps = np.minimum((middles * count).astype(int), count - 1)
    return np.diff(cuts, axis=1), inside.astype(np.float32), (steps[:, :, None] == np.arange(count)).astype(np.float64)


def _cover_steps(start: NDArray[np.float64], end: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the share of each of `count` steps of 0 to 1 from `start` to `end`, (..., count)."""
    edges = np.arange(count + 1) / count
    shared = np.minimum(edges[1:], end[..., None]) - np.maximum(edges[:-1], start[..., None])
    covered: NDArray[np.float64] = np.clip(shared * count, 0, 1)
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
    """Return maps (..., h, w) upsampled to (..., height, width): bilinear, align_corners=False.

    Signs and dtype are kept: apply a ReLU after upsampling, not before.
    """
    h, w = maps.shape[-2:]
    if (h, w) == (height, width):
        return maps
    rows = _bilinear_weights(h, height).astype(maps.dtype)
    columns = _bilinear_weights(w, width).astype(maps.dtype)
    with np.errstate(invalid="ignore"):  # maps that are not finite have a status that says so
        result: FloatArray = rows @ maps @ columns.T
    return result


def round_maps(maps: FloatArray) -> FloatArray:
    """Return maps (..., h, w) divided by their largest absolute value, rounded to six digits.

    Maps that are equal in theory up to a factor differ by float32 rounding. Rounded, they give equal measures.
    """
    largest = np.abs(maps).max((-2, -1), keepdims=True)
    with np.errstate(invalid="ignore"):  # maps that are not finite have a status that says so
        rounded: FloatArray = np.round(maps.astype(np.float64) / np.where(largest > 0, largest, 1), 6)
    return rounded


def pool_cells(values: FloatArray, height: int, width: int) -> FloatArray:
    """Return the means of values (N, rows, columns) over equal cells, (N, height, width).

    A pixel on an edge counts by its share in each cell.
    """
    means: FloatArray = _mean_weights(values.shape[1], height) @ values @ _mean_weights(values.shape[2], width).T
    return means


def _mean_weights(pixels: int, cells: int) -> NDArray[np.float32]:
    edges, starts = np.linspace(0, pixels, cells + 1), np.arange(pixels)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    weights: NDArray[np.float32] = (np.clip(overlap, 0, None) * cells / pixels).astype(np.float32)
    return weights
