"""The page Verdict: sentences, numbers, images, and damaged files."""

import json
import re
from pathlib import Path

import pytest
from markupsafe import escape
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from dashboard.data.runs import read_explained
from dashboard.data.verdict import read_verdict
from tests.support.browser_steps import parameters, wait_until_painted
from tests.support.page_steps import all_text, payload, read_missing, show_page
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import MEASURES, REASON, write_verdict


def show(folder: Path, monkeypatch, /, **parameters: str) -> AppTest:
    return show_page("verdict", folder, monkeypatch, **parameters)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write_verdict(make_run(folder, "gap", images=60), against="mlp")
    write_verdict(make_run(folder, "mlp", images=40, cam_able=False, sources=("grad_cam", "grad_cam@layer3"), seed=1))
    make_run(folder, "none", images=12)
    return folder


@pytest.fixture
def own(tmp_path):
    """A small run with a verdict, to damage: its path and its explanation's folder."""
    path = make_run(tmp_path, "own", images=40)
    return path, write_verdict(path)


def test_without_a_verdict_the_page_names_the_command(runs, monkeypatch):
    text = all_text(show(runs, monkeypatch, run="none"))
    assert "none has no verdict yet" in text
    assert re.search(r"camcore verdict \S*none$", text, re.MULTILINE)


def test_the_sentence_stands_before_every_number(runs, monkeypatch):
    text = all_text(show(runs, monkeypatch, run="gap"))
    order = ["How do the methods compare?", "are the same map", "difference from CAM"]
    order += ["All numbers", "Images: ", "inserted and deleted pixels"]
    order += ["Does the map depend on the network?", "Cost and requirements", "Accuracy with and without the CAM"]
    places = [text.find(words) for words in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "**Differences** are paired" in text


def test_every_part_is_there(runs, monkeypatch):
    app = show(runs, monkeypatch, run="gap")
    assert len(app.get("plotly_chart")) == 3
    assert len(payload(app, "columns")["columns"]) == len(MEASURES)
    assert len(payload(app, "tiles")["tiles"]) > 0
    assert "75.2%" in all_text(app) and "−3.8 to +1.2" in all_text(app)


def test_a_price_over_seeds_has_a_row_for_each(tmp_path, monkeypatch):
    write_verdict(make_run(tmp_path, "dogs-seed1", images=40), against="mlp", over_seeds=True)
    text = all_text(show(tmp_path, monkeypatch))
    assert "75.2% over 3 seeds of dogs" in text
    order = ["Accuracy with and without the CAM", "Mean accuracy of mlp", "● 74.1 ○ 76.0"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_a_run_without_cam_says_why_and_compares_with_grad_cam(runs, monkeypatch):
    app = show(runs, monkeypatch, run="mlp")
    assert f"CAM is not defined for this network: {escape(REASON)}." in all_text(app)
    first = payload(app, "columns")["rows"][0]
    assert (first["title"], first["cells"], first["note"]) == ("CAM", [], f"not defined: {REASON}")
    assert "difference from Grad-CAM" in all_text(app)
    assert "Accuracy with and without the CAM" not in all_text(app)


def test_measure_and_method_are_in_the_address(runs, monkeypatch):
    app = show(runs, monkeypatch, run="gap")
    app.selectbox(key="url_verdict_measure").select("deletion")
    app.selectbox(key="url_method").select("layer_cam").run()
    assert app.query_params == {"run": "gap", "verdict_measure": "deletion", "method": "layer_cam"}
    again = show(runs, monkeypatch, **app.query_params)
    assert "Deletion: difference from CAM" in all_text(again)
    assert "LayerCAM on the right" in all_text(again)


def test_bad_parameters_fall_back_to_what_the_claims_speak_of(runs, monkeypatch):
    app = show(runs, monkeypatch, run="gap", verdict_measure="<b>", method="cam", side="up", page="0")
    assert app.session_state["url_verdict_measure"] == "pointing_strict"
    assert app.session_state["url_method"] == "grad_cam_pp"
    assert app.query_params == {"run": "gap"}
    assert read_missing(app) == {"verdict_measure", "method", "side", "page"}


def test_the_measure_of_another_page_is_remembered(runs, monkeypatch):
    app = show(runs, monkeypatch, run="gap")
    app.switch_page("disagreement/page.py").run()
    app.selectbox(key="url_measure").select("peak_shift").run()
    app.switch_page("verdict/page.py").run()
    app.switch_page("disagreement/page.py").run()
    assert app.selectbox(key="url_measure").value == "peak_shift"


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_its_images_or_says_why_not(measure, runs, monkeypatch):
    app = show(runs, monkeypatch, run="gap", verdict_measure=measure, method="eigen_cam")
    tiles = payload(app, "tiles")["tiles"]
    assert 0 < len(tiles) <= 6
    assert all(set(tile["maps"]) == {"a", "b"} for tile in tiles)
    sources = payload(app, "tiles")["sources"]
    assert (sources["a"]["id"], sources["b"]["id"]) == ("cam", "eigen_cam")


def test_a_copy_of_the_reference_has_no_examples(runs, monkeypatch):
    text = all_text(show(runs, monkeypatch, run="gap", method="hires_cam"))
    assert "HiResCAM and CAM are equal on every image" in text
    assert "equal by theory" in text


def test_equal_maps_differ_only_by_normalisation(runs, monkeypatch):
    app = show(runs, monkeypatch, run="gap", verdict_measure="off_object_literature", method="grad_cam")
    assert all_text(app).count("normalisation only") == 3
    assert payload(app, "tiles")["defaults"]["draw"] == "literature"


def test_maps_that_are_not_stored_are_asked_for(own, monkeypatch):
    path, explanation = own
    manifest = json.loads((explanation / "manifest.json").read_text(encoding="utf-8"))
    manifest["sources"].remove("layer_cam")
    (explanation / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    text = all_text(show(path.parent, monkeypatch, verdict_measure="energy_in_box", method="layer_cam"))
    assert "The maps of LayerCAM are not stored" in text
    assert re.search(r"camcore explain \S*own --sources \S*,layer_cam$", text, re.MULTILINE)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"format_version": 2}, "has format version 2; this camcore reads 1."),
        ({"measures": {}}, "is damaged (no measure). Recreate it: camcore verdict"),
        ({"claims": None}, "is damaged (no usable &#39;claims&#39;)"),
        ({"reference": "grad"}, "is damaged (no source &#39;grad&#39;)"),
        ({"measures": {"pxap": {"group": "localization"}}}, "(no usable &#39;measures.pxap.kind&#39;)"),
    ],
)
def test_a_damaged_verdict_names_the_remedy(change, words, own, monkeypatch):
    path, explanation = own
    document = json.loads((explanation / "verdict.json").read_text(encoding="utf-8")) | change
    (explanation / "verdict.json").write_text(json.dumps(document), encoding="utf-8")
    text = all_text(show(path.parent, monkeypatch))
    assert words in text
    assert str(path.parent) not in text.partition("camcore verdict")[0], "only the command needs the folder"


