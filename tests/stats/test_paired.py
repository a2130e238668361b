"""Intervals, tests and corrections, compared with published values and by hand; no NaN."""

import json
import math
from dataclasses import asdict

import numpy as np
import pytest

from camcore.errors import CamcoreError
from camcore.stats.intervals import bootstrap_t, flip_signs, mcnemar_mid_p, tango_interval, wilson_interval
from camcore.stats.paired import Kind, adjust_holm, is_significant, mean_interval, paired_difference

NAN = float("nan")
KINDS: tuple[Kind, ...] = ("continuous", "yes_no")


def answers(both: int, first_only: int, second_only: int, neither: int) -> tuple[list[int], list[int]]:
    """Return both sides' yes/no values with this many images of each kind."""
    first = [1] * both + [1] * first_only + [0] * second_only + [0] * neither
    second = [1] * both + [0] * first_only + [1] * second_only + [0] * neither
    return first, second


# Proportions


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(successes: int, n: int, low: float, high: float) -> None:
    # Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3.
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("n", [2, 3, 10, 400])
def test_wilson_solves_its_equation(n: int) -> None:
    """A limit lies z of its own standard errors from the observed proportion."""
    for successes in range(n + 1):
        for limit in wilson_interval(successes, n):
            assert 0 <= limit <= 1
            distance, error = successes / n - limit, math.sqrt(limit * (1 - limit) / n)
            assert abs(distance) == pytest.approx(1.959964 * error, abs=1e-7)


def test_tango_and_mid_p_as_published() -> None:
    # Fagerland, Lydersen and Laake 2014, Recommended tests and confidence intervals for paired binomial proportions:
    # airway hyper-responsiveness of 21 children, one only before and seven only after stem cell transplantation.
    assert tango_interval(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)
    # 2 P(X <= 1) - P(X = 1) of eight tosses: (2 * 9 - 8) / 256.
    assert mcnemar_mid_p(1, 7) == pytest.approx(10 / 256)


@pytest.mark.parametrize("first_only", [0, 1, 5, 9, 10])
def test_tango_is_wilson_if_every_pair_disagrees(first_only: int) -> None:
    expected = [2 * limit - 1 for limit in wilson_interval(first_only, 10)]
    assert tango_interval(first_only, 10 - first_only, 10) == pytest.approx(expected, abs=1e-9)


def test_tango_turns_with_the_sides_and_narrows_with_n() -> None:
    low, high = tango_interval(9, 3, 32)
    assert tango_interval(3, 9, 32) == pytest.approx((-high, -low))
    assert low < 6 / 32 < high
    wide = 1.959964**2 / (100 + 1.959964**2)
    assert tango_interval(0, 0, 100) == pytest.approx((-wide, wide)), "without disagreement z^2 / (n + z^2)"


@pytest.mark.parametrize(("pair", "p"), [((0, 0), 1), ((1, 1), 0.75), ((1, 0), 0.5), ((0, 5), 1 / 32)])
def test_mid_p_by_hand(pair: tuple[int, int], p: float) -> None:
    assert mcnemar_mid_p(*pair) == pytest.approx(p)


# Means


def test_sign_flips_by_hand() -> None:
    # Of the 8 signs of (1, 2, 3) two give a sum as far from 0 as 6; of the 16 of (1, 1, 1, -1) all but 6 one of 2.
    assert flip_signs(np.array([1.0, 2, 3]), 0) == pytest.approx(2 / 8, abs=0.015)
    assert flip_signs(np.array([1.0, 1, 1, -1]), 0) == pytest.approx(10 / 16, abs=0.015)
    assert flip_signs(np.array([1.0, 2, 3, 0, 0]), 0) == flip_signs(np.array([1.0, 2, 3]), 0)
    assert flip_signs(np.full(40, 0.1), 0) == 1 / 10_000, "the observed signs count as one"


def test_sign_flips_count_a_tie_whatever_its_rounding() -> None:
    for differences in np.random.default_rng(0).random((20, 11)):
        assert flip_signs(differences, 0) == pytest.approx(2 / 2**11, abs=0.001)
        assert flip_signs(differences, 0) > 1 / 10_000, "all signs as observed were drawn, and count"


