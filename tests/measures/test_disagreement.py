"""Every distance by hand on tiny maps, and common properties."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from camcore.geometry import FloatArray
from camcore.heatmaps import drawing
from camcore.heatmaps.drawing import CONVENTIONS, draw, is_measured, map_status
from camcore.measures.disagreement import MEASURES, Maps, compare, rank_correlation
from camcore.measures.localization import count_boxes, object_cover, off_object_heat
from tests.support.small_maps import maps_of_any_size  # noqa: F401 it is a fixture

COLUMNS = [f"{name}_{convention}" for convention in CONVENTIONS for name in MEASURES]


def distance(measure: str, first: object, second: object) -> float:
    """Return a measure between two maps of 0 to 1, drawn unchanged."""
    a, b = (np.array([values], dtype=float) for values in (first, second))
    return float(MEASURES[measure].compute(Maps(a, a), Maps(b, b))[0])


def test_heat_moved_by_hand() -> None:
    # As shares: (1/4, 3/4, 0) against (1/2, 0, 1/2); half of 1/4 + 3/4 + 1/2.
    assert distance("heat_moved", [[1, 3, 0]], [[2, 0, 2]]) == pytest.approx(0.75)
    assert distance("heat_moved", [[1, 0]], [[0, 1]]) == 1
    assert distance("heat_moved", [[0.1, 0.3]], [[0.25, 0.75]]) == pytest.approx(0), "a factor moves nothing"


def test_rank_disagreement_by_hand() -> None:
    assert distance("rank_disagreement", [[1, 2, 3]], [[10, 20, 90]]) == pytest.approx(0)
    assert distance("rank_disagreement", [[1, 2, 3]], [[9, 8, 7]]) == pytest.approx(1)
    # Ranks 1 2 3 4 against 2 1 4 3: rho = 1 - 6 * 4 / (4 * 15) = 0.6.
    assert distance("rank_disagreement", [[1, 2], [3, 4]], [[6, 5], [8, 7]]) == pytest.approx(0.2)
    # Ties share their mean rank: 1.5 1.5 3 against 1 2 3 gives rho = 1.5 / sqrt(1.5 * 2).
    assert distance("rank_disagreement", [[0, 0, 1]], [[0, 1, 2]]) == pytest.approx((1 - 0.75**0.5) / 2)


def test_a_constant_map_ranks_like_constant_maps_only() -> None:
    assert distance("rank_disagreement", [[2, 2, 2]], [[5, 5, 5]]) == 0
    assert distance("rank_disagreement", [[2, 2, 2]], [[1, 2, 3]]) == 0.5


def test_rank_correlation_with_ties_equals_scipy() -> None:
    generator = np.random.default_rng(0)
    plain, tied = generator.normal(size=(20, 3, 4)), generator.integers(0, 4, (20, 3, 4)).astype(float)
    first, second = np.concatenate([plain, tied, plain]), np.concatenate([tied, plain, plain[::-1]])
    expected = [spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(rank_correlation(first, second), expected, atol=1e-12)


def test_hottest_fifth_by_hand() -> None:
    # Ten cells: the hottest two. {9, 8} against {9, 0}: one of three cells is common.
    first = np.arange(10.0).reshape(2, 5)
    second = first.copy()
    second[0, 0] = 8.5
    assert distance("top_area_disagreement", first, second) == pytest.approx(1 - 1 / 3)
    assert distance("top_area_disagreement", first, -first) == 1
    assert distance("top_area_disagreement", first, first**3) == 0


@pytest.mark.parametrize(("side", "cells"), [(2, 1), (3, 2), (7, 10), (14, 39)])
def test_the_hottest_fifth_is_an_exact_number_of_cells(side: int, cells: int) -> None:
    # The hottest k cells are 0 to k - 1 in one map and 1 to k in the other: k - 1 of k + 1 are common.
    cooling = -np.arange(side * side, dtype=float)
    shifted = np.roll(cooling, 1).reshape(side, side)
    assert distance("top_area_disagreement", cooling.reshape(side, side), shifted) == pytest.approx(2 / (cells + 1))
    flat = np.ones((side, side))  # where all cells tie, the first k are taken, not all of them
    assert distance("top_area_disagreement", flat, shifted) == pytest.approx(2 / (cells + 1))


def test_ties_are_broken_by_signed_map_then_index() -> None:
    # Five cells, one is chosen. Both maps are drawn alike, and saturated in the first two cells.
    drawn = np.array([[[1.0, 1.0, 0.0, 0.0, 0.0]]])
    left, right = np.array([[[9.0, 8.0, 0, 0, 0]]]), np.array([[[8.0, 9.0, 0, 0, 0]]])
    measure = MEASURES["top_area_disagreement"].compute
    assert measure(Maps(left, drawn), Maps(right, drawn))[0] == 1
    assert measure(Maps(drawn, drawn), Maps(left, drawn))[0] == 0  # a full tie falls to the lower index
    assert measure(Maps(-left, drawn), Maps(right, drawn))[0] == 0  # what is drawn decides before the signed map does


def test_peak_shift_by_hand() -> None:
    corner, opposite, beside = np.zeros((3, 3, 5))
    corner[0, 0] = opposite[2, 4] = beside[0, 3] = 1
    assert distance("peak_shift", corner, opposite) == 1
    assert distance("peak_shift", corner, beside) == pytest.approx(3 / np.hypot(2, 4))
    assert distance("peak_shift", [[7]], [[3]]) == 0


@pytest.mark.parametrize("name", MEASURES)
def test_one_moved_peak_is_seen_by_every_measure(name: str) -> None:
    first, second = np.zeros((2, 3, 3))
    first[0, 0] = second[2, 2] = 1
    assert distance(name, first, second) > 0.4


finite_maps = arrays(float, (2, 3, 4), elements=st.floats(-100, 100, width=32))


@given(finite_maps, finite_maps)
def test_distances_are_symmetric_and_between_zero_and_one(first: FloatArray, second: FloatArray) -> None:
    assume(is_measured(first).all() and is_measured(second).all())
    there = compare(first, "cam", second, "grad_cam")
    back = compare(second, "grad_cam", first, "cam")
    assert list(there.columns) == COLUMNS
    assert ((there >= 0) & (there <= 1 + 1e-12)).all(axis=None)
    np.testing.assert_allclose(there, back, atol=1e-12)


@given(finite_maps, st.sampled_from(["cam", "grad_cam"]))
def test_a_map_is_at_no_distance_from_itself(maps: FloatArray, method: str) -> None:
    assume(is_measured(maps).all())
    np.testing.assert_allclose(compare(maps, method, maps, method), 0, atol=1e-12)


maps_with_ties = arrays(float, (3, 2, 5), elements=st.integers(-3, 3).map(float))


@given(st.one_of(finite_maps, maps_with_ties), st.data(), st.sampled_from(["cam", "grad_cam"]))
def test_every_convention_is_as_if_it_were_computed_alone(maps: FloatArray, data: st.DataObject, method: str) -> None:
    other = data.draw(arrays(float, maps.shape, elements=st.integers(-3, 3).map(float)))
    assume(is_measured(maps).all() and is_measured(other).all())
    distances = compare(maps, method, other, "grad_cam")
    for convention in CONVENTIONS:
        a, b = Maps(maps, draw(maps, convention, method)), Maps(other, draw(other, convention, "grad_cam"))
        blank_a, blank_b = (maps.drawn.max((-2, -1)) == 0 for maps in (a, b))
        for name, measure in MEASURES.items():
            expected = np.where(blank_a | blank_b, blank_a != blank_b, measure.compute(a, b))
            np.testing.assert_array_equal(distances[f"{name}_{convention}"], expected)


@pytest.mark.parametrize("value", [-2.0, 0.0])
@pytest.mark.parametrize("method", ["cam", "grad_cam"])
def test_a_constant_map_without_evidence_is_at_no_distance_from_itself(value: float, method: str) -> None:
    flat = np.full((1, 3, 3), value)
    np.testing.assert_array_equal(compare(flat, method, flat, method), 0)


def test_constant_evidence_has_no_distance() -> None:
    some = np.random.default_rng(0).normal(size=(2, 4, 4))
    flat = np.stack([np.full((4, 4), 2.0), some[1]])
    flat[0] *= 1 + 1e-7 * some[0]  # up to rounding
    for distances in (compare(flat, "cam", some, "grad_cam"), compare(some, "cam", flat, "cam")):
        assert distances.isna().all(axis=1).tolist() == [True, False]


@pytest.mark.parametrize("grid", [(1, 1), (3, 3), (3, 7), (7, 2)])
def test_too_few_cells_have_no_distance(grid: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "LEAST_CELLS", 4)
    random = np.random.default_rng(0)
    coarse, fine = random.normal(size=(2, *grid)), random.normal(size=(2, 4, 4))
    for first, second in ((coarse, fine), (fine, coarse), (coarse, coarse)):
        assert compare(first, "cam", second, "grad_cam").isna().all(axis=None)
    assert compare(fine, "cam", fine, "cam").notna().all(axis=None)


@given(finite_maps)
def test_cam_and_its_mean_gradient_twin_differ_by_drawing_alone(maps: FloatArray) -> None:
    assume(is_measured(maps).all())
    # Grad-CAM at the last layer of a GAP network is CAM / Z; 16 keeps the quotient exact, so that no new ties arise.
    distances = compare(maps, "cam", maps / 16, "grad_cam")
    np.testing.assert_allclose(distances[[column for column in COLUMNS if column.endswith("positive")]], 0, atol=1e-12)
    np.testing.assert_allclose(distances["rank_disagreement_literature"] % 1, 0, atol=1e-12)  # 1 where one is blank


def test_drawing_alone_moves_heat_in_the_literature() -> None:
    cam = np.array([[[-1.0, 0.0, 1.0]]])
    # Drawn (0, 1/2, 1) against (0, 0, 1): a third of the heat lies where there is no evidence.
    distances = compare(cam, "cam", cam, "grad_cam").iloc[0]
    assert distances["heat_moved_literature"] == pytest.approx(1 / 3)
    assert distances["heat_moved_positive"] == 0


def test_a_blank_map_equals_only_blank_maps() -> None:
    blank, other_blank, some = (np.array([[[a, b]]]) for a, b in ((-1.0, -2.0), (0.0, 0.0), (0.0, 3.0)))
    for measure in MEASURES:
        column = f"{measure}_positive"
        assert compare(blank, "cam", other_blank, "grad_cam")[column].tolist() == [0]
        assert compare(blank, "cam", some, "cam")[column].tolist() == [1]
        assert compare(some, "cam", blank, "cam")[column].tolist() == [1]


def test_what_is_blank_depends_on_the_convention() -> None:
    negative = np.array([[[-3.0, -1.0]]])
    distances = compare(negative, "cam", negative, "grad_cam").iloc[0]
    assert distances["heat_moved_literature"] == 1  # CAM is drawn from its minimum on, Grad-CAM not at all
    assert distances["heat_moved_positive"] == 0


def test_rows_with_nan_have_no_distance() -> None:
    good = np.random.default_rng(0).normal(size=(3, 2, 2))
    broken = good.copy()
    broken[1, 0, 0] = np.nan
    distances = compare(broken, "cam", good, "cam")
    assert distances.isna().all(axis=1).tolist() == [False, True, False]
    np.testing.assert_array_equal(distances.drop(1), compare(good, "cam", good, "cam").drop(1))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_without_any_finite_row_there_is_no_distance(value: float) -> None:
    nothing = np.full((2, 3, 3), value)
    distances = compare(nothing, "cam", nothing, "grad_cam")
    assert list(distances.columns) == COLUMNS
    assert distances.shape == (2, len(COLUMNS))
    assert distances.isna().all(axis=None)


def test_maps_of_different_grids_are_compared_on_the_finer_one() -> None:
    coarse = np.array([[[0.0, 8.0]]])
    fine = np.array([[[0.0, 2.0, 6.0, 8.0]]])  # what bilinear upsampling makes of it
    np.testing.assert_allclose(compare(coarse, "cam", fine, "cam"), 0, atol=1e-12)
    np.testing.assert_allclose(compare(fine, "cam", coarse, "cam"), 0, atol=1e-12)
    # Each may be the finer one in one direction: 2 x 4 and 4 x 2 meet on 4 x 4.
    tall, wide = np.zeros((1, 4, 2)), np.zeros((1, 2, 4))
    tall[0, 0, 0], wide[0, 1, 3] = 1, 1
    corners = compare(tall, "cam", wide, "cam").iloc[0]
    assert corners["peak_shift_positive"] == pytest.approx(1)


def test_maps_are_upsampled_signed() -> None:
    # Upsampled it is -3 -2 0 1, hot in the last cell alone; clipped first, it would be 0 0.25 0.75 1.
    coarse, fine = np.array([[[-3.0, 1.0]]]), np.array([[[0.0, 0.0, 0.0, 1.0]]])
    assert compare(coarse, "cam", fine, "cam")["heat_moved_positive"].tolist() == [0]


def test_the_status_of_a_map(monkeypatch: pytest.MonkeyPatch) -> None:
    assert map_status(np.array([[[2.0, 2.0]], [[2.0, 2.00001]], [[2.0, 2.0001]]])).tolist() == [*["constant"] * 2, "ok"]
    maps = np.array([[[1.0, -1.0]], [[0.0, 0.0]], [[-1.0, -2.0]], [[np.nan, 1.0]], [[np.inf, 1.0]], [[-np.inf, 1.0]]])
    assert map_status(maps).tolist() == [
        "ok",
        "no_positive_evidence",
        "no_positive_evidence",
        "not_finite",
        "not_finite",
        "not_finite",
    ]
    monkeypatch.setattr(drawing, "LEAST_CELLS", 4)
    assert map_status(maps[[0, 1, 3]]).tolist() == ["too_coarse", "too_coarse", "not_finite"]
    assert map_status(np.eye(4)[None]).tolist() == ["ok"]


def table_of(*rows: tuple[list[list[float]], int, int]) -> pd.DataFrame:
    boxes, widths, heights = zip(*rows, strict=True)
    return pd.DataFrame({"boxes": list(boxes), "width": widths, "height": heights})


def test_heat_off_the_object_by_hand() -> None:
    # The box is the left half: of 1 + 2 + 3 + 4 the right column's 2 + 4 lie outside.
    samples = table_of(([[0, 0, 100, 80, 3]], 200, 80))
    drawn = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    cover = object_cover(samples, "squash", 2, 2)
    np.testing.assert_allclose(cover, [[[1, 0], [1, 0]]])
    assert off_object_heat(drawn, cover).tolist() == [pytest.approx(0.6)]


def test_a_cell_that_a_box_covers_in_part_counts_in_part() -> None:
    samples = table_of(([[0, 0, 150, 80, 3]], 200, 80))
    cover = object_cover(samples, "squash", 1, 2)
    assert off_object_heat(np.array([[[1.0, 1.0]]]), cover).tolist() == [pytest.approx(0.25)]


def test_boxes_are_in_view_coordinates() -> None:
    # The middle square of 200 x 100 spans x from 50 to 150.
    samples = table_of(([[50, 0, 100, 100, 1]], 200, 100), ([[0, 0, 40, 100, 1]], 200, 100))
    np.testing.assert_allclose(object_cover(samples, "center-crop", 1, 2), [[[1, 0]], [[0, 0]]])


def test_boxes_may_lie_in_lists_of_any_kind() -> None:
    samples = table_of(([[0, 0, 5, 5, 1]], 10, 10), ([], 10, 10), ([[0, 0, 5, 5, 1], [5, 5, 10, 10, -1]], 10, 10))
    expected = [[[1, 0], [0, 0]], np.full((2, 2), np.nan), [[1, 0], [0, 1]]]
    stored = pa.array(samples["boxes"], pa.list_(pa.list_(pa.float64())))
    arrays = [[np.array(box, dtype=float) for box in boxes] for boxes in samples["boxes"]]
    for boxes in (samples["boxes"], pd.Series(stored, dtype=pd.ArrowDtype(stored.type)), pd.Series(arrays)):
        assert count_boxes(boxes).tolist() == [1, 0, 2]
        np.testing.assert_array_equal(object_cover(samples.assign(boxes=boxes), "squash", 2, 2), expected)
        rows = samples.assign(boxes=boxes).iloc[[2, 0]]
        np.testing.assert_array_equal(object_cover(rows, "squash", 2, 2), [expected[2], expected[0]])


def test_without_boxes_nothing_is_covered() -> None:
    samples = table_of(([], 10, 10), ([], 20, 10))
    assert count_boxes(samples["boxes"]).tolist() == [0, 0]
    assert np.isnan(object_cover(samples, "center-crop", 3, 3)).all()
    assert object_cover(samples.iloc[:0], "squash", 3, 3).shape == (0, 3, 3)


def test_without_a_box_or_without_heat_there_is_no_share() -> None:
    samples = table_of(([], 10, 10), ([[0, 0, 5, 5, 1]], 10, 10))
    cover = object_cover(samples, "squash", 2, 2)
    assert np.isnan(off_object_heat(np.ones((2, 2, 2)), cover)).tolist() == [True, False]
    assert np.isnan(off_object_heat(np.zeros((2, 2, 2)), cover)).tolist() == [True, True]


def test_a_full_box_leaves_no_heat_outside() -> None:
    samples = table_of(([[0, 0, 6, 9, 1], [4, 0, 10, 9, 2]], 10, 9))
    drawn = np.random.default_rng(0).random((1, 5, 7))
    assert off_object_heat(drawn, object_cover(samples, "squash", 5, 7))[0] == pytest.approx(0)
