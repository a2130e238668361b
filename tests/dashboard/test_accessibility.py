"""axe-core finds no serious or critical problem on any page, in both themes and languages."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

from dashboard.router import PAGES
from tests.support.dashboard_server import APP
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import write_verdict

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
RUN_AXE = "() => axe.run(document, { resultTypes: ['violations'] })"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, streamlit_server: Callable[..., str]) -> str:
    folder = tmp_path_factory.mktemp("runs")
    write_verdict(make_run(folder, "gap", images=40))
    return streamlit_server(APP, folder)


def find_problems(browser: Browser, address: str, theme: Any, viewport: Any) -> list[str]:
    context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("h1")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # charts are drawn after their page is there
    page.evaluate(AXE_SCRIPT)
    violations = page.evaluate(RUN_AXE)["violations"]
    context.close()
    return [
        f"{violation['impact']} {violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", [name for name, _ in PAGES])
def test_no_serious_problem_on_any_page(name: str, theme: str, browser: Browser, url: str) -> None:
    address = f"{url}/{'' if name == 'overview' else name}?run=gap"
    assert find_problems(browser, address, theme, DESKTOP) == []


@pytest.mark.parametrize("name", [name for name, _ in PAGES])
def test_nor_on_a_phone_in_korean(name: str, browser: Browser, url: str) -> None:
    address = f"{url}/{'' if name == 'overview' else name}?run=gap&lang=ko"
    assert find_problems(browser, address, "light", PHONE) == []
