"""Curves of several seeds: one line with a range."""

import numpy as np
import pandas as pd

from camcore.presentation.charts import draw_column, draw_curves, smooth
from camcore.presentation.texts import text_in
from camcore.runs.seed_groups import average_histories

TEXT = text_in("en")
COLORS = {"dogs": "#2a938a", "cats": "#bd8526"}


def history(*accuracies: float) -> pd.DataFrame:
    values = np.array(accuracies)
    return pd.DataFrame(
        {
            "epoch": range(1, len(values) + 1),
            "train_accuracy": values + 0.1,
            "val_accuracy": values,
            "seconds": 10 * values,
        }
    )


COURSE = average_histories([history(0.2, 0.5, 0.7), history(0.4, 0.6, 0.6)])
HISTORIES = {"dogs": COURSE.mean, "cats": history(0.3, 0.4, 0.5)}


def test_the_range_spans_the_validation_values():
    figure = draw_curves(TEXT, HISTORIES, COLORS, "accuracy", 0, {"dogs": COURSE})
    band, *lines = figure.data
    assert [line.fill for line in lines] == [None] * 6  # training, validation and best epoch of two
    assert list(band.x) == [1, 2, 3, 3, 2, 1]
    np.testing.assert_allclose(band.y, [0.4, 0.6, 0.7, 0.6, 0.5, 0.2])
    assert band.fillcolor == "rgba(42,147,138,0.2)"
    validation = next(line for line in lines if line.name == "dogs, validation")
    np.testing.assert_allclose(validation.y, [0.3, 0.55, 0.65])


def test_the_range_is_smoothed_like_the_line_in_it():
    band = draw_curves(TEXT, HISTORIES, COLORS, "accuracy", 0.6, {"dogs": COURSE}).data[0]
    np.testing.assert_allclose(band.y[:3], smooth(COURSE.high["val_accuracy"], 0.6))
    np.testing.assert_allclose(band.y[:2:-1], smooth(COURSE.low["val_accuracy"], 0.6))


def test_without_several_seeds_there_is_no_range():
    figures = draw_curves(TEXT, HISTORIES, COLORS, "accuracy", 0), draw_column(TEXT, HISTORIES, COLORS, "seconds")
    assert not [trace for figure in figures for trace in figure.data if trace.fill]


def test_a_column_is_drawn_per_run_from_zero_on():
    figure = draw_column(TEXT, HISTORIES, COLORS, "seconds", {"dogs": COURSE})
    band, dogs, cats = figure.data
    np.testing.assert_allclose(band.y, [4, 6, 7, 6, 5, 2])
    assert (dogs.name, cats.name) == ("dogs", "cats")
    np.testing.assert_allclose(cats.y, [3, 4, 5])
    assert figure.layout.yaxis.rangemode == "tozero"
