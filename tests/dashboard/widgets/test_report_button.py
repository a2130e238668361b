"""The report in an offline browser, and the button that makes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import pandas as pd
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Route, expect

from camcore.explained.explanation import open_explanation
from camcore.presentation.report.report import write_report
from camcore.runs.run import open_run
from tests.support.browser_steps import choose, settle
from tests.support.dashboard_server import APP
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import write_verdict

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"
CLASSES = (HOSTILE, "</script><script>alert(2)</script>", "\"quotes' & more", "한글 🐶", "*a* $x$", "plain")
LATER = 9  # a tile whose maps hold some evidence; the most different are those of which one has none
NAME = f"run {HOSTILE} '\"한글🐶"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    path = make_run(folder, NAME, images=60, classes=CLASSES)
    write_verdict(path, against=HOSTILE)
    samples = open_explanation(open_run(path)).path / "samples.parquet"
    table = pd.read_parquet(samples)
    table["path"] = [f"val/{number} \"'{HOSTILE} 한글🐶.png" for number in range(len(table))]
    table["id"] = table["path"]
    table.to_parquet(samples)
    return folder


@pytest.fixture(scope="module")
def report(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(open_run(runs / NAME), tmp_path_factory.mktemp("report") / "the report 한글.html", images=12)


@dataclass
class Offline:
    """A page without network, and what it asked for and reported."""

    page: Page
    asked: list[str]
    problems: list[str]


@pytest.fixture(scope="module")
def without_network(browser: Browser) -> Iterator[Offline]:
    """One page for all tests, so that a report need not be loaded by each."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.set_default_timeout(20_000)
    seen = Offline(page, [], [])

    def stop(route: Route) -> None:
        seen.asked.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith(("file://", "data:", "blob:")), stop)
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("pageerror", lambda error: seen.problems.append(str(error)))
    page.on("console", lambda message: seen.problems.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: (seen.problems.append(dialog.message), dialog.dismiss()))
    yield seen
    context.close()


@pytest.fixture
def offline(without_network: Offline) -> Iterator[Page]:
    """A page without network that fails the test on any request, block or error."""
    page = without_network.page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    yield page
    asked = [url for url in without_network.asked if not url.startswith(("data:", "blob:"))]
    problems = without_network.problems.copy()
    without_network.asked.clear()
    without_network.problems.clear()
    assert asked in ([], [urldefrag(page.url.partition("?")[0]).url]), "nothing but the file itself, once"
    assert problems == []


def open_report(page: Page, report: Path) -> None:
    """Show the report, as an earlier test left it if one did."""
    if not page.url.startswith(report.as_uri()):
        page.goto(report.as_uri())
    expect(page.locator(".tile")).to_have_count(12)
    page.wait_for_function(
        """() => [...document.getElementById("report-grid").shadowRoot.querySelectorAll(".tile")]
            .every((tile) => tile.querySelector("canvas").style.width)"""
    )


def look(page: Page) -> str:
    """Return a picture's content as text to compare."""
    pixels: str = page.locator(".tile").nth(LATER).locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    return pixels


def test_the_grid_works_from_the_disk(offline: Page, report: Path) -> None:
    offline.goto("about:blank")
    open_report(offline, report)
    expect(offline.locator("input[name=overlay][value=both]")).to_be_checked()
    painted = {}
    for overlay in ("off", "a", "b", "difference"):
        choose(offline, "overlay", overlay)
        painted[overlay] = look(offline)
    assert len(set(painted.values())) == len(painted)
    choose(offline, "overlay", "a")
    for name, value in (("draw", "positive"), ("colors", "viridis"), ("cells", "true"), ("scale", "common")):
        before = look(offline)
        choose(offline, name, value)
        assert look(offline) != before, name
    before = look(offline)
    offline.locator(".opacity input").fill("90")
    settle(offline)
    assert look(offline) != before
    expect(offline.locator(".copy")).to_be_hidden()


