"""Draw a photograph under its heatmap, as the grid's script does (`grid/browser/pictures.js`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from camcore.explained.explanation import TARGETS, Explanation
from camcore.geometry import BoxXyxy, FloatArray, upsample, view_box
from camcore.heatmaps.drawing import blend, colormap, draw_heat, heat_range, is_drawn, map_status
from camcore.heatmaps.sources import parse_source
from camcore.presentation.grid.tile import GridBox, name_boxes
from camcore.runs.run import Run

GAP = 8  # px between two pictures side by side
UNSEEN = 0.45  # brightness of what a centred crop leaves out
SMALL = 200  # px, the long side of a picture with the thinnest lines and smallest letters
DARK = (0, 0, 0, 178)
# Fonts with Latin and Hangul by the file names that systems use, (file, face); the last one has no Hangul.
FONTS = (
    ("NotoSansCJK-Regular.ttc", 1),
    ("NotoSansKR-Regular.otf", 0),
    ("NanumGothic.ttf", 0),
    ("malgun.ttf", 0),
    ("AppleSDGothicNeo.ttc", 0),
    ("DejaVuSans.ttf", 0),
)
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Range = tuple[float, float]
Corners = tuple[int, int, int, int]


@dataclass(frozen=True)
class Photo:
    """A photograph in RGB at its drawn size. All other values are in px of the upright image."""

    picture: Image.Image
    width: int
    height: int
    view_box: BoxXyxy
    boxes: Sequence[GridBox] = ()


@dataclass(frozen=True)
class Layer:
    """A raw map (h, w), its method, and the range of its scale, None for its own."""

    raw: FloatArray
    method: str
    range_: Range | None = None


def open_photo(run: Run, explanation: Explanation, sample: pd.Series, index: int, long_side: int) -> Photo:
    """Return the photograph of an explained image, its long side `long_side` px.

    `sample` is row `index` of the explanation's samples. Pages have that table in memory and need not read it again.

    Raises:
        RunError: It is damaged.
    """
    picture = explanation.picture(index)
    factor = long_side / max(picture.size)
    size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    return Photo(
        picture.resize(size, Image.Resampling.BICUBIC),
        sample["width"],
        sample["height"],
        view_box(run.config.view.kind, sample["width"], sample["height"]),
        name_boxes(sample["boxes"], run.class_names, sample["label"]),
    )


def read_layers(
    explanation: Explanation, index: int, sources: Sequence[str], target: str, ranges: Mapping[str, Range]
) -> list[Layer]:
    """Return an image's maps, or none if one is missing for this target.

    Args:
        ranges: Lowest and highest value of a common scale per source; a source without one has a scale per image.
    """
    layers = [
        Layer(np.asarray(explanation.maps(source, target)[index]), parse_source(source).method, ranges.get(source))
        for source in sources
    ]
    return [] if any(np.isnan(layer.raw).all() for layer in layers) else layers


def split_overlay(overlay: str, sources: tuple[str, str]) -> list[tuple[str, ...]]:
    """Return the sources per picture: none for the photograph, two for a difference."""
    first, second = sources
    if overlay == "off":
        return [()]
    if first == second:
        return [(first,)]
    alone: dict[str, tuple[str, ...]] = {"a": (first,), "b": (second,), "difference": sources}
    return [alone[overlay]] if overlay in alone else [(first,), (second,)]


def draw_picture(photo: Photo, layers: Sequence[Layer], display: Mapping[str, str]) -> Image.Image:
    """Return a photograph under a heatmap.

    Args:
        photo: The photograph.
        layers: None for the photograph alone, one for its heatmap, two for their difference.
        display: `draw`, `colors`, `cells`, `opacity` in per cent and `boxes`, as in the grid's `DEFAULTS`.
    """
    image = _lay_over(photo, layers, display) if layers else photo.picture.copy()
    if display["boxes"] == "on":
        _draw_boxes(image, photo)
    return image


def place_side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return pictures in a row, on white."""
    width = sum(picture.width for picture in pictures) + GAP * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, max(picture.height for picture in pictures)), "white")
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width + GAP
    return sheet


def find_problems(explanation: Explanation, index: int, sources: Sequence[str], target: str) -> dict[str, str]:
    """Return the status of each source's map that is not `ok`. Empty if the image has no such target."""
    if explanation.targets[index, TARGETS.index(target)] < 0:
        return {}
    statuses = {source: str(map_status(explanation.maps(source, target)[[index]])[0]) for source in sources}
    return {source: status for source, status in statuses.items() if status != "ok"}


def keep_printable(words: str) -> str:
    """Return a text in one line: what can't be printed becomes a space."""
    return "".join(letter if letter.isprintable() else " " for letter in words[:300])


