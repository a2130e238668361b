"""Uploads in a real browser: choose, paste, drop, explain, download; nothing is stored."""

import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from camcore.data.uploaded_image import read_uploaded_image
from camcore.heatmaps.sources import parse_source
from camcore.runs.run import open_run
from tests.support.browser_steps import choose, read_canvas, settle, wait_until_painted
from tests.support.dashboard_server import APP
from tests.support.large_view_steps import expect_place, open_tile, point_at
from tests.support.uploaded_files import CLASSES, MARKUP, copy_run, draw_photograph, encode, list_files

pytestmark = pytest.mark.browser

HOSTILE = f'{MARKUP} "강아지" 🐶.png'
GIVE = """([kind, bytes]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([new Uint8Array(bytes)], "given.png", { type: "image/png" }));
    const options = { bubbles: true, cancelable: true, [kind === "paste" ? "clipboardData" : "dataTransfer"]: carried };
    const event = kind === "paste" ? new ClipboardEvent(kind, options) : new DragEvent(kind, options);
    document.querySelector("h1").dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def folders(trained_run, tmp_path_factory):
    """The runs folder, and the server's own folder for temporary files."""
    runs = tmp_path_factory.mktemp("runs")
    copy_run(trained_run, runs / "tiny")
    return runs, tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def url(folders, streamlit_server) -> str:
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folders[1])
    try:
        return f"{streamlit_server(APP, folders[0])}/own_image"
    finally:
        os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)


def photograph(seed: int = 0, name: str = "", size: tuple[int, int] = (90, 60)) -> FilePayload:
    content = encode(draw_photograph(seed, size))
    return {"name": name or f"{seed}.png", "mimeType": "image/png", "buffer": content}


def bring(page: Page, url: str, *files: FilePayload) -> None:
    page.goto(url)
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(list(files))
    expect(page.locator(".own-results section")).to_have_count(len(files))
    wait_until_painted(page)


def test_toggling_two_pictures_sends_no_message(fresh_page: Page, url: str) -> None:
    sent: list[object] = []
    fresh_page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    bring(fresh_page, url, photograph(0), photograph(1))
    for at in range(2):
        expect(fresh_page.locator(".own-results section").nth(at).locator("li")).to_have_count(len(CLASSES))
    tile = fresh_page.locator(".tile").first
    expect(tile.locator(".mark")).to_be_hidden()
    assert "correct" not in (tile.get_attribute("aria-label") or "")
    fresh_page.wait_for_timeout(1000)
    sent.clear()
    choose(fresh_page, "overlay", "b")
    before = read_canvas(fresh_page, 0)
    for name, value in (("overlay", "difference"), ("overlay", "a"), ("draw", "positive"), ("cells", "true")):
        choose(fresh_page, name, value)
    fresh_page.locator(".target select").select_option("runner_up")
    settle(fresh_page)
    assert np.abs(read_canvas(fresh_page, 0).astype(int) - before).max() > 20
    fresh_page.wait_for_timeout(500)
    assert sent == []


