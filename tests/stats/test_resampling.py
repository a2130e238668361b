"""Measures without a value per image: intervals, and thresholds from other images."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from numpy.typing import NDArray

from camcore.errors import CamcoreError
from camcore.measures.max_box_acc import SPLITS, cross_fit, max_box_acc_difference, max_box_acc_interval
from camcore.stats.resampling import Statistic, paired_resample, resample_interval


def mean_of(values: NDArray[np.float64]) -> Statistic:
    return lambda weights: weights @ values / weights.sum(1)


def hit_at(threshold: int, share: float, n: int = 100, thresholds: int = 100) -> NDArray[np.bool_]:
    """Return hits of the first images at one threshold only."""
    hits = np.zeros((n, thresholds), dtype=bool)
    hits[: round(share * n), threshold] = True
    return hits


def value_of(hits: NDArray[np.bool_], seed: int = 0) -> float:
    return float(cross_fit(hits, seed)(np.ones((1, len(hits))))[0])


def test_the_interval_of_a_pooled_mean_is_students() -> None:
    values = np.random.default_rng(0).random(120)
    estimate = resample_interval(mean_of(values), 120)
    half = 1.980 * values.std(ddof=1) / np.sqrt(120)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.low is not None and estimate.high is not None
    assert (estimate.high - estimate.low) / 2 == pytest.approx(half, rel=0.1)
    assert estimate == resample_interval(mean_of(values), 120)
    assert estimate.low != resample_interval(mean_of(values), 120, seed=1).low


def test_few_deciding_images_widen_the_interval() -> None:
    values = np.zeros(120)
    values[:3] = 1
    estimate = resample_interval(mean_of(values), 120)
    assert estimate.low is not None and estimate.high is not None
    assert (estimate.high - estimate.low) / 2 > 1.08 * 1.980 * values.std(ddof=1) / np.sqrt(120)


def test_pooled_measures_are_compared_on_the_same_resamples() -> None:
    shared, own = np.random.default_rng(0).normal(0, [[10], [0.1]], (2, 100))
    estimate = paired_resample(mean_of(shared + own + 0.1), mean_of(shared), 100)
    differences = own + 0.1
    t = differences.mean() / (differences.std(ddof=1) / 10)
    assert estimate.low is not None and estimate.p_value is not None and estimate.effect_size is not None
    assert estimate.difference == pytest.approx(differences.mean())
    assert estimate.low > 0.07, "what the methods share cancels"
    assert estimate.p_value < 1e-10
    assert estimate.effect_size == pytest.approx(t / np.sqrt(t**2 + 99), rel=0.05)
    swapped = paired_resample(mean_of(shared), mean_of(shared + own + 0.1), 100)
    assert swapped.effect_size == pytest.approx(-estimate.effect_size)
    assert (estimate.higher, estimate.lower, estimate.identical) == (None, None, False)


def test_the_same_pooled_measure_is_identical() -> None:
    values = np.random.default_rng(0).random(50)
    estimate = paired_resample(mean_of(values), mean_of(values + 1e-8), 50)
    assert estimate.identical
    assert (estimate.difference, estimate.low, estimate.high, estimate.p_value, estimate.effect_size) == (0, 0, 0, 1, 0)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_images_give_no_nan(n: int) -> None:
    first, second = np.arange(n) + 1.0, np.zeros(n)
    estimate = paired_resample(mean_of(first), mean_of(second), n)
    json.dumps([asdict(estimate), asdict(resample_interval(mean_of(first), n))], allow_nan=False)
    assert (estimate.low is None) == (estimate.p_value is None) == (n < 2)


def test_a_difference_without_spread_is_certain() -> None:
    estimate = paired_resample(mean_of(np.full(30, 0.5)), mean_of(np.full(30, 0.25)), 30)
    assert (estimate.low, estimate.high, estimate.p_value, estimate.effect_size) == (0.25, 0.25, 0, 1)
    json.dumps(asdict(estimate), allow_nan=False)


@pytest.mark.parametrize("threshold", [0, 37, 99])
def test_the_one_threshold_that_hits_is_found(threshold: int) -> None:
    assert value_of(hit_at(threshold, 0.8)) == pytest.approx(0.8)


def test_levels_choose_for_themselves_and_are_averaged() -> None:
    levels = np.stack([hit_at(20, 0.9), hit_at(40, 0.6), hit_at(70, 0.3)], 1)
    assert value_of(levels) == pytest.approx(0.6)


def test_no_image_takes_part_in_choosing_its_threshold() -> None:
    # Hits at random: the best of a hundred thresholds looks good on the images that chose it, and on no others.
    data_sets = np.random.default_rng(0).random((20, 60, 100)) < 0.5
    assert data_sets.mean(1).max(1).mean() > 0.64
    assert np.mean([value_of(hits) for hits in data_sets]) == pytest.approx(0.5, abs=0.03)
    hits = data_sets[0]
    assert value_of(hits) != value_of(hits, seed=1)


def cross_fit_slowly(hits: NDArray[np.bool_], rows: NDArray[np.int64], seed: int) -> float:
    """Return the cross-fitted accuracy over `rows`, one split, side and row at a time."""
    hit_count = 0
    for number in range(SPLITS):
        half = set(np.random.default_rng([seed, number]).permutation(len(hits))[: len(hits) // 2].tolist())
        sides = [row for row in rows if row in half], [row for row in rows if row not in half]
        for chosen_on, applied_to in (sides, sides[::-1]):
            counts = np.pad(hits[chosen_on].sum(0), 1, mode="edge")
            smooth = counts[:-2] + counts[1:-1] + counts[2:]  # a fifth of ten thresholds, and the one in the middle
            best = np.flatnonzero(smooth == smooth.max())
            hit_count += hits[applied_to, best[len(best) // 2]].sum()
    return hit_count / (SPLITS * len(rows))


def test_each_half_uses_the_other_half_s_threshold() -> None:
    random = np.random.default_rng(0)
    hits = random.random((24, 10)) < 0.5
    drawn = [np.arange(24), *random.integers(24, size=(9, 24))]
    weights = np.array([np.bincount(rows, minlength=24) for rows in drawn], dtype=float)
    np.testing.assert_allclose(cross_fit(hits, 3)(weights), [cross_fit_slowly(hits, rows, 3) for rows in drawn])


def test_a_shifted_map_is_worse_and_a_copy_the_same() -> None:
    random = np.random.default_rng(0)
    fits = np.abs(np.arange(100) - random.normal(40, 10, (108, 1))) < random.gamma(3, 8, (108, 1))
    shifted = fits & (random.random((108, 1)) < 0.5)
    estimate = max_box_acc_difference(shifted, fits)
    assert estimate.high is not None and estimate.p_value is not None
    assert estimate.high < 0 and estimate.p_value < 1e-4
    copied = max_box_acc_difference(fits, fits.copy())
    assert copied.identical
    assert (copied.difference, copied.low, copied.high, copied.p_value) == (0, 0, 0, 1)
    alone = max_box_acc_interval(fits)
    assert alone.low is not None and alone.high is not None
    assert alone.low < value_of(fits) < alone.high


def test_hits_of_other_images_are_not_compared() -> None:
    with pytest.raises(CamcoreError, match=r"^Hits of 9 and of 8 images are not paired\. Give the same images\.$"):
        max_box_acc_difference(hit_at(3, 0.5, 9), hit_at(3, 0.5, 8))
