"""Downloads of the page Try your own image, made in memory on request."""

import base64
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from uuid import uuid4

import numpy as np

from camcore.heatmaps.sources import parse_source
from camcore.presentation.grid.encoding import DEFAULTS, read_display
from camcore.presentation.grid.tile import Slot
from camcore.presentation.pictures import Layer, Photo, draw_picture, place_side_by_side, split_overlay
from dashboard.components.own_results import Download
from dashboard.own_image.network import Analysis

SLOTS: tuple[Slot, Slot] = ("a", "b")
_NAME_LENGTH = 60
OVERLAY_DEFAULT = {"overlay": "both"}


@dataclass(frozen=True)
class PageContent:
    """The page's content: pictures, two sources, and the explained classes per picture and target."""

    analyses: Mapping[str, Analysis]
    sources: tuple[str, str]
    targets: Mapping[str, Mapping[str, int]]
    class_names: Sequence[str]


def make_download(content: PageContent, picture: str, requested: str, parameters: Mapping[str, str]) -> Download:
    """Return a file of a picture: `requested` is "png", or the slot of a raw map.

    `parameters` are those of the page's address; the file is drawn as they say.
    """
    display = restrict_display(content, picture, parameters)
    analysis, label = content.analyses[picture], content.targets[picture][display["target"]]
    slots = [requested] if requested in SLOTS else _slots_drawn(display["overlay"])
    sources = [content.sources[SLOTS.index(slot)] for slot in slots]
    stem = safe_name(PurePath(analysis.name).stem, *sources, content.class_names[label])
    buffer = io.BytesIO()
    if requested in SLOTS:
        np.save(buffer, analysis.maps[sources[0], label].astype("<f4"), allow_pickle=False)
        return _pack(f"{stem}.npy", "application/octet-stream", buffer)
    image = analysis.image
    photo = Photo(image.picture, image.width, image.height, image.view_box)
    pictures = [
        draw_picture(photo, [_make_layer(content, picture, slot, display) for slot in slots_of_picture], display)
        for slots_of_picture in split_overlay(display["overlay"], SLOTS)
    ]
    place_side_by_side(pictures).save(buffer, "PNG")
    return _pack(f"{stem}.png", "image/png", buffer)


def restrict_display(content: PageContent, picture: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the grid's display for these parameters, with the browser's fallbacks."""
    display = DEFAULTS | OVERLAY_DEFAULT | read_display(parameters)
    targets = content.targets[picture]
    if display["target"] not in targets:
        display["target"] = "predicted" if "predicted" in targets else next(iter(targets))
    if content.sources[0] == content.sources[1] and display["overlay"] != "off":
        display["overlay"] = "a"
    return display


def safe_name(*parts: str) -> str:
    """Return parts joined to a file name of letters, digits, dots and hyphens.

    It is never empty or hidden.
    """
    words = (re.sub(r"[^\w.-]+", "_", part)[:_NAME_LENGTH].strip("._-") for part in parts)
    return "-".join(word for word in words if word) or "picture"


def _slots_drawn(overlay: str) -> list[Slot]:
    return [slot for slot in SLOTS if overlay in (slot, "both", "difference")]


def _make_layer(content: PageContent, picture: str, slot: str, display: Mapping[str, str]) -> Layer:
    source = content.sources[SLOTS.index(slot)]
    raw = content.analyses[picture].maps[source, content.targets[picture][display["target"]]]
    range_ = _common_range(content, source, display["target"]) if display["scale"] == "common" else None
    return Layer(raw, parse_source(source).method, range_)


def _common_range(content: PageContent, source: str, target: str) -> tuple[float, float]:
    """Return the lowest and highest value of the maps on the page, as in the grid."""
    maps = [analysis.maps[source, content.targets[name][target]] for name, analysis in content.analyses.items()]
    finite = [raw for raw in maps if np.isfinite(raw).all()]
    if not finite:
        return 0.0, 0.0
    return min(float(raw.min()) for raw in finite), max(float(raw.max()) for raw in finite)


def _pack(name: str, kind: str, buffer: io.BytesIO) -> Download:
    return Download(uuid4().hex, name, kind, base64.b64encode(buffer.getvalue()).decode("ascii"))
