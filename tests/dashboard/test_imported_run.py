"""An imported run on the pages: no curves, and only relevant classes."""

import json
from pathlib import Path

import pandas as pd
import pytest

from camcore.presentation.texts import LANGUAGES, text_in
from camcore.runs.run import open_run
from dashboard.data.measures import load_samples
from dashboard.data.runs import read_explained
from dashboard.router import PAGES
from tests.support.page_steps import all_text, payload
from tests.support.page_steps import show_page as show
from tests.support.synthetic_run import CLASSES, make_run

CURVES = ("loss", "accuracy", "learning_rate")
KNOWN = tuple(f"class {index}" for index in range(994))  # what the network knows beside the data set's classes


def make_imported(folder: Path, name: str, explained: bool = True) -> Path:
    """Write a run of a network with 1,000 classes on images of six of them."""
    path = make_run(folder, name, images=40, epochs=0, explained=explained)
    document = json.loads((path / "run.json").read_text(encoding="utf-8"))
    document["class_names"] = [*CLASSES, *KNOWN]
    document["dataset"]["labels"] = list(range(len(CLASSES)))
    document["imported"] = {"file": "<b>dogs</b>.pth"}
    del document["config"]["train"]
    (path / "run.json").write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make_imported(folder, "imported")
    make_imported(folder, "unexplained", explained=False)
    make_run(folder, "trained", images=4)
    return folder


@pytest.mark.parametrize("page", [name for name, _ in PAGES])
@pytest.mark.parametrize("run", ["imported", "unexplained"])
def test_every_page_shows_it(page: str, run: str, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = show(page, runs, monkeypatch, run=run)
    assert app.selectbox(key="url_run").value == run
    assert "<b>dogs</b>" not in all_text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_the_source_of_imported_weights(
    language: str, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_in(language)
    app = show("training_curves", runs, monkeypatch, run="imported", lang=language)
    page_text = all_text(app)
    assert text("training_curves.imported.title", run="imported") in page_text
    assert text("training_curves.imported.body", file="&lt;b&gt;dogs&lt;/b&gt;.pth") in page_text
    assert text("training_curves.none.title") not in page_text, "nobody is to wait for a first epoch"
    assert not {chart.key for chart in app.get("plotly_chart")} & set(CURVES)
    assert not app.get("progress")


def test_trained_and_imported_runs_are_both_described(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = show("training_curves", runs, monkeypatch, run="imported", runs="imported,trained")
    assert "imported was trained elsewhere" in all_text(app)
    assert "trained was trained elsewhere" not in all_text(app)
    assert {chart.key for chart in app.get("plotly_chart")} >= set(CURVES)


def test_its_card_shows_origin_and_accuracy(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = {card.split("</h3>")[0]: card for card in all_text(show("overview", runs, monkeypatch)).split("<h3>")}
    accuracy = open_run_accuracy(runs / "imported")
    assert "<dt>Imported from</dt><dd>&lt;b&gt;dogs&lt;/b&gt;.pth</dd>" in cards["imported"]
    assert f"<dt>Validation accuracy</dt><dd>{accuracy:.1%}</dd>" in cards["imported"]
    assert "Validation accuracy" not in cards["unexplained"]
    assert "Imported from" not in cards["trained"]
    assert "Validation accuracy, epoch 12" in cards["trained"]


def open_run_accuracy(path: Path) -> float:
    return read_explained(path).explanation.accuracy


def test_filters_offer_true_and_predicted_classes(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = show("gallery", runs, monkeypatch, run="imported")
    for name in ("class", "predicted"):
        offered = [option.split(" (")[0] for option in app.selectbox(key=f"url_{name}").options]
        assert offered[1:] == sorted(CLASSES)
    assert len(open_run(runs / "imported").class_names) == 1000


def test_the_confusions_are_those_of_these_classes(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = payload(show("training_curves", runs, monkeypatch, run="imported"), "cells")
    samples = load_samples(read_explained(runs / "imported"))
    single = samples[samples["other_label"] == -1]
    assert data["names"] == list(CLASSES)
    assert len(data["classes"]) == len(CLASSES)
    assert sum(data["images"]) == len(single)
    assert sum(count for label, guess, count in data["cells"] if label == guess) == single["right"].sum()


def test_confusions_include_predicted_only_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_imported(tmp_path, "imported")
    (table,) = path.glob("explained/*/samples.parquet")
    samples = pd.read_parquet(table)
    samples.loc[0, "predicted"] = 700
    samples.to_parquet(table)
    data = payload(show("training_curves", tmp_path, monkeypatch, run="imported"), "cells")
    name = KNOWN[700 - len(CLASSES)]
    assert data["names"] == sorted([*CLASSES, name], key=str.casefold)
    assert [0, data["names"].index(name), 1] in data["cells"]
