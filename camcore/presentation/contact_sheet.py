"""The contact sheet: many photographs with heatmaps in one picture, with a header."""

import math
from collections.abc import Mapping, Sequence
from io import BytesIO

import pandas as pd
from PIL import Image, ImageDraw

from camcore.explained.explanation import Explanation, is_correct
from camcore.explained.queries import measure_range
from camcore.heatmaps.drawing import colormap
from camcore.presentation.pictures import (
    draw_picture,
    find_problems,
    keep_printable,
    load_font,
    open_photo,
    read_layers,
    split_overlay,
)
from camcore.presentation.texts import Text
from camcore.presentation.wording import source_title
from camcore.runs.run import Run

MOST_IMAGES = 96
FRAME = 200  # px, the side of the square that a photograph is fitted into
GAP, MARGIN, HEAD, LINE = 6, 28, 104, 20
TEXT_LINES = 3
LEAST_WIDTH = 820
SHAPE = 1.4  # width to height, about
FIELD = "#ece7dd"
PAPER, INK, QUIET, RIGHT, WRONG = "#fbf9f5", "#24211d", "#6f685d", "#1d6f6a", "#b5502f"


def draw_contact_sheet(
    run: Run,
    explanation: Explanation,
    indices: Sequence[int],
    sources: tuple[str, str],
    display: Mapping[str, str],
    text: Text,
) -> Image.Image:
    """Return the contact sheet of some images, in this order.

    Args:
        run, explanation: The images are theirs.
        indices: Positions in the explanation, at least one.
        sources: A and B; they may be the same.
        display: Every name of the grid's `DEFAULTS`; opacity from "0" to "100".
        text: Texts by key.
    """
    pictures = split_overlay(display["overlay"], sources)
    width, height, columns = measure_sheet(len(indices), len(pictures))
    sheet = Image.new("RGB", (width, height), PAPER)
    count = text("gallery.sheet.count", count=len(indices), total=explanation.manifest.images)
    _draw_head(sheet, run.path.name, count, pictures, display, text)
    ranges = {source: measure_range(explanation, source) for source in sources} if display["scale"] == "common" else {}
    across, down = _tile_size(len(pictures))
    for at, index in enumerate(indices):
        row, column = divmod(at, columns)
        left, top = MARGIN + column * (across + 2 * GAP), HEAD + row * (down + 2 * GAP)
        photo = open_photo(run, explanation, explanation.samples.iloc[index], index, FRAME)
        for number, names in enumerate(pictures):
            layers = read_layers(explanation, index, names, display["target"], ranges)
            corner = (left + number * (FRAME + GAP), top)
            _paste_framed(sheet, corner, draw_picture(photo, layers, display))
            _write_status(sheet, corner, find_problems(explanation, index, names, display["target"]), text)
        _write_names(sheet, (left, top + FRAME), across, explanation.samples.iloc[[index]], run.class_names, text)
    return sheet


def measure_sheet(count: int, pictures: int) -> tuple[int, int, int]:
    """Return a sheet's width and height in px, and its columns. Each of the `count` images has one or two pictures."""
    across, down = _tile_size(pictures)
    columns = min(count, max(1, round(math.sqrt(SHAPE * count * down / across))))
    rows = math.ceil(count / columns)
    width = 2 * MARGIN + columns * across + (columns - 1) * 2 * GAP
    return max(LEAST_WIDTH, width), HEAD + rows * (down + 2 * GAP) - 2 * GAP + MARGIN, columns


def to_png(sheet: Image.Image) -> bytes:
    """Return a picture as a PNG file."""
    stream = BytesIO()
    sheet.save(stream, "PNG", compress_level=4)  # a third larger than the smallest, several times as fast
    return stream.getvalue()


def _tile_size(pictures: int) -> tuple[int, int]:
    return pictures * FRAME + (pictures - 1) * GAP, FRAME + TEXT_LINES * LINE + GAP


