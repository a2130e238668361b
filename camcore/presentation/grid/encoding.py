"""The heatmap grid: photographs with heatmaps, drawn in the browser without a server."""

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camcore.explained.explanation import TARGETS
from camcore.heatmaps.drawing import COLORMAPS, CONVENTIONS, colormap
from camcore.heatmaps.methods import METHODS
from camcore.presentation.grid.tile import ANY_CLASS, Grid, GridBox, GridSource, LargeView, Tile
from camcore.presentation.texts import grid_strings

OVERLAYS = ("off", "a", "b", "both", "difference")
CHOICES: dict[str, tuple[str, ...]] = {
    "overlay": OVERLAYS,
    "target": (*TARGETS, "chosen", ANY_CLASS),
    "draw": CONVENTIONS,
    "colors": tuple(COLORMAPS),
    "cells": ("smooth", "true"),
    "scale": ("image", "common"),
    "boxes": ("off", "on"),
    "divider": ("off", "on"),
    "size": ("small", "medium", "large"),
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
    "divider": "off",
    "size": "small",
    "for_class": "",
}
_FOLDER = Path(__file__).parent / "browser"
HTML = ("grid.html",)
STYLES = ("grid.css", "large_view.css")
SCRIPTS = (
    "drawing.js",
    "dom.js",
    "display.js",
    "pictures.js",
    "tiles.js",
    "colorbar.js",
    "toolbar.js",
    "keyboard.js",
    "history.js",
    "divider.js",
    "readout.js",
    "numbers.js",
    "moves.js",
    "large_view.js",
    "grid.js",
)


def encode_grid(grid: Grid) -> dict[str, Any]:
    """Return what the grid's script draws, ready for JSON.

    The display (keys and values as in `DEFAULTS` and `CHOICES`, opacity 0 to 100, `for_class` the class that target
    "class" means) is kept in the page's address by the browser alone; what equals the default is left out. So is
    `image`, the id of the tile that is open in the large view. One grid per page: two would write the same parameters.

    Raises:
        ValueError: Two tiles have one id.
    """
    _require_unique_ids(grid.tiles)
    return {
        "tiles": [_encode_tile(tile) for tile in grid.tiles],
        "sources": {slot: _encode_source(source) for slot, source in (("a", grid.first), ("b", grid.second)) if source},
        "tables": {name: _base64(colormap(name)) for name in (*COLORMAPS, "signed")},
        "common": {slot: list(range_) for slot, range_ in grid.common_range.items()},
        "choices": CHOICES,
        "defaults": DEFAULTS | read_display(grid.defaults),
        "display": read_display(grid.display),
        "strings": {**grid_strings("en"), **grid.strings},
        "tileWidth": grid.tile_width,
        "large": _encode_large_view(grid.large, len(grid.tiles)),
    }


def read_display(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the display that a page's parameters ask for: known names with allowed values."""
    display = {name: parameters[name] for name, allowed in CHOICES.items() if parameters.get(name) in allowed}
    opacity = parameters.get("opacity", "")
    if opacity.isascii() and opacity.isdecimal() and len(opacity) <= 3 and int(opacity) <= 100:
        display["opacity"] = str(int(opacity))
    if "for_class" in parameters:
        display["for_class"] = parameters["for_class"]
    return display


@cache
def read_front_end() -> tuple[str, str, str]:
    """Return the grid's HTML, style sheet and script. The script's default export draws what `encode_grid` returns."""
    html, css, script = (
        "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names) for names in (HTML, STYLES, SCRIPTS)
    )
    return html, css, script


def _require_unique_ids(tiles: Sequence[Tile]) -> None:
    ids: set[str] = set()
    for tile in tiles:
        if tile.id in ids:
            raise ValueError(f"Tile ids must be unique; {tile.id!r} is there twice.")
        ids.add(tile.id)


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
        "path": tile.path,
        "top": [[entry.name, round(entry.share, 4), entry.is_right] for entry in tile.top],
        "distances": {name: _encode_shares(values) for name, values in tile.distances.items()},
        "offObject": {slot: _encode_shares(values) for slot, values in tile.off_object.items()},
    }


def _encode_large_view(large: LargeView, tiles: int) -> dict[str, Any]:
    return {
        "first": large.first,
        "total": tiles if large.total is None else large.total,
        "measures": [[name, *texts] for name, texts in large.measures.items()],
        "sameByTheory": large.same_by_theory,
        "classes": list(large.classes),
        "chosenClass": large.chosen_class,
        "offersLikeness": large.offers_likeness,
        "goto": large.goto and {"id": large.goto[0], "number": large.goto[1]},
    }


def _encode_shares(values: Sequence[float]) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 4) for value in values]


def _encode_map(raw: NDArray[np.float32]) -> dict[str, Any]:
    height, width = raw.shape
    return {"height": height, "width": width, "values": _base64(raw.astype("<f4"))}


def _encode_source(source: GridSource) -> dict[str, Any]:
    return {"id": source.id, "title": source.title, "drawnSigned": METHODS[source.method].drawn_signed}


def _base64(content: bytes | NDArray[Any]) -> str:
    return base64.b64encode(content if isinstance(content, bytes) else content.tobytes()).decode("ascii")
