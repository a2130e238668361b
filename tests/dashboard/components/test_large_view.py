"""The large view in a real browser: open, move and share without the server."""

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from camcore.presentation.grid.encoding import encode_grid, read_front_end
from camcore.presentation.grid.tile import Grid
from tests.support.browser_steps import choose, parameters, settle, wait_until_painted
from tests.support.grid_app import CAM, GRAD_CAM, make_tile
from tests.support.large_view_steps import (
    IMAGES,
    PER_PAGE,
    expect_place,
    image_in,
    open_tile,
    point_at,
    read_large_canvas,
    show_gallery,
    wait_until_large,
)

pytestmark = pytest.mark.browser


def test_a_tile_opens_and_escape_gives_the_focus_back(page: Page, gallery: str, order, samples) -> None:
    show_gallery(page, gallery)
    tile = page.locator(".tile").nth(3)
    for open_by in (tile.click, partial(tile.press, "Enter")):
        open_by()
        wait_until_large(page)
        expect_place(page, 4)
        assert image_in(page) == samples["id"][order[3]]
        assert page.locator(".large").evaluate("dialog => dialog.matches(':modal')")
        page.keyboard.press("Escape")
        expect(page.locator(".large")).to_be_hidden()
        expect(tile).to_be_focused()
        assert "image" not in parameters(page)
        expect(page.locator(".tools-home .toolbar")).to_be_visible()
        tile.blur()


def test_it_moves_within_the_order_by_keys_buttons_and_swipes(page: Page, gallery: str, order, samples) -> None:
    show_gallery(page, gallery)
    open_tile(page, 0)
    expect(page.locator(".previous")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    for key, number in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2)):
        page.keyboard.press(key)
        expect_place(page, number)
        assert image_in(page) == samples["id"][order[number - 1]]
    page.get_by_role("button", name="Next image").click()
    expect_place(page, 3)
    swipe = """stage => {
        const send = (type, x) => stage.dispatchEvent(new PointerEvent(type, { pointerType: "touch", isPrimary: true,
            clientX: x, clientY: 300, bubbles: true }));
        send("pointerdown", 400);
        send("pointerup", 200);
    }"""
    page.locator(".large-stage").evaluate(swipe)
    expect_place(page, 4)
    page.keyboard.press("Escape")
    expect(page.locator(".tile").nth(3)).to_be_focused()


def test_moving_past_the_page_turns_it(page: Page, gallery: str, order, samples) -> None:
    show_gallery(page, gallery)
    open_tile(page, PER_PAGE - 1)
    page.keyboard.press("ArrowRight")
    expect_place(page, PER_PAGE + 1)
    expect(page).to_have_url(re.compile("page=2"))
    settle(page)
    assert image_in(page) == samples["id"][order[PER_PAGE]]
    page.keyboard.press("ArrowLeft")
    expect_place(page, PER_PAGE)
    expect(page).not_to_have_url(re.compile("page="))
    page.keyboard.press("ArrowRight")
    expect_place(page, PER_PAGE + 1)
    page.keyboard.press("Escape")
    expect(page.locator(".tile").first).to_be_focused()
    wait_until_painted(page)


def test_a_link_opens_the_same_picture_in_a_fresh_browser(page: Page, browser: Browser, gallery: str, order) -> None:
    show_gallery(page, gallery, "&page=2&overlay=difference&opacity=80")
    open_tile(page, 5)
    link, canvas = page.url, read_large_canvas(page)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    there = context.new_page()
    there.goto(link.replace("page=2", "page=1"))  # the image decides
    wait_until_large(there)
    expect_place(there, PER_PAGE + 6)
    np.testing.assert_array_equal(read_large_canvas(there), canvas)
    assert parameters(there) == parameters(page)
    context.close()