def test_the_large_view_hides_an_unknown_label(page: Page, url: str) -> None:
    bring(page, url, photograph(0, "first.png"), photograph(1, "second.png"))
    open_tile(page, 0)
    expect_place(page, 1, 2)
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".path")).to_have_text("first.png")
    expect(dialog.locator(".classes li")).to_have_count(len(CLASSES))
    text = dialog.inner_text()
    assert not [word for word in ("correct", "true class", "predicted as", "null") if word in text]
    expect(dialog.locator(".like")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect_place(page, 2, 2)
    expect(dialog.locator(".path")).to_have_text("second.png")
    assert len(point_at(page, 0.5, 0.5)) == 4
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_chosen_class_is_explained_and_its_raw_map_downloaded(
    page: Page, url: str, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    file = photograph(3)
    bring(page, url, file)
    page.get_by_role("combobox", name="Class", exact=True).click()
    page.get_by_role("option", name="disc").click()
    expect(page.locator(".tile .caption")).to_contain_text("map for disc")
    expect(page.locator(".own-results .chosen span").first).to_have_text("disc")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Raw map of Grad-CAM (NPY)").click()
    waiting.value.save_as(tmp_path / "map.npy")
    assert waiting.value.suggested_filename == "3-grad_cam-disc.npy"
    np.testing.assert_allclose(np.load(tmp_path / "map.npy"), compute(folders[0], file["buffer"]), rtol=1e-5, atol=1e-6)


def compute(folder: Path, content: bytes) -> np.ndarray:
    from camcore.heatmaps.one_image import explain_classes
    from camcore.runs.weights import load_model

    run = open_run(folder / "tiny")
    seen = read_uploaded_image(content, run.config.view).seen
    label = CLASSES.index("disc")
    return explain_classes(load_model(run), seen, [label], [parse_source("grad_cam")])["grad_cam"][0]


def test_the_picture_is_downloaded_as_the_browser_shows_it(page: Page, url: str, tmp_path: Path) -> None:
    bring(page, url, photograph(4, size=(640, 480)))
    choose(page, "overlay", "b")
    choose(page, "colors", "viridis")
    page.locator(".opacity input").fill("100")
    settle(page)
    for again in range(2):
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Displayed image (PNG)").click()
        waiting.value.save_as(tmp_path / f"{again}.png")
    drawn = Image.open(tmp_path / "1.png")
    assert drawn.size == (640, 480)
    canvas = read_canvas(page, 0)
    small = np.asarray(drawn.resize((canvas.shape[1], canvas.shape[0]), Image.Resampling.BOX)).astype(int)
    assert np.abs(small - canvas)[4:-4, 4:-4].mean() < 3
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_pictures_are_pasted_and_dropped_anywhere(page: Page, url: str, way: str) -> None:
    bring(page, url, photograph(0))
    page.evaluate(GIVE, [way, list(encode(draw_photograph(5)))])
    expect(page.locator(".own-results h3")).to_have_text(["0.png", "given.png"])


def test_names_are_text_and_a_bad_file_is_named(page: Page, url: str) -> None:
    page.goto(url)
    bad: FilePayload = {"name": "<b>notes.jpg", "mimeType": "image/jpeg", "buffer": b"hello"}
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files([photograph(0, HOSTILE), bad])
    expect(page.locator(".own-results h3")).to_have_text([HOSTILE])
    expect(page.get_by_role("alert")).to_contain_text("“<b>notes.jpg” is not an image in a supported format")
    wait_until_painted(page)
    expect(page.locator(".tile .caption")).to_have_text(HOSTILE)
    names = page.locator(".own-results li > span:first-child").all_inner_texts()
    assert sorted(names) == sorted(CLASSES)
    assert page.locator("img[src=x]").count() == 0


def test_uploads_are_never_written_to_disk(fresh_page: Page, url: str, folders: tuple[Path, Path]) -> None:
    before = [list_files(folder) for folder in folders]
    requested: list[str] = []
    fresh_page.on("request", lambda request: requested.append(request.url))
    bring(fresh_page, url, photograph(6, size=(1200, 1000)))
    with fresh_page.expect_download():
        fresh_page.get_by_role("button", name="Displayed image (PNG)").click()
    assert [list_files(folder) for folder in folders] == before
    assert not [address for address in requested if urlsplit(address).path.startswith("/media/")]


def test_the_page_is_used_by_keyboard_on_a_phone(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    bring(page, url, photograph(0))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    button = page.get_by_role("button", name="Displayed image (PNG)")
    button.focus()
    with page.expect_download():
        page.keyboard.press("Enter")
    time.sleep(0.3)
    expect(button).to_be_focused()
    page.get_by_role("button", name="Remove 0.png").press("Enter")
    expect(page.get_by_text("Add an image to start")).to_be_visible()
