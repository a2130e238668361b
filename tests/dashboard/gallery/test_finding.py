"""Finding images without a browser: filters, order, similarity, links from confusions."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from camcore.explained.queries import measure_similarity
from dashboard.data.measures import load_samples, measure_off_object, measure_pair
from dashboard.data.runs import ExplainedRun, read_explained
from dashboard.gallery import filter_chips, order
from dashboard.widgets import gallery_link
from tests.support.page_steps import payload, read_missing
from tests.support.page_steps import show_page as show
from tests.support.synthetic_run import make_run

EVERY_FILTER = {
    "search": "val",
    "class": "Beagle",
    "predicted": "Beagle",
    "objects": "one_class",
    "confidence": "1-99",
    "disagreement": "1-99",
    "off_object": "1-99",
    "status_a": "ok",
    "status_b": "ok",
    "result": "right",
    "disagreement_by": "peak_shift",
    "off_object_of": "b",
    "filter_as": "positive",
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "gap", images=60)
    path = make_run(folder, "plain", images=20)
    table = next((path / "explained").glob("*/samples.parquet"))
    samples = read_explained(path).explanation.samples
    samples.assign(boxes=[[] for _ in range(20)], other_label=-1).to_parquet(table)
    return folder


@pytest.fixture(scope="module")
def explained(runs) -> ExplainedRun:
    return read_explained(runs / "gap")


def shown(app: AppTest) -> list[int]:
    return [tile["index"] for tile in payload(app, "tiles")["tiles"]]


def count(app: AppTest) -> int:
    words = next(element.value for element in app.markdown if "images" in element.value)
    return int(words.split("**")[1])


def chips(app: AppTest) -> list[str]:
    return [button.label for button in app.button if str(button.key).startswith("chip_")]


def press(app: AppTest, key: str) -> AppTest:
    next(button for button in app.button if button.key == key).click().run()
    assert not app.exception
    return app


def test_filters_use_the_measured_distances_and_heat(runs, explained, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", b="grad_cam@layer3", disagreement="40-60", per_page="96")
    moved = measure_pair(explained, "cam", "grad_cam@layer3", "heat_moved")["heat_moved_literature"].to_numpy()
    expected = np.flatnonzero((moved >= 0.4) & (moved <= 0.6))
    assert 0 < len(expected) < 60
    assert shown(app) == expected.tolist()
    app = show("gallery", runs, monkeypatch, run="gap", off_object="0-20", off_object_of="b", filter_as="positive")
    shares = measure_off_object(explained, "grad_cam")["positive"]
    assert count(app) == (shares <= 0.2).sum() < np.isfinite(shares).sum()


@pytest.mark.parametrize("status, images", [("ok", 56), ("no_positive_evidence", 4), ("not_finite", 0)])
def test_maps_are_filtered_by_their_status(status, images, runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", status_a=status)
    empty = any("No image matches" in element.proto.body for element in app.get("html"))
    assert (count(app), empty) == (images, images == 0)


def test_images_of_two_classes_can_be_filtered(runs, monkeypatch):
    assert shown(show("gallery", runs, monkeypatch, run="gap", objects="two_classes")) == [9, 19, 29, 39, 49, 59]
    assert count(show("gallery", runs, monkeypatch, run="gap", objects="one_class")) == 54


def test_a_run_without_boxes_offers_nothing_that_needs_them(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="plain", off_object="10-90", objects="two_classes", sort="off_object")
    assert count(app) == 20
    keys = {element.key for kind in (app.selectbox, app.slider) for element in kind}
    assert not keys & {"url_off_object", "url_off_object_of", "url_objects"}
    assert read_missing(app) == {"off_object", "objects", "sort"}
    assert not [option for option in app.selectbox(key="url_sort").options if "object" in option]


def test_equal_sources_offer_no_disagreement(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", a="cam", b="cam", disagreement="10-20", sort="peak_shift")
    assert count(app) == 60
    keys = {element.key for kind in (app.selectbox, app.slider) for element in kind}
    assert not keys & {"url_disagreement", "url_disagreement_by", "url_status_b"}


def test_every_filter_is_in_the_address_and_has_a_chip(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", **EVERY_FILTER)
    assert app.query_params == {"run": "gap"} | EVERY_FILTER
    assert not app.warning
    assert len(chips(app)) == len(gallery_link.NAMES)
    assert set(EVERY_FILTER) == {*gallery_link.NAMES, *gallery_link.REFINEMENTS}


def test_another_session_finds_the_same_images(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", b="grad_cam@layer3")
    app.slider(key="url_disagreement").set_range(20, 90)
    app.selectbox(key="url_filter_as").select("positive")
    app.selectbox(key="url_sort").select("rank_disagreement").run()
    app.selectbox(key="url_order").select("low").run()
    assert app.query_params["disagreement"] == "20-90"
    again = show("gallery", runs, monkeypatch, **app.query_params)
    assert shown(again) == shown(app)
    assert 0 < count(again) < 60


def test_a_chip_removes_its_filter_and_one_button_all(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", **EVERY_FILTER)
    press(app, "chip_class")
    assert app.query_params == {"run": "gap"} | {k: v for k, v in EVERY_FILTER.items() if k != "class"}
    press(app, "clear_all")
    assert app.query_params == {"run": "gap"}
    assert (count(app), chips(app)) == (60, [])


def test_counts_say_what_a_choice_would_leave(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", result="wrong")
    options = app.selectbox(key="url_class").options
    wanted = next(option for option in options if option.startswith("Beagle"))
    app.selectbox(key="url_class").select("Beagle").run()
    assert wanted == f"Beagle ({count(app)})"
    labels = [option.content for option in app.get("button_group")[0].proto.options]
    assert labels[2] == f"Incorrect {count(app)}"


def test_images_come_in_the_order_of_their_likeness(runs, explained, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", like="val/00007", per_page="96")
    expected = np.argsort(-measure_similarity(explained.explanation, 7), kind="stable")
    assert shown(app) == expected.tolist()
    assert shown(app)[0] == 7
    assert payload(app, "tiles")["tiles"][0]["caption"] == "Similarity 1.00"
    assert chips(app) == [r":material/hub: Sorted by similarity to val\/00007"]


def test_filters_and_similarity_order_are_independent(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", like="val/00007", result="wrong")
    assert 0 < count(app) < 60
    press(app, "clear_all")
    assert app.query_params == {"run": "gap", "like": "val/00007"}
    press(app, "chip_like")
    assert app.query_params == {"run": "gap"}
    assert shown(app)[:3] == [0, 1, 2]


def test_another_order_leaves_likeness(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", like="val/00007", sort="confidence")
    assert app.selectbox(key="url_sort").value == order.LIKENESS, "a link to an image's like goes before a sort"
    app.selectbox(key="url_sort").select("peak_shift").run()
    assert app.query_params == {"run": "gap", "sort": "peak_shift"}
    assert chips(app) == []


@pytest.mark.parametrize("sort", order.SORTS)
def test_every_order_is_one(sort, explained):
    values = order.sort_values(explained, sort, "literature", ("cam", "grad_cam@layer3"))
    assert values.shape == (60,) and np.isfinite(values).any()
    assert order.describe(sort, float("nan")) == ""


def test_values_that_are_no_numbers_come_last_either_way(runs, explained, monkeypatch):
    blank = np.flatnonzero(load_samples(explained)["status_cam"] != "ok").tolist()
    for first in ("high", "low"):
        view = {"sort": "off_object", "sort_as": "positive", "order": first, "per_page": "96"}
        assert shown(show("gallery", runs, monkeypatch, run="gap", **view))[-len(blank) :] == blank


def test_chips_say_what_passes():
    values = {"off_object": (5, 50), "off_object_of": "b", "status_a": "not_finite", "search": "*x*"}
    say = {
        name: filter_chips.describe_filter(name, values, ("cam", "grad_cam")) for name in values if "_of" not in name
    }
    assert say["off_object"] == "Outside the object, Grad-CAM 5–50%"
    assert say["status_a"] == "CAM: not finite"
    assert say["search"] == "Search: *x*"


def test_the_confusions_count_images_of_one_object(runs, explained, monkeypatch):
    data = payload(show("training_curves", runs, monkeypatch, run="gap"), "cells")
    single = load_samples(explained)[load_samples(explained)["other_label"] == -1]
    assert sum(count for _, _, count in data["cells"]) == sum(data["images"]) == len(single) == 54
    assert sum(count for label, guess, count in data["cells"] if label == guess) == single["right"].sum()
    assert data["parameters"] == {"run": "gap", "objects": "one_class"}
    assert len(data["mistakes"]) == 10


def test_a_run_of_one_class_per_image_needs_no_filter_for_it(runs, monkeypatch):
    assert payload(show("training_curves", runs, monkeypatch, run="plain"), "cells")["parameters"] == {"run": "plain"}


def test_files_are_offered_once_they_are_asked_for(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap")
    assert not app.get("download_button")
    assert [data for data in app.get("bidi_component") if "known" in json.loads(data.proto.json or "{}")] == []
