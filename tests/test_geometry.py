"""Mappings between image, view and cells: by hand, by brute force, and round trips."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from camcore.errors import CamcoreError
from camcore.geometry import (
    BoxXyxy,
    FloatArray,
    apply_view,
    box_in_view,
    boxes_in_view,
    cover_cells,
    upsample,
    view_box,
)

SIDES = st.integers(1, 600)
SHARES = st.integers(0, 64).map(lambda value: value / 64)  # exact in binary, so that edges meet exactly


def boxes_strategy() -> st.SearchStrategy[BoxXyxy]:
    intervals = st.tuples(SHARES, SHARES).map(sorted).filter(lambda pair: pair[0] < pair[1])
    return st.tuples(intervals, intervals).map(lambda pair: (pair[0][0], pair[1][0], pair[0][1], pair[1][1]))


@pytest.mark.parametrize(
    ("view", "width", "height", "expected"),
    [
        ("squash", 200, 100, (0, 0, 200, 100)),
        ("center-crop", 200, 100, (50, 0, 150, 100)),
        ("center-crop", 100, 200, (0, 50, 100, 150)),
        ("center-crop", 101, 100, (0.5, 0, 100.5, 100)),
        ("center-crop", 64, 64, (0, 0, 64, 64)),
    ],
)
def test_what_the_model_sees(view: str, width: int, height: int, expected: BoxXyxy) -> None:
    assert view_box(view, width, height) == expected


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(CamcoreError, match=r"^Unknown view 'pad'\. Choose from: squash, center-crop\.$"):
        view_box("pad", 2, 2)


def striped(width: int, height: int) -> Image.Image:
    """Three columns of equal width: red, green, blue."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    for channel in range(3):
        pixels[:, channel * width // 3 : (channel + 1) * width // 3, channel] = 255
    return Image.fromarray(pixels)


def test_squash_keeps_everything_and_only_changes_proportions() -> None:
    seen = np.asarray(apply_view(striped(180, 60), "squash", 60))
    assert seen.shape == (60, 60, 3)
    np.testing.assert_array_equal(seen[30, [10, 30, 50]], 255 * np.eye(3))


def test_center_crop_keeps_the_middle_square_in_its_proportions() -> None:
    seen = np.asarray(apply_view(striped(180, 60), "center-crop", 60))
    np.testing.assert_array_equal(seen, np.broadcast_to([0, 255, 0], (60, 60, 3)))


def test_center_crop_of_a_tall_image_cuts_above_and_below() -> None:
    seen = np.asarray(apply_view(striped(180, 60).transpose(Image.Transpose.ROTATE_90), "center-crop", 60))
    assert (seen == [0, 255, 0]).all()


def test_a_box_in_seen_coordinates_by_hand() -> None:
    seen = (50.0, 0.0, 150.0, 100.0)
    assert box_in_view((75, 20, 125, 60), seen) == (0.25, 0.2, 0.75, 0.6)
    assert box_in_view((0, -10, 100, 500), seen) == (0.0, 0.0, 0.5, 1.0)  # cut at the edges
    assert box_in_view((0, 0, 50, 100), seen) is None  # only touches it
    assert box_in_view((160, 0, 200, 100), seen) is None
    assert box_in_view((80, 40, 80, 60), seen) is None  # without area


@given(SIDES, SIDES, boxes_strategy())
def test_squash_scales_boxes_there_and_back(width: int, height: int, box: BoxXyxy) -> None:
    x0, y0, x1, y1 = box
    pixels = (x0 * width, y0 * height, x1 * width, y1 * height)
    assert box_in_view(pixels, view_box("squash", width, height)) == pytest.approx(box)


@given(SIDES, SIDES)
def test_the_seen_square_lies_in_the_middle_of_the_image(width: int, height: int) -> None:
    x0, y0, x1, y1 = view_box("center-crop", width, height)
    assert x1 - x0 == y1 - y0 == min(width, height)
    assert (x0 + x1, y0 + y1) == (width, height)
    assert box_in_view((x0, y0, x1, y1), (x0, y0, x1, y1)) == (0, 0, 1, 1)


def cover(boxes: list[BoxXyxy], height: int, width: int) -> FloatArray:
    """Return one image's cover."""
    return cover_cells(np.array(boxes), np.array([len(boxes)]), height, width)[0]


def test_cover_by_hand() -> None:
    # The left 3/4 and upper half of 2 x 2 cells.
    np.testing.assert_allclose(cover([(0, 0, 0.75, 0.5)], 2, 2), [[1, 0.5], [0, 0]])
    np.testing.assert_array_equal(cover([(0.5, 0.5, 0.5, 1)], 2, 3), np.zeros((2, 3)))  # nothing of it is seen
    np.testing.assert_allclose(cover([(0, 0, 1, 1), (0.2, 0.2, 0.4, 0.9)], 3, 4), np.ones((3, 4)))


def test_each_image_is_covered_by_its_own_boxes() -> None:
    left, right, all_of_it = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0)
    together = np.array([left, left, right, right, left, all_of_it, left])
    covered = cover_cells(together, np.array([1, 0, 2, 1, 3]), 1, 2)
    np.testing.assert_array_equal(covered[:, 0], [[1, 0], [np.nan, np.nan], [1, 1], [0, 1], [1, 1]])