def test_the_last_picture_has_no_next(page: Page, gallery: str, order, samples) -> None:
    page.goto(f"{gallery}&image={samples['id'][order[-1]]}")
    wait_until_large(page)
    expect_place(page, IMAGES)
    expect(page.locator(".next")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    settle(page)
    expect_place(page, IMAGES)


@pytest.mark.parametrize(("image", "message"), [("val/00000", "does not match the filters"), ("x", "image = x")])
def test_a_link_to_what_is_not_there_says_so(page: Page, gallery: str, image: str, message: str) -> None:
    page.goto(f"{gallery}&result=wrong&image={image}")
    expect(page.get_by_text(message)).to_be_visible()
    wait_until_painted(page)
    expect(page.locator(".large")).to_be_hidden()
    assert "image" not in parameters(page)


def test_back_closes_it_and_forward_opens_it(fresh_page: Page, gallery: str, order, samples) -> None:
    show_gallery(fresh_page, gallery)
    open_tile(fresh_page, 2)
    choose(fresh_page, "overlay", "b")
    fresh_page.go_back()
    expect(fresh_page.locator(".large")).to_be_hidden()
    expect(fresh_page.locator(".tools-home input[name=overlay][value=b]")).to_be_checked()
    fresh_page.go_forward()
    expect(fresh_page.locator(".large")).to_be_visible()
    assert image_in(fresh_page) == samples["id"][order[2]]
    fresh_page.keyboard.press("Escape")
    open_tile(fresh_page, 1)
    fresh_page.keyboard.press("Escape")
    entries = fresh_page.evaluate("history.length")
    open_tile(fresh_page, 0)
    assert fresh_page.evaluate("history.length") == entries, "closed pictures leave no trail"


def test_nothing_is_sent_but_for_other_pages(fresh_page: Page, gallery: str) -> None:
    sent: list[object] = []
    fresh_page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    show_gallery(fresh_page, gallery)
    fresh_page.wait_for_timeout(1500)  # what Streamlit sends by itself after loading
    assert sent
    sent.clear()
    open_tile(fresh_page, 0)
    for overlay in ("a", "difference", "off", "b"):
        choose(fresh_page, "overlay", overlay)
    fresh_page.locator(".divide input").check()
    fresh_page.locator(".boxes input").check()
    fresh_page.locator(".opacity input").fill("80")
    fresh_page.locator(".target select").select_option("true")
    fresh_page.locator(".divider").press("ArrowRight")
    point_at(fresh_page, 0.5, 0.5)
    fresh_page.locator(".large-stage").press("ArrowRight")
    expect_place(fresh_page, 2)
    fresh_page.keyboard.press("Escape")
    expect(fresh_page.locator(".large")).to_be_hidden()
    fresh_page.wait_for_timeout(500)
    assert sent == []


def test_copy_link_works_here_without_the_clipboard_api(fresh_page: Page, gallery: str) -> None:
    fresh_page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    fresh_page.add_init_script(
        """document.execCommand = () => {
            window.copied = document.activeElement.shadowRoot.activeElement.value;
            return true;
        };"""
    )
    show_gallery(fresh_page, gallery)
    open_tile(fresh_page, 0)
    fresh_page.locator(".copy").click()
    expect(fresh_page.locator(".copy")).to_have_text("Link copied")
    assert fresh_page.evaluate("window.copied") == fresh_page.url


def test_a_phone_shows_all_of_it(page: Page, gallery: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    show_gallery(page, gallery)
    open_tile(page, 0)
    size = page.locator(".large").evaluate("dialog => [dialog.clientWidth, dialog.clientHeight, dialog.scrollWidth]")
    assert size == [390, 844, 390]
    expect(page.locator(".large-pair canvas").first).to_be_in_viewport(ratio=1)
    expect(page.locator(".large .segments").first).to_be_in_viewport(ratio=1)
    page.locator(".path").scroll_into_view_if_needed()
    expect(page.locator(".large .close")).to_be_in_viewport(ratio=1)


def test_keys_typed_here_stay_here(page: Page, gallery: str) -> None:
    show_gallery(page, gallery)
    open_tile(page, 0)
    page.locator(".disclose").click()
    expect(page.locator(".panel")).to_be_visible()
    page.locator(".panel input").first.focus()
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    expect(page.locator(".large")).to_be_visible()
    page.evaluate("window.heard = []; document.addEventListener('keydown', (event) => window.heard.push(event.key))")
    for key in ("r", "c", "d"):
        page.keyboard.press(key)
    assert page.evaluate("window.heard") == []
    expect(page.locator(".divide input")).to_be_checked()


def test_without_any_server_it_works_the_same(fresh_page: Page, tmp_path: Path) -> None:
    html, css, script = read_front_end()
    grid = Grid([make_tile(index) for index in range(10)], CAM, GRAD_CAM)
    payload = json.dumps(encode_grid(grid)).replace("<", "\\u003c")
    start = f"""
        const host = document.querySelector("div");
        host.attachShadow({{ mode: "open" }}).innerHTML = `<style>{css}</style>{html}`;
        showHeatmapGrid({{ data: {payload}, parentElement: host.shadowRoot, setTriggerValue() {{}} }});
    """
    body = "<meta charset=utf-8><div data-testid=stBidiComponentIsolated></div>"
    (tmp_path / "report.html").write_text(f"{body}<script type=module>{script}{start}</script>", encoding="utf-8")
    fresh_page.context.set_offline(True)
    fresh_page.goto((tmp_path / "report.html").as_uri())
    wait_until_painted(fresh_page)
    open_tile(fresh_page, 8)
    expect_place(fresh_page, 9, 10)
    fresh_page.keyboard.press("ArrowRight")
    expect_place(fresh_page, 10, 10)
    assert image_in(fresh_page) == "image-9"
    expect(fresh_page.locator(".next")).to_be_disabled()
    fresh_page.keyboard.press("Escape")
    expect(fresh_page.locator(".tile").nth(9)).to_be_focused()


@pytest.mark.parametrize("at", ["gallery", "disagreement"])
def test_more_like_this_shows_the_gallery_by_likeness(page: Page, gallery: str, browsed_run: Path, at: str) -> None:
    page.goto(re.sub(r"/gallery\?.*", f"/{at}?run=run&page=2", gallery))
    wait_until_painted(page)
    open_tile(page, 3)
    image_id = image_in(page)
    page.locator(".large .like").click()
    expect(page.locator(".large")).not_to_be_visible()
    page.wait_for_url(re.compile("gallery.*like="))
    expect(page.locator(".tile .caption").first).to_contain_text("1.00")  # nothing is as like an image as itself
    asked = parameters(page)
    assert (asked["like"], asked.get("image"), asked.get("page")) == (image_id, None, None)
    open_tile(page, 0)
    assert image_in(page) == image_id
