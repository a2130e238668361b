"""Plausible but unusual runs: pages state nothing that such a run can't show."""

import numpy as np
import pandas as pd
import pytest

from camcore.explained.explanation import open_explanation
from camcore.heatmaps.drawing import map_status
from camcore.runs.run import open_run
from dashboard.router import PAGES
from tests.support.page_steps import all_text
from tests.support.page_steps import show_page as show
from tests.support.synthetic_run import make_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "one", images=1, classes=("cat", "dog"))
    make_run(folder, "single", images=8, sources=("cam",))
    plain = make_run(folder, "plain", images=8)
    (table,) = plain.glob("explained/*/samples.parquet")
    samples = pd.read_parquet(table)
    samples.assign(boxes=[[]] * len(samples), other_label=-1).to_parquet(table)
    lift_negative(open_explanation(open_run(make_run(folder, "negative", images=8))))
    return folder


def lift_negative(explanation) -> None:
    """Make every map negative, but not constant."""
    samples = explanation.samples.copy()
    for source in explanation.manifest.sources:
        maps = -0.1 - np.abs(np.load(explanation.path / f"{source}.npy"))
        np.save(explanation.path / f"{source}.npy", maps)
        samples[f"status_{source}"] = map_status(maps[:, 0])
    samples.to_parquet(explanation.path / "samples.parquet")


@pytest.mark.parametrize("page", [name for name, _ in PAGES if name != "own_image"])
@pytest.mark.parametrize("run", ["one", "negative"])
def test_every_page_shows_them(page, run, runs, monkeypatch):
    text = all_text(show(page, runs, monkeypatch, run=run))
    assert "cc-problem" not in text and "nan%" not in text and ">nan" not in text


def test_frames_are_mentioned_only_if_there_are_boxes(runs, monkeypatch):
    texts = {name: all_text(show("overview", runs, monkeypatch, run=name)) for name in ("single", "plain")}
    assert "White boxes mark the labelled objects." in texts["single"]
    assert "White boxes" not in texts["plain"]


def test_without_a_second_object_all_images_count(runs, monkeypatch):
    assert "<small>all images</small>" in all_text(show("overview", runs, monkeypatch, run="plain"))
    assert "6 of 8 validation images are classified correctly" in all_text(
        show("training_curves", runs, monkeypatch, run="plain")
    )


def test_a_single_heatmap_needs_another_one(runs, monkeypatch):
    text = all_text(show("disagreement", runs, monkeypatch, run="single"))
    assert "single has one heatmap per image" in text
    assert "--sources cam,grad_cam" in text
    assert "Select two different heatmaps" not in text
