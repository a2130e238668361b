"""axe-core finds no serious or critical problem on any page, in both themes and languages."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from dashboard.router import PAGES
from tests.support.browser_steps import settle

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
SMALL = ("gallery", "verdict")  # the most controls, and the widest table
DESKTOP = {"width": 1280, "height": 900}
CHART, TILE = ".js-plotly-plot .cartesianlayer", ".tile canvas"
DRAWN_LAST = {"training_curves": CHART, "gallery": TILE, "disagreement": TILE, "verdict": CHART}
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # those of axe's rules that it runs by itself
RUN_AXE = """async (rules) => {
    const only = rules ? { runOnly: { type: "rule", values: rules } } : {};
    return (await axe.run(document, { resultTypes: ["violations"], ...only })).violations;
}"""


@pytest.fixture
def still_page(page: Page) -> Iterator[Page]:
    """A page without animations."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    yield page
    page.emulate_media(color_scheme="null", reduced_motion="null")


def open_at(page: Page, dashboard: str, name: str, query: str, viewport: Any) -> None:
    page.set_viewport_size(viewport)
    page.goto(f"{dashboard}/{'' if name == 'overview' else name}?run=gap{query}")
    expect(page.locator("h1").first).to_be_visible()
    if name in DRAWN_LAST:
        expect(page.locator(DRAWN_LAST[name]).first).to_be_attached()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    settle(page)
    page.evaluate(AXE_SCRIPT)


def find_problems(page: Page, rules: list[str] | None = None) -> list[str]:
    """Return the serious problems that axe finds, by its usual rules or by those given."""
    return [
        f"{violation['impact']} {violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in page.evaluate(RUN_AXE, rules)
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("name", [name for name, _ in PAGES])
def test_no_serious_problem_on_any_page(name: str, still_page: Page, dashboard: str) -> None:
    open_at(still_page, dashboard, name, "", DESKTOP)
    assert find_problems(still_page) == []
    app = still_page.get_by_test_id("stApp")
    expect(app).to_have_css("background-color", "rgb(251, 249, 245)")
    still_page.emulate_media(color_scheme="dark")
    expect(app).to_have_css("background-color", "rgb(25, 24, 22)")
    settle(still_page)
    assert find_problems(still_page, COLOUR_RULES) == [], "in the dark theme, which changes only colours"


@pytest.mark.parametrize(
    "name", [name if name in SMALL else pytest.param(name, marks=pytest.mark.slow) for name, _ in PAGES]
)
def test_nor_on_a_phone_in_korean(name: str, still_page: Page, dashboard: str) -> None:
    open_at(still_page, dashboard, name, "&lang=ko", PHONE)
    assert find_problems(still_page) == []
