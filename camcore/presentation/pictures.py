"""Picture files of what the heatmap grid shows: one image under its heatmaps, drawn as a view says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from camcore.explained.explanation import TARGETS, Explanation
from camcore.geometry import BoxXyxy, FloatArray, upsample, view_box
from camcore.heatmaps.drawing import blend, colormap, draw_heat, heat_range, map_status
from camcore.heatmaps.sources import parse_source
from camcore.runs.run import Run

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


FRAME = 200  # px, the side of the square that a photograph is fitted into
FIELD = "#ece7dd"
Range = tuple[float, float]


def shown_sources(sources: tuple[str, str], overlay: str) -> list[tuple[str, ...]]:
    """Return the sources of each picture of an image: two in one for the difference, none for the photograph alone."""
    first, second = sources
    shown: dict[str, list[tuple[str, ...]]] = {"off": [], "a": [(first,)], "b": [(second,)], "difference": [sources]}
    return shown.get(overlay, [(first,), (second,)]) if first != second or overlay == "off" else [(first,)]


def draw_picture(
    run: Run,
    explanation: Explanation,
    index: int,
    sources: tuple[str, ...],
    view: Mapping[str, str],
    ranges: Mapping[str, Range],
) -> Image.Image:
    """Return a square frame with the photograph in the middle of it, in true proportions.

    Args:
        sources: None for the photograph alone, one for its heatmap over it, two for their difference.
        ranges: The ends of a common scale per source; a source that is missing has a scale per image.
    """
    photograph = explanation.picture(index)
    factor = FRAME / max(photograph.size)
    size = (max(1, round(photograph.width * factor)), max(1, round(photograph.height * factor)))
    photograph = photograph.resize(size, Image.Resampling.BICUBIC)
    left, top, right, bottom = (round(edge) for edge in view_box(run.config.view.kind, *size))
    heats = [
        _read_heat(explanation, index, source, view, ranges.get(source), (bottom - top, right - left))
        for source in sources
    ]
    if heats and all(heat is not None for heat in heats):
        seen = np.asarray(photograph.crop((left, top, right, bottom)))
        photograph.paste(Image.fromarray(_blend(seen, heats, view)), (left, top))
    if view["boxes"] == "on":
        _outline_boxes(photograph, explanation, index)
    frame = Image.new("RGB", (FRAME, FRAME), FIELD)
    frame.paste(photograph, ((FRAME - size[0]) // 2, (FRAME - size[1]) // 2))
    return frame


def _read_heat(
    explanation: Explanation,
    index: int,
    source: str,
    view: Mapping[str, str],
    common: Range | None,
    size: tuple[int, int],
) -> FloatArray | None:
    """Return a map drawn from 0 to 1 at a size (height, width), None where there is none that is finite."""
    raw = np.asarray(explanation.maps(source, view["target"])[index], dtype=np.float64)
    if not np.isfinite(raw).all():
        return None
    # The ends of a common scale are those of a map that holds the lowest and the highest value of the run.
    low, high = heat_range(np.array([common]) if common else raw, view["draw"], parse_source(source).method)
    return draw_heat(upsample(raw, *size) if view["cells"] == "smooth" else _repeat_cells(raw, *size), low, high)


def _blend(seen: NDArray[np.uint8], heats: Sequence[FloatArray | None], view: Mapping[str, str]) -> NDArray[np.uint8]:
    opacity = int(view["opacity"]) / 100
    if len(heats) == 2 and heats[0] is not None and heats[1] is not None:
        return blend(seen, (heats[0] - heats[1] + 1) / 2, colormap("signed"), opacity)
    assert heats[0] is not None  # noqa: S101 only pictures that have their map get here
    return blend(seen, heats[0], colormap(view["colors"]), opacity)


def find_problems(explanation: Explanation, index: int, sources: Sequence[str], target: str) -> dict[str, str]:
    """Return the status of each source's map that has another than `ok`; none where the image has no such target."""
    if explanation.targets[index, TARGETS.index(target)] < 0:
        return {}
    found = {source: str(map_status(explanation.maps(source, target)[[index]])[0]) for source in sources}
    return {source: status for source, status in found.items() if status != "ok"}


def _outline_boxes(photograph: Image.Image, explanation: Explanation, index: int) -> None:
    sample = explanation.samples.iloc[index]
    across, down = photograph.width / sample["width"], photograph.height / sample["height"]
    canvas = ImageDraw.Draw(photograph)
    for x0, y0, x1, y1, *_ in sample["boxes"]:
        corners = [x0 * across, y0 * down, max(x0 * across, x1 * across - 1), max(y0 * down, y1 * down - 1)]
        canvas.rectangle(corners, outline="#1b1a18", width=3)
        canvas.rectangle(corners, outline="white", width=1)
