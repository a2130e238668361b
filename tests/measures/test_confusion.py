"""Confusions of classes, by hand."""

import numpy as np
import pytest

from camcore.measures.confusion import ClassResult, Mistake, count_confusions, describe_classes, most_frequent_mistakes

LABELS = np.array([0, 0, 0, 0, 1, 1, 3, 3, 3])
PREDICTED = np.array([0, 0, 1, 3, 1, 0, 0, 1, 0])
CONFIDENCE = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.2, 0.2, 0.8])


@pytest.fixture
def counts():
    return count_confusions(LABELS, PREDICTED, 4)


def test_counts_by_hand(counts):
    assert counts.tolist() == [[2, 1, 0, 1], [1, 1, 0, 0], [0, 0, 0, 0], [2, 1, 0, 0]]


def test_no_image_gives_no_counts():
    assert count_confusions(LABELS[:0], PREDICTED[:0], 3).tolist() == [[0] * 3] * 3


def test_frequent_mistakes_first_then_by_class(counts):
    assert most_frequent_mistakes(counts, 3) == [Mistake(3, 0, 2), Mistake(0, 1, 1), Mistake(0, 3, 1)]
    assert len(most_frequent_mistakes(counts, 99)) == 5


def test_right_answers_are_no_mistakes():
    assert most_frequent_mistakes(np.diag([5, 6]), 10) == []


def test_a_class_by_hand(counts):
    first = describe_classes(counts, LABELS, CONFIDENCE)[0]
    assert (first.images, first.accuracy, first.taken_for, first.taken_count) == (4, 0.5, 1, 1)
    assert first.confidence == pytest.approx(0.75)
    # Wilson: centre 0.5, half width z sqrt(1/16 + z^2/64) / (1 + z^2/4) with z = 1.959964
    assert (first.low, first.high) == pytest.approx((0.150039, 0.849961), abs=1e-6)


def test_a_class_without_images_has_no_results():
    counts = count_confusions(np.array([0, 0]), np.array([0, 0]), 2)
    right, empty = describe_classes(counts, np.array([0, 0]), np.array([0.5, 0.7]))
    assert (right.accuracy, right.high, right.taken_for, right.taken_count) == (1, 1, None, 0)
    assert empty == ClassResult(1, 0, None, None, None, None, 0, None)
