"""Intervals for measures that have no value per image: pooled pixels (PxAP), or a threshold to choose (MaxBoxAcc).

Both are computed on resampled images, the same ones for both methods of a comparison.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, stats

from camcore.errors import CamcoreError
from camcore.stats.intervals import ALPHA, FloatVector
from camcore.stats.paired import TOLERANCE, Estimate, PairedDifference

# Takes how often each image counts, (resamples, n), and returns the measure for each resample, (resamples,).
Statistic = Callable[[FloatVector], FloatVector]

RESAMPLES = 500  # a standard error needs no more
SPLITS = 5
INTERVAL = "bootstrap standard error, Student's t"


def resample_interval(statistic: Statistic, n: int, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Return a pooled measure over n images with its interval, from the measure on resampled images.

    `statistic` takes weights (rows, n), how often each image counts, and returns the measure per row: a pooled measure
    is then one matrix product instead of a pass over the images for each resample. The interval is the estimate plus
    and minus Student's t times the bootstrap standard error: it needs few resamples where percentiles need many, and
    BCa a jackknife beside them.
    """
    value = float(statistic(np.ones((1, n)))[0]) if n else None
    if value is None or n < 2:
        return Estimate(n, 0, value, None, None, INTERVAL)
    weights = _draw_weights(n, seed, resamples)
    error, freedom = _standard_error(statistic(weights), weights)
    half = error * float(stats.t.ppf(1 - ALPHA / 2, freedom))
    return Estimate(n, 0, value, value - half, value + half, INTERVAL)


def paired_resample(
    statistic: Statistic, reference: Statistic, n: int, seed: int = 0, resamples: int = RESAMPLES
) -> PairedDifference:
    """Compare a pooled measure of two methods on the same resamples of n images; see `resample_interval`.

    p is that of Student's t with the bootstrap standard error: it agrees with the interval and, unlike a share of
    resamples, can be as small as a correction for many comparisons needs. `identical`: no resample differs.
    """
    test = "t of the bootstrap standard error"
    ones = np.ones((1, n))
    value = float((statistic(ones) - reference(ones))[0]) if n else None
    if value is None or n < 2:
        return PairedDifference(n, 0, value, None, None, None, None, None, None, False, INTERVAL, test)
    weights = _draw_weights(n, seed, resamples)
    differences = statistic(weights) - reference(weights)
    if abs(value) <= TOLERANCE and np.abs(differences).max() <= TOLERANCE:
        return PairedDifference(n, 0, 0.0, 0.0, 0.0, 1.0, 0.0, None, None, True, INTERVAL, test)
    error, freedom = _standard_error(differences, weights)
    half = error * float(stats.t.ppf(1 - ALPHA / 2, freedom))
    t = value / error if error > 0 else math.copysign(math.inf, value)
    p_value = 2 * float(stats.t.sf(abs(t), freedom))
    effect = math.copysign(1 / math.sqrt(1 + (n - 1) / t**2), t) if t else 0.0
    return PairedDifference(n, 0, value, value - half, value + half, p_value, effect, None, None, False, INTERVAL, test)


def max_box_acc_interval(hits: NDArray[np.bool_], seed: int = 0) -> Estimate:
    """Return MaxBoxAcc with cross-fitted thresholds and its interval; `hits` as in `cross_fit`."""
    return resample_interval(cross_fit(hits, seed), len(hits), seed)


def max_box_acc_difference(hits: NDArray[np.bool_], reference: NDArray[np.bool_], seed: int = 0) -> PairedDifference:
    """Compare MaxBoxAcc of two methods over the same images, each with thresholds of its own; see `cross_fit`."""
    if len(hits) != len(reference):
        raise CamcoreError(f"Hits of {len(hits)} and of {len(reference)} images are not paired. Give the same images.")
    return paired_resample(cross_fit(hits, seed), cross_fit(reference, seed), len(hits), seed)


def cross_fit(hits: NDArray[np.bool_], seed: int = 0) -> Statistic:
    """Return MaxBoxAcc with the threshold chosen on one half of the images and applied to the other, as a statistic.

    Args:
        hits: Whether a box found at a threshold fits, (n, thresholds), or (n, IoU levels, thresholds) for MaxBoxAccV2,
            whose levels have a threshold each and are averaged.
        seed: Decides the halves; the same for every method.

    The best threshold on the reported images themselves is an oracle: above what any threshold reaches on new images.
    Here no image takes part in the choice of its own threshold. Half the images choose poorly, though, which adds
    half as much again to the error of a difference: so the accuracy is smoothed over a fifth of the thresholds before
    its maximum is taken, and SPLITS splits are averaged, both ways each. Resampling repeats the choice, so that the
    interval holds its share: simulated (n = 108), intervals that take the chosen thresholds as given cover 0.84.
    """
    levels = (hits if hits.ndim == 3 else hits[:, None, :]).astype(np.float32)
    n = len(levels)
    splits = [np.random.default_rng([seed, number]).permutation(n)[: n // 2] for number in range(SPLITS)]

    def compute(weights: FloatVector) -> FloatVector:
        light = weights.astype(np.float32)
        total, value = _count(light, levels), np.zeros(len(weights))
        for half in splits:
            first = _count(light[:, half], levels[half])
            for chosen_on, applied_to in ((first, total - first), (total - first, first)):
                best = _choose_thresholds(chosen_on)[..., None]
                value += np.take_along_axis(applied_to, best, -1).mean((-2, -1))
        accuracy: FloatVector = value / (SPLITS * weights.sum(1))
        return accuracy

    return compute


def _count(weights: NDArray[np.float32], levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weight of the images that are hit, (rows, levels, thresholds)."""
    return np.tensordot(weights, levels, axes=1)


def _choose_thresholds(counts: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return where the smoothed counts are highest along the last axis; of tied places the middle one."""
    smooth = ndimage.uniform_filter1d(counts, counts.shape[-1] // 10 * 2 + 1, mode="nearest", output=np.float64)
    best = smooth == smooth.max(-1, keepdims=True)
    middle: NDArray[np.intp] = (best & (best.cumsum(-1) > best.sum(-1, keepdims=True) // 2)).argmax(-1)
    return middle


def _draw_weights(n: int, seed: int, resamples: int) -> FloatVector:
    drawn = np.random.default_rng(seed).integers(n, size=(resamples, n)) + n * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n).astype(np.float64)


def _standard_error(resampled: FloatVector, weights: FloatVector) -> tuple[float, float]:
    """Return the bootstrap standard error of a statistic and its degrees of freedom.

    The error itself is less certain the more a few images decide the statistic, as large objects do where pixels are
    pooled. So the degrees of freedom are 2n / (kurtosis - 1) of the images' influences, at most n - 1; an influence is
    the covariance of the image's weight with the statistic. Resampling n images understates a variance by (n - 1) / n.

    Source: Satterthwaite 1946 for the degrees of freedom; Efron 2014, Estimation and accuracy after model selection,
    equation 3.6 for the influences.
    """
    n = weights.shape[1]
    spread = float(resampled.std(ddof=1))
    if spread <= TOLERANCE**2:
        return 0.0, n - 1.0
    influences = (weights - 1).T @ (resampled - resampled.mean())
    kurtosis = float(stats.kurtosis(influences, fisher=False))
    return spread * math.sqrt(n / (n - 1)), 2 * n / max(kurtosis - 1, 2 * n / (n - 1))
