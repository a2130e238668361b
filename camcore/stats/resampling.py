"""Bootstrap intervals for measures without a value per image: PxAP and MaxBoxAcc.

Both are computed on resampled images, the same ones for both methods of a comparison.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from camcore.geometry import FloatVector
from camcore.stats.intervals import ALPHA
from camcore.stats.paired import TOLERANCE, Estimate, PairedDifference

# Takes how often each image counts, (resamples, n), and returns the measure for each resample, (resamples,).
Statistic = Callable[[FloatVector], FloatVector]

RESAMPLES = 500  # a standard error needs no more
INTERVAL = "bootstrap standard error, Student's t"


def resample_interval(statistic: Statistic, n: int, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Return a pooled measure over n images with its interval, by resampling images.

    `statistic` takes weights (rows, n), how often each image counts, and returns the measure per row: a pooled measure
    is then one matrix product instead of a pass over the images for each resample. The interval is the estimate plus
    and minus Student's t times the bootstrap standard error: it needs few resamples; percentiles need many, and BCa a
    jackknife as well.
    """
    value = float(statistic(np.ones((1, n)))[0]) if n else None
    if value is None or n < 2:
        return Estimate(n, value, None, None)
    weights = _draw_weights(n, seed, resamples)
    error, freedom = _standard_error(statistic(weights), weights)
    half = error * float(stats.t.ppf(1 - ALPHA / 2, freedom))
    return Estimate(n, value, value - half, value + half)


def paired_resample(
    statistic: Statistic, reference: Statistic, n: int, seed: int = 0, resamples: int = RESAMPLES
) -> PairedDifference:
    """Compare a pooled measure of two methods on the same resamples; see `resample_interval`.

    p comes from Student's t with the bootstrap standard error: it agrees with the interval and, unlike a share of
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


def _draw_weights(n: int, seed: int, resamples: int) -> FloatVector:
    drawn = np.random.default_rng(seed).integers(n, size=(resamples, n)) + n * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n).astype(np.float64)


def _standard_error(resampled: FloatVector, weights: FloatVector) -> tuple[float, float]:
    """Return the bootstrap standard error of a statistic and its degrees of freedom.

    The error is less certain if a few images dominate the statistic, as large objects do when pixels are pooled. So the
    degrees of freedom are 2n / (kurtosis - 1) of the images' influences, at most n - 1; an influence is
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
