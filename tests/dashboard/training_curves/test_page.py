"""The page Training curves: speed, seeds as one line, and the overview's groups."""

import json
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from camcore.presentation.texts import text_in
from camcore.runs.run import open_run
from dashboard.data.run_groups import group_runs
from dashboard.data.runs import read_entry
from tests.support.page_steps import all_text
from tests.support.page_steps import show_page as show
from tests.support.synthetic_run import make_run

TEXT = text_in("en")
SEEDS = "dogs-seed1,dogs-seed2,dogs-seed3"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A single run, three seeds of one training, and two of another, the second still training."""
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "alone", images=40)
    for seed in (1, 2, 3):
        make_run(folder, f"dogs-seed{seed}", images=10, explained=seed == 2, seed=seed, group="dogs")
    make_run(folder, "late-seed1", images=4, explained=False, seed=1, group="late")
    make_run(folder, "late-seed2", images=4, explained=False, finished=False, epochs=5, seed=2, group="late")
    return folder


def figures(app: AppTest) -> list[dict[str, Any]]:
    """Return loss, accuracy, learning rate, images per second and seconds per epoch."""
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")[:5]]


def names(figure: dict[str, Any]) -> list[str]:
    """Return the names of a figure's lines, without ranges and marks."""
    return [trace["name"] for trace in figure["data"] if trace.get("mode") == "lines" and trace.get("name")]


def ranges(figure: dict[str, Any]) -> int:
    return sum(trace.get("fill") == "toself" for trace in figure["data"])


def test_speed_is_shown_for_every_chosen_run(runs, monkeypatch):
    app = show("training_curves", runs, monkeypatch, runs="alone,late-seed2", seeds="apart")
    _, _, _, images_per_second, seconds = figures(app)
    history = open_run(runs / "alone").history()
    for figure, column in ((images_per_second, "images_per_second"), (seconds, "seconds")):
        assert names(figure) == ["alone", "late-seed2"]
        assert list(history[column]) == [168.0 if column == "images_per_second" else 9.5] * 12
    assert TEXT("training_curves.speed") in all_text(app)


def test_seeds_are_one_line_with_its_range(runs, monkeypatch):
    app = show("training_curves", runs, monkeypatch, run="dogs-seed2")
    loss, accuracy, *measured = figures(app)
    for figure in (loss, accuracy):
        assert names(figure) == ["dogs (3 seeds), training", "dogs (3 seeds), validation"]
    assert [ranges(figure) for figure in (loss, accuracy, *measured)] == [1] * 5
    assert app.multiselect(key="url_runs").options == ["alone", "dogs (3 seeds)", "late (2 seeds)"]
    assert app.query_params == {"run": "dogs-seed2"}
    assert TEXT("training_curves.range") in all_text(app)


def test_the_numbers_hold_the_mean_and_every_seed(runs, monkeypatch):
    table = show("training_curves", runs, monkeypatch, run="dogs-seed2").dataframe[0].value
    assert list(dict.fromkeys(table["run"])) == ["dogs (3 seeds)", *SEEDS.split(",")]
    mean, *seeds = (rows["val_accuracy"].to_numpy() for _, rows in table.groupby("run"))
    assert mean == pytest.approx(sum(seeds) / 3)


def test_seeds_can_be_separated_and_grouped(runs, monkeypatch):
    app = show("training_curves", runs, monkeypatch, run="dogs-seed2")
    app.toggle(key="url_seeds").set_value(False).run()
    assert not app.exception
    assert app.multiselect(key="url_runs").value == SEEDS.split(",")
    assert app.query_params == {"run": "dogs-seed2", "runs": SEEDS, "seeds": "apart"}
    assert [ranges(figure) for figure in figures(app)] == [0] * 5
    assert len(names(figures(app)[0])) == 6
    app.multiselect(key="url_runs").unselect("dogs-seed1").run()
    assert app.query_params["runs"] == "dogs-seed2,dogs-seed3"
    app.toggle(key="url_seeds").set_value(True).run()
    assert names(figures(app)[1]) == ["dogs (3 seeds), training", "dogs (3 seeds), validation"]
    assert app.query_params == {"run": "dogs-seed2"}


