"""The data that Python sends to the grid, and the display it reads from the address."""

import base64
import json
import re
import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from camcore.heatmaps.drawing import COLORMAPS, colormap
from camcore.presentation.grid import encoding
from camcore.presentation.grid.encoding import CHOICES, DEFAULTS, SCRIPTS, encode_grid, read_display
from camcore.presentation.grid.tile import Grid, Tile
from camcore.presentation.texts import grid_strings
from tests.support.grid_app import CAM, GRAD_CAM, make_tile

APP = Path(__file__).parents[2] / "support" / "grid_app.py"
ENGLISH = grid_strings("en")
FOLDER = Path(encoding.__file__).parent / "browser"


@pytest.fixture(scope="module")
def payload() -> dict:
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.query_params["overlay"] = "both"
    app.run()
    assert not app.exception
    return json.loads(app.get("bidi_component")[0].proto.json)


def test_maps_travel_as_they_are_stored(payload: dict) -> None:
    encoded = payload["tiles"][3]["maps"]["b"]["predicted"]
    values = np.frombuffer(base64.b64decode(encoded["values"]), "<f4").reshape(encoded["height"], encoded["width"])
    np.testing.assert_array_equal(values, make_tile(3).maps["b"]["predicted"])


def test_a_target_without_a_map_is_left_out(payload: dict) -> None:
    assert {slot: list(maps) for slot, maps in payload["tiles"][9]["maps"].items()} == {"a": ["predicted"], "b": []}


def test_colour_maps_travel_as_tables(payload: dict) -> None:
    assert set(payload["tables"]) == {*COLORMAPS, "signed"}
    assert base64.b64decode(payload["tables"]["jet"]) == colormap("jet").tobytes()


def test_first_display_and_conventions_are_sent(payload: dict) -> None:
    assert payload["display"] == {"overlay": "both"}
    assert {slot: source["drawnSigned"] for slot, source in payload["sources"].items()} == {"a": True, "b": False}


def test_a_display_takes_known_names_with_allowed_values() -> None:
    parameters = {"overlay": "both", "opacity": "035", "colors": "nonsense", "sort": "worst", "for_class": "Pug"}
    assert read_display(parameters) == {"overlay": "both", "opacity": "35", "for_class": "Pug"}


@pytest.mark.parametrize("opacity", ["", "101", "-1", "5.5", "٣", "1e1"])
def test_an_opacity_that_is_none_is_ignored(opacity: str) -> None:
    assert read_display({"opacity": opacity}) == {}


def test_defaults_are_a_display() -> None:
    assert read_display(DEFAULTS) == DEFAULTS
    assert set(DEFAULTS) == {*CHOICES, "opacity", "for_class"}


def test_every_choice_has_a_text() -> None:
    named_elsewhere = {"overlay_a", "overlay_b"} | {f"colors_{name}" for name in COLORMAPS}
    wanted = {f"{name}_{value}" for name, values in CHOICES.items() for value in values} | set(DEFAULTS)
    wanted -= {"for_class"}  # never named by itself
    assert wanted - named_elsewhere <= set(ENGLISH)


def test_every_text_is_used_and_every_used_text_is_there() -> None:
    sources = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in (*SCRIPTS, "grid.html"))
    used = set(re.findall(r"strings\.(\w+)", sources)) | set(re.findall(r'data-(?:text|label)="(\w+)"', sources))
    assert used <= set(ENGLISH)
    by_template = (
        "overlay_",
        "target_",
        "boxes_",
        "divider_o",
        "draw_",
        "cells_",
        "scale_",
        "size_",
        "bar_lowest_",
        "bar_highest_",
        "bar_most_",
    )
    by_status = {"no_positive_evidence", "constant", "too_coarse", "not_finite", "no_map", "loading"}
    assert {key for key in set(ENGLISH) - used - by_status if not key.startswith(by_template)} == set()
    assert all(
        name for text in ENGLISH.values() for _, name, _, _ in string.Formatter().parse(text) if name is not None
    )


def test_every_script_is_sent() -> None:
    assert sorted(SCRIPTS) == sorted(path.name for path in FOLDER.glob("*.js"))


def test_tiles_with_one_id_are_refused() -> None:
    tiles: list[Tile] = [make_tile(0), replace(make_tile(1), id="image-0")]
    with pytest.raises(ValueError, match="Tile ids must be unique; 'image-0' is there twice"):
        encode_grid(Grid(tiles, CAM, GRAD_CAM))
