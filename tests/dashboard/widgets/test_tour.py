"""The tour shows pictures of the selected run, in the steps it has pictures for."""

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from dashboard.data.runs import read_explained
from dashboard.language import text
from dashboard.widgets import tour
from tests.support.page_steps import show_page
from tests.support.synthetic_run import make_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "gap", images=40)
    make_run(folder, "mlp", images=40, cam_able=False, sources=("grad_cam",))
    make_run(folder, "trained", images=4, explained=False)
    return folder


@pytest.fixture
def start(runs, monkeypatch):
    def show(run: str) -> AppTest:
        return show_page("overview", runs, monkeypatch, run=run)

    return show


def test_a_run_with_everything_has_every_step(runs):
    assert [name for name, _ in tour.find_steps(read_explained(runs / "gap"))] == [
        "answer",
        "drawing",
        "same",
        "layers",
        "pages",
    ]


def test_a_run_without_cam_leaves_out_what_it_can_not_show(runs):
    assert [name for name, _ in tour.find_steps(read_explained(runs / "mlp"))] == ["answer", "pages"]


@pytest.mark.browser
@pytest.mark.parametrize("run", ["gap", "mlp"])
def test_every_step_shows_its_pictures_and_the_last_one_leads_on(page: Page, dashboard: str, shelf, run):
    page.goto(f"{dashboard}/?run={run}")
    page.get_by_role("button", name="Two-minute tour").click()
    dialog = page.get_by_role("dialog")
    for name, _ in tour.find_steps(read_explained(shelf / run)):
        expect(dialog.get_by_role("heading", name=text(f"tour.{name}.title"))).to_be_visible()
        expect(dialog.locator("figure img")).to_have_count(0 if name == "pages" else 2)
        if name != "pages":
            dialog.get_by_role("button", name="Next").click()
    dialog.get_by_role("link", name="Disagreement").click()
    expect(page.get_by_role("heading", name=text("disagreement.title"))).to_be_visible()
    expect(dialog).to_have_count(0)


def test_without_heatmaps_there_is_no_tour(start):
    assert "Two-minute tour" not in [button.label for button in start("trained").button]