def test_sign_flips_are_drawn_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(0).normal(0.2, 1, 50)
    whole, interval = flip_signs(differences, 3), bootstrap_t(differences, 3)
    monkeypatch.setattr("camcore.stats.intervals.BLOCK", 1000)
    assert flip_signs(differences, 3) == pytest.approx(whole, abs=0.02)
    assert bootstrap_t(differences, 3) == pytest.approx(interval, abs=0.05)


def test_bootstrap_t_of_two_values_is_students() -> None:
    # Every resample without spread counts as Student's 12.706 standard errors; the standard error is 0.5.
    assert bootstrap_t(np.array([0.0, 1]), 0) == pytest.approx((0.5 - 6.353, 0.5 + 6.353), abs=1e-3)


def test_bootstrap_t_is_bounded_if_one_image_differs() -> None:
    # Mean and standard error are 0.01; a third of the resamples lack the image.
    low, high = bootstrap_t(np.eye(1, 100)[0], 0)
    assert high == pytest.approx(0.01 + 5 * 0.01)
    assert -0.01 < low < 0.01


def test_bootstrap_t_follows_unit_sign_and_skew() -> None:
    values = np.random.default_rng(1).exponential(size=80)
    low, high = bootstrap_t(values, 0)
    assert bootstrap_t(3 * values + 1, 0) == pytest.approx((3 * low + 1, 3 * high + 1))
    assert bootstrap_t(-values, 0) == pytest.approx((-high, -low))
    assert high - values.mean() > 1.1 * (values.mean() - low), "it reaches farther to the long tail"


def test_bootstrap_t_is_students_on_normal_values() -> None:
    values = np.random.default_rng(2).normal(size=400)
    half = 1.966 * values.std(ddof=1) / 20
    assert bootstrap_t(values, 0) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.15 * half)


def test_mean_intervals() -> None:
    asked = mean_interval([1, 0, 1, NAN, 1], "yes_no")
    assert (asked.n, asked.value) == (4, 0.75)
    assert (asked.low, asked.high) == wilson_interval(3, 4)
    values = np.random.default_rng(0).random(30)
    comparison = mean_interval(values, "continuous", seed=4)
    assert (comparison.low, comparison.high) == bootstrap_t(values, 4)
    constant = mean_interval([0.1] * 9, "continuous")
    assert constant.low == constant.high == pytest.approx(0.1)


# Paired differences


def test_a_paired_difference_by_hand() -> None:
    comparison = paired_difference([0.5, 0.9, 0.2, NAN, 0.4], [0.1, 0.9, 0.3, 0.5, math.inf], "continuous")
    assert (comparison.n, comparison.dropped, comparison.higher, comparison.lower, comparison.identical) == (
        3,
        2,
        1,
        1,
        False,
    )
    assert comparison.difference == pytest.approx(0.1)
    assert comparison.effect_size == pytest.approx(0.1 / math.sqrt((0.16 + 0.01) / 3))
    # Signs matter on two images: (+-0.4, +-0.1), a sum of at least 0.3 always.
    assert comparison.p_value == 1
    assert (comparison.interval, comparison.test) == ("bootstrap-t", "sign flips")


def test_paired_answers_by_hand() -> None:
    comparison = paired_difference(*answers(1, 1, 7, 12), "yes_no")
    assert (comparison.n, comparison.higher, comparison.lower, comparison.difference) == (
        21,
        1,
        7,
        pytest.approx(-6 / 21),
    )
    assert (comparison.low, comparison.high) == tango_interval(1, 7, 21)
    assert comparison.p_value == pytest.approx(10 / 256)
    assert comparison.effect_size == pytest.approx(-6 / math.sqrt(21 * 8)), "phi"


def test_values_that_are_the_same_but_for_rounding_are_identical() -> None:
    values = np.random.default_rng(0).random(50)
    for other in (values, values + 9e-7, values.astype(np.float32)):
        comparison = paired_difference(other, values, "continuous")
        assert comparison.identical
        assert (comparison.difference, comparison.low, comparison.high, comparison.p_value, comparison.effect_size) == (
            0,
            0,
            0,
            1,
            0,
        )
    assert not paired_difference(values + np.eye(1, 50)[0] * 1e-5, values, "continuous").identical


