"""Picture files of what the heatmap grid shows: one image under its heatmaps, drawn as a view says."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from camcore.geometry import BoxXyxy, FloatArray, upsample
from camcore.heatmaps.drawing import blend, colormap, draw_heat, heat_range

GAP = 8  # px between two pictures side by side
UNSEEN = 0.45  # brightness of what a centred crop leaves out


@dataclass(frozen=True)
class Layer:
    """A raw map (h, w), the method that made it, and the lowest and highest value of its colours, None for its own."""

    raw: FloatArray
    method: str
    range_: tuple[float, float] | None = None


def draw_overlays(
    picture: Image.Image, seen: BoxXyxy, layers: Mapping[str, Layer], view: Mapping[str, str]
) -> Image.Image:
    """Return a picture under its heatmaps.

    Args:
        picture: RGB.
        seen: The part that the maps lie over, in px of the picture.
        layers: By slot, "a" and "b".
        view: `overlay` (a slot, "both", "difference" or "off"), `draw`, `colors`, `cells`, `opacity` in per cent.
    """
    overlay = view["overlay"]
    if overlay == "both":
        return _place_side_by_side([_draw_one(picture, seen, layers[slot], view) for slot in ("a", "b")])
    if overlay == "difference":
        return _draw_difference(picture, seen, (layers["a"], layers["b"]), view)
    return _draw_one(picture, seen, layers[overlay], view) if overlay in layers else picture


def _draw_one(picture: Image.Image, seen: BoxXyxy, layer: Layer, view: Mapping[str, str]) -> Image.Image:
    left, top, right, bottom = _whole_pixels(seen, picture.size)
    heat = _heat(layer, bottom - top, right - left, view)
    return _lay_over(picture, (left, top, right, bottom), heat, colormap(view["colors"]), view)


def _draw_difference(
    picture: Image.Image, seen: BoxXyxy, layers: tuple[Layer, Layer], view: Mapping[str, str]
) -> Image.Image:
    left, top, right, bottom = _whole_pixels(seen, picture.size)
    first, second = (_heat(layer, bottom - top, right - left, view) for layer in layers)
    return _lay_over(picture, (left, top, right, bottom), (first - second + 1) / 2, colormap("signed"), view)


def _heat(layer: Layer, height: int, width: int, view: Mapping[str, str]) -> FloatArray:
    raw = layer.raw.astype(np.float64)
    measured = raw if layer.range_ is None else np.array([layer.range_])
    low, high = heat_range(measured, view["draw"], layer.method)
    fine = upsample(raw, height, width) if view["cells"] == "smooth" else _repeat_cells(raw, height, width)
    return draw_heat(fine, low, high)


def _repeat_cells(raw: FloatArray, height: int, width: int) -> FloatArray:
    rows, columns = (
        ((np.arange(pixels) + 0.5) * count / pixels).astype(int)
        for pixels, count in zip((height, width), raw.shape, strict=True)
    )
    cells: FloatArray = raw[rows[:, None], columns[None, :]]
    return cells


def _lay_over(
    picture: Image.Image,
    box: tuple[int, int, int, int],
    heat: FloatArray,
    table: NDArray[np.uint8],
    view: Mapping[str, str],
) -> Image.Image:
    left, top, right, bottom = box
    pixels = np.asarray(picture)
    drawn = np.floor(pixels * UNSEEN + 0.5).astype(np.uint8)
    part = pixels[top:bottom, left:right]
    drawn[top:bottom, left:right] = blend(part, heat, table, int(view["opacity"]) / 100)
    return Image.fromarray(drawn)


def _whole_pixels(seen: BoxXyxy, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a box in whole pixels, at least one wide and high, inside a picture of `size`."""
    left, top = (min(round(edge), side - 1) for edge, side in zip(seen[:2], size, strict=True))
    right, bottom = (round(edge) for edge in seen[2:])
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _place_side_by_side(pictures: list[Image.Image]) -> Image.Image:
    width = sum(picture.width for picture in pictures) + GAP * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, max(picture.height for picture in pictures)), "white")
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width + GAP
    return sheet
