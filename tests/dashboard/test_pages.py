"""Every page for every kind of run, with valid and invalid addresses."""

import os
import subprocess
import sys
import unicodedata

import pandas as pd
import pytest
from markupsafe import escape

from camcore.presentation import texts
from dashboard.data.measures import load_samples
from dashboard.data.runs import read_explained
from dashboard.router import PAGES
from dashboard.widgets.link_notice import PAGE
from tests.support.dashboard_server import REPOSITORY
from tests.support.page_steps import all_text, payload, read_missing
from tests.support.page_steps import show_page as show
from tests.support.synthetic_run import make_run

NAMES = [name for name, _ in PAGES]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "gap", images=40)
    make_run(folder, "mlp", images=40, cam_able=False, sources=("grad_cam", "grad_cam@layer3"), seed=1)
    make_run(folder, "trained", images=4, explained=False)
    make_run(folder, "training", images=4, explained=False, finished=False, epochs=3)
    make_run(folder, "untouched", images=4, explained=False, finished=False, epochs=0)
    (folder / "broken").mkdir()
    (folder / "broken" / "run.json").write_text("{", encoding="utf-8")
    next((make_run(folder, "holes", images=4) / "explained").glob("*/samples.parquet")).unlink()
    return folder


@pytest.mark.parametrize("page", NAMES)
@pytest.mark.parametrize("run", ["gap", "mlp", "trained", "training", "untouched", "broken", "holes"])
def test_every_page_shows_every_kind_of_run(page, run, runs, monkeypatch):
    app = show(page, runs, monkeypatch, run=run)
    assert app.selectbox(key="url_run").value == run
    assert "cc-head" in all_text(app)


@pytest.mark.parametrize("page", NAMES)
@pytest.mark.parametrize("exists", [True, False])
def test_without_runs_every_page_says_which_command_makes_one(page, exists, tmp_path, monkeypatch):
    folder = tmp_path / "runs"
    if exists:
        folder.mkdir()
    text = all_text(show(page, folder, monkeypatch))
    assert "No runs yet" in text
    assert "camcore demo --run " in text
    assert ("is empty" if exists else "does not exist") in text


def test_the_first_explained_run_is_shown_first(runs, monkeypatch):
    app = show("overview", runs, monkeypatch)
    assert app.selectbox(key="url_run").value == "gap"
    assert app.query_params == {"run": "gap"}


BAD = {"run": "../..", "a": "x", "b": "", "measure": "'", "convention": "1", "runs": "no,", "smoothing": "nan"}
BAD |= {"sort": "-", "order": "?", "class": "Cat", "predicted": "1e9", "result": "maybe", "confidence": "90-10"}
BAD |= {"disagreement": "10", "off_object": "-1-5", "disagreement_by": "", "off_object_of": "c", "filter_as": "0"}
BAD |= {"status_a": "good", "status_b": "0", "objects": "three", "like": "val/99999"}
BAD |= {"page": "99999999999999999999", "per_page": "7", "sort_as": "x", "opacity": "999", "overlay": "<b>"}


@pytest.mark.parametrize(
    "page, defaults",
    [
        ("overview", {"run": "gap"}),
        ("training_curves", {"runs": ["gap"], "smoothing": 0.0}),
        (
            "gallery",
            {"a": "cam", "b": "grad_cam", "sort": "index", "class": "", "result": "all", "confidence": (0, 100)}
            | {"page": 1, "per_page": 24, "disagreement": (0, 100), "off_object": (0, 100), "objects": "", "like": ""}
            | {"status_a": "", "status_b": "", "disagreement_by": "heat_moved", "off_object_of": "a"},
        ),
        ("disagreement", {"measure": "heat_moved", "convention": "literature", "page": 1}),
    ],
)
def test_bad_parameters_fall_back_to_the_defaults(page, defaults, runs, monkeypatch):
    app = show(page, runs, monkeypatch, **BAD)
    assert {name: app.session_state[f"url_{name}"] for name in defaults} == defaults
    assert not set(app.query_params) & (set(defaults) - {"run"})
    assert {name for name in defaults if BAD.get(name)} - {"run"} <= read_missing(app)


