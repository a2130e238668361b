"""The main path through the dashboard in a real browser."""

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser_steps import choose, parameters, read_canvas, wait_until_painted

pytestmark = pytest.mark.browser


def go_to(page: Page, name: str, title: str) -> None:
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_from_the_overview_through_every_page(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    expect(page.get_by_role("heading", level=1)).to_have_text("Where does the network look?")
    expect(page.get_by_text(re.compile("Only ReLU and normalisation differ"))).to_be_visible()
    go_to(page, "Training curves", "How did the training go?")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    go_to(page, "Disagreement", "Where do two heatmaps disagree?")
    expect(page.get_by_text("The same map. The visible difference comes from normalisation.")).to_be_visible()
    wait_until_painted(page)
    go_to(page, "Gallery", "What does the network look at in each image?")
    wait_until_painted(page)


def test_overlays_change_what_is_painted(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/gallery")
    wait_until_painted(page)
    painted = {}
    for overlay in ("off", "a", "b", "difference"):
        choose(page, "overlay", overlay)
        painted[overlay] = read_canvas(page, 0)
    same = [
        (first, second)
        for first in painted
        for second in painted
        if first < second and np.array_equal(painted[first], painted[second])
    ]
    assert same == []


def test_the_next_page_is_read_from_its_first_picture_on(page: Page, dashboard: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 420})
    page.goto(f"{dashboard}/gallery?per_page=24")
    wait_until_painted(page)
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".tile")).to_have_count(24)
    expect(page.locator(".tile").first).to_be_in_viewport()


def test_a_filter_narrows_the_gallery_and_one_click_clears_it(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/gallery")
    wait_until_painted(page)
    expect(page.get_by_text("60 of 60 images")).to_be_visible()
    page.get_by_role("radio", name=re.compile("^Incorrect")).click()
    expect(page.get_by_text(re.compile(r"^\d+ of 60 images$"))).not_to_have_text("60 of 60 images")
    expect(page).to_have_url(re.compile("result=wrong"))


def test_a_shared_link_shows_the_same_view(page: Page, browser: Browser, dashboard: str) -> None:
    page.goto(f"{dashboard}/gallery?run=gap&result=right&sort=confidence")
    wait_until_painted(page)
    choose(page, "overlay", "a")
    expect(page).to_have_url(re.compile("overlay=a"))
    link, canvas = page.url, read_canvas(page, 1)
    other = browser.new_context(viewport={"width": 1280, "height": 800})
    there = other.new_page()
    there.goto(link)
    wait_until_painted(there)
    assert parameters(there) == parameters(page)
    np.testing.assert_array_equal(read_canvas(there, 1), canvas)
    other.close()


def test_another_run_is_chosen_for_all_pages(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/gallery?run=gap")
    wait_until_painted(page)
    page.get_by_role("combobox", name="Run").click()
    page.get_by_role("option", name="mlp").click()
    expect(page.get_by_text("40 of 40 images")).to_be_visible()
    go_to(page, "Disagreement", "Where do two heatmaps disagree?")
    expect(page).to_have_url(re.compile("run=mlp"))
