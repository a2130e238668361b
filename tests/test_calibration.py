"""Confidence beside accuracy: by hand, at the ends, and on networks whose calibration is known."""

import numpy as np
import pandas as pd
import pytest
from synthetic_run import make_run

from camcore.calibration import Calibration, find_confidence, gap_interval, measure_calibration
from camcore.generations import open_generation
from camcore.intervals import wilson_interval
from camcore.readings import read_calibration
from camcore.runs import open_run

DATA_SETS = 200


def draw(random: np.random.Generator, images: int, too_sure: float = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return confidences and answers of a network that is right less often than it says by `too_sure`."""
    confidence = 0.4 + 0.55 * random.beta(3, 1, images)
    return confidence, random.random(images) < confidence - too_sure


def test_the_confidence_is_the_softmax_of_the_likeliest_class():
    assert find_confidence([[np.log(3), 0], [0, 0]]) == pytest.approx([0.75, 0.5])
    assert find_confidence([[2000, 0, 0], [-2000, -2000, -2000]]) == pytest.approx([1, 1 / 3])


def test_the_error_by_hand():
    # (0, 0.5]: 0.5 and 0.3, one right. (0.5, 1]: 0.8, 0.9 and 0.7, one right.
    found = measure_calibration([0.8, 0.3, 0.9, 0.5, 0.7], [0, 1, 1, 0, 0], bins=2)
    low, high = found.bins
    assert (low.images, low.confidence, low.accuracy) == pytest.approx((2, 0.4, 0.5))
    assert (high.images, high.confidence, high.accuracy) == pytest.approx((3, 0.8, 1 / 3))
    assert (high.accuracy_low, high.accuracy_high) == wilson_interval(1, 3)
    assert found.error == pytest.approx(2 / 5 * 0.1 + 3 / 5 * (0.8 - 1 / 3))
    assert (found.images, found.confidence, found.accuracy) == pytest.approx((5, 0.64, 0.4))
    assert found.gap == pytest.approx(0.24)


def test_a_bin_holds_its_upper_edge_and_empty_ones_are_left_out():
    found = measure_calibration([1 / 15, 1 / 15 + 1e-9, 1], [1, 1, 1])
    assert [(one.low, one.high) for one in found.bins] == pytest.approx(np.array([(0, 1), (1, 2), (14, 15)]) / 15)


def test_all_answers_right_is_under_confident_unless_it_is_sure():
    careful, sure = (measure_calibration(np.full(50, value), np.ones(50)) for value in (0.6, 1.0))
    assert (careful.error, careful.gap, careful.judgement) == (pytest.approx(0.4), pytest.approx(-0.4), "under")
    assert (sure.error, sure.gap, sure.judgement) == (0, 0, "unclear")
    assert sure.gap_low == 0 < sure.gap_high, "there may be mistakes that fifty images do not show"


def test_all_answers_wrong_is_over_confident():
    found = measure_calibration(np.full(50, 0.9), np.zeros(50))
    assert (found.error, found.gap, found.judgement) == (pytest.approx(0.9), pytest.approx(0.9), "over")


def test_where_the_confidence_never_varies_the_interval_is_that_of_the_accuracy():
    low, high = wilson_interval(8, 10)
    assert gap_interval(np.full(10, 0.8), np.arange(10) < 8) == pytest.approx((0.8 - high, 0.8 - low))


def test_the_interval_takes_both_means_into_account():
    confidence, right = np.array([0.9, 0.8, 0.5, 0.4]), np.array([1.0, 1, 0, 0])
    half = 1.959964 * confidence.std(ddof=1) / 2
    low, high = wilson_interval(2, 4)
    below, above = np.sqrt(half**2 + (high - 0.5) ** 2), np.sqrt(half**2 + (0.5 - low) ** 2)
    assert gap_interval(confidence, right) == pytest.approx((0.15 - below, 0.15 + above), abs=1e-6)


@pytest.mark.parametrize("images", [1, 2])
def test_one_or_two_images_show_nothing(images):
    assert measure_calibration([0.9, 0.7][:images], [1, 0][:images]).judgement == "unclear"


def measure_many(images: int, too_sure: float) -> list[Calibration]:
    random = np.random.default_rng(images)
    return [measure_calibration(*draw(random, images, too_sure), seed=number) for number in range(DATA_SETS)]


@pytest.mark.parametrize("images", [40, 300])
def test_a_perfectly_calibrated_network_is_hardly_ever_blamed(images):
    found = measure_many(images, too_sure=0)
    blamed = sum(one.error > one.chance for one in found)
    missed = sum(not one.gap_low <= 0 <= one.gap_high for one in found)
    # Of 200 with a chance of 5% each, more than 20 or fewer than 2 come about once in a thousand times.
    assert 2 <= blamed <= 20 and missed <= 20
    assert np.mean([one.error for one in found]) > 0.02, "chance alone raises the error"


def test_an_over_confident_network_is_found_out_and_by_how_much():
    found = measure_many(images=400, too_sure=0.1)
    assert sum(one.error > one.chance for one in found) > 0.9 * DATA_SETS
    assert sum(one.judgement == "over" for one in found) > 0.9 * DATA_SETS
    covered = sum(one.gap_low <= 0.1 <= one.gap_high for one in found)
    assert covered >= 180


def test_with_many_images_chance_has_little_say():
    random = np.random.default_rng(0)
    few, many = (measure_calibration(*draw(random, images)) for images in (100, 20_000))
    assert many.error < 0.01 and many.chance < 0.015 < few.chance


def test_the_same_answers_give_the_same_numbers():
    answers = draw(np.random.default_rng(1), 100)
    order = np.random.default_rng(2).permutation(100)
    again = measure_calibration(*(side[order] for side in answers))
    assert measure_calibration(*answers).chance == again.chance


def test_images_of_two_classes_count_no_more_than_in_the_accuracy(tmp_path):
    generation = open_generation(open_run(make_run(tmp_path, "run", images=40)))
    found = read_calibration(generation, generation.samples)
    single = generation.samples[generation.samples["other_label"] < 0]
    assert found is not None and found.images == len(single) == 36
    assert found.accuracy == pytest.approx(generation.accuracy)
    assert found.confidence == pytest.approx(single["confidence"].mean(), abs=1e-6)


def test_without_an_image_that_counts_there_is_nothing_to_say(tmp_path):
    generation = open_generation(open_run(make_run(tmp_path, "run", images=4)))
    table = generation.path / "samples.parquet"
    pd.read_parquet(table).assign(other_label=0).to_parquet(table)
    changed = open_generation(open_run(tmp_path / "run"))
    assert read_calibration(changed, changed.samples) is None
