"""Single pictures drawn on the server, where a page shows a handful of them. The grid draws its own in the browser."""

import base64
from io import BytesIO

from camcore.presentation.grid.encoding import DEFAULTS
from camcore.presentation.pictures import draw_picture, open_photo, read_layers
from dashboard.data.caching import cached_by_size
from dashboard.data.runs import ExplainedRun, reopen

LONG_SIDE = 448


def overlay_figure(
    explained: ExplainedRun, index: int, source: str, convention: str, target: str = "predicted", caption: str = ""
) -> str:
    """Return HTML of one picture under a heatmap, with its boxes; the caption is HTML."""
    return _figure(_draw_overlay(explained, index, source, convention, target), caption)


def plain_figure(explained: ExplainedRun, index: int, caption: str = "") -> str:
    """Return HTML of one picture with its boxes and no heatmap; the caption is HTML."""
    return _figure(_draw_overlay(explained, index, "", "", ""), caption)


def pair(*figures: str) -> str:
    """Return HTML of figures side by side."""
    return f'<div class="cc-pair">{"".join(figures)}</div>'


def _figure(picture: bytes, caption: str) -> str:
    encoded = base64.b64encode(picture).decode("ascii")
    image = f'<img src="data:image/webp;base64,{encoded}" alt="{caption}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


@cached_by_size
def _draw_overlay(explained: ExplainedRun, index: int, source: str, convention: str, target: str) -> bytes:
    now = reopen(explained)
    layers = read_layers(now.explanation, index, (source,), target, {}) if source else []
    display = DEFAULTS | {"draw": convention, "boxes": "on"}
    stream = BytesIO()
    photo = open_photo(now.run, now.explanation, index, LONG_SIDE)
    draw_picture(photo, layers, display).save(stream, "WEBP", quality=82)
    return stream.getvalue()
