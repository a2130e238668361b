"""Localisation measures: published values, tiny maps by hand, and properties."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from camcore.data.paper_dogs import open_paper_dogs
from camcore.geometry import FloatArray, upsample
from camcore.measures.baselines import BASELINES
from camcore.measures.localization import (
    Peaks,
    apply_view_to_mask,
    cover_masks,
    energy_in_box,
    find_peaks,
    follow_class,
    object_cover,
    part_energy,
    pointing_game,
    pointing_game_on_masks,
)
from camcore.measures.max_box_acc import (
    IOU_LEVELS,
    THRESHOLDS,
    BoxOverlap,
    box_iou,
    cross_fit,
    max_box_acc,
    overlap_boxes,
    seen_boxes,
    to_pixel_boxes,
    to_score,
)
from camcore.measures.pixel_precision import count_pixels, pixel_average_precision

GOLDEN = Path(__file__).parents[3] / "shared" / "golden"
NO_BOX = np.zeros((0, 4))
NAN = float("nan")


def box(*edges: float) -> FloatArray:
    return np.array([edges], dtype=float)


def pixel_box(*edges: int) -> NDArray[np.int64]:
    return np.array([edges])


def same(values: FloatArray, expected: list[float]) -> None:
    np.testing.assert_array_equal(values, expected)


# Box overlap


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference's figures are not beside the repository")
def test_boxes_score_as_in_the_reference_evaluation() -> None:
    expected = json.loads((GOLDEN / "box_localization.json").read_text(encoding="utf-8"))
    with np.load(GOLDEN / "box_localization_maps.npz") as arrays:
        maps = arrays["maps"]
    boxes = [
        (np.array(box) * 224 / np.tile(size, 2)).astype(int)
        for box, size in zip(expected["boxes"], expected["image_sizes"], strict=True)
    ]
    overlap = overlap_boxes(to_score((maps + 0.5) / 255), boxes)
    figures = {
        "MaxBoxAcc": (expected["max_box_acc_largest_contour_iou50"], max_box_acc(overlap.largest, [0.5])),
        "MaxBoxAccV2": (expected["max_box_acc_v2_mean"], max_box_acc(overlap.best, IOU_LEVELS)),
    }
    for level, reference in expected["max_box_acc_v2_all_contours"].items():
        figures[f"MaxBoxAccV2 at IoU {level}"] = (reference, max_box_acc(overlap.best, [int(level) / 100]))
    lines = [f"{'':22} expected    ours  difference"]
    for name, (reference, ours) in figures.items():
        lines.append(f"{name:22} {reference:8.3f} {100 * ours:7.3f} {100 * ours - reference:+11.3f}")
    table = "\n".join(lines)
    print(f"\n{table}")
    # One of the 40 images is 2.5 points: anything but equality is another convention.
    assert all(100 * ours == pytest.approx(reference, abs=0.01) for reference, ours in figures.values()), table


def overlap_at(score: NDArray[np.uint8], true: NDArray[np.int64]) -> BoxOverlap:
    return overlap_boxes(score[None], [true])


def paint(*regions: tuple[slice, slice, int]) -> NDArray[np.uint8]:
    score = np.zeros((20, 20), dtype=np.uint8)
    for rows, columns, value in regions:
        score[rows, columns] = value
    return score


def test_one_region_by_hand() -> None:
    score = paint((slice(2, 6), slice(3, 9), 200))
    result = overlap_at(score, pixel_box(3, 2, 9, 6))
    assert result.best.shape == (1, len(THRESHOLDS))
    same(result.best, result.largest.tolist())
    assert (result.best == 1).all(), "far edges are one past the last pixel, as in the reference"
    # 7 x 5 pixels against 6 x 4 of them.
    assert overlap_at(score, pixel_box(3, 2, 8, 5)).best[0, 0] == pytest.approx(24 / 35)


def test_the_best_region_need_not_be_the_largest() -> None:
    score = paint((slice(2, 12), slice(2, 12), 100), (slice(15, 18), slice(15, 18), 200))
    result = overlap_at(score, pixel_box(15, 15, 18, 18))
    assert result.best[0, 0] == 1
    assert result.largest[0, 0] == 0
    assert result.largest[0, 50] == 1, "above half of the maximum the small region is alone"


def test_a_hole_is_a_region_with_the_ring_around_it() -> None:
    ring = paint((slice(2, 16), slice(2, 16), 200), (slice(6, 9), slice(7, 11), 0))
    result = overlap_at(ring, pixel_box(6, 5, 12, 10))
    assert result.best[0, 0] == 1
    assert result.largest[0, 0] < 0.5
    notch = ring.copy()
    notch[6:9, 11:] = 0  # open to the outside, it is no hole
    assert overlap_at(notch, pixel_box(6, 5, 12, 10)).best[0, 0] < 0.5


def test_the_largest_region_is_counted_with_what_it_encloses() -> None:
    # A ring of 40 pixels around 81 against a square of 64.
    score = paint(
        (slice(0, 11), slice(0, 11), 200), (slice(1, 10), slice(1, 10), 0), (slice(12, 20), slice(12, 20), 200)
    )
    assert overlap_at(score, pixel_box(0, 0, 11, 11)).largest[0, 0] == 1


def test_pixels_that_touch_at_a_corner_are_one_region() -> None:
    score = paint((slice(2, 6), slice(2, 6), 200), (slice(6, 10), slice(6, 10), 200))
    assert overlap_at(score, pixel_box(2, 2, 10, 10)).largest[0, 0] == 1


def test_boxes_end_at_the_last_pixel() -> None:
    score = paint((slice(10, 20), slice(10, 20), 200))
    assert overlap_at(score, pixel_box(10, 10, 19, 19)).best[0, 0] == 1


def estimate_slowly(foreground: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
    """Return the boxes of all regions and holes, and the largest region, by filling each."""
    height, width = foreground.shape
    labels, count = ndimage.label(foreground, np.ones((3, 3)))
    filled = [ndimage.binary_fill_holes(labels == number) for number in range(1, count + 1)]
    holes, hole_count = ndimage.label(ndimage.binary_fill_holes(foreground) & ~foreground)
    pixels = [(np.argwhere(region), 0) for region in filled]
    pixels += [(np.argwhere(holes == number), 1) for number in range(1, hole_count + 1)]
    boxes = [
        (*(at.min(0)[::-1] - margin), *np.minimum(at.max(0)[::-1] + 1 + margin, (width - 1, height - 1)))
        for at, margin in pixels
    ]
    return np.array(boxes), int(np.argmax([region.sum() for region in filled]))


def test_every_threshold_is_as_if_it_were_computed_alone() -> None:
    # Rough maps: many regions, holes, islands in holes.
    generator = np.random.default_rng(0)
    scores = to_score(np.clip(upsample(generator.normal(size=(4, 9, 9)), 24, 26), 0, 3) / 3)
    true = np.array([[3, 4, 12, 11], [8, 14, 22, 20]])
    result = overlap_boxes(scores, [true] * len(scores))
    for index, score in enumerate(scores):
        for column in range(0, len(THRESHOLDS), 3):
            foreground = score > int(THRESHOLDS[column] * int(score.max()))
            boxes, largest = estimate_slowly(foreground)
            ious = box_iou(boxes, true).max(1)
            assert result.best[index, column] == pytest.approx(ious.max())
            assert result.largest[index, column] == pytest.approx(ious[largest])


def test_plateaus_slopes_and_holes_are_told_apart() -> None:
    # Few values on few cells: some maps have two regions and one hole, or one region of two peaks.
    generator = np.random.default_rng(0)
    values = np.array([0, 0, 60, 120, 200], dtype=np.uint8)
    scores = values[generator.integers(0, 5, (60, 4, 4))].repeat(3, axis=1).repeat(2, axis=2)
    scores = np.pad(scores, ((0, 0), (1, 1), (1, 1)))
    true = np.array([[1, 2, 5, 9]])
    result = overlap_boxes(scores, [true] * len(scores))
    for index, score in enumerate(scores):
        for column in (0, 31, 61):
            boxes, largest = estimate_slowly(score > int(THRESHOLDS[column] * int(score.max())))
            ious = box_iou(boxes, true).max(1)
            assert result.best[index, column] == pytest.approx(ious.max())
            assert result.largest[index, column] == pytest.approx(ious[largest])


def test_blank_maps_and_images_without_boxes() -> None:
    scores = np.stack([paint(), paint((slice(2, 6), slice(3, 9), 200)), paint((slice(2, 6), slice(3, 9), 200))])
    true = pixel_box(3, 2, 9, 6)
    result = overlap_boxes(scores, [true, true, NO_BOX.astype(int)])
    assert (result.best[0] == 0).all()
    assert np.isnan(result.best[2]).all()
    assert max_box_acc(result.best, IOU_LEVELS) == 0.5
    assert np.isnan(max_box_acc(result.best[2:], IOU_LEVELS))


def test_box_iou_counts_both_ends() -> None:
    assert box_iou(pixel_box(0, 0, 9, 9), pixel_box(5, 0, 14, 9)).tolist() == [[pytest.approx(50 / 150)]]
    assert box_iou(pixel_box(0, 0, 4, 4), pixel_box(5, 5, 9, 9)).tolist() == [[0]]


def test_pixel_boxes_name_the_pixels_that_a_box_touches() -> None:
    assert to_pixel_boxes(box(0, 0, 1, 1), 112).tolist() == [[0, 0, 111, 111]]
    assert to_pixel_boxes(box(0.25, 0.5, 0.5, 0.76), 8).tolist() == [[2, 4, 3, 6]]
    assert to_pixel_boxes(box(1 / 3, 1 / 3, 2 / 3, 2 / 3), 9).tolist() == [[3, 3, 5, 5]]


def test_max_box_acc_takes_one_threshold_for_all_images() -> None:
    # Each image is found at one of two thresholds: two at the first, one at the second.
    overlap = np.array([[0.6, 0.1], [0.9, 0.0], [0.2, 0.5]])
    assert max_box_acc(overlap, [0.5]) == pytest.approx(2 / 3)
    # At 0.7 one image is left.
    assert max_box_acc(overlap, [0.5, 0.7]) == pytest.approx((2 / 3 + 1 / 3) / 2)
    # The third counted four times, the second threshold is the better one.
    assert max_box_acc(overlap[[0, 1, 2, 2, 2, 2]], [0.5]) == pytest.approx(4 / 6)


# Boxes and masks as the model sees them


def table_of(*rows: tuple[list[list[float]], int]) -> pd.DataFrame:
    boxes, labels = zip(*rows, strict=True)
    return pd.DataFrame({"boxes": list(boxes), "label": labels, "width": 200, "height": 100})


def test_boxes_of_a_class() -> None:
    two_dogs = [[0, 0, 100, 50, 3], [100, 50, 200, 100, 5], [100, 0, 200, 50, -1]]
    samples = table_of((two_dogs, 3), (two_dogs, 3), (two_dogs, 3), ([], 3))
    result = seen_boxes(samples, [3, 5, -1, 3], "squash")
    assert [boxes.tolist() for boxes in result] == [[[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5]], [[0.5, 0.5, 1, 1]], [], []]
    assert result[3].shape == (0, 4)


def test_boxes_are_in_view_coordinates() -> None:
    # The middle square spans x from 50 to 150; the second box is not seen.
    samples = table_of(([[50, 0, 100, 100, 1], [0, 0, 40, 100, 1]], 1))
    assert [boxes.tolist() for boxes in seen_boxes(samples, [1], "center-crop")] == [[[0, 0, 0.5, 1]]]


def test_masks_are_in_view_coordinates() -> None:
    mask = np.zeros((100, 200), dtype=bool)
    mask[:, 100:] = True
    same(apply_view_to_mask(mask, "squash", 4), [[False, False, True, True]] * 4)
    mask[:, 150:] = False
    same(apply_view_to_mask(mask, "center-crop", 4), [[False, False, True, True]] * 4)


def test_the_share_of_cells_that_a_mask_covers() -> None:
    masks = np.zeros((2, 3, 3), dtype=bool)
    masks[0, :, 0] = True
    # Cells of one and a half pixels: the first holds the column whole, two thirds of its width.
    np.testing.assert_allclose(cover_masks(masks, 2, 2)[0], [[2 / 3, 0], [2 / 3, 0]], rtol=1e-6)
    assert np.isnan(cover_masks(masks, 2, 2)[1]).all()


# Pointing


def hot_cell(row: int, column: int, cells: int = 7) -> FloatArray:
    heat = np.full((1, cells, cells), -1.0)
    heat[0, row, column] = 2
    return heat


def test_the_peak_is_the_hottest_pixel() -> None:
    heat = hot_cell(2, 5)
    heat[0, 2, 6] = 1  # draws the peak of the four middle pixels to the right ones,
    heat[0, 1, 5] = 0  # and up
    peaks = find_peaks(heat, 14)
    assert peaks.row_column.tolist() == [[4, 11]]
    assert peaks.status.tolist() == ["ok"]


def test_ties_go_to_the_first_pixel_despite_rounding() -> None:
    symmetric = hot_cell(3, 3)
    assert find_peaks(symmetric, 14).row_column.tolist() == [[6, 6]]
    noise = np.random.default_rng(0).normal(scale=1e-7, size=(50, 7, 7))
    for side in (14, 112):
        peaks = find_peaks((symmetric * (1 + noise) / 49).astype(np.float32), side)
        same(peaks.row_column, np.repeat(find_peaks(symmetric, side).row_column, 50, axis=0).tolist())


def test_evidence_that_upsampling_hides_still_has_its_peak() -> None:
    # Positive in its own cell alone, negative in every pixel: the drawn map ties at zero, the signed map decides.
    heat = np.full((1, 7, 7), -100.0)
    heat[0, 4, 5] = 0.01
    assert (upsample(heat, 14, 14) < 0).all()
    assert find_peaks(heat, 14).row_column.tolist() == [[8, 10]]


def test_pointing_by_hand() -> None:
    # The peak's pixel is (6, 6) of 14: centre 6.5 / 14 = 0.464, 15 px at 224 are 0.067.
    peaks = find_peaks(np.repeat(hot_cell(3, 3), 5, axis=0), 14)
    boxes = [
        box(0.45, 0.4, 0.6, 0.5),
        box(0.5, 0.4, 0.6, 0.5),  # 0.036 to the right of it
        box(0.54, 0.4, 0.6, 0.5),  # 0.076
        np.concatenate([box(0.9, 0.9, 1, 1), box(0.4, 0.4, 0.5, 0.5)]),
        NO_BOX,
    ]
    result = pointing_game(peaks, boxes)
    same(result.strict, [1, 0, 0, 1, NAN])
    same(result.tolerant, [1, 1, 0, 1, NAN])


def test_the_distance_to_a_corner_is_the_straight_one() -> None:
    # 0.05 to the right and 0.05 down: 0.071 away, more than 0.067.
    peaks = find_peaks(hot_cell(3, 3), 14)
    centre = 6.5 / 14
    same(pointing_game(peaks, [box(centre + 0.05, centre + 0.05, 1, 1)]).tolerant, [0])
    same(pointing_game(peaks, [box(centre + 0.05, centre - 0.05, 1, 1)]).tolerant, [1])


def test_no_evidence_is_a_miss_and_no_map_is_nan() -> None:
    maps = np.stack([np.zeros((3, 3)), np.full((3, 3), -1.0), np.full((3, 3), np.nan), np.ones((3, 3))])
    everywhere, masks = [box(0, 0, 1, 1)] * 4, np.ones((4, 9, 9), dtype=bool)
    peaks = find_peaks(maps, 9)
    for result in (pointing_game(peaks, everywhere), pointing_game_on_masks(peaks, masks)):
        same(result.strict, [0, 0, NAN, 1])
        same(result.tolerant, [0, 0, NAN, 1])


@pytest.mark.parametrize("side", [112, 224])
def test_pointing_at_a_mask_is_pointing_at_its_box(side: int) -> None:
    generator = np.random.default_rng(0)
    peaks = find_peaks(generator.normal(size=(300, 7, 7)), side)
    near = generator.integers(0, side // 2, (300, 2))
    far = near + generator.integers(1, side // 2, (300, 2))
    masks = np.zeros((300, side, side), dtype=bool)
    for mask, (x0, y0), (x1, y1) in zip(masks, near, far, strict=True):
        mask[y0:y1, x0:x1] = True
    boxes = [box(*edges) for edges in np.concatenate([near, far], axis=1) / side]
    by_mask, by_box = pointing_game_on_masks(peaks, masks), pointing_game(peaks, boxes)
    same(by_mask.strict, by_box.strict.tolist())
    same(by_mask.tolerant, by_box.tolerant.tolist())
    assert 0 < by_mask.strict.mean() < by_mask.tolerant.mean() < 1


def test_a_peak_at_the_edge_does_not_wrap_around() -> None:
    masks = np.zeros((2, 112, 112), dtype=bool)
    masks[:, :, -1] = True
    peaks = Peaks(np.array([[50, 0], [50, 105]]), np.array(["ok", "ok"]), 112)
    same(pointing_game_on_masks(peaks, masks).tolerant, [0, 1])


def test_an_empty_mask_is_nothing_to_point_at() -> None:
    same(pointing_game_on_masks(find_peaks(hot_cell(3, 3), 14), np.zeros((1, 14, 14), dtype=bool)).strict, [NAN])


# Energy


def test_energy_in_the_box_by_hand() -> None:
    cover = np.repeat(np.array([[[1.0, 0.5], [0, 0]]]), 2, axis=0)
    drawn = np.array([[[1.0, 0.4], [0.2, 0.4]], [[0, 0], [0, 0]]])
    result = energy_in_box(drawn, cover)
    np.testing.assert_allclose(result.share, [0.6, NAN])
    same(result.chance, [0.375, 0.375])
    uniform = energy_in_box(np.ones((2, 2, 2)), cover)
    np.testing.assert_allclose(uniform.share, uniform.chance)


def test_energy_without_a_box_is_nothing() -> None:
    samples = table_of(([], 1), ([[0, 0, 100, 100, 1]], 1))
    result = energy_in_box(np.ones((2, 4, 4)), object_cover(samples, "squash", 4, 4))
    np.testing.assert_allclose(result.share, [NAN, 0.5])
    np.testing.assert_allclose(result.chance, [NAN, 0.5])


def test_energy_on_parts_by_hand() -> None:
    parts = np.zeros((2, 4, 4), dtype=bool)
    parts[0, :2, :1] = True  # half of the first cell of 2 x 2
    result = part_energy(np.array([[[0.6, 0.2], [0.2, 0]]] * 2), parts)
    np.testing.assert_allclose(result.share, [0.3, NAN], rtol=1e-6)
    np.testing.assert_allclose(result.chance, [0.125, NAN], rtol=1e-6)


# Following the class


def test_following_the_class_by_hand() -> None:
    left, right = box(0, 0, 0.5, 1), box(0.5, 0, 1, 1)
    at_left, at_right, blank, absent = hot_cell(3, 1), hot_cell(3, 5), np.zeros((1, 7, 7)), np.full((1, 7, 7), np.nan)
    of_true = np.concatenate([at_left, at_left, at_right, at_left, at_left, at_left])
    of_other = np.concatenate([at_right, at_left, at_left, blank, absent, at_right])
    true_boxes, other_boxes = [left] * 6, [right] * 5 + [NO_BOX]
    result = follow_class(find_peaks(of_true, 112), find_peaks(of_other, 112), true_boxes, other_boxes)
    same(result, [1, 0, 0, 0, NAN, NAN])


# PxAP


def test_pixel_average_precision_by_hand() -> None:
    # From the hottest: right, wrong, right, wrong. Precision 1 at recall 1/2, then 2/3 at recall 1.
    scores = np.array([[[0.9, 0.7], [0.5, 0.3]]])
    masks = np.array([[[True, False], [True, False]]])
    assert pixel_average_precision(count_pixels(scores, masks)) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    # Pixels that tie enter together: a blank map has the precision of the area share.
    assert pixel_average_precision(count_pixels(scores * 0, masks)) == pytest.approx(0.5)
    assert pixel_average_precision(count_pixels(masks.astype(float), masks)) == pytest.approx(1)


def test_pixels_are_pooled_over_images() -> None:
    # One image with all its heat right and low, one with all its heat wrong and high.
    scores, masks = np.array([[[0.4, 0.0]], [[0.0, 0.8]]]), np.array([[[True, False]], [[True, False]]])
    # From the hottest: wrong, right, then one right with one wrong at zero.
    assert pixel_average_precision(count_pixels(scores, masks)) == pytest.approx(0.5 * 1 / 2 + 0.5 * 2 / 4)


def test_images_without_masks_do_not_count() -> None:
    scores = np.random.default_rng(0).random((3, 8, 8))
    masks = np.random.default_rng(1).random((3, 8, 8)) > 0.6
    masks[1] = False
    counts = count_pixels(scores, masks)
    assert counts.inside[1].sum() == counts.outside[1].sum() == 0
    counted = count_pixels(scores[[0, 2]], masks[[0, 2]])
    assert pixel_average_precision(counts) == pytest.approx(pixel_average_precision(counted))
    assert np.isnan(pixel_average_precision(count_pixels(scores, masks & False)))


def test_precision_of_a_resample_is_that_of_its_rows() -> None:
    generator = np.random.default_rng(0)
    scores, masks = generator.random((6, 9, 9)), generator.random((6, 9, 9)) > 0.7
    rows = generator.integers(0, 6, (4, 6))
    weights = np.stack([np.bincount(row, minlength=6) for row in rows])
    result = pixel_average_precision(count_pixels(scores, masks), weights)
    expected = [pixel_average_precision(count_pixels(scores[row], masks[row])) for row in rows]
    np.testing.assert_allclose(result, expected)


# What must hold of every measure


def measure_all(maps: FloatArray, masks: NDArray[np.bool_], boxes: list[FloatArray]) -> dict[str, float]:
    """Return each localisation measure's mean for positive raw maps (N, h, w), in the masks' size."""
    side = masks.shape[-1]
    fine = np.clip(upsample(maps, side, side), 0, 1)
    peaks = find_peaks(maps, side)
    overlap = overlap_boxes(to_score(fine), [to_pixel_boxes(true_boxes, side) for true_boxes in boxes])
    hits = overlap.best[:, None] >= np.array(IOU_LEVELS)[:, None]
    return {
        "pointing": float(pointing_game(peaks, boxes).tolerant.mean()),
        "pointing on masks": float(pointing_game_on_masks(peaks, masks).tolerant.mean()),
        "energy": float(part_energy(fine, masks).share.mean()),
        "MaxBoxAcc": max_box_acc(overlap.largest, [0.5]),
        "MaxBoxAccV2": max_box_acc(overlap.best, IOU_LEVELS),
        "MaxBoxAccV2, cross-fitted": float(cross_fit(hits)(np.ones((1, len(maps))))[0]),
        "PxAP": float(pixel_average_precision(count_pixels(fine, masks))),
    }


def test_a_perfect_map_beats_a_shifted_one_in_every_measure() -> None:
    generator = np.random.default_rng(0)
    masks = np.zeros((20, 56, 56), dtype=bool)
    boxes = []
    for mask, (x, y) in zip(masks, generator.integers(1, 4, (20, 2)) * 8, strict=True):
        mask[y : y + 16, x : x + 16] = True
        boxes.append(box(x, y, x + 16, y + 16) / 56)
    perfect = masks.astype(float)
    assert set(measure_all(perfect, masks, boxes).values()) == {1}
    for maps in (perfect, cover_masks(masks, 7, 7).astype(float)):
        scores = measure_all(maps, masks, boxes)
        shifted = measure_all(np.roll(maps, maps.shape[-1] // 3, axis=-1), masks, boxes)
        assert all(shifted[name] < scores[name] - 0.1 for name in scores), (scores, shifted)


def test_paper_dogs_provide_boxes_and_masks() -> None:
    dataset = open_paper_dogs(val_images=40)
    assert dataset.load_masks
    sample = next(sample for sample in dataset.val if sample.other_label >= 0)
    masks = {name: apply_view_to_mask(mask, "squash", 112)[None] for name, mask in dataset.load_masks(sample).items()}
    rows = [[box.x0, box.y0, box.x1, box.y1, box.label] for box in sample.boxes]
    samples = pd.DataFrame({"boxes": [rows], "label": sample.label, "width": sample.width, "height": sample.height})
    boxes = {
        name: seen_boxes(samples, [label], "squash")
        for name, label in (("parts", sample.label), ("other_parts", sample.other_label))
    }
    peaks = {name: find_peaks(masks[name].astype(float), 112) for name in boxes}
    for name, peak in peaks.items():
        same(pointing_game_on_masks(peak, masks[name]).strict, [1])
        energy = part_energy(masks[name].astype(float), masks[name])
        assert energy.share[0] == pytest.approx(1)
        assert 0 < energy.chance[0] < 0.2
    same(follow_class(peaks["parts"], peaks["other_parts"], boxes["parts"], boxes["other_parts"]), [1])
    same(follow_class(peaks["other_parts"], peaks["parts"], boxes["parts"], boxes["other_parts"]), [0])


# Baselines


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("grid", [(7, 7), (5, 9)])
def test_baselines_are_finite_positive_and_the_same_every_time(name: str, grid: tuple[int, int]) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (3, 20, 20), dtype=np.uint8)
    maps = BASELINES[name].compute(grey, *grid, 4)
    assert maps.shape == (3, *grid)
    assert np.isfinite(maps).all()
    assert (find_peaks(maps, 20).status == "ok").all()
    same(maps, BASELINES[name].compute(grey, *grid, 4).tolist())


def test_the_centre_blob_is_symmetric() -> None:
    (blob,) = BASELINES["center"].compute(np.zeros((1, 8, 8)), 7, 7, 0)
    assert np.unravel_index(blob.argmax(), blob.shape) == (3, 3)
    np.testing.assert_allclose(blob, blob[::-1])
    np.testing.assert_allclose(blob, blob.T)
    # The first cell's centre is 3/7 of the side away: exp(-(3/7)² / (2 · 0.25²)).
    assert blob[3, 0] == pytest.approx(np.exp(-((3 / 7) ** 2) / 0.125))


def test_only_the_random_map_depends_on_the_seed() -> None:
    grey = np.random.default_rng(0).random((2, 14, 14))
    for name, baseline in BASELINES.items():
        differs = (baseline.compute(grey, 7, 7, 0) != baseline.compute(grey, 7, 7, 1)).any()
        assert differs == (name == "random")
    first, second = BASELINES["random"].compute(grey, 7, 7, 0)
    assert (first != second).any()


def test_the_uniform_map_scores_the_chance_level() -> None:
    cover = np.random.default_rng(0).random((2, 7, 7))
    result = energy_in_box(BASELINES["uniform"].compute(np.zeros((2, 14, 14)), 7, 7, 0), cover)
    np.testing.assert_allclose(result.share, result.chance)
    # Its first pixel is its peak: a tie is no hit.
    peaks = find_peaks(np.ones((1, 7, 7)), 14)
    same(pointing_game(peaks, [box(0.3, 0.3, 0.7, 0.7)]).tolerant, [0])


def test_the_edge_map_is_hot_at_edges() -> None:
    grey = np.zeros((1, 4, 4), dtype=np.uint8)
    grey[0, :, 2:] = 100
    # Central differences: 50 in the second and third column, half of each cell's pixels.
    np.testing.assert_allclose(BASELINES["edges"].compute(grey, 2, 2, 0), [[[25, 25], [25, 25]]], rtol=1e-6)
    # On four cells a side the pixels themselves.
    np.testing.assert_allclose(BASELINES["edges"].compute(grey, 4, 4, 0)[0, 0], [0, 50, 50, 0], rtol=1e-6)
