"""Pooled measures of a verdict follow the same rules as others."""

import numpy as np

from camcore.measures.max_box_acc import BoxOverlap
from camcore.verdict.comparison import ComparisonSetup, summarize_box_acc


def test_correct_and_incorrect_images_share_thresholds() -> None:
    # Overlaps at random: the best of a hundred thresholds looks good on the images that chose it, and on no others.
    random = np.random.default_rng(0)
    overlaps = {f"map {number}": BoxOverlap(*random.random((2, 60, 100))) for number in range(20)}
    setup = ComparisonSetup("map 0", [], np.arange(60) < 40, seed=0)
    comparison = summarize_box_acc(overlaps, setup)["max_box_acc"].result
    assert np.mean(list((comparison.oracle or {}).values())) > 0.64
    for means in (comparison.by_correctness.correct, comparison.by_correctness.incorrect):
        assert abs(np.mean([mean for mean in means.values() if mean is not None]) - 0.5) < 0.04
