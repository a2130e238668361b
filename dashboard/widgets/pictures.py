"""Single pictures drawn on the server, where a page shows a handful of them. The grid draws its own in the browser."""

import base64
from io import BytesIO

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from camcore import geometry
from camcore.heatmaps.drawing import render
from camcore.heatmaps.sources import parse_source
from dashboard.data.measures import load_samples
from dashboard.data.runs import RunEntry, reopen

LONG_SIDE = 448
OPACITY = 0.5


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
    sample = load_samples(_entry).iloc[index]
    picture = explanation.picture(index)
    factor = LONG_SIDE / max(picture.size)
    size = (round(picture.width * factor), round(picture.height * factor))
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    if source:
        raw = np.asarray(explanation.maps(source, target)[index])
        left, top, right, bottom = (round(edge) for edge in geometry.view_box(run.config.view.kind, *size))
        seen = np.asarray(picture.crop((left, top, right, bottom)))
        drawn = render(seen, raw, convention, parse_source(source).method, opacity=OPACITY)
        picture.paste(Image.fromarray(drawn), (left, top))
    _outline_boxes(picture, sample["boxes"], size[0] / sample["width"], size[1] / sample["height"])
    stream = BytesIO()
    picture.save(stream, "WEBP", quality=82)
    return stream.getvalue()


def _outline_boxes(picture: Image.Image, boxes: object, across: float, down: float) -> None:
    canvas = ImageDraw.Draw(picture)
    for x0, y0, x1, y1, *_ in boxes:  # type: ignore[attr-defined]
        corners = (x0 * across, y0 * down, x1 * across - 1, y1 * down - 1)
        canvas.rectangle(corners, outline="#1b1a18", width=4)
        canvas.rectangle(
            tuple(edge + inset for edge, inset in zip(corners, (1, 1, -1, -1), strict=True)), outline="white", width=2
        )
