"""Single pictures drawn on the server, where a page shows a handful of them. The grid draws its own in the browser."""

import base64
from io import BytesIO

import streamlit as st

from camcore.presentation.grid.encoding import DEFAULTS
from camcore.presentation.pictures import draw_picture, open_photo, read_layers
from dashboard.data.runs import RunEntry, reopen

LONG_SIDE = 448


def overlay_figure(
    entry: RunEntry, index: int, source: str, convention: str, target: str = "predicted", caption: str = ""
) -> str:
    """Return HTML of one picture under a heatmap, with its boxes; the caption is HTML."""
    return _figure(_draw_overlay(entry, *entry.key, index, source, convention, target), caption)


def plain_figure(entry: RunEntry, index: int, caption: str = "") -> str:
    """Return HTML of one picture with its boxes and no heatmap; the caption is HTML."""
    return _figure(_draw_overlay(entry, *entry.key, index, "", "", ""), caption)


def pair(*figures: str) -> str:
    """Return HTML of figures side by side."""
    return f'<div class="cc-pair">{"".join(figures)}</div>'


def _figure(picture: bytes, caption: str) -> str:
    encoded = base64.b64encode(picture).decode("ascii")
    image = f'<img src="data:image/webp;base64,{encoded}" alt="{caption}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


@st.cache_data(max_entries=256, show_spinner=False)
def _draw_overlay(
    _entry: RunEntry, path: str, version: str, index: int, source: str, convention: str, target: str
) -> bytes:
    run, explanation = reopen(path, version)
    layers = read_layers(explanation, index, (source,), target, {}) if source else []
    display = DEFAULTS | {"draw": convention, "boxes": "on"}
    stream = BytesIO()
    draw_picture(open_photo(run, explanation, index, LONG_SIDE), layers, display).save(stream, "WEBP", quality=82)
    return stream.getvalue()
