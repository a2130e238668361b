"""Averages of several histories, by hand."""

import pandas as pd

from camcore.runs.seed_groups import average_histories


def history(*losses: float) -> pd.DataFrame:
    return pd.DataFrame({"epoch": range(1, len(losses) + 1), "val_loss": losses})


def test_mean_lowest_and_highest_per_epoch():
    course = average_histories([history(1, 4), history(3, 1), history(2, 1)])
    assert course.mean.to_dict("list") == {"epoch": [1, 2], "val_loss": [2, 2]}
    assert course.low.to_dict("list") == {"epoch": [1, 2], "val_loss": [1, 1]}
    assert course.high.to_dict("list") == {"epoch": [1, 2], "val_loss": [3, 4]}


def test_an_epoch_that_one_has_not_reached_is_left_out():
    assert average_histories([history(1, 2, 9), history(3)]).mean.to_dict("list") == {"epoch": [1], "val_loss": [2]}
