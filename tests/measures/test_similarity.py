"""Similarity of images, by hand."""

import numpy as np
import pytest

from camcore.measures.similarity import similarity


def similar_to(pooled: np.ndarray, index: int) -> np.ndarray:
    """Return the similarity of features in memory."""
    return similarity(pooled.__getitem__, len(pooled), index)


def test_by_hand():
    # Less their mean (2, 1) these are (1, 0), (-1, 0), (1, 1), (-1, -1).
    pooled = np.array([[3, 1], [1, 1], [3, 2], [1, 0]], dtype=np.float32)
    half = np.sqrt(0.5)
    np.testing.assert_allclose(similar_to(pooled, 0), [1, -1, half, -half])
    np.testing.assert_allclose(similar_to(pooled, 3), [-half, half, -1, 1])


def test_what_all_images_have_in_common_does_not_count():
    pooled = np.random.default_rng(0).random((30, 8)).astype(np.float32)
    np.testing.assert_allclose(similar_to(pooled, 4), similar_to(pooled + 50, 4), atol=1e-4)


def test_similarity_is_symmetric_and_highest_to_itself():
    pooled = np.random.default_rng(1).random((20, 8)).astype(np.float32)
    matrix = np.stack([similar_to(pooled, index) for index in range(20)])
    np.testing.assert_allclose(matrix, matrix.T)
    assert (matrix.argmax(1) == np.arange(20)).all()
    assert matrix.min() >= -1 and matrix.max() == 1


def test_features_with_nan_have_no_similarity():
    pooled = np.random.default_rng(2).random((6, 4)).astype(np.float32)
    expected = similar_to(pooled[1:], 2)
    pooled[0, 3] = np.nan
    similarities = similar_to(pooled, 3)
    assert np.isnan(similarities[0])
    np.testing.assert_allclose(similarities[1:], expected)
    assert np.isnan(similar_to(pooled, 0)).all()


def test_equal_features_are_unrelated_but_to_themselves():
    np.testing.assert_array_equal(similar_to(np.ones((3, 2), dtype=np.float32), 1), [0, 1, 0])


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_blocks_do_not_change_it(rows, monkeypatch):
    pooled = np.random.default_rng(3).random((20, 5)).astype(np.float32)
    whole = similar_to(pooled, 9)
    monkeypatch.setattr("camcore.measures.similarity.ROWS_AT_ONCE", rows)
    np.testing.assert_allclose(similar_to(pooled, 9), whole)
