"""95% intervals and two-sided p-values for means and paired proportions."""

import math
from collections.abc import Iterator

import numpy as np
from scipy import optimize, stats

from camcore.geometry import FloatVector

ALPHA = 0.05
RESAMPLES = 1999
SIGN_FLIPS = 9999
LARGEST_T = 5.0
BLOCK = 2_000_000  # values held at once
Z = float(stats.norm.ppf(1 - ALPHA / 2))


def bootstrap_t(values: FloatVector, seed: int) -> tuple[float, float]:
    """Return the 95% bootstrap-t interval of the mean of values (n,), n at least 2.

    A resample's t is clipped to 5 standard errors, or to Student's bound if a small n makes it wider. If only one to
    three images differ from all others, resamples without them have no spread and t has no bound; 5 then gives about
    the limits of an exact Poisson interval.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 12.5.
    """
    n, mean = len(values), float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(n)
    if error <= 1e-12 * abs(mean):  # all equal, up to rounding
        return mean, mean
    random = np.random.default_rng(seed)
    t = np.empty(RESAMPLES)
    for rows in _blocks(RESAMPLES, n):
        drawn = np.take(values - mean, random.integers(n, size=(rows.stop - rows.start, n), dtype=np.int32))
        means, squares = drawn.mean(1), np.einsum("ij,ij->i", drawn, drawn)
        variances = np.maximum(squares - n * means**2, 0) / (n - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            t[rows] = means / np.sqrt(variances / n)
    largest = max(LARGEST_T, float(stats.t.ppf(1 - ALPHA / 2, n - 1)))
    t = np.clip(np.nan_to_num(t, nan=0, posinf=largest, neginf=-largest), -largest, largest)
    low, high = np.quantile(t, [ALPHA / 2, 1 - ALPHA / 2], method="weibull")
    return mean - float(high) * error, mean - float(low) * error


def flip_signs(differences: FloatVector, seed: int) -> float:
    """Return the sign-flip test's p-value for the mean of differences (n,), from SIGN_FLIPS random flips.

    The observed signs count as one more, so p is at least 1 / (SIGN_FLIPS + 1).

    Source: Fisher 1935, The Design of Experiments, section 21.
    """
    moved = differences[differences != 0]
    groups = np.pad(moved, (0, -len(moved) % 8)).reshape(-1, 8)
    signs = 1 - 2 * ((np.arange(256)[:, None] >> np.arange(8)) & 1)
    sums = (groups @ signs.T).ravel()  # one random byte decides eight signs
    random = np.random.default_rng(seed)
    least = abs(float(moved.sum())) * (1 - 1e-9)
    count = 1
    for rows in _blocks(SIGN_FLIPS, len(groups)):
        random_bytes = random.integers(256, size=(rows.stop - rows.start, len(groups)))
        flipped = sums[random_bytes + 256 * np.arange(len(groups))].sum(1)
        count += int((np.abs(flipped) >= least).sum())
    return count / (SIGN_FLIPS + 1)


def wilson_interval(successes: int, n: int) -> tuple[float, float]:
    """Return the score interval of a proportion.

    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    # `p` only affects the p-value, which is not used; at the observed share scipy computes it without a search.
    low, high = stats.binomtest(successes, n, p=successes / n).proportion_ci(method="wilson")
    return float(low), float(high)


def tango_interval(first_only: int, second_only: int, n: int) -> tuple[float, float]:
    """Return the score interval of two paired proportions' difference, `(first_only - second_only) / n`.

    Of n pairs, `first_only` have a yes on the first side alone, `second_only` on the second alone.

    Source: Tango 1998, Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design, equation 8 and appendix.
    """
    observed = (first_only - second_only) / n

    def score(difference: float) -> float:
        linear = -first_only - second_only + (2 * n - first_only + second_only) * difference
        constant = -second_only * difference * (1 - difference)
        share = (math.sqrt(max(linear**2 - 8 * n * constant, 0.0)) - linear) / (4 * n)
        variance = n * (2 * share + difference * (1 - difference))
        return (first_only - second_only - n * difference) / math.sqrt(max(variance, 1e-300))

    # At -1 and 1 the variance is 0. If the score has not crossed Z just before, that end is the limit.
    first, last = -1 + 1e-12, 1 - 1e-12
    low = -1.0 if score(first) <= Z else float(optimize.brentq(lambda value: score(value) - Z, first, observed))
    high = 1.0 if score(last) >= -Z else float(optimize.brentq(lambda value: score(value) + Z, observed, last))
    return low, high


def mcnemar_mid_p(first_only: int, second_only: int) -> float:
    """Return McNemar's mid-p value for the pairs that disagree; 1 if none do.

    The exact test rejects far too seldom if few pairs disagree; the mid-p test keeps close to its level.

    Source: Fagerland, Lydersen and Laake 2013, The McNemar test for binary matched-pairs data, section 3.4.
    """
    pairs, fewer = first_only + second_only, min(first_only, second_only)
    point = float(stats.binom.pmf(fewer, pairs, 0.5))
    if first_only == second_only:
        return 1.0 if pairs == 0 else 1 - point / 2
    return 2 * float(stats.binom.cdf(fewer, pairs, 0.5)) - point


def _blocks(count: int, width: int) -> Iterator[slice]:
    """Yield slices of `count` rows of `width` values, each of at most BLOCK values."""
    step = max(1, BLOCK // max(width, 1))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
