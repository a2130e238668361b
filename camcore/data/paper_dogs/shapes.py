"""Outlines of paper pieces: integer polygons, so that every platform draws the same shape."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.int64]
Path = Sequence[tuple[int, int]] | str
"""Corners in order, as pairs or as text: "0,0 10,0 10,10"."""

TURN = 256
"""Steps of a full turn: 64 is a right angle; y points down, so a positive turn goes clockwise."""

ONE = 4096
SINES = tuple(round(ONE * math.sin(2 * math.pi * step / TURN)) for step in range(TURN))


class Cut(NamedTuple):
    """A piece of paper: outline, colour name, elevation, and whether it decides the class."""

    points: Points
    ink: str
    lift: int = 0
    decides: bool = False


def polygon(path: Path) -> Points:
    """Return an outline with sharp corners, (n, 2) as x, y."""
    return np.array(_read_corners(path), dtype=np.int64)


def _read_corners(path: Path) -> Sequence[tuple[int, int]]:
    if not isinstance(path, str):
        return path
    return [(int(x), int(y)) for x, y in (corner.split(",") for corner in path.split())]


def shift(points: Points, x: int, y: int) -> Points:
    """Move an outline."""
    return points + np.array([x, y], dtype=np.int64)


def smooth(path: Path, times: int = 2) -> Points:
    """Cut an outline's corners: each round doubles its points, (n * 2**times, 2).

    Source: Chaikin 1974, An algorithm for high-speed curve generation.
    """
    points = polygon(path)
    for _ in range(times):
        following = np.roll(points, -1, axis=0)
        points = np.stack([(3 * points + following + 2) // 4, (points + 3 * following + 2) // 4], axis=1).reshape(-1, 2)
    return points


def arc(x: int, y: int, radii: tuple[int, int], turns: tuple[int, int], steps: int) -> list[tuple[int, int]]:
    """Return a path around (x, y) with varying radius and angle."""
    path = []
    for step in range(steps + 1):
        radius = radii[0] + (radii[1] - radii[0]) * step // steps
        angle = turns[0] + (turns[1] - turns[0]) * step // steps
        path.append((x + radius * SINES[(angle + 64) % TURN] // ONE, y + radius * SINES[angle % TURN] // ONE))
    return path


def ellipse(x: int, y: int, radius_x: int, radius_y: int, corners: int = 20) -> Points:
    """Return an ellipse cut with as many straight snips as it has corners."""
    circle = polygon(arc(0, 0, (ONE, ONE), (0, TURN), corners)[:-1])
    return circle * (radius_x, radius_y) // ONE + (x, y)


def scallop(x: int, y: int, radius_x: int, radius_y: int, bumps: int, depth: int = 5) -> Points:
    """Return a cloudy ellipse; the bumps are one `depth`-th of the radius deep."""
    steps = 8 * bumps
    path = []
    for step in range(steps):
        reach = ONE - ONE // depth + abs(SINES[step * TURN // 16 % TURN]) // depth
        angle = step * TURN // steps
        path.append((reach * SINES[(angle + 64) % TURN] // ONE, reach * SINES[angle] // ONE))
    return polygon(path) * (radius_x, radius_y) // ONE + (x, y)


def stroke(path: Path, widths: Sequence[int]) -> Points:
    """Return the outline of a line; its width runs through `widths`, spread evenly."""
    corners = _read_corners(path)
    last = len(corners) - 1
    left, right = [], []
    for step, (x, y) in enumerate(corners):
        before, after = corners[max(step - 1, 0)], corners[min(step + 1, last)]
        along_x, along_y = after[0] - before[0], after[1] - before[1]
        length = max(math.isqrt(along_x**2 + along_y**2), 1)
        index, rest = divmod(step * (len(widths) - 1), last)
        width = widths[index] + (widths[min(index + 1, len(widths) - 1)] - widths[index]) * rest // last
        aside_x, aside_y = -along_y * width // (2 * length), along_x * width // (2 * length)
        left.append((x + aside_x, y + aside_y))
        right.append((x - aside_x, y - aside_y))
    return polygon(left + right[::-1])


def turn(points: Points, steps: int, x: int, y: int) -> Points:
    """Turn an outline clockwise about (x, y) by `steps` of 1/256 turn."""
    sine, cosine = SINES[steps % TURN], SINES[(steps + 64) % TURN]
    away = points - (x, y)
    return away @ np.array([[cosine, sine], [-sine, cosine]], dtype=np.int64) // ONE + (x, y)


def bounds(outlines: Sequence[Points]) -> tuple[int, int, int, int]:
    """Return x0, y0, x1, y1 around all outlines."""
    points = np.concatenate(outlines)
    x0, y0 = points.min(axis=0).tolist()
    x1, y1 = points.max(axis=0).tolist()
    return x0, y0, x1, y1
