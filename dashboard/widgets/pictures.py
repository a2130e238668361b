"""Single pictures drawn on the server. The grid draws its own in the browser."""

import base64
from io import BytesIO
from typing import NamedTuple

from camcore.presentation.grid.encoding import DEFAULTS
from camcore.presentation.pictures import draw_picture, open_photo, read_layers
from dashboard.data.caching import cached_by_size
from dashboard.data.measures import load_samples
from dashboard.data.runs import ExplainedRun, reopen

LONG_SIDE = 448


class Figure(NamedTuple):
    """A picture as a data URL, and its caption."""

    address: str
    caption: str


def overlay_figure(
    explained: ExplainedRun, index: int, source: str, convention: str, target: str = "predicted", caption: str = ""
) -> Figure:
    """Return a picture with a heatmap and its boxes."""
    return _make_figure(_draw_overlay(explained, index, source, convention, target), caption)


def plain_figure(explained: ExplainedRun, index: int, caption: str = "") -> Figure:
    """Return a picture with its boxes and no heatmap."""
    return _make_figure(_draw_overlay(explained, index, "", "", ""), caption)


def _make_figure(picture: bytes, caption: str) -> Figure:
    return Figure(f"data:image/webp;base64,{base64.b64encode(picture).decode('ascii')}", caption)


@cached_by_size
def _draw_overlay(explained: ExplainedRun, index: int, source: str, convention: str, target: str) -> bytes:
    now = reopen(explained)
    layers = read_layers(now.explanation, index, (source,), target, {}) if source else []
    display = DEFAULTS | {"draw": convention, "boxes": "on"}
    stream = BytesIO()
    photo = open_photo(now.run, now.explanation, load_samples(explained).iloc[index], index, LONG_SIDE)
    draw_picture(photo, layers, display).save(stream, "WEBP", quality=82)
    return stream.getvalue()
