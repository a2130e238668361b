"""Normalisation and drawing: both conventions by hand, undrawable maps, colours independent of size."""

import numpy as np
import pytest

from camcore.errors import CamcoreError
from camcore.geometry import FloatArray
from camcore.heatmaps.drawing import (
    COLORMAPS,
    CONVENTIONS,
    blend,
    colormap,
    draw,
    draw_heat,
    heat_range,
    is_drawn,
    keep_measured,
)
from camcore.heatmaps.methods import METHODS
from tests.support.rendered_maps import render

RAW = np.array([[-1.0, 0.0], [1.0, 3.0]])
EVERY_WAY = [(convention, method) for convention in CONVENTIONS for method in METHODS]


@pytest.mark.parametrize(
    ("convention", "method", "expected"),
    [
        ("literature", "cam", [[0, 0.25], [0.5, 1]]),  # from -1 to 3: zero evidence glows at 1 / (1 + 3)
        ("literature", "grad_cam", [[0, 0], [1 / 3, 1]]),
        ("positive", "cam", [[0, 0], [1 / 3, 1]]),
        ("positive", "grad_cam", [[0, 0], [1 / 3, 1]]),
    ],
)
def test_both_conventions_by_hand(convention: str, method: str, expected: FloatArray) -> None:
    np.testing.assert_allclose(draw(RAW, convention, method), expected)


@pytest.mark.parametrize(("low", "high"), [(-2.0, 2.0), (-1.0, 4.0), (-9.0, 1.0)])
def test_min_max_normalisation_lifts_zero_evidence(low: float, high: float) -> None:
    drawn = draw(np.array([[low, 0.0, high]]), "literature", "cam")
    assert drawn[0, 1] == pytest.approx(-low / (-low + high))


def test_a_positive_cam_is_stretched_from_its_minimum() -> None:
    np.testing.assert_allclose(draw(np.array([[2.0, 3.0, 6.0]]), "literature", "cam"), [[0, 0.25, 1]])


def test_each_map_of_a_stack_has_its_own_range() -> None:
    stack = np.stack([RAW, 10 * RAW])[:, None]
    low, high = heat_range(stack, "literature", "cam")
    np.testing.assert_array_equal(low, [[-1], [-10]])
    np.testing.assert_array_equal(high, [[3], [30]])
    drawn = draw(stack, "literature", "cam")
    assert drawn.shape == (2, 1, 2, 2)
    np.testing.assert_allclose(drawn[0], drawn[1])


@pytest.mark.parametrize(("convention", "method"), EVERY_WAY)
@pytest.mark.parametrize("value", [0.0, -3.0, np.nan, np.inf, -np.inf])
def test_what_can_not_be_drawn_is_blank(convention: str, method: str, value: float) -> None:
    np.testing.assert_array_equal(draw(np.full((2, 2), value), convention, method), np.zeros((2, 2)))


@pytest.mark.parametrize(("convention", "method"), EVERY_WAY)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_nan_blanks_only_its_own_map(value: float, convention: str, method: str) -> None:
    broken = RAW.copy()
    broken[0, 0] = value
    drawn = draw(np.stack([broken, RAW]), convention, method)
    assert not drawn[0].any()
    assert drawn[1].max() == 1


@pytest.mark.parametrize(
    ("convention", "method", "expected"),
    [("literature", "cam", 0), ("literature", "grad_cam", 1), ("positive", "cam", 1), ("positive", "grad_cam", 1)],
)
def test_a_constant_map_has_no_range_in_the_literature_s_cam(convention: str, method: str, expected: int) -> None:
    np.testing.assert_array_equal(draw(np.full((2, 2), 5.0), convention, method), np.full((2, 2), expected))


@pytest.mark.parametrize("value", [5.0, -5.0])
def test_a_constant_map_is_drawn_on_no_scale(value: float) -> None:
    noise = np.random.default_rng(0).normal(size=(4, 4))
    assert not is_drawn(value * (1 + 1e-7 * noise)), "constant up to rounding"
    assert is_drawn(value * (1 + 1e-3 * noise))


@pytest.mark.parametrize(("grid", "expected"), [((1, 1), False), ((3, 9), False), ((9, 3), False), ((4, 4), True)])
def test_maps_of_too_few_cells_are_drawn_on_no_scale(grid: tuple[int, int], expected: bool) -> None:
    raw = np.random.default_rng(0).normal(size=grid)
    assert is_drawn(raw) == expected
    assert np.isnan(keep_measured(raw[None])).all() != expected


def test_only_min_max_draws_negative_evidence() -> None:
    negative = RAW - 5
    np.testing.assert_allclose(draw(negative, "literature", "cam"), [[0, 0.25], [0.5, 1]])
    assert not draw(negative, "positive", "cam").any()
    assert not draw(negative, "literature", "grad_cam").any()


def test_without_positive_evidence_the_range_is_empty() -> None:
    for convention, method in (("positive", "cam"), ("positive", "grad_cam"), ("literature", "grad_cam")):
        assert heat_range(RAW - 5, convention, method) == (0, 0)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
@pytest.mark.parametrize(("convention", "method"), EVERY_WAY)
def test_a_positive_factor_changes_no_picture(convention: str, method: str, scale: float) -> None:
    np.testing.assert_allclose(draw(scale * RAW, convention, method), draw(RAW, convention, method))


