"""What is said and drawn of a network's calibration: never more than the numbers allow, nothing that is not there."""

import numpy as np
import pytest

from camcore.calibration import measure_calibration
from camcore.calibration_view import draw_reliability, list_calibration, say_calibration, write_bins
from camcore.language import text_in

TEXT = text_in("en")
OVER = measure_calibration(np.full(100, 0.9), np.arange(100) < 70)
UNDER = measure_calibration(np.full(100, 0.6), np.arange(100) < 80)
UNCLEAR = measure_calibration(np.full(20, 0.8), np.arange(20) < 15)
MIXED = measure_calibration(np.repeat([0.3, 0.9], [30, 120]), np.r_[np.arange(30) < 12, np.arange(120) < 96])


def test_the_sentence_goes_by_the_sign_of_confidence_less_accuracy():
    assert say_calibration(TEXT, OVER)[0] == "Over-confident by 20.0 points on average: 90.0% sure, 70.0% right."
    assert say_calibration(TEXT, UNDER)[0] == "Under-confident by 20.0 points on average: 60.0% sure, 80.0% right."


def test_what_the_interval_does_not_allow_is_not_claimed():
    average, bins = say_calibration(TEXT, UNCLEAR)
    assert average.startswith("Neither over- nor under-confident on average, as far as 20 images can tell")
    assert "which a perfectly calibrated network may be by chance" in bins
    assert "more than chance would make" in say_calibration(TEXT, OVER)[1]


def test_the_key_numbers_have_their_sign_and_their_interval():
    values = [value for _, value, _ in list_calibration(TEXT, UNDER)]
    assert values == ["60.0%", "80.0%", "−20.0", "20.0"]
    assert list_calibration(TEXT, UNDER)[2][2] == "points; 95% interval −26.7 to −11.1"


def test_every_bin_has_a_dot_a_gap_to_the_diagonal_and_a_count():
    diagonal, over_gap, over, under_gap, under, counts = draw_reliability(TEXT, MIXED).data
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 1], [0, 1])
    assert (over.name, over.x[0], over.y[0]) == ("over-confident", pytest.approx(0.9), pytest.approx(0.8))
    assert (under.name, under.x[0], under.y[0]) == ("under-confident", pytest.approx(0.3), pytest.approx(0.4))
    for gap, dots in ((over_gap, over), (under_gap, under)):
        assert list(gap.base) == list(dots.x)
        np.testing.assert_allclose(np.add(gap.base, gap.y), dots.y)
    assert list(counts.y) == [30, 120]
    assert over.marker.size[0] == pytest.approx(2 * under.marker.size[0]), "the area goes with the images"


def test_a_side_without_bins_is_not_in_the_legend():
    names = [trace.name for trace in draw_reliability(TEXT, OVER).data if trace.showlegend is not False]
    assert names == ["over-confident"]


def test_the_table_has_a_row_per_bin():
    written = write_bins(TEXT, MIXED)
    assert written.count("<tr>") == 1 + 2
    assert "<td>27–33%</td><td>30</td><td>30.0%</td><td>40.0%</td><td>25–58%</td>" in written
