"""The confusion matrix, and accuracy and most frequent mistake per class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camcore.stats.intervals import wilson_interval

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class ClassResult:
    """Accuracy and confusions of one class; None without images.

    Attributes:
        label: The class id.
        images: The number of images whose true class it is.
        accuracy, low, high: The share recognised, and its 95% interval (Wilson).
        taken_for, taken_count: The class it is most often mistaken for, and how often; the lower id if tied.
        confidence: The mean confidence of the answers given for its images, correct or not.
    """

    label: int
    images: int
    accuracy: float | None
    low: float | None
    high: float | None
    taken_for: int | None
    taken_count: int
    confidence: float | None


@dataclass(frozen=True)
class Mistake:
    """How many images of the class `label` are taken for the class `predicted`."""

    label: int
    predicted: int
    count: int


@dataclass(frozen=True)
class Confusions:
    """Confusions of a run: names and counts per class, results per class, frequent mistakes."""

    names: Sequence[str]
    counts: Counts
    classes: Sequence[ClassResult]
    mistakes: Sequence[Mistake]


def count_confusions(labels: NDArray[np.integer], predicted: NDArray[np.integer], classes: int) -> Counts:
    """Return counts of images per true class (row) and predicted class (column), (classes, classes)."""
    pairs = np.asarray(labels, dtype=np.int64) * classes + np.asarray(predicted, dtype=np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def describe_classes(
    counts: Counts, labels: NDArray[np.integer], confidence: NDArray[np.floating]
) -> list[ClassResult]:
    """Return a result per class, by id; `labels` and `confidence` are (N,)."""
    summed = np.bincount(labels, weights=confidence, minlength=len(counts))
    return [_describe_class(label, counts[label], float(summed[label])) for label in range(len(counts))]


def most_frequent_mistakes(counts: Counts, most: int) -> list[Mistake]:
    """Return the most frequent mistakes, at most `most`, in descending order; ties by class ids."""
    wrong = counts * ~np.eye(len(counts), dtype=bool)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = (divmod(int(place), len(counts)) for place in order)
    return [Mistake(label, guess, int(wrong[label, guess])) for label, guess in pairs if wrong[label, guess]]


def _describe_class(label: int, row: Counts, confidence: float) -> ClassResult:
    images, correct = int(row.sum()), int(row[label])
    if not images:
        return ClassResult(label, 0, None, None, None, None, 0, None)
    others = np.where(np.arange(len(row)) == label, 0, row)
    count = int(others.max())
    taken_for = int(others.argmax()) if count else None
    low, high = wilson_interval(correct, images)
    return ClassResult(
        label,
        images,
        correct / images,
        low,
        high,
        taken_for,
        count,
        confidence / images,
    )
