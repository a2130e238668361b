"""Pictures equal `render`, with the grid's shading and boxes."""

import numpy as np
import pytest
from PIL import Image

from camcore.heatmaps.drawing import colormap
from camcore.presentation.grid.tile import GridBox
from camcore.presentation.pictures import GAP, Layer, Photo, draw_picture, place_side_by_side, split_overlay
from tests.support.rendered_maps import render

DISPLAY = {"draw": "literature", "colors": "inferno", "cells": "smooth", "opacity": "50", "boxes": "off"}
WHOLE = (0.0, 0.0, 60.0, 40.0)
OPAQUE = {"opacity": "100"}


def draw(picture, layers, view_box=WHOLE, boxes=(), **display):
    """Draw a picture with layers, and boxes if there are any."""
    photo = Photo(picture, *picture.size, view_box, boxes)
    return np.asarray(draw_picture(photo, layers, DISPLAY | {"boxes": "on" if boxes else "off"} | display))


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
    drawn = draw(picture, [layers[slot]], draw=convention, opacity="70")
    expected = render(np.asarray(picture), layers[slot].raw, convention, layers[slot].method, opacity=0.7)
    np.testing.assert_array_equal(drawn, expected)


def test_pictures_lie_side_by_side(picture):
    sheet = np.asarray(place_side_by_side([picture, picture]))
    assert sheet.shape == (40, 2 * 60 + GAP, 3)
    for left in (0, 60 + GAP):
        np.testing.assert_array_equal(sheet[:, left : left + 60], np.asarray(picture))
    assert (sheet[:, 60 : 60 + GAP] == 255).all()


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        ("off", [()]),
        ("a", [("cam",)]),
        ("b", [("grad_cam",)]),
        ("both", [("cam",), ("grad_cam",)]),
        ("difference", [("cam", "grad_cam")]),
    ],
)
def test_an_overlay_says_what_each_picture_shows(overlay, expected):
    assert split_overlay(overlay, ("cam", "grad_cam")) == expected
    assert split_overlay(overlay, ("cam", "cam")) == ([()] if overlay == "off" else [("cam",)])


def test_without_a_map_it_is_the_photograph(picture):
    np.testing.assert_array_equal(draw(picture, [], (10.0, 0.0, 50.0, 40.0)), np.asarray(picture))


def test_a_difference_of_equal_maps_is_the_colour_of_zero(picture, layers):
    assert (draw(picture, [layers["b"], layers["b"]], **OPAQUE) == colormap("signed")[128]).all()


def test_true_cells_have_one_colour_each(picture, layers):
    drawn = draw(picture, [layers["a"]], cells="true", **OPAQUE)
    assert len(np.unique(drawn[:10, :15].reshape(-1, 3), axis=0)) == 1
    assert (drawn[5, 5] != drawn[5, 20]).any()


def test_a_common_scale_is_kept(picture, layers):
    wide = Layer(layers["b"].raw, "grad_cam", (0.0, float(layers["b"].raw.max()) * 4))
    assert draw(picture, [wide], **OPAQUE).max() < draw(picture, [layers["b"]], **OPAQUE).max()


def test_what_the_model_does_not_see_is_dark(picture, layers):
    drawn = draw(picture, [layers["a"]], (10.0, 0.0, 50.0, 40.0))
    np.testing.assert_array_equal(drawn[:, :10], np.floor(np.asarray(picture)[:, :10] * 0.45 + 0.5))
    expected = render(np.asarray(picture)[:, 10:50], layers["a"].raw, "literature", "cam")
    np.testing.assert_array_equal(drawn[:, 10:50], expected)


def test_a_view_is_placed_in_a_picture_of_another_size(picture, layers):
    photo = Photo(picture, 600, 400, (100.0, 0.0, 500.0, 400.0))
    drawn = np.asarray(draw_picture(photo, [layers["a"]], DISPLAY))
    np.testing.assert_array_equal(drawn, draw(picture, [layers["a"]], (10.0, 0.0, 50.0, 40.0)))


def test_a_line_of_pixels_can_be_drawn(layers):
    line = Image.new("RGB", (1, 1024))
    boxes = [GridBox(0, 0, 1, 1024, "Pug"), GridBox(0, 500, 1, 501, "Collie", False)]
    assert draw(line, [layers["a"]], (0.0, 511.99, 1.0, 512.04), boxes).shape == (1024, 1, 3)


@pytest.mark.parametrize("raw", [np.full((4, 4), np.nan), np.full((4, 4), -1.0)])
def test_a_map_without_heat_leaves_the_lowest_colour(picture, raw):
    layer = Layer(raw.astype(np.float32), "grad_cam")
    assert (draw(picture, [layer], **OPAQUE) == colormap("inferno")[0]).all()


GREY = Image.new("RGB", (200, 120), (120, 120, 120))
TARGET, OTHER = GridBox(20, 30, 90, 100, "Pug"), GridBox(110, 20, 180, 110, "Collie", is_target=False)


def test_a_box_is_a_white_line_between_dark_ones():
    drawn = draw(GREY, [], (0.0, 0.0, 200.0, 120.0), [TARGET])
    assert (drawn[60, 20] == 255).all() and (drawn[30, 50] == 255).all()
    for outside in (19, 21):
        assert (drawn[60, outside] < 60).all(), "it is seen on any ground"
    assert (drawn[60, 89] == 255).all() and (drawn[99, 50] == 255).all(), "the far edge is exclusive"
    assert (drawn[60, 40:80] == 120).all()


def test_a_box_of_another_class_is_dashed():
    drawn = draw(GREY, [], (0.0, 0.0, 200.0, 120.0), [TARGET, OTHER])
    side = (drawn[22:90, 110] == 255).all(-1)
    assert 0.4 < side.mean() < 0.8, "dashes of 6 px and gaps of 4"
    assert (drawn[50:98, 20] == 255).all(), "the target's is not"


def test_boxes_are_named_if_there_are_several():
    whole = (0.0, 0.0, 200.0, 120.0)
    alone = draw(GREY, [], whole, [TARGET])
    several = draw(GREY, [], whole, [TARGET, OTHER])
    assert (alone[33:45, 24:50] == 120).all()
    assert (several[33:45, 24:50] < 60).any() and (several[33:45, 24:50] > 200).any(), "white letters on dark"
    assert (several[94:107, 114:150] < 60).any(), "another class is named at the bottom of its box"
    unnamed = draw(GREY, [], whole, [TARGET._replace(name=""), OTHER])
    assert (unnamed[33:45, 24:50] == 120).all()