def test_charts_are_drawn_and_follow_the_theme(offline: Page, report: Path) -> None:
    open_report(offline, report)
    charts = offline.locator("[data-chart]")
    expect(charts).to_have_count(6)
    expect(charts.locator(".main-svg .cartesianlayer")).to_have_count(6)
    letters = offline.locator("[data-chart=loss] .xtick text").first
    light = letters.evaluate("text => getComputedStyle(text).fill")
    offline.emulate_media(color_scheme="dark")
    expect(letters).not_to_have_css("fill", light)


def test_a_picture_opens_large_and_says_its_file(offline: Page, report: Path) -> None:
    open_report(offline, report)
    offline.locator(".tile").nth(LATER).click()
    large = offline.get_by_role("dialog")
    expect(large.locator(".large-position")).to_have_text(f"{LATER + 1} of 12")
    expect(large.get_by_text(HOSTILE).first).to_be_attached()
    offline.keyboard.press("ArrowRight")
    expect(large.locator(".large-position")).to_have_text(f"{LATER + 2} of 12")
    offline.keyboard.press("Escape")
    expect(large).to_be_hidden()


def test_a_measure_is_chosen_in_the_list_or_in_the_table(offline: Page, report: Path) -> None:
    open_report(offline, report)
    visible = offline.locator("[data-measure]:visible")
    expect(visible).to_have_count(1)
    offline.get_by_label("Measure").select_option("deletion")
    expect(visible.get_by_role("heading").first).to_have_text("Deletion: difference from CAM")
    offline.locator("td[data-row=layer_cam][data-column=insertion]").click()
    expect(visible.get_by_role("heading").first).to_have_text("Insertion: difference from CAM")
    expect(offline.get_by_label("Measure")).to_have_value("insertion")
    expect(offline.locator("td.chosen[data-column=insertion]")).not_to_have_count(0)


def test_names_are_shown_as_text(offline: Page, report: Path) -> None:
    open_report(offline, report)
    expect(offline.get_by_role("heading", level=1)).to_have_text(f"{NAME}: where does the network look?")
    assert offline.title() == f"{NAME}: where does the network look?"
    texts = set(offline.locator(".tile .predicted").all_text_contents())
    assert texts and texts <= set(CLASSES) and len(texts & set(CLASSES[:5])) >= 2
    expect(offline.locator(".js-plotly-plot").first).to_be_visible()
    expect(offline.locator("[data-chart=loss] .legendtext")).to_have_text(f"{NAME}, validation")
    expect(offline.locator("img")).to_have_count(0)


def test_a_phone_shows_everything(offline: Page, report: Path) -> None:
    offline.set_viewport_size({"width": 390, "height": 844})
    open_report(offline, report)
    expect(offline.locator(".main-svg").first).to_be_attached()
    offline.wait_for_function("document.documentElement.scrollWidth <= 390")  # the charts follow the window


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_everyone_can_use_it(offline: Page, report: Path, theme: Any, width: int) -> None:
    offline.set_viewport_size({"width": width, "height": 900})
    offline.emulate_media(color_scheme=theme)
    open_report(offline, report)
    expect(offline.locator("[data-chart] .main-svg .cartesianlayer")).to_have_count(6)
    offline.evaluate(AXE_SCRIPT)
    violations = offline.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert [violation["id"] for violation in violations if violation["impact"] in ("serious", "critical")] == []


def test_without_scripts_the_texts_are_there(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(report.as_uri())
    expect(page.get_by_text("The script in this file draws the images and charts.")).to_be_visible()
    expect(page.get_by_text("reference", exact=True).first).to_be_visible()
    context.close()


def test_the_button_gives_the_same_file(page: Page, offline: Page, runs: Path, streamlit_server, tmp_path) -> None:
    page.goto(streamlit_server(APP, runs))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download report").click()
    assert waiting.value.suggested_filename.endswith("-report.html")
    written = tmp_path / "downloaded.html"
    waiting.value.save_as(written)
    offline.goto(written.as_uri())
    expect(offline.locator(".tile")).to_have_count(48)
    expect(offline.get_by_role("heading", level=1)).to_have_text(f"{NAME}: where does the network look?")
