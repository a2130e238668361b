"""Trainings that differ in their seed alone, as one: the mean of their histories and its range."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Course:
    """The mean of several histories, and per epoch and column the lowest and the highest value; rows as in each."""

    mean: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame


def average_histories(histories: Sequence[pd.DataFrame]) -> Course:
    """Return histories with the column `epoch` as one, over the epochs that all of them have.

    An epoch that some lack is left out: the mean would jump there because others are averaged.
    """
    rows = pd.concat(histories)
    shared = rows[rows["epoch"].map(rows["epoch"].value_counts()) == len(histories)].groupby("epoch")
    return Course(shared.mean().reset_index(), shared.min().reset_index(), shared.max().reset_index())
