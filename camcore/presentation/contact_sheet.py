"""A contact sheet: many photographs under their heatmaps in one picture, with a head that says how they are drawn."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from camcore.explained.explanation import Explanation, is_correct
from camcore.explained.queries import measure_range
from camcore.heatmaps.drawing import colormap
from camcore.presentation.pictures import FRAME, draw_picture, find_problems, shown_sources
from camcore.presentation.texts import Text
from camcore.presentation.wording import source_title
from camcore.runs.run import Run

MOST_IMAGES = 96
GAP, MARGIN, HEAD, LINE = 6, 28, 104, 20
TEXT_LINES = 3
LEAST_WIDTH = 820
SHAPE = 1.4  # width to height, about
PAPER, INK, QUIET, RIGHT, WRONG = "#fbf9f5", "#24211d", "#6f685d", "#1d6f6a", "#b5502f"
# Fonts with Latin and Hangul as systems name them, (file, face); then one without. The last resort is Pillow's own.
FONTS = (
    ("NotoSansCJK-Regular.ttc", 1),
    ("NotoSansKR-Regular.otf", 0),
    ("NanumGothic.ttf", 0),
    ("malgun.ttf", 0),
    ("AppleSDGothicNeo.ttc", 0),
    ("DejaVuSans.ttf", 0),
)
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_contact_sheet(
    run: Run,
    explanation: Explanation,
    indices: Sequence[int],
    sources: tuple[str, str],
    view: Mapping[str, str],
    text: Text,
) -> Image.Image:
    """Return the sheet of some images, in this order.

    Args:
        run, explanation: Whose images these are.
        indices: Positions in the explanation, at least one.
        sources: What is called A and B; they may be the same.
        view: How to draw, every name of `heatmap_grid.DEFAULTS`; opacity from "0" to "100".
        text: A function of a key and its parameters.
    """
    shown = shown_sources(sources, view["overlay"])
    width, height, columns = measure_sheet(len(indices), max(1, len(shown)))
    sheet = Image.new("RGB", (width, height), PAPER)
    _draw_head(sheet, run, len(indices), explanation.manifest["images"], shown, view, text)
    ranges = {source: measure_range(explanation, source) for source in sources} if view["scale"] == "common" else {}
    across, down = _tile_size(max(1, len(shown)))
    for at, index in enumerate(indices):
        row, column = divmod(at, columns)
        corner = (MARGIN + column * (across + 2 * GAP), HEAD + row * (down + 2 * GAP))
        for number, names in enumerate(shown or [()]):
            picture = draw_picture(run, explanation, index, names, view, ranges)
            place = (corner[0] + number * (FRAME + GAP), corner[1])
            sheet.paste(picture, place)
            _write_status(sheet, place, find_problems(explanation, index, names, view["target"]), text)
        _write_names(sheet, (corner[0], corner[1] + FRAME), across, run, explanation, index, text)
    return sheet


def measure_sheet(count: int, pictures: int) -> tuple[int, int, int]:
    """Return width and height in px, and the columns, of a sheet of `count` images of one or two pictures each."""
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
    run: Run,
    count: int,
    total: int,
    shown: list[tuple[str, ...]],
    view: Mapping[str, str],
    text: Text,
) -> None:
    canvas, width = ImageDraw.Draw(sheet), sheet.width - 2 * MARGIN
    _write(canvas, (MARGIN, 18), run.path.name, 24, INK, width)
    _write(
        canvas,
        (MARGIN, 52),
        text("gallery.sheet.count", count=count, total=total) + _name_sources(shown, text),
        14,
        INK,
        width,
    )
    if not shown:
        return
    facts = [text(f"convention.{view['draw']}"), text(f"gallery.sheet.target.{view['target']}")]
    facts += [text(f"gallery.sheet.scale.{view['scale']}"), text("gallery.sheet.opacity", percent=view["opacity"])]
    signed = len(shown[0]) == 2
    bar = Image.fromarray(colormap("signed" if signed else view["colors"])[None]).resize((128, 11))
    sheet.paste(bar, (MARGIN, 78))
    meaning = text("gallery.sheet.signed" if signed else "gallery.sheet.colors", name=view["colors"].capitalize())
    _write(canvas, (MARGIN + 138, 74), " · ".join([meaning, *facts]), 14, QUIET, width - 138)


def _name_sources(shown: list[tuple[str, ...]], text: Text) -> str:
    names = [" − ".join(source_title(text, source) for source in sources) for sources in shown]
    return f": {' | '.join(names)}" if names else ""


def _write_names(
    sheet: Image.Image,
    corner: tuple[int, int],
    width: int,
    run: Run,
    explanation: Explanation,
    index: int,
    text: Text,
) -> None:
    sample = explanation.samples.iloc[index]
    right = is_correct(explanation.samples.iloc[[index]])[0]
    canvas, (x, y) = ImageDraw.Draw(sheet), corner
    mark = (x + 2, y + 10, x + 11, y + 19)
    (canvas.ellipse if right else canvas.rectangle)(mark, fill=RIGHT if right else WRONG)
    percent = f"{sample['confidence']:.0%}"
    room = width - 18 - math.ceil(_font(14).getlength(percent)) - 6
    _write(canvas, (x + 18, y + 4), run.class_names[sample["predicted"]], 14, INK, room)
    canvas.text((x + width, y + 4), percent, QUIET, _font(14), anchor="ra")
    truth = "" if right else text("gallery.sheet.truth", label=run.class_names[sample["label"]])
    _write(canvas, (x, y + 4 + LINE), truth or str(sample["id"]), 12, QUIET if right else WRONG, width)
    _write(canvas, (x, y + 4 + 2 * LINE), "" if right else str(sample["id"]), 12, QUIET, width)


def _write_status(sheet: Image.Image, corner: tuple[int, int], problems: Mapping[str, str], text: Text) -> None:
    """Say at the foot of a picture which maps are no heatmaps, and why."""
    if not problems:
        return
    canvas, (x, y) = ImageDraw.Draw(sheet), corner
    said = "; ".join(
        f"{source_title(text, one)}: {text(f'gallery.filter.status.{status}')}" for one, status in problems.items()
    )
    canvas.rectangle((x, y + FRAME - LINE, x + FRAME - 1, y + FRAME - 1), fill=PAPER)
    _write(canvas, (x + 4, y + FRAME - LINE + 2), said, 12, INK, FRAME - 8)


def _write(
    canvas: ImageDraw.ImageDraw, place: tuple[float, float], words: str, size: int, colour: str, width: float
) -> None:
    """Write one line, cut short with an ellipsis where there is no room for it."""
    font = _font(size)
    words = "".join(letter if letter.isprintable() else " " for letter in words[:300])
    if font.getlength(words) > width:
        while words and font.getlength(words + "…") > width:
            words = words[:-1]
        words += "…"
    canvas.text(place, words, colour, font)


@lru_cache
def _font(size: int) -> Font:
    for name, face in FONTS:
        try:
            return ImageFont.truetype(name, size, index=face)
        except OSError:
            continue
    return ImageFont.load_default(size)
