"""Renders pieces of paper to pixels: fill outlines, add shadows and grain, downsample.

Everything is whole numbers, so that the decoded pixels are the same on every platform.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from camcore.data.paper_dogs.shapes import Points

Colour = tuple[int, int, int]

UNITS = 16
"""Units of an outline in one pixel of the finished image."""

FINE = 2  # fine pixels per pixel and direction, averaged at the end
STEP = UNITS // FINE
SHADOW_STEPS = (
    (1, 2),
    (2, 3),
    (3, 5),
    (4, 7),
    (5, 9),
    (7, 11),
    (8, 13),
)  # x, y in fine pixels; light from the top left
SHADOW_LEVELS = len(SHADOW_STEPS) + 1
SHADOW_TINT = (52, 40, 92)  # shadows turn to violet rather than to grey
EDGE_LIGHT = 13  # the cut edge that faces the light is this much brighter
GRAIN_SIZE = 256


class Piece(NamedTuple):
    """A placed piece of paper: outline in units, colour, elevation (0 to 255) and owner.

    `owner` is 0 for scenery and 1 + dog for a dog's pieces; `decides` marks its deciding parts.
    """

    points: Points
    colour: Colour
    lift: int
    owner: int = 0
    decides: bool = False


def draw_pixels(pieces: Sequence[Piece], width: int, height: int, grain_at: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw pieces from back to front: (height, width, 3)."""
    top = _fill(pieces, width * FINE, height * FINE)
    lift = np.array([piece.lift for piece in pieces], dtype=np.uint8)[top]
    code = top * (2 * SHADOW_LEVELS) + _shade(lift)
    packed = np.take(_shaded_colours(pieces), code)
    total = packed[0::2, 0::2] + packed[0::2, 1::2] + packed[1::2, 0::2] + packed[1::2, 1::2]
    # Three sums of four bytes lie side by side in one number, ten bits each.
    pixels = np.stack([total >> 20, total >> 10 & 1023, total & 1023], axis=-1).astype(np.int16)
    pixels = (pixels + 2 >> 2) + _cut_grain(width, height, grain_at)[:, :, None]
    return np.clip(pixels, 0, 255).astype(np.uint8)


def draw_owners(pieces: Sequence[Piece], width: int, height: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return fine pixels per pixel of an owner, and of its parts: (owners, height, width)."""
    top = _fill(pieces, width * FINE, height * FINE)
    owner = np.array([piece.owner for piece in pieces], dtype=np.int64)
    decides = np.array([piece.decides for piece in pieces], dtype=np.bool_)
    owners = range(1, max(int(owner.max()), 1) + 1)
    whole = np.stack([_count((owner == one)[top]) for one in owners])
    parts = np.stack([_count(((owner == one) & decides)[top]) for one in owners])
    return whole, parts


def _count(fine: NDArray[np.bool_]) -> NDArray[np.int64]:
    height, width = fine.shape
    count: NDArray[np.int64] = fine.reshape(height // FINE, FINE, width // FINE, FINE).sum(axis=(1, 3), dtype=np.int64)
    return count


def _fill(pieces: Sequence[Piece], width: int, height: int) -> NDArray[np.uint16]:
    """Return the index of the topmost piece per fine pixel; piece 0 is the ground."""
    rows, starts, stops, which = _find_spans([piece.points for piece in pieces[1:]], width, height)
    lengths = stops - starts
    first = rows * width + starts
    before = np.cumsum(lengths) - lengths
    cells = np.repeat(first - before, lengths) + np.arange(int(lengths.sum()))
    top = np.zeros(height * width, dtype=np.uint16)
    top[cells] = np.repeat((which + 1).astype(np.uint16), lengths)  # a later piece overwrites an earlier one
    return top.reshape(height, width)


def _find_spans(
    outlines: Sequence[Points], width: int, height: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return row, first column, stop column and outline of every filled span, ordered by outline."""
    sizes = np.array([len(points) for points in outlines])
    ends = np.cumsum(sizes)
    points = np.concatenate(outlines)
    following = np.arange(1, len(points) + 1)
    following[ends - 1] = ends - sizes
    x0, y0 = points[:, 0], points[:, 1]
    x1, y1 = x0[following], y0[following]
    # An edge crosses the rows whose centres lie between its ends; upwards or downwards makes no difference.
    first = np.clip((np.minimum(y0, y1) + STEP // 2 - 1) // STEP, 0, height)
    stop = np.clip((np.maximum(y0, y1) + STEP // 2 - 1) // STEP, 0, height)
    counts = stop - first
    edge = np.repeat(np.arange(len(points)), counts)
    row = np.arange(len(edge)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    down = row * STEP + STEP // 2 - y0[edge]
    x = x0[edge] + down * (x1 - x0)[edge] // (y1 - y0)[edge]
    column = np.clip((x + STEP // 2 - 1) // STEP, 0, width)
    outline = np.repeat(np.arange(len(sizes)), sizes)[edge]
    key = np.sort((outline * height + row) * (width + 1) + column)
    line, column = np.divmod(key, width + 1)
    which, rows = np.divmod(line[0::2], height)
    return rows, column[0::2], column[1::2], which


def _shade(lift: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the shadow's depth per fine pixel, plus SHADOW_LEVELS at edges that face the light."""
    height, width = lift.shape
    depth = np.zeros((height, width), dtype=np.uint8)
    for need, (x, y) in enumerate(SHADOW_STEPS, start=1):
        # The higher a piece lies above another, the farther its shadow falls.
        caster, floor = lift[: height - y, : width - x], lift[y:, x:]
        depth[y:, x:] += caster >= floor + np.uint8(need)
    edge = np.zeros((height, width), dtype=np.bool_)
    edge[1:, 1:] = lift[:-1, :-1] < lift[1:, 1:]
    return depth + edge.astype(np.uint16) * np.uint16(SHADOW_LEVELS)


def _shaded_colours(pieces: Sequence[Piece]) -> NDArray[np.uint32]:
    """Return every piece's colour in every shade, three bytes packed ten bits apart."""
    colour = np.array([piece.colour for piece in pieces], dtype=np.int64)[:, None, None, :]
    depth = np.arange(SHADOW_LEVELS)[None, None, :, None]
    light = np.array([0, EDGE_LIGHT])[None, :, None, None]
    weight = depth * 11  # of 128
    shaded = ((colour + light) * (128 - weight) + np.array(SHADOW_TINT) * weight) // 128
    red, green, blue = np.moveaxis(np.clip(shaded, 0, 255), -1, 0)
    packed: NDArray[np.uint32] = (red << 20 | green << 10 | blue).reshape(-1).astype(np.uint32)
    return packed


def _cut_grain(width: int, height: int, at: tuple[int, int]) -> NDArray[np.int16]:
    x, y = at
    return _grain()[y : y + height, x : x + width]


@cache
def _grain() -> NDArray[np.int16]:
    """Return the paper's texture, about -6 to 6, (512, 512): fine noise and short fibres."""
    noise = np.random.Generator(np.random.PCG64(7)).integers(-64, 65, (GRAIN_SIZE, GRAIN_SIZE))
    fibres = sum(np.roll(noise, (step, 2 * step), (0, 1)) + np.roll(noise, (step, -step), (0, 1)) for step in range(4))
    grain = (noise * 3 + np.roll(noise, 1, 0) * 2 + fibres) // 60
    return np.tile(grain.astype(np.int16), (2, 2))
