"""Whether a network is as sure as it should be: of answers given with 80% confidence, 80% should be right."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camcore.intervals import Z, wilson_interval

Vector = NDArray[np.float64]

BINS = 15
DRAWS = 1000
CHANCE_LEVEL = 0.95


@dataclass(frozen=True)
class Bin:
    """The images whose confidence is above `low` and at most `high`, of which there is at least one.

    `accuracy_low` and `accuracy_high` are the 95% interval (Wilson) of the share that is right.
    """

    low: float
    high: float
    images: int
    confidence: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float


@dataclass(frozen=True)
class Calibration:
    """How confidence and accuracy of a network fit together, 0 to 1.

    Attributes:
        images: How many images count.
        confidence, accuracy: The mean confidence, and the share that is right.
        gap, gap_low, gap_high: Mean confidence less accuracy, and its 95% interval.
        error: The expected calibration error (ECE).
        chance: What a perfectly calibrated network of the same confidences has for its ECE at most, in 95 of 100 cases.
        bins: Those that hold images, from the least to the most confident.
    """

    images: int
    confidence: float
    accuracy: float
    gap: float
    gap_low: float
    gap_high: float
    error: float
    chance: float
    bins: tuple[Bin, ...]

    @property
    def judgement(self) -> Literal["over", "under", "unclear"]:
        """Over- or under-confident on average, where the gap's interval says so."""
        if self.gap_low > 0:
            return "over"
        return "under" if self.gap_high < 0 else "unclear"


def find_confidence(logits: ArrayLike) -> Vector:
    """Return the softmax of the likeliest class (N,) from logits (N, classes)."""
    values = np.asarray(logits, dtype=np.float64)
    confidence: Vector = 1 / np.exp(values - values.max(1, keepdims=True)).sum(1)
    return confidence


def measure_calibration(confidence: ArrayLike, right: ArrayLike, bins: int = BINS, seed: int = 0) -> Calibration:
    """Return how the confidences (N,) fit the answers being right (N,), N at least 1.

    The ECE is the distance between confidence and accuracy, a mean over equally wide bins, each as heavy as it has
    images. It is never negative, so chance alone raises it, the more, the fewer images. There is no interval of it:
    resampled answers scatter once more, so that a bootstrap's lies too high. `chance` says instead what no fault at all
    would give. `seed` decides its draws.

    Source: Guo, Pleiss, Sun and Weinberger 2017, On calibration of modern neural networks, arXiv:1706.04599, equation
    3; Bröcker and Smith 2007, Increasing the reliability of reliability diagrams, for the draws.
    """
    sure, hits = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64)
    edges = np.linspace(0, 1, bins + 1)
    order = np.argsort(sure, kind="stable")
    sure, hits = sure[order], hits[order]
    places = np.clip(np.searchsorted(edges, sure) - 1, 0, bins - 1)  # a bin holds its upper edge
    used, starts, counts = np.unique(places, return_index=True, return_counts=True)
    sums, right_sums = np.add.reduceat(sure, starts), np.add.reduceat(hits, starts)
    low, high = gap_interval(sure, hits)
    return Calibration(
        images=len(sure),
        confidence=float(sure.mean()),
        accuracy=float(hits.mean()),
        gap=float(sure.mean() - hits.mean()),
        gap_low=low,
        gap_high=high,
        error=float(np.abs(sums - right_sums).sum() / len(sure)),
        chance=_draw_chance(sure, starts, sums, seed),
        bins=tuple(
            Bin(edges[at], edges[at + 1], int(n), total / n, count / n, *wilson_interval(int(count), int(n)))
            for at, n, total, count in zip(
                used.tolist(), counts.tolist(), sums.tolist(), right_sums.tolist(), strict=True
            )
        ),
    )


def gap_interval(confidence: Vector, right: Vector) -> tuple[float, float]:
    """Return the 95% interval of mean confidence less accuracy, both (N,), from the intervals of the two.

    Where all answers are right, Wilson's interval still allows for rare mistakes, and resampling can't: over simulated
    networks that are hardly ever wrong this covers 0.95 to 0.97 (n = 8 to 60), the bootstrap-t 0.2 to 0.8. The two are
    taken as unrelated; as they mostly rise together, the interval is a little wider than it need be, 3 to 8% there.

    Source: Zou and Donner 2008, Construction of confidence limits about effect measures: a general approach.
    """
    n, accuracy = len(right), float(right.mean())
    low, high = wilson_interval(int(right.sum()), n)
    gap, half = float(confidence.mean()) - accuracy, Z * float(confidence.std()) / math.sqrt(max(n - 1, 1))
    return gap - math.hypot(half, high - accuracy), gap + math.hypot(half, accuracy - low)


def _draw_chance(confidence: Vector, starts: NDArray[np.intp], sums: Vector, seed: int) -> float:
    """Return the ECE that is exceeded in 5 of 100 draws of answers that are right as often as the confidence says.

    `confidence` (N,) is in order, `starts` are the first places of its bins, `sums` its sums over them.
    """
    random = np.random.default_rng(seed)
    errors = np.empty(DRAWS)
    for draw in range(DRAWS):
        hits = (random.random(len(confidence), dtype=np.float32) < confidence).astype(np.int32)
        errors[draw] = np.abs(np.add.reduceat(hits, starts) - sums).sum() / len(confidence)
    return float(np.quantile(errors, CHANCE_LEVEL))
