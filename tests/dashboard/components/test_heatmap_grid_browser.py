"""The grid in a real browser: pixels, texts, address and messages."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from camcore.geometry import upsample
from camcore.heatmaps.drawing import colormap, draw_heat, heat_range
from tests.support.browser_steps import choose, parameters, read_canvas, settle, wait_until_painted
from tests.support.grid_app import MARKUP, make_tile

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[2] / "support" / "grid_app.py"


@pytest.fixture(scope="session")
def url(streamlit_server: Callable[..., str]) -> str:
    return streamlit_server(APP)


def open_grid(page: Page, url: str, query: str = "") -> None:
    page.goto(f"{url}/{query}")
    wait_until_painted(page)


@pytest.mark.parametrize("convention", ["literature", "positive"])
def test_the_page_paints_what_the_engine_draws(page: Page, url: str, convention: str) -> None:
    open_grid(page, url, f"?opacity=100&draw={convention}&colors=turbo")
    canvas = read_canvas(page, 0)
    height, width = canvas.shape[:2]
    left, right = round(25 * width / 200), round(175 * width / 200)
    raw = make_tile(0).maps["a"]["predicted"]
    fine = upsample(raw.astype(np.float64), height, right - left)
    heat = draw_heat(fine, *heat_range(raw.astype(np.float64), convention, "cam"))
    expected = colormap("turbo")[np.floor(heat * 255 + 0.5).astype(int)]
    assert np.abs(canvas[:, left:right].astype(int) - expected).max() <= 2


def test_toggles_are_the_browsers_own_business(fresh_page: Page, url: str) -> None:
    sent: list[object] = []
    fresh_page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    open_grid(fresh_page, url)
    fresh_page.wait_for_timeout(1500)  # what Streamlit sends by itself after loading
    assert sent
    sent.clear()
    before = read_canvas(fresh_page, 0)
    for name, value in (("overlay", "both"), ("overlay", "difference"), ("overlay", "b"), ("draw", "positive")):
        choose(fresh_page, name, value)
    for name, value in (("colors", "viridis"), ("cells", "true"), ("scale", "common")):
        choose(fresh_page, name, value)
    fresh_page.locator(".opacity input").fill("80")
    fresh_page.locator(".boxes input").check()
    fresh_page.locator(".target select").select_option("true")
    settle(fresh_page)
    assert np.abs(read_canvas(fresh_page, 0).astype(int) - before).max() > 20
    fresh_page.wait_for_timeout(500)
    assert sent == []


def test_the_address_holds_what_differs_from_the_default(page: Page, url: str) -> None:
    open_grid(page, url)
    choose(page, "overlay", "difference")
    choose(page, "draw", "positive")
    page.locator(".boxes input").check()
    assert parameters(page) == {"overlay": "difference", "draw": "positive", "boxes": "on"}
    choose(page, "overlay", "a")
    page.locator(".boxes input").uncheck()
    assert parameters(page) == {"draw": "positive"}


def test_pictures_grow_with_the_size_that_is_chosen(page: Page, url: str) -> None:
    open_grid(page, url)
    widths = []
    for size in ("small", "medium", "large"):
        choose(page, "size", size)
        widths.append(read_canvas(page, 0).shape[1])
        assert parameters(page).get("size", "small") == size
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_every_setting_of_the_drawing_can_be_reached(page: Page, url: str) -> None:
    open_grid(page, url, "?overlay=a")
    page.locator(".disclose").click()
    for width, height in ((1366, 560), (768, 1024), (720, 450), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        for name in ("draw", "colors", "cells", "scale", "size"):
            label = page.locator(f".panel label:has(input[name={name}])").first
            label.scroll_into_view_if_needed()
            box = label.bounding_box()
            assert box
            assert box["x"] >= 0 and box["x"] + box["width"] <= width, (name, width)
            assert box["y"] >= 0 and box["y"] + box["height"] <= height, (name, width)


def test_a_link_shows_its_receiver_the_same_view(page: Page, url: str) -> None:
    open_grid(page, url, "?overlay=both&opacity=35&cells=true&target=true&colors=nonsense")
    expect(page.locator("input[name=overlay][value=both]")).to_be_checked()
    expect(page.locator("input[name=cells][value=true]")).to_be_checked()
    expect(page.locator("input[name=colors][value=inferno]")).to_be_checked()
    expect(page.locator(".opacity output")).to_have_text("35%")
    expect(page.locator(".target select")).to_have_value("true")
    expect(page.locator(".tile").first.locator("canvas")).to_have_count(2)


def test_the_address_survives_what_streamlit_writes(page: Page, url: str) -> None:
    open_grid(page, url, "?overlay=both")
    choose(page, "overlay", "difference")
    page.get_by_role("button", name="Write a parameter").click()
    page.wait_for_url("**sort=worst**")
    settle(page)
    assert parameters(page) == {"overlay": "difference", "sort": "worst"}
    page.get_by_role("slider", name="Count").press("ArrowLeft")
    expect(page.get_by_text("showing 9")).to_be_visible()
    settle(page)
    assert parameters(page) == {"overlay": "difference", "sort": "worst", "count": "9"}
    choose(page, "overlay", "b")
    page.get_by_role("button", name="Write a parameter").click()
    page.wait_for_timeout(700)
    assert parameters(page)["overlay"] == "b"


def test_going_back_brings_the_view_back(page: Page, url: str) -> None:
    open_grid(page, url, "?overlay=both")
    page.get_by_role("button", name="Write a parameter").click()  # a new entry of the history
    page.wait_for_url("**sort=worst**")
    choose(page, "overlay", "off")
    page.go_back()
    expect(page.locator("input[name=overlay][value=both]")).to_be_checked()
    assert parameters(page) == {"overlay": "both"}


@pytest.mark.parametrize("way", ["link", "button"])
def test_another_page_gets_none_of_it(page: Page, url: str, way: Literal["link", "button"]) -> None:
    open_grid(page, url)
    choose(page, "overlay", "difference")
    page.get_by_role(way, name={"link": "Other", "button": "Leave"}[way]).click()
    expect(page.get_by_text("the other page")).to_be_visible()
    page.wait_for_timeout(300)
    assert parameters(page) == {}


def test_a_step_beyond_the_tiles_reaches_python(page: Page, url: str) -> None:
    open_grid(page, url)
    for tile, key, arguments in ((0, "ArrowLeft", "(10, -1)"), (9, "ArrowRight", "(19, 1)")):
        page.locator(".tile").nth(tile).click()
        page.keyboard.press(key)
        expect(page.get_by_text(f"stepped {arguments}, showing 10")).to_be_attached()
        page.keyboard.press("Escape")
        expect(page.locator(".large")).to_be_hidden()


def test_arrow_keys_move_and_letters_change_the_view(page: Page, url: str) -> None:
    open_grid(page, url)
    tiles = page.locator(".tile")
    columns = page.locator(".tiles").evaluate("list => getComputedStyle(list).gridTemplateColumns.split(' ').length")
    tiles.first.focus()
    for key, expected in (("ArrowRight", 1), ("ArrowDown", 1 + columns), ("ArrowUp", 1), ("End", 9), ("Home", 0)):
        page.keyboard.press(key)
        expect(tiles.nth(expected)).to_be_focused()
    assert page.locator(".tile[tabindex='0']").count() == 1
    page.keyboard.press("o")
    expect(page.locator("input[name=overlay][value=b]")).to_be_checked()
    expect(page.locator(".heatmap-grid [role=status]")).to_have_text("Overlay: Grad-CAM")
    page.keyboard.press("b")
    expect(page.locator(".boxes input")).to_be_checked()


def test_markup_is_text(page: Page, url: str) -> None:
    open_grid(page, url, "?boxes=on")
    expect(page.locator(".tile").nth(8).locator(".predicted")).to_have_text(MARKUP)
    assert page.locator(".heatmap-grid img").count() == 0


def test_a_tile_says_in_words_what_it_shows(page: Page, url: str) -> None:
    open_grid(page, url)
    expect(page.locator(".tile").nth(8)).to_have_accessible_name(
        f"Open image 9 of 10. {MARKUP}, 91%, true class: Beagle, caption 8, incorrect."
    )
    chip = page.locator(".tile").nth(9).locator(".chip").first
    expect(chip).to_have_text("No positive evidence")
    choose(page, "overlay", "b")
    expect(chip).to_have_text("No map for this class")
    expect(page.locator(".tile").nth(9)).to_have_accessible_name(
        "Open image 10 of 10. No map for this class, Beagle, 91%, caption 9, correct."
    )


def test_a_tile_can_be_asked_for_by_what_is_read_on_it(page: Page, url: str) -> None:
    open_grid(page, url, "?overlay=both")
    tile = page.locator(".tile").nth(9)
    tile.scroll_into_view_if_needed()
    expect(tile.locator(".predicted")).to_have_text("Beagle", use_inner_text=True)
    read = [text for text in (tile.locator("span:not(:has(*)):visible").all_inner_texts()) if text not in ("", "✓")]
    assert read == ["CAM", "No positive evidence", "Grad-CAM", "No map for this class", "Beagle", "91%", "caption 9"]
    expect(tile).to_have_accessible_name(re.compile(re.escape(", ".join(read))))


def test_the_colour_bar_marks_zero(page: Page, url: str) -> None:
    open_grid(page, url, "?scale=common")
    lows, highs = zip(
        *((make_tile(i).maps["a"]["predicted"].min(), make_tile(i).maps["a"]["predicted"].max()) for i in range(10)),
        strict=True,
    )
    zero = round(100 * -min(lows) / (max(highs) - min(lows)))
    expect(page.locator(".colorbar .zero-label")).to_have_text(f"zero evidence: {zero}%")
    choose(page, "draw", "positive")
    expect(page.locator(".colorbar .zero-label")).to_have_count(0)
    expect(page.locator(".colorbar .start")).to_have_text("0 no evidence")


def test_new_data_uses_canvases_again(page: Page, url: str) -> None:
    open_grid(page, url)
    page.locator(".tile canvas").first.evaluate("canvas => { canvas.seen = true; }")
    page.get_by_role("slider", name="Count").press("ArrowLeft")
    expect(page.locator(".tile")).to_have_count(9)
    assert page.locator(".tile canvas").first.evaluate("canvas => canvas.seen")
    page.get_by_role("slider", name="Count").press("ArrowRight")
    expect(page.locator(".tile")).to_have_count(10)
    wait_until_painted(page)


def test_copy_link_works_without_the_clipboard_api(fresh_page: Page, url: str) -> None:
    fresh_page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    fresh_page.add_init_script(
        "document.execCommand = (name) => { window.copied = document.activeElement.value; return true; }"
    )
    open_grid(fresh_page, url, "?overlay=b")
    fresh_page.locator(".copy").click()
    expect(fresh_page.locator(".copy")).to_have_text("Link copied")
    assert fresh_page.evaluate("window.copied") == fresh_page.url


def test_a_phone_shows_everything_and_the_toolbar_stays_in_sight(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_grid(page, url, "?overlay=both")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".tile").last.scroll_into_view_if_needed()
    for control in (
        ".segments >> nth=0",
        ".opacity input",
        ".target select",
        ".boxes input",
        ".disclose",
        ".colorbars",
    ):
        expect(page.locator(f".toolbar {control}")).to_be_in_viewport(ratio=1)