def test_without_values_per_image_the_rest_of_the_page_stands(own, monkeypatch):
    path, explanation = own
    (explanation / "measures.parquet").unlink()
    app = show(path.parent, monkeypatch)
    assert "measures.parquet is missing. Recreate it: camcore verdict" in all_text(app)
    assert len(app.get("plotly_chart")) == 3


def test_a_new_verdict_is_read(own):
    path, explanation = own
    before = read_verdict(read_explained(path))
    document = json.loads((explanation / "verdict.json").read_text(encoding="utf-8"))
    (explanation / "verdict.json").write_text(json.dumps(document | {"steps": 99}), encoding="utf-8")
    after = read_verdict(read_explained(path))
    assert before and after and (before.steps, after.steps) == (16, 99)


@pytest.mark.browser
def test_a_click_on_a_number_shows_its_images(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/verdict?run=gap")
    wait_until_painted(page)
    page.locator(".verdict-table td[data-row=eigen_cam][data-column=insertion]").click()
    expect(page.get_by_text("Images: Insertion")).to_be_visible()
    expect(page.get_by_text(re.compile("Eigen-CAM on the right"))).to_be_visible()
    expect(page).to_have_url(re.compile("verdict_measure=insertion"))
    assert parameters(page)["method"] == "eigen_cam"
    page.locator(".verdict-table td[data-row=baseline_center][data-column=deletion]").click()
    expect(page.get_by_text("Images: Deletion")).to_be_visible()
    assert parameters(page)["method"] == "eigen_cam"  # a baseline has no maps to show


@pytest.mark.browser
def test_a_phone_scrolls_the_table_and_not_the_page(page: Page, dashboard: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{dashboard}/verdict?run=gap")
    wait_until_painted(page)
    table = page.locator(".verdict-table")
    assert table.evaluate("table => table.scrollWidth > table.clientWidth")
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