def test_a_link_to_one_seed_shows_all_of_them_or_that_one_alone(runs, monkeypatch):
    app = show("training_curves", runs, monkeypatch, run="alone", runs="dogs-seed3,alone,dogs-seed1")
    assert names(figures(app)[0])[1::2] == ["dogs (3 seeds), validation", "alone, validation"]
    app = show("training_curves", runs, monkeypatch, run="alone", runs="dogs-seed3", seeds="apart")
    assert names(figures(app)[0]) == ["dogs-seed3, training", "dogs-seed3, validation"]


def test_a_shorter_seed_ends_the_line(runs, monkeypatch):
    app = show("training_curves", runs, monkeypatch, run="alone", runs="late-seed1")
    validation = next(trace for trace in figures(app)[0]["data"] if trace.get("name") == "late (2 seeds), validation")
    assert len(app.dataframe[0].value) == 5 + 12 + 5
    assert validation["mode"] == "lines"
    assert "late: shown up to epoch 5, which all its runs have reached." in all_text(app)
    assert app.get("progress")[0].proto.text.startswith("late-seed2: epoch 5 of 12")


def test_without_seeds_there_is_no_grouping(tmp_path, monkeypatch):
    make_run(tmp_path, "one", images=4, explained=False)
    make_run(tmp_path, "other", images=4, explained=False, group="lonely")
    app = show("training_curves", tmp_path, monkeypatch, runs="one,other")
    assert len(app.toggle) == 0
    assert app.multiselect(key="url_runs").options == ["one", "other"]
    assert TEXT("training_curves.range") not in all_text(app)
    assert all_text(show("overview", tmp_path, monkeypatch)).count('<div class="cc-cards">') == 1


def test_the_overview_groups_seeds_with_their_spread(runs, monkeypatch):
    text = all_text(show("overview", runs, monkeypatch))
    final = pd.Series(
        {seed: open_run(runs / f"dogs-seed{seed}").history()["val_accuracy"].iloc[-1] for seed in (1, 2, 3)}
    )
    title = f"<h3>dogs: {100 * final.mean():.1f} ± {100 * final.std():.1f}% over 3 seeds</h3>"
    each = ", ".join(f"Seed {seed}: {value:.1%}" for seed, value in final.items())
    cards = ["<h3>alone</h3>", title, *(f"<h3>dogs-seed{seed}</h3>" for seed in (2, 1, 3)), "<h3>late: 2 seeds</h3>"]
    places = [text.index(card) for card in cards]
    assert places == sorted(places) and each in text
    assert "Finished so far: 1 of 2." in text


def test_accuracy_is_that_of_the_weights_that_were_kept(tmp_path, monkeypatch):
    history = open_run(make_run(tmp_path, "best", images=4, explained=False, kept_epoch=3)).history()
    best, last = history["val_accuracy"].iloc[[2, -1]]
    make_run(tmp_path, "s1", images=4, explained=False, kept_epoch=3, seed=0, group="s")
    accuracy = read_entry(make_run(tmp_path, "s2", images=20, seed=2, group="s")).explanation.accuracy
    (tmp_path / "s2" / "model.safetensors").unlink()
    text = all_text(show("overview", tmp_path, monkeypatch))
    assert f"<dt>Validation accuracy, epoch 3</dt><dd>{best:.1%}</dd>" in text and f"{last:.1%}" not in text
    assert f"Seed 0: {best:.1%}, Seed 2: {accuracy:.1%}." in text, "a folder copied without its weights still counts"


def test_damaged_weights_leave_a_card_that_says_what_is_known(tmp_path, monkeypatch):
    path = make_run(tmp_path, "run", images=4, explained=False)
    (path / "model.safetensors").write_bytes(b"no weights")
    last = open_run(path).history()["val_accuracy"].iloc[-1]
    text = all_text(show("overview", tmp_path, monkeypatch))
    assert f"<dt>Validation accuracy, epoch 12</dt><dd>{last:.1%}</dd>" in text


def test_runs_are_grouped_by_their_group_name(runs):
    entries = [read_entry(runs / name) for name in ("late-seed2", "dogs-seed1", "alone", "dogs-seed3")]
    groups = [(group.name, group.id, group.single) for group in group_runs(entries)]
    assert groups == [
        ("late-seed2", "late-seed2", True),
        ("dogs", "dogs-seed1,dogs-seed3", False),
        ("alone", "alone", True),
    ]
    assert [group.id for group in group_runs(entries, together=False)] == [entry.name for entry in entries]
