"""The table of images, compared with the engine, and as a spreadsheet file."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from camcore.explained.explanation import open_explanation
from camcore.measures.disagreement import compare
from camcore.presentation.image_table import make_image_table, to_csv
from camcore.runs.run import open_run
from tests.support.synthetic_run import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(make_run(tmp_path_factory.mktemp("runs"), "gap", images=40))


def test_rows_keep_the_order_and_the_engine_s_numbers(run):
    explanation = open_explanation(run)
    table = make_image_table(run, explanation, [13, 3, 9], "cam", "grad_cam@layer3")
    assert table["id"].tolist() == ["val/00013", "val/00003", "val/00009"]
    assert table["right"].tolist() == ["yes", "no", "yes"]
    assert table["second_class"].tolist() == ["", "", "Pug"]
    a, b = (np.asarray(explanation.maps(source)) for source in ("cam", "grad_cam@layer3"))
    expected = compare(a, "cam", b, "grad_cam").iloc[[13, 3, 9]].reset_index(drop=True)
    pd.testing.assert_frame_equal(table[expected.columns], expected)


def test_every_source_has_off_object_heat_and_status(run):
    explanation = open_explanation(run)
    table = make_image_table(run, explanation, range(40), "cam", "grad_cam")
    for source in explanation.manifest.sources:
        assert table[f"status_{source}"].tolist() == explanation.samples[f"status_{source}"].tolist()
    positive, blank = table["off_object_cam_positive"], table["status_cam"] == "no_positive_evidence"
    assert blank.sum() == 3
    assert (positive.isna() == blank).all(), "a map without heat has no share of it anywhere"
    assert (table["off_object_cam_literature"] > positive)[~blank].all()
    np.testing.assert_allclose(positive, table["off_object_grad_cam_literature"], rtol=1e-5)


def read(table: pd.DataFrame) -> list[list[str]]:
    content = to_csv(table)
    assert content.startswith(b"\xef\xbb\xbf"), "Excel takes it for UTF-8 by this mark"
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'])
def test_formulas_become_text(text):
    assert read(pd.DataFrame({"name": [text]})) == [["name"], ["'" + text]]


@pytest.mark.parametrize("text", ["강아지 🐶", 'quo"te,s', "<img src=x>", "a=b", "'x", "two\nlines", ""])
def test_every_other_text_comes_back_as_it_is(text):
    assert read(pd.DataFrame({"name": [text], "n": [1]}))[1] == [text, "1"]


def test_numbers_stay_numbers_and_what_is_missing_is_empty():
    assert read(pd.DataFrame({"x": [-0.25, np.nan, 1 / 3]})) == [["x"], ["-0.25"], [""], ["0.333333"]]