def _draw_head(
    sheet: Image.Image,
    name: str,
    count: str,
    pictures: list[tuple[str, ...]],
    display: Mapping[str, str],
    text: Text,
) -> None:
    canvas, width = ImageDraw.Draw(sheet), sheet.width - 2 * MARGIN
    _write(canvas, (MARGIN, 18), name, 24, INK, width)
    _write(canvas, (MARGIN, 52), count + _name_sources(pictures, text), 14, INK, width)
    if pictures == [()]:
        return
    facts = [text(f"convention.{display['draw']}"), text(f"gallery.sheet.target.{display['target']}")]
    facts += [
        text(f"gallery.sheet.scale.{display['scale']}"),
        text("gallery.sheet.opacity", percent=display["opacity"]),
    ]
    signed = len(pictures[0]) == 2
    bar = Image.fromarray(colormap("signed" if signed else display["colors"])[None]).resize((128, 11))
    sheet.paste(bar, (MARGIN, 78))
    meaning = text("gallery.sheet.signed" if signed else "gallery.sheet.colors", name=display["colors"].capitalize())
    _write(canvas, (MARGIN + 138, 74), " · ".join([meaning, *facts]), 14, QUIET, width - 138)


def _name_sources(pictures: list[tuple[str, ...]], text: Text) -> str:
    names = [" − ".join(source_title(text, source) for source in sources) for sources in pictures if sources]
    return f": {' | '.join(names)}" if names else ""


def _paste_framed(sheet: Image.Image, corner: tuple[int, int], picture: Image.Image) -> None:
    """Paste a picture into the middle of a square of `FRAME` px."""
    left, top = corner
    sheet.paste(FIELD, (left, top, left + FRAME, top + FRAME))
    sheet.paste(picture, (left + (FRAME - picture.width) // 2, top + (FRAME - picture.height) // 2))


def _write_names(
    sheet: Image.Image, corner: tuple[int, int], width: int, row: pd.DataFrame, class_names: Sequence[str], text: Text
) -> None:
    sample, right = row.iloc[0], is_correct(row)[0]
    canvas, (x, y) = ImageDraw.Draw(sheet), corner
    mark = (x + 2, y + 10, x + 11, y + 19)
    (canvas.ellipse if right else canvas.rectangle)(mark, fill=RIGHT if right else WRONG)
    percent = f"{sample['confidence']:.0%}"
    room = width - 18 - math.ceil(load_font(14).getlength(percent)) - 6
    _write(canvas, (x + 18, y + 4), class_names[sample["predicted"]], 14, INK, room)
    canvas.text((x + width, y + 4), percent, QUIET, load_font(14), anchor="ra")
    truth = "" if right else text("gallery.sheet.truth", label=class_names[sample["label"]])
    _write(canvas, (x, y + 4 + LINE), truth or str(sample["id"]), 12, QUIET if right else WRONG, width)
    _write(canvas, (x, y + 4 + 2 * LINE), "" if right else str(sample["id"]), 12, QUIET, width)


def _write_status(sheet: Image.Image, corner: tuple[int, int], problems: Mapping[str, str], text: Text) -> None:
    """Write the status of maps that are not normal over the bottom of a picture."""
    if not problems:
        return
    canvas, (x, y) = ImageDraw.Draw(sheet), corner
    words = "; ".join(
        f"{source_title(text, source)}: {text(f'gallery.filter.status.{status}')}"
        for source, status in problems.items()
    )
    canvas.rectangle((x, y + FRAME - LINE, x + FRAME - 1, y + FRAME - 1), fill=PAPER)
    _write(canvas, (x + 4, y + FRAME - LINE + 2), words, 12, INK, FRAME - 8)


def _write(
    canvas: ImageDraw.ImageDraw, place: tuple[float, float], words: str, size: int, colour: str, width: float
) -> None:
    """Write one line, cut short with an ellipsis if it is too long."""
    font = load_font(size)
    words = keep_printable(words)
    if font.getlength(words) > width:
        while words and font.getlength(words + "…") > width:
            words = words[:-1]
        words += "…"
    canvas.text(place, words, colour, font)
