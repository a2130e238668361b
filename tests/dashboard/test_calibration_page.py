"""Is the selected run as sure as it should be? On the page Training curves."""

import json
from html import escape

import pandas as pd
import pytest
from page_steps import all_text
from page_steps import show_page as show
from synthetic_run import make_run

from camcore.calibration_view import list_calibration, say_calibration, write_bins
from camcore.language import text_in
from dashboard.data import read_calibration, read_entry

TEXT = text_in("en")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "explained", images=40)
    make_run(folder, "trained", images=4, explained=False)
    return folder


def test_the_calibration_of_the_selected_run_is_said_drawn_and_written_out(runs, monkeypatch):
    app = show("training_curves", runs, monkeypatch, run="explained", runs="trained")
    found = read_calibration(read_entry(runs / "explained"))
    shown = all_text(app)
    assert found is not None and found.images == 36, "images of two classes do not count"
    assert "Is explained as sure as it should be?" in shown
    average, bins = say_calibration(TEXT, found)
    assert escape(average) in shown and bins in shown
    assert all(f"<b>{value}</b>" in shown for _, value, _ in list_calibration(TEXT, found))
    assert write_bins(TEXT, found) in shown
    counts = json.loads(app.get("plotly_chart")[-1].proto.spec)["data"][-1]
    assert counts["type"] == "bar"
    help_texts = [caption.proto.help for caption in app.caption]
    assert any("the fewer images there are, the more" in words for words in help_texts)


def test_a_run_without_heatmaps_says_when_its_calibration_will_stand_here(runs, monkeypatch):
    app = show("training_curves", runs, monkeypatch, run="trained")
    assert escape("Once trained is explained, it stands here whether its confidence can be believed.") in all_text(app)
    assert len(app.get("plotly_chart")) == 5


def test_a_run_whose_images_all_show_two_classes_says_so(tmp_path, monkeypatch):
    path = make_run(tmp_path, "pairs", images=10)
    table = next((path / "explained").glob("*/samples.parquet"))
    pd.read_parquet(table).assign(other_label=0).to_parquet(table)
    assert escape(TEXT("calibration.none")) in all_text(show("training_curves", tmp_path, monkeypatch))