@lru_cache
def load_font(size: int) -> Font:
    """Return a font of `size` px: the first installed of `FONTS`, else Pillow's own."""
    for name, face in FONTS:
        try:
            return ImageFont.truetype(name, size, index=face)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _lay_over(photo: Photo, layers: Sequence[Layer], display: Mapping[str, str]) -> Image.Image:
    left, top, right, bottom = _view_pixels(photo)
    heats = [_make_heat(layer, bottom - top, right - left, display["draw"], display["cells"]) for layer in layers]
    heat = heats[0] if len(heats) == 1 else (heats[0] - heats[1] + 1) / 2
    table = colormap(display["colors"] if len(heats) == 1 else "signed")
    pixels = np.asarray(photo.picture)
    # The map doesn't cover what a centre crop leaves out.
    drawn = np.floor(pixels * UNSEEN + 0.5).astype(np.uint8)
    drawn[top:bottom, left:right] = blend(pixels[top:bottom, left:right], heat, table, int(display["opacity"]) / 100)
    return Image.fromarray(drawn)


def _view_pixels(photo: Photo) -> Corners:
    """Return the view in whole pixels of the picture, at least one wide and high."""
    width, height = photo.picture.size
    across, down = width / photo.width, height / photo.height
    left, right = (round(x * across) for x in photo.view_box[::2])
    top, bottom = (round(y * down) for y in photo.view_box[1::2])
    left, top = min(left, width - 1), min(top, height - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _make_heat(layer: Layer, height: int, width: int, convention: str, cells: str) -> FloatArray:
    raw = layer.raw.astype(np.float64)
    if not is_drawn(raw):
        return np.zeros((height, width))
    # A map with the scale's lowest and highest value has the common scale's ends.
    low, high = heat_range(raw if layer.range_ is None else np.array([layer.range_]), convention, layer.method)
    return draw_heat(
        upsample(raw, height, width) if cells == "smooth" else _repeat_cells(raw, height, width), low, high
    )


def _repeat_cells(raw: FloatArray, height: int, width: int) -> FloatArray:
    rows, columns = (
        ((np.arange(pixels) + 0.5) * count / pixels).astype(int)
        for pixels, count in zip((height, width), raw.shape, strict=True)
    )
    cells: FloatArray = raw[rows[:, None], columns[None, :]]
    return cells


def _draw_boxes(image: Image.Image, photo: Photo) -> None:
    """Draw boxes, other classes' dashed; name them if there are several."""
    canvas, density = ImageDraw.Draw(image, "RGBA"), max(1.0, max(image.size) / SMALL)
    line = 3 if density >= 2 else 1  # odd, so that the dark line around it is as wide on both sides
    placed = [(box, _place_box(box, photo, line // 2 + 1)) for box in photo.boxes]
    for box, corners in placed:
        for colour, width in ((DARK, line + 2), ("white", line)):
            if box.is_target:
                x0, y0, x1, y1 = corners
                grown = (x0 - width // 2, y0 - width // 2, x1 + width // 2, y1 + width // 2)
                canvas.rectangle(grown, outline=colour, width=width)
            else:
                for dash in _list_dashes(corners, density):
                    canvas.line(dash, colour, width)
    for box, corners in placed if len(placed) > 1 else []:
        if box.name:
            _write_name(canvas, box, corners, image.width, density)


def _place_box(box: GridBox, photo: Photo, inset: int) -> Corners:
    """Return a box in whole pixels of the picture, its line inside the picture."""
    width, height = photo.picture.size
    across, down = width / photo.width, height / photo.height
    left, top = max(round(box.x0 * across), inset), max(round(box.y0 * down), inset)
    right = min(round(box.x1 * across), width - inset) - 1
    bottom = min(round(box.y1 * down), height - inset) - 1
    return left, top, max(left, right), max(top, bottom)


def _list_dashes(corners: Corners, density: float) -> list[Corners]:
    """Return the dashes of a box's four sides as lines."""
    left, top, right, bottom = corners
    dash, period = round(6 * density), round(10 * density)
    across = [(start, min(start + dash, right)) for start in range(left, right, period)]
    down = [(start, min(start + dash, bottom)) for start in range(top, bottom, period)]
    return [(start, y, end, y) for y in (top, bottom) for start, end in across] + [
        (x, start, x, end) for x in (left, right) for start, end in down
    ]


def _write_name(canvas: ImageDraw.ImageDraw, box: GridBox, corners: Corners, image_width: int, density: float) -> None:
    """Write a class into its box: the target's at the top, others at the bottom. Boxes often share a corner."""
    left, top, _, bottom = corners
    font, name, height = load_font(round(11 * density)), keep_printable(box.name), round(17 * density)
    width = font.getlength(name) + 8 * density
    x = max(min(left, image_width - width), 0)  # readable at the picture's edge too
    y = top if box.is_target else bottom - height
    canvas.rectangle((x, y, x + width, y + height), fill=DARK)
    canvas.text((x + 4 * density, y + height / 2), name, "white", font, anchor="lm")