def test_heat_outside_the_range_is_clipped() -> None:
    np.testing.assert_array_equal(draw_heat(np.array([[-5.0, 1.0, 9.0]]), 0.0, 2.0), [[0, 0.5, 1]])


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(CamcoreError, match=r"^Unknown convention 'paper'\. Choose from: literature, positive\.$"):
        heat_range(RAW, "paper", "cam")


@pytest.mark.parametrize("name", [*COLORMAPS, "signed"])
def test_every_colour_map_is_a_table_of_many_colours(name: str) -> None:
    table = colormap(name)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert len(np.unique(table, axis=0)) > 150


def test_inferno_runs_from_near_black_to_pale_yellow() -> None:
    table = colormap("inferno")
    assert table[0].tolist() == [0, 0, 4]
    assert table[255].tolist() == [252, 255, 164]
    brightness = table @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(brightness) > -0.5).all(), "hotter is brighter"


def test_signed_colours_separate_the_signs() -> None:
    table = colormap("signed").astype(int)
    assert table[128].min() > 235
    assert table[0][0] != table[255][0]
    assert (table[0][2] > table[0][0]) != (table[255][2] > table[255][0])  # blueish against reddish


def test_an_unknown_colour_map_is_refused() -> None:
    message = "Unknown colour map 'hot'. Choose from: inferno, viridis, cividis, turbo, jet, signed."
    with pytest.raises(CamcoreError) as caught:
        colormap("hot")
    assert str(caught.value) == message


def test_blending_by_hand() -> None:
    image = np.array([[[10, 20, 30], [0, 0, 255]]], dtype=np.uint8)
    heat = np.array([[0.0, 1.0]])
    table = np.zeros((256, 3), dtype=np.uint8)
    table[0], table[255] = (100, 0, 0), (255, 1, 0)
    np.testing.assert_array_equal(blend(image, heat, table, 0.0), image)
    np.testing.assert_array_equal(blend(image, heat, table, 1.0), [[[100, 0, 0], [255, 1, 0]]])
    # 0.75 * 10 + 0.25 * 100 = 32.5, rounded half up; 0.75 * 255 = 191.25.
    np.testing.assert_array_equal(blend(image, heat, table, 0.25), [[[33, 15, 23], [64, 0, 191]]])


def test_heat_picks_the_nearest_colour() -> None:
    table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    heat = np.array([[0.0, 0.4999, 0.5, 127.4 / 255, 1.0]])
    picked = blend(np.zeros((1, 5, 3), dtype=np.uint8), heat, table, 1.0)[0, :, 0]
    assert picked.tolist() == [0, 127, 128, 127, 255]


@pytest.mark.parametrize(("convention", "method"), EVERY_WAY)
def test_colours_do_not_depend_on_the_picture_s_size(convention: str, method: str) -> None:
    raw = np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32)
    # At odd multiples of the grid the middle pixel of a cell has the cell's own value, whatever the size.
    small = render(np.zeros((9, 9, 3), dtype=np.uint8), raw, convention, method, opacity=1.0)
    large = render(np.zeros((45, 45, 3), dtype=np.uint8), raw, convention, method, opacity=1.0)
    np.testing.assert_array_equal(small[1::3, 1::3], large[7::15, 7::15])
    own = colormap("inferno")[np.floor(draw(raw.astype(float), convention, method) * 255 + 0.5).astype(int)]
    np.testing.assert_array_equal(small[1::3, 1::3], own)


def test_the_scale_comes_from_the_cells_and_not_from_the_pixels() -> None:
    # On twice the grid no pixel lies on the middle of the hot cell: the nearest have 0.75 * 0.75 of its heat.
    raw = np.zeros((3, 3))
    raw[1, 1] = 4
    picture = render(np.zeros((6, 6, 3), dtype=np.uint8), raw, "positive", "cam", opacity=1.0)
    assert (picture[2:4, 2:4] == colormap("inferno")[round(0.5625 * 255)]).all()


def test_the_signed_map_is_upsampled_before_it_is_clipped() -> None:
    # Half way between -3 and 1 lies -1: no heat there. Clipping first would show half of it.
    raw = np.array([[-3.0, 1.0]])
    picture = render(np.zeros((1, 6, 3), dtype=np.uint8), raw, "positive", "cam", opacity=1.0)
    cold = colormap("inferno")[0]
    # Pixels lie at -1/3, 0, 1/3, 2/3, 1 and 4/3 of the way; the signed values are -3, -3, -5/3, -1/3, 1, 1.
    assert (picture[0, :4] == cold).all()
    assert (picture[0, 4:] == colormap("inferno")[255]).all()


def test_render_lets_the_image_through() -> None:
    image = np.random.default_rng(0).integers(0, 256, (8, 6, 3), dtype=np.uint8)
    np.testing.assert_array_equal(render(image, RAW, "positive", "cam", opacity=0.0), image)
    half = render(image, np.zeros((2, 2)), "positive", "cam", opacity=0.5)
    np.testing.assert_array_equal(half, np.floor(0.5 * image + 0.5 * colormap("inferno")[0] + 0.5))
