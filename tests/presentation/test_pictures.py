"""Picture files show what `render` draws and what the grid shows."""

import numpy as np
import pytest
from PIL import Image

from camcore.heatmaps.drawing import colormap, render
from camcore.presentation.pictures import GAP, Layer, draw_overlays

VIEW = {"overlay": "a", "draw": "literature", "colors": "inferno", "cells": "smooth", "scale": "image", "opacity": "50"}
WHOLE = (0.0, 0.0, 60.0, 40.0)


@pytest.fixture
def picture():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))


@pytest.fixture
def layers():
    random = np.random.default_rng(1)
    return {
        "a": Layer(random.normal(size=(4, 4)).astype(np.float32), "cam"),
        "b": Layer(random.normal(size=(8, 8)).astype(np.float32), "grad_cam"),
    }


@pytest.mark.parametrize("convention", ["literature", "positive"])
@pytest.mark.parametrize("slot", ["a", "b"])
def test_one_source_is_what_the_engine_renders(picture, layers, slot, convention):
    drawn = draw_overlays(picture, WHOLE, layers, VIEW | {"overlay": slot, "draw": convention, "opacity": "70"})
    expected = render(np.asarray(picture), layers[slot].raw, convention, layers[slot].method, opacity=0.7)
    np.testing.assert_array_equal(np.asarray(drawn), expected)


def test_both_lie_side_by_side(picture, layers):
    sheet = np.asarray(draw_overlays(picture, WHOLE, layers, VIEW | {"overlay": "both"}))
    assert sheet.shape == (40, 2 * 60 + GAP, 3)
    for slot, left in (("a", 0), ("b", 60 + GAP)):
        alone = np.asarray(draw_overlays(picture, WHOLE, layers, VIEW | {"overlay": slot}))
        np.testing.assert_array_equal(sheet[:, left : left + 60], alone)
    assert (sheet[:, 60 : 60 + GAP] == 255).all()


def test_no_overlay_is_the_picture(picture, layers):
    assert draw_overlays(picture, WHOLE, layers, VIEW | {"overlay": "off"}) is picture


def test_a_difference_of_equal_maps_is_the_colour_of_zero(picture, layers):
    same = {"a": layers["b"], "b": layers["b"]}
    drawn = np.asarray(draw_overlays(picture, WHOLE, same, VIEW | {"overlay": "difference", "opacity": "100"}))
    assert (drawn == colormap("signed")[128]).all()


def test_true_cells_have_one_colour_each(picture, layers):
    view = VIEW | {"overlay": "a", "cells": "true", "opacity": "100"}
    drawn = np.asarray(draw_overlays(picture, WHOLE, layers, view))
    assert len(np.unique(drawn[:10, :15].reshape(-1, 3), axis=0)) == 1
    assert (drawn[5, 5] != drawn[5, 20]).any()


def test_a_common_scale_is_kept(picture, layers):
    wide = Layer(layers["b"].raw, "grad_cam", (0.0, float(layers["b"].raw.max()) * 4))
    pale = np.asarray(draw_overlays(picture, WHOLE, {"a": wide}, VIEW | {"opacity": "100"}))
    assert pale.max() < np.asarray(draw_overlays(picture, WHOLE, {"a": layers["b"]}, VIEW | {"opacity": "100"})).max()


def test_what_the_model_does_not_see_is_dark(picture, layers):
    drawn = np.asarray(draw_overlays(picture, (10.0, 0.0, 50.0, 40.0), layers, VIEW))
    np.testing.assert_array_equal(drawn[:, :10], np.floor(np.asarray(picture)[:, :10] * 0.45 + 0.5))
    expected = render(np.asarray(picture)[:, 10:50], layers["a"].raw, "literature", "cam")
    np.testing.assert_array_equal(drawn[:, 10:50], expected)


def test_a_line_of_pixels_can_be_drawn(layers):
    line = Image.new("RGB", (1, 1024))
    assert draw_overlays(line, (0.0, 511.99, 1.0, 512.04), layers, VIEW).size == (1, 1024)


@pytest.mark.parametrize("raw", [np.full((4, 4), np.nan), np.full((4, 4), -1.0)])
def test_a_map_without_heat_leaves_the_lowest_colour(picture, raw):
    layer = Layer(raw.astype(np.float32), "grad_cam")
    drawn = np.asarray(draw_overlays(picture, WHOLE, {"a": layer}, VIEW | {"opacity": "100"}))
    assert (drawn == colormap("inferno")[0]).all()