@given(SIDES, SIDES, boxes_strategy(), st.sampled_from(["squash", "center-crop"]))
def test_boxes_together_are_seen_as_each_alone(width: int, height: int, box: BoxXyxy, view: str) -> None:
    x0, y0, x1, y1 = (edge * side for edge, side in zip(box, (width, height) * 2, strict=True))
    part = view_box(view, width, height)
    alone, together = (
        box_in_view((x0, y0, x1, y1), part),
        boxes_in_view(np.array([[x0, y0, x1, y1]]), np.array([part]))[0],
    )
    if alone is None:
        assert together[0] >= together[2] or together[1] >= together[3]
    else:
        assert together.tolist() == list(alone)


@given(st.lists(boxes_strategy(), min_size=1, max_size=4), st.integers(1, 8), st.integers(1, 8))
def test_cover_agrees_with_counting_points(boxes: list[BoxXyxy], height: int, width: int) -> None:
    fine = 64  # the boxes' edges lie on multiples of 1/64, so that a point in each finest cell says all about it
    rows, columns = ((np.arange(fine * cells) + 0.5) / (fine * cells) for cells in (height, width))
    inside = np.zeros((fine * height, fine * width), dtype=bool)
    for x0, y0, x1, y1 in boxes:
        inside |= ((rows > y0) & (rows < y1))[:, None] & ((columns > x0) & (columns < x1))[None, :]
    counted = inside.reshape(height, fine, width, fine).mean((1, 3))
    np.testing.assert_allclose(cover(boxes, height, width), counted, atol=1e-9)


@pytest.mark.parametrize("shape", [(2, 2), (7, 7), (3, 5), (1, 4), (1, 1)])
@pytest.mark.parametrize("target", [(7, 7), (14, 21), (64, 50)])
def test_upsampling_is_torch_bilinear_without_aligned_corners(shape: tuple[int, int], target: tuple[int, int]) -> None:
    maps = np.random.default_rng(0).normal(size=(3, 2, *shape))
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(maps), size=target, mode="bilinear", align_corners=False
    )
    np.testing.assert_allclose(upsample(maps, *target), expected.numpy(), atol=1e-12)


def test_upsampling_by_hand_keeps_signs() -> None:
    raw = np.array([[-4.0, 4.0]])
    np.testing.assert_array_equal(upsample(raw, 1, 4), [[-4, -2, 2, 4]])


def test_upsampling_keeps_type_and_equal_size() -> None:
    maps = np.ones((2, 3, 3), dtype=np.float32)
    assert upsample(maps, 5, 5).dtype == np.float32
    assert upsample(maps, 3, 3) is maps


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5))
def test_upsampling_by_a_whole_factor_keeps_the_mean(height: int, width: int, factor: int) -> None:
    maps: FloatArray = np.random.default_rng(height * width).normal(size=(height, width))
    fine = upsample(maps, factor * height, factor * width)
    assert fine.mean() == pytest.approx(maps.mean(), abs=1e-12)
    assert fine.max() <= maps.max() + 1e-12
    assert fine.min() >= maps.min() - 1e-12