def test_equal_answers_prove_nothing_if_maps_differ() -> None:
    answer = [1] * 60 + [0] * 40
    comparison = paired_difference(answer, answer, "yes_no")
    assert comparison.identical
    assert (comparison.difference, comparison.p_value, comparison.effect_size) == (0, 1, 0)
    assert (comparison.low, comparison.high) == tango_interval(0, 0, 100)
    known = paired_difference(answer, answer, "yes_no", same_maps=True)
    assert (known.low, known.high, known.p_value) == (0, 0, 1)
    assert not paired_difference(*answers(9, 1, 0, 0), "yes_no", same_maps=True).identical, "values are believed"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("first", "second"),
    [([], []), ([NAN], [1]), ([1], [0]), ([1], [1]), ([1, 1], [0, 0]), ([1, 1, 1], [0, 0, 0]), ([0, 1], [0, 1])],
)
def test_too_few_or_too_simple_values_give_no_nan(kind: Kind, first: list[float], second: list[float]) -> None:
    comparison = paired_difference(first, second, kind)
    json.dumps([asdict(comparison), asdict(mean_interval(first, kind))], allow_nan=False)
    assert (comparison.p_value is None) == (comparison.low is None) == (comparison.n < 2 and not comparison.identical)
    assert not is_significant(comparison.low, comparison.high, NAN), "without p nothing is significant"


def test_a_seed_decides() -> None:
    first, second = np.random.default_rng(0).random((2, 40))
    comparison = paired_difference(first, second, "continuous", seed=5)
    assert comparison == paired_difference(first, second, "continuous", seed=5)
    assert comparison.low != paired_difference(first, second, "continuous", seed=6).low


def test_values_are_left_as_they_are() -> None:
    first, second = np.array([0.1, NAN, 0.3]), np.array([0.1, 0.2, 0.2])
    paired_difference(first, second, "continuous")
    np.testing.assert_array_equal(first, [0.1, NAN, 0.3])


def test_incomparable_values_are_refused() -> None:
    with pytest.raises(
        CamcoreError, match=r"^Paired values have shapes \(2,\) and \(3,\)\. Give one per image to each"
    ):
        paired_difference([1, 2], [1, 2, 3], "continuous")
    with pytest.raises(CamcoreError, match=r"^Yes/no values hold 0\.5\. Give 0 or 1, or say kind 'continuous'\.$"):
        mean_interval([0, 0.5, 1], "yes_no")
    with pytest.raises(CamcoreError, match=r"^Unknown kind of values 'ordinal'\. Choose from: continuous, yes_no\.$"):
        mean_interval([0, 1], "ordinal")  # type: ignore[arg-type]


def test_accuracies_of_two_runs_over_the_same_images() -> None:
    sides = [np.array(side, dtype=bool) for side in answers(70, 12, 3, 15)]
    difference = paired_difference(*sides, "yes_no")
    assert difference.difference == pytest.approx(0.09)
    assert (difference.low, difference.high) == tango_interval(12, 3, 100)
    assert difference.p_value == mcnemar_mid_p(12, 3)


# Many comparisons


def test_holm_by_hand() -> None:
    # Sorted: 4 * 0.005, 3 * 0.01, 2 * 0.03, and 1 * 0.04, which may not fall below the one before it.
    assert adjust_holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjust_holm([0.6, 0.5]) == pytest.approx([1, 1])
    assert adjust_holm([]).shape == (0,)


def test_holm_counts_no_comparison_that_has_no_p_value() -> None:
    adjusted = adjust_holm([None, 0.01, NAN, 0.04])
    assert adjusted == pytest.approx([NAN, 0.02, NAN, 0.04], nan_ok=True)
    given = np.array([0.01, 0.04])
    adjust_holm(given)
    assert given.tolist() == [0.01, 0.04]


@pytest.mark.parametrize(
    ("low", "high", "p", "expected"),
    [(0.1, 0.2, 0.05, True), (-0.2, -0.1, 0.01, True), (0.1, 0.2, 0.051, False), (-0.1, 0.2, 0.01, False)],
)
def test_a_finding_needs_p_and_interval(low: float, high: float, p: float, expected: bool) -> None:
    assert is_significant(low, high, p) is expected
    assert is_significant(None, None, p) is False