def test_the_state_is_in_the_address(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap")
    app.selectbox(key="url_class").select("Beagle")
    app.selectbox(key="url_sort").select("heat_moved").run()
    assert app.query_params == {"run": "gap", "class": "Beagle", "sort": "heat_moved"}
    again = show("gallery", runs, monkeypatch, **app.query_params)
    assert again.selectbox(key="url_class").value == "Beagle"
    assert "**7** of 40 images" in all_text(again)


def test_what_is_chosen_on_a_page_is_remembered_on_the_way_back(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="mlp", result="wrong")
    app.switch_page("overview/page.py").run()
    assert app.query_params == {"run": "mlp"}
    app.switch_page("gallery/page.py").run()
    assert app.query_params == {"run": "mlp", "result": "wrong"}
    assert "**10** of 40 images" in all_text(app)


def test_filters_narrow_the_gallery_and_clear(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, search="beagle", confidence="50-100", predicted="Beagle", result="right")
    assert "of 40 images" in all_text(app)
    assert "**40**" not in all_text(app)
    app.button[0].click().run()
    assert not app.exception
    assert "**40** of 40 images" in all_text(app)
    assert app.query_params == {"run": "gap"}


def test_an_empty_gallery_says_so(runs, monkeypatch):
    assert "No image matches the filters" in all_text(show("gallery", runs, monkeypatch, search="zebra"))


def test_other_images_start_at_the_first_page(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, page="2")
    assert app.session_state["url_page"] == 2
    assert app.query_params["page"] == "2"
    app.selectbox(key="url_sort").select("confidence").run()
    assert app.session_state["url_page"] == 1
    assert "page" not in app.query_params


def test_default_pair_of_gap_and_mlp_runs(runs, monkeypatch):
    for run, pair in (("gap", ("cam", "grad_cam")), ("mlp", ("grad_cam", "grad_cam@layer3"))):
        app = show("gallery", runs, monkeypatch, run=run)
        assert (app.selectbox(key="url_a").value, app.selectbox(key="url_b").value) == pair


def test_the_identity_is_explained_if_it_holds(runs, monkeypatch):
    assert "The same map. The visible difference comes from normalisation." in all_text(
        show("disagreement", runs, monkeypatch, run="gap")
    )
    assert "The same map" not in all_text(show("disagreement", runs, monkeypatch, run="mlp"))


def sources(app) -> tuple[str, str]:
    return app.selectbox(key="url_a").value, app.selectbox(key="url_b").value


@pytest.mark.parametrize("page", ["gallery", "disagreement"])
def test_each_run_remembers_its_own_sources(page, runs, monkeypatch):
    app = show(page, runs, monkeypatch, run="gap")
    app.selectbox(key="url_b").select("grad_cam@layer3").run()
    app.selectbox(key="url_run").select("mlp").run()
    assert sources(app) == ("grad_cam", "grad_cam@layer3")
    app.selectbox(key="url_run").select("gap").run()
    assert sources(app) == ("cam", "grad_cam@layer3")
    assert not app.exception


def test_a_link_to_a_missing_run_shows_a_warning(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="<b>gone")
    assert "gone does not exist here. Shown instead: gap" in app.warning[0].value and "<b>" not in app.warning[0].value
    app.run()
    assert app.warning
    app.selectbox(key="url_run").select("mlp").run()
    assert not app.warning


def test_every_kind_of_value_can_be_missing(runs, monkeypatch):
    app = show("training_curves", runs, monkeypatch, runs="gone,gap", lang="fr", smoothing="0.3")
    assert app.warning[0].value.count("gone") == 1 and "gap" not in app.warning[0].value
    assert read_missing(app) == {"runs", "lang"}
    app.select_slider(key="url_smoothing").set_value(0.6).run()
    assert not app.warning
    app = show("gallery", runs, monkeypatch, overlay="<b>", opacity="9" * 5000, colors="inferno", for_class="Cat")
    assert read_missing(app) == {"overlay", "opacity", "for_class"}
    assert len(app.warning) == 1 and "<b>" not in app.warning[0].value and len(app.warning[0].value) < 400


def test_a_run_that_is_removed_meanwhile_is_missing(tmp_path, monkeypatch):
    for name in ("run10", "run2"):
        make_run(tmp_path, name, images=4, explained=False)
    app = show("overview", tmp_path, monkeypatch, run="run10")
    assert app.selectbox(key="url_run").options == [f"{name} (trained)" for name in ("run2", "run10")]
    (tmp_path / "run10").rename(tmp_path / ".run10")
    app.run()
    assert "The run run10 does not exist here. Shown instead: run2." in app.warning[0].value


def test_an_address_without_a_page_shows_the_overview(runs, monkeypatch):
    app = show("overview", runs, monkeypatch, run="gap", lang="ko")
    app.session_state["url_missing"] = {PAGE: ""}  # as the patched Streamlit notes; AppTest knows pages by hash only
    app.run()
    assert "이 주소의 페이지를 찾을 수 없어 개요 페이지를 표시합니다" in app.warning[0].value
    assert texts.say("ko", "overview.title") in all_text(app)


def test_what_a_run_does_not_offer_is_missing_too(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap", a="cam", b="cam", disagreement="10-20", status_b="ok", page="9")
    assert read_missing(app) == {"disagreement", "status_b", "page"}
    assert app.query_params == {"run": "gap", "b": "cam"}


def test_both_spellings_of_a_link_are_one_name(tmp_path, monkeypatch):
    names = [unicodedata.normalize("NFD", name) for name in ("진돗개", "삽살개")]
    run = make_run(tmp_path, unicodedata.normalize("NFD", "실험"), images=8, classes=tuple(names))
    (samples,) = (run / "explained").glob("*/samples.parquet")
    table = pd.read_parquet(samples)
    table.assign(id=[f"{names[0]}/{at}" for at in range(8)]).to_parquet(samples)
    link = {
        "run": "실험",
        "class": "삽살개",
        "predicted": "진돗개",
        "search": "진돗개",
        "like": "진돗개/2",
        "image": "진돗개/3",
    }
    app = show("gallery", tmp_path, monkeypatch, **link)
    assert not app.warning
    assert app.query_params["run"] == run.name and app.query_params["like"] == f"{names[0]}/2"
    assert app.query_params["class"] == names[1] and app.query_params["predicted"] == names[0]
    assert "진돗개" in app.selectbox(key="url_class").options[1] + app.selectbox(key="url_class").options[2]
    assert payload(app, "tiles")["tiles"]


def test_classes_are_listed_in_natural_order(tmp_path, monkeypatch):
    names = sorted(f"c{number}" for number in range(1, 13))
    make_run(tmp_path, "run", images=24, classes=tuple(names))
    natural = sorted(names, key=lambda name: int(name[1:]))
    options = show("gallery", tmp_path, monkeypatch).selectbox(key="url_class").options
    assert [option.split(" ")[0] for option in options] == ["any", *natural]
    app = show("training_curves", tmp_path, monkeypatch)
    sent = payload(app, "mistakes")
    assert sent["names"] == natural
    samples = load_samples(read_explained(tmp_path / "run"))
    single = samples["label_name"][samples["other_label"] == -1]
    assert sent["images"] == [int((single == name).sum()) for name in natural]
    assert ", ".join(natural) in all_text(show("own_image", tmp_path, monkeypatch))


def test_larger_pages_stay_with_the_images_shown(tmp_path, monkeypatch):
    make_run(tmp_path, "many", images=100)
    app = show("gallery", tmp_path, monkeypatch, page="3")
    first = payload(app, "tiles")["tiles"][0]["index"]
    app.button_group(key="url_per_page").set_value(48).run()
    assert (app.query_params["per_page"], app.query_params["page"]) == ("48", "2")
    assert first in [tile["index"] for tile in payload(app, "tiles")["tiles"]]


def test_equal_sources_have_nothing_to_compare(runs, monkeypatch):
    assert "Select two different heatmaps" in all_text(show("disagreement", runs, monkeypatch, a="cam", b="cam"))


def test_the_overview_shows_three_telling_pictures_and_every_run(runs, monkeypatch):
    text = all_text(show("overview", runs, monkeypatch))
    assert text.count("<figure>") == 6
    for name in ("gap", "mlp", "trained", "training", "untouched", "broken", "holes"):
        assert f"<h3>{name}</h3>" in text


def test_a_damaged_run_names_the_remedy_without_paths(runs, monkeypatch):
    text = all_text(show("gallery", runs, monkeypatch, run="holes"))
    assert "samples.parquet is missing" in text and "--force" in text
    assert str(runs.parent) not in text.partition("camcore explain")[0], "only the command needs the folder"


def test_a_run_without_heatmaps_names_the_command(runs, monkeypatch):
    text = all_text(show("gallery", runs, monkeypatch, run="trained"))
    assert "has no heatmaps yet" in text and "camcore explain " in text


def test_the_curves_of_several_runs_lie_over_each_other(runs, monkeypatch):
    app = show("training_curves", runs, monkeypatch, runs="gap,mlp,training", smoothing="0.6")
    assert app.multiselect(key="url_runs").value == ["gap", "mlp", "training"]
    assert len(app.get("plotly_chart")) == 2 + 3  # curves, what was measured beside them
    assert len(app.dataframe[0].value) == 12 + 12 + 3


def test_names_are_shown_as_text(runs, tmp_path, monkeypatch):
    make_run(tmp_path, "run", images=8, classes=("<b>bold</b>", "a & b"))
    assert "<b>bold</b>" not in all_text(show("overview", tmp_path, monkeypatch))


SHOW_ALL = """
import sys
from functools import cache
from streamlit.components.v2 import manifest_scanner as scanner
from streamlit.testing.v1 import AppTest
scanner.scan_component_manifests = cache(scanner.scan_component_manifests)  # as in conftest.py
app = AppTest.from_file("dashboard/script.py", default_timeout=30).run()
for page in {pages}:
    app.switch_page(f"{{page}}/page.py").run()
    assert not app.exception and app.get("html"), page
    assert "torch" not in sys.modules, page
"""


def test_no_page_imports_torch(runs):
    """It needs its own process, because other tests import torch."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "CAMCORE_RUNS": str(runs)}
    subprocess.run([sys.executable, "-c", SHOW_ALL.format(pages=NAMES)], check=True, cwd=REPOSITORY, env=environment)


@pytest.mark.parametrize("page", NAMES)
def test_every_page_speaks_korean(page, runs, monkeypatch):
    app = show(page, runs, monkeypatch, run="gap", lang="ko")
    assert escape(texts.say("ko", f"{page}.title")) in all_text(app)
    assert app.selectbox(key="url_run").label == "실험"


def test_the_sidebar_switches_the_language(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap")
    assert "lang" not in app.query_params
    app.button_group(key="url_lang").set_value("ko").run()
    assert app.query_params["lang"] == "ko"
    assert texts.say("ko", "gallery.title") in all_text(app)


def test_fast_choices_lose_neither(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap")
    app.selectbox(key="url_class").select("Pug").run()
    assert app.query_params["class"] == "Pug"
    del app.query_params["class"]  # what a browser still sends that has not heard of it
    app.selectbox(key="url_predicted").select("Whippet").run()
    assert (app.query_params["class"], app.query_params["predicted"]) == ("Pug", "Whippet")


def test_going_back_in_the_browser_takes_a_choice_back(runs, monkeypatch):
    app = show("gallery", runs, monkeypatch, run="gap")
    app.selectbox(key="url_class").select("Pug").run()
    del app.query_params["class"]
    app.run()
    assert app.selectbox(key="url_class").value == ""
