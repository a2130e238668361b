"""The heatmap grid: photographs under their heatmaps, drawn in the browser, so that no toggle asks a server."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from camcore.drawing import COLORMAPS, CONVENTIONS, colormap
from camcore.generations import TARGETS
from camcore.geometry import BoxXyxy
from camcore.heatmaps import METHODS
from camcore.language.en_grid import GRID_STRINGS as ENGLISH_GRID

Slot = Literal["a", "b"]

OVERLAYS = ("off", "a", "b", "both", "difference")
CHOICES: dict[str, tuple[str, ...]] = {
    "overlay": OVERLAYS,
    "target": (*TARGETS, "chosen"),
    "draw": CONVENTIONS,
    "colors": tuple(COLORMAPS),
    "cells": ("smooth", "true"),
    "scale": ("image", "common"),
    "boxes": ("off", "on"),
}
DEFAULTS = {
    "overlay": "a",
    "opacity": "50",
    "target": "predicted",
    "draw": "literature",
    "colors": "inferno",
    "cells": "smooth",
    "scale": "image",
    "boxes": "off",
}


class GridBox(NamedTuple):
    """An object's box in pixels of the upright image; `name` "" where its class is unknown."""

    x0: float
    y0: float
    x1: float
    y1: float
    name: str = ""
    is_target: bool = True


@dataclass(frozen=True)
class GridSource:
    """What a slot shows. `method`, a key of `METHODS`, decides how the literature draws it."""

    id: str
    title: str
    method: str


@dataclass(frozen=True)
class Tile:
    """One picture of the grid.

    Attributes:
        id: Unique among the tiles; a canvas is used again for the same id.
        index: Position in the generation; what the grid returns when the tile is opened.
        image: WebP (or PNG, JPEG) of the whole upright image, usually its thumbnail.
        width, height: Size of the upright image, in px; not that of the thumbnail.
        label, correct: None where nobody knows the true class.
        confidence: 0 to 1.
        seen: The part that the model sees, in px of the upright image (`geometry.seen_box`).
        caption: A quiet line under the picture, e.g. the measure that the page sorts by.
        boxes: In px of the upright image.
        maps: slot -> target (one of `CHOICES["target"]`) -> raw signed map (h, w), before any ReLU. A target that does
            not exist for this image is left out, or all NaN.
    """

    id: str
    index: int
    image: bytes
    width: int
    height: int
    label: str | None
    predicted: str
    correct: bool | None
    confidence: float
    seen: BoxXyxy
    caption: str = ""
    boxes: Sequence[GridBox] = ()
    maps: Mapping[Slot, Mapping[str, NDArray[np.float32]]] = field(default_factory=dict)


def encode_grid(
    tiles: Sequence[Tile],
    first: GridSource,
    second: GridSource | None = None,
    *,
    view: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    common_range: Mapping[Slot, tuple[float, float]] | None = None,
    strings: Mapping[str, str] | None = None,
    tile_width: int = 224,
) -> dict[str, Any]:
    """Return what the grid's script draws, ready for JSON.

    The view (overlay, opacity, target, draw, colors, cells, scale, boxes: keys and values as in `DEFAULTS` and
    `CHOICES`, opacity 0 to 100) is kept in the page's address by the browser alone; what equals the default is left
    out. One grid per page: two would write the same parameters.

    Args:
        tiles: In the order to show them.
        first: Slot "a". CAM, where there is a CAM.
        second: Slot "b"; without it there is no "both" and no "difference".
        view: Where to start; unknown names and values are ignored.
        defaults: This page's own defaults, over `DEFAULTS`.
        common_range: Lowest and highest raw value per slot over the whole run, for the common scale. Where it is
            missing, that of the tiles shown.
        strings: Texts in the page's language, over the English ones.
        tile_width: The least width of a picture, in px.

    Raises:
        ValueError: Two tiles have one id.
    """
    _require_unique_ids(tiles)
    return {
        "tiles": [_encode_tile(tile) for tile in tiles],
        "sources": {slot: _encode_source(source) for slot, source in (("a", first), ("b", second)) if source},
        "tables": {name: _base64(colormap(name)) for name in (*COLORMAPS, "signed")},
        "common": {slot: list(range_) for slot, range_ in (common_range or {}).items()},
        "choices": CHOICES,
        "defaults": DEFAULTS | read_view(defaults or {}),
        "view": read_view(view or {}),
        "strings": ENGLISH_GRID | dict(strings or {}),
        "tileWidth": tile_width,
    }


def read_view(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return what of a page's parameters is a view of the grid: known names with allowed values."""
    view = {name: parameters[name] for name, allowed in CHOICES.items() if parameters.get(name) in allowed}
    opacity = parameters.get("opacity", "")
    if opacity.isascii() and opacity.isdecimal() and int(opacity) <= 100:
        view["opacity"] = str(int(opacity))
    return view


_FOLDER = Path(__file__).parent
SCRIPTS = (
    "drawing.js",
    "dom.js",
    "view.js",
    "pictures.js",
    "tiles.js",
    "colorbar.js",
    "toolbar.js",
    "keyboard.js",
    "grid.js",
)


@cache
def read_front_end() -> tuple[str, str, str]:
    """Return the grid's markup, style and script. The script's default export draws what `encode_grid` returns."""
    html, css = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("grid.html", "grid.css"))
    script = "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return html, css, script


def _require_unique_ids(tiles: Sequence[Tile]) -> None:
    seen: set[str] = set()
    for tile in tiles:
        if tile.id in seen:
            raise ValueError(f"Tile ids must be unique; {tile.id!r} is there twice.")
        seen.add(tile.id)


def _encode_tile(tile: Tile) -> dict[str, Any]:
    fields = ("id", "index", "width", "height", "label", "predicted", "correct", "confidence", "caption")
    return {name: getattr(tile, name) for name in fields} | {
        "image": _base64(tile.image),
        "seen": list(tile.seen),
        "boxes": [list(GridBox(*box)) for box in tile.boxes],
        "maps": {
            slot: {target: _encode_map(raw) for target, raw in maps.items() if not np.isnan(raw).all()}
            for slot, maps in tile.maps.items()
        },
    }


def _encode_map(raw: NDArray[np.float32]) -> dict[str, Any]:
    height, width = raw.shape
    return {"height": height, "width": width, "values": _base64(raw.astype("<f4"))}


def _encode_source(source: GridSource) -> dict[str, Any]:
    return {"id": source.id, "title": source.title, "drawnSigned": METHODS[source.method].drawn_signed}


def _base64(content: bytes | NDArray[Any]) -> str:
    return base64.b64encode(content if isinstance(content, bytes) else content.tobytes()).decode("ascii")
