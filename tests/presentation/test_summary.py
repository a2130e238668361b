"""Sentences on runs that differ only in their seed."""

from camcore.presentation.sentences import say_seeds
from camcore.presentation.texts import text_in

TEXT = text_in("en")


def test_mean_and_standard_deviation_of_seeds_by_hand():
    title, lead = say_seeds(TEXT, "dogs", [(1, 0.9), (2, 0.94), (5, 0.95)], runs=3)
    assert title == "dogs: 93.0 ± 2.6% over 3 seeds"  # sqrt((9 + 1 + 4) / 2) = 2.646
    assert lead.endswith("mean ± standard deviation. Seed 1: 90.0%, Seed 2: 94.0%, Seed 5: 95.0%.")


def test_those_that_still_train_are_not_averaged_but_named():
    title, lead = say_seeds(TEXT, "dogs", [(1, 0.9), (2, 0.94)], runs=3)
    assert title.endswith("over 2 seeds") and lead.endswith("Finished so far: 2 of 3.")


def test_one_seed_has_no_spread():
    title, lead = say_seeds(TEXT, "dogs", [(1, 0.9)], runs=2)
    assert title == "dogs: 2 seeds"
    assert lead == "The mean and standard deviation appear here after two runs have finished. Finished so far: 1 of 2."
