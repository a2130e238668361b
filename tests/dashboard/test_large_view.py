"""The large view in a real browser: opened, moved, compared, read, shared, and all of it without the server."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser_steps import READ_CANVAS, choose, parameters, settle, wait_until_painted
from grid_app import CAM, GRAD_CAM, make_tile
from playwright.sync_api import Browser, Page, expect
from synthetic_run import make_run

from camcore.disagreement import MEASURES
from camcore.drawing import CONVENTIONS, colormap, draw_heat, heat_range
from camcore.generations import Generation, open_generation
from camcore.geometry import upsample
from camcore.heatmap_grid import encode_grid, read_front_end
from camcore.runs import open_run
from dashboard import data

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
MARKUP = "<img src=x onerror=alert(1)>"
CLASSES = ("Beagle", MARKUP, "Dachshund", "Papillon", "Pug", "Whippet")
IMAGES, PER_PAGE = 60, 24


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_run(tmp_path_factory.mktemp("runs"), "run", images=IMAGES, classes=CLASSES)
    maps = np.random.default_rng(0).normal(size=(IMAGES, len(CLASSES), 7, 7))
    np.save(open_generation(open_run(path)).path / "all_classes.npy", maps.astype(np.float16))
    return path


@pytest.fixture(scope="module")
def generation(run: Path) -> Generation:
    return open_generation(open_run(run))


@pytest.fixture(scope="module")
def order(run: Path) -> list[int]:
    """The images as `sort=confidence` shows them."""
    return [int(i) for i in np.argsort(-data.load_samples(data.read_entry(run))["confidence"], kind="stable")]


@pytest.fixture(scope="module")
def gallery(run: Path, streamlit_server: Callable[..., str]) -> str:
    return f"{streamlit_server(APP, run.parent)}/gallery?run=run&sort=confidence"


@pytest.fixture(scope="module")
def samples(generation: Generation) -> pd.DataFrame:
    return generation.samples


def show_gallery(page: Page, address: str, query: str = "") -> None:
    page.goto(address + query)
    wait_until_painted(page)


def open_tile(page: Page, tile: int) -> None:
    page.locator(".tile").nth(tile).click()
    wait_until_large(page)


def wait_until_large(page: Page) -> None:
    expect(page.locator(".large")).to_be_visible()
    page.wait_for_function(
        """() => document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot
            .querySelector(".large-pair canvas").style.width"""
    )
    settle(page)


def expect_place(page: Page, number: int, count: int = IMAGES) -> None:
    expect(page.locator(".large-position")).to_have_text(f"{number} of {count}")


def image_in(page: Page) -> str:
    return parameters(page).get("image", "")


def read_large_canvas(page: Page, side: int = 0) -> np.ndarray:
    width, height, *pixels = page.locator(".large-pair canvas").nth(side).evaluate(READ_CANVAS)
    return np.array(pixels, dtype=np.uint8).reshape(height, width, 4)[:, :, :3]


def point_at(page: Page, x: float, y: float) -> list[float]:
    """Point at a place of the first picture, x and y from 0 to 1; return the raw value and the drawn one per source."""
    box = page.locator(".large-pair .frame").last.bounding_box()
    assert box
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    return readings(page)


def readings(page: Page) -> list[float]:
    said = [text.replace("−", "-") for text in page.locator(".reading").all_text_contents()]
    return [float(number) for text in said for number in re.findall(r" (-?[\d.]+(?:e-\d+)?) · drawn ([\d.]+)", text)[0]]


@pytest.mark.parametrize("way", ["click", "Enter"])
def test_a_tile_opens_and_escape_gives_the_focus_back(page: Page, gallery: str, order, samples, way: str) -> None:
    show_gallery(page, gallery)
    tile = page.locator(".tile").nth(3)
    tile.click() if way == "click" else tile.press("Enter")
    wait_until_large(page)
    expect_place(page, 4)
    assert image_in(page) == samples["id"][order[3]]
    assert page.locator(".large").evaluate("dialog => dialog.matches(':modal')")
    page.keyboard.press("Escape")
    expect(page.locator(".large")).to_be_hidden()
    expect(tile).to_be_focused()
    assert "image" not in parameters(page)
    expect(page.locator(".tools-home .toolbar")).to_be_visible()


def test_it_moves_within_the_order_by_keys_buttons_and_swipes(page: Page, gallery: str, order, samples) -> None:
    show_gallery(page, gallery)
    open_tile(page, 0)
    expect(page.locator(".previous")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    for key, number in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2)):
        page.keyboard.press(key)
        expect_place(page, number)
        assert image_in(page) == samples["id"][order[number - 1]]
    page.get_by_role("button", name="Next picture").click()
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


def test_it_goes_on_where_the_page_ends(page: Page, gallery: str, order, samples) -> None:
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
    link, here = page.url, read_large_canvas(page)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    there = context.new_page()
    there.goto(link.replace("page=2", "page=1"))  # the image decides
    wait_until_large(there)
    expect_place(there, PER_PAGE + 6)
    np.testing.assert_array_equal(read_large_canvas(there), here)
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


@pytest.mark.parametrize(("image", "said"), [("val/00000", "does not pass these filters"), ("x", "not in this run")])
def test_a_link_to_what_is_not_there_says_so(page: Page, gallery: str, image: str, said: str) -> None:
    page.goto(f"{gallery}&result=wrong&image={image}")
    expect(page.get_by_text(said)).to_be_visible()
    wait_until_painted(page)
    expect(page.locator(".large")).to_be_hidden()
    assert "image" not in parameters(page)


def test_back_closes_it_and_forward_opens_it(page: Page, gallery: str, order, samples) -> None:
    show_gallery(page, gallery)
    open_tile(page, 2)
    choose(page, "overlay", "b")
    page.go_back()
    expect(page.locator(".large")).to_be_hidden()
    expect(page.locator(".tools-home input[name=overlay][value=b]")).to_be_checked()
    page.go_forward()
    expect(page.locator(".large")).to_be_visible()
    assert image_in(page) == samples["id"][order[2]]
    page.keyboard.press("Escape")
    open_tile(page, 1)
    page.keyboard.press("Escape")
    entries = page.evaluate("history.length")
    open_tile(page, 0)
    assert page.evaluate("history.length") == entries, "closed pictures leave no trail"


def test_nothing_is_sent_but_for_other_pages(page: Page, gallery: str) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    show_gallery(page, gallery)
    page.wait_for_timeout(1500)  # what Streamlit sends by itself after loading
    assert sent
    sent.clear()
    open_tile(page, 0)
    for overlay in ("a", "difference", "off", "b"):
        choose(page, "overlay", overlay)
    page.locator(".divide input").check()
    page.locator(".boxes input").check()
    page.locator(".opacity input").fill("80")
    page.locator(".target select").select_option("true")
    page.locator(".divider").press("ArrowRight")
    point_at(page, 0.5, 0.5)
    page.locator(".large-stage").press("ArrowRight")
    expect_place(page, 2)
    page.keyboard.press("Escape")
    expect(page.locator(".large")).to_be_hidden()
    page.wait_for_timeout(500)
    assert sent == []


def test_letters_typed_here_are_not_streamlit_s_shortcuts(page: Page, gallery: str) -> None:
    show_gallery(page, gallery)
    open_tile(page, 0)
    page.evaluate("window.heard = []; document.addEventListener('keydown', (event) => window.heard.push(event.key))")
    for key in ("r", "c", "d"):
        page.keyboard.press(key)
    assert page.evaluate("window.heard") == []
    expect(page.locator(".divide input")).to_be_checked()


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_it_paints_what_the_engine_draws(page: Page, gallery: str, generation, order, convention: str) -> None:
    show_gallery(page, gallery, f"&opacity=100&draw={convention}&colors=turbo")
    open_tile(page, 0)
    for side, source in enumerate(("cam", "grad_cam")):
        canvas = read_large_canvas(page, side)
        raw = generation.maps(source)[order[0]].astype(np.float64)
        heat = draw_heat(upsample(raw, *canvas.shape[:2]), *heat_range(raw, convention, source))
        expected = colormap("turbo")[np.floor(heat * 255 + 0.5).astype(int)]
        assert np.abs(canvas.astype(int) - expected).max() <= 2


def test_the_divider_moves_by_drag_and_by_keys(page: Page, gallery: str) -> None:
    show_gallery(page, gallery, "&overlay=a&divider=on")
    open_tile(page, 0)
    divider = page.get_by_role("slider", name="Divider between the two sides")
    expect(divider).to_have_attribute("aria-valuetext", "50% Photograph, 50% CAM")
    box = page.locator(".large-pair").bounding_box()
    assert box
    middle = box["y"] + 100
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, middle)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "25")
    for key, at in (
        ("ArrowRight", "27"),
        ("Shift+ArrowRight", "37"),
        ("End", "100"),
        ("ArrowLeft", "98"),
        ("Home", "0"),
    ):
        divider.press(key)
        expect(divider).to_have_attribute("aria-valuenow", at)
    expect_place(page, 1)
    clip = page.locator(".large-pair canvas").first.evaluate("canvas => getComputedStyle(canvas).clipPath")
    assert re.fullmatch(r"inset\(0px (calc\(100% - 0%\)|100%) 0px 0px\)", clip)


def test_both_sides_of_the_divider_lie_over_each_other(page: Page, gallery: str) -> None:
    show_gallery(page, gallery)
    open_tile(page, 0)
    beside = [read_large_canvas(page, side) for side in (0, 1)]
    page.locator(".divide input").check()
    settle(page)
    boxes = page.locator(".large-pair canvas").evaluate_all(
        "all => all.map((one) => JSON.stringify(one.getBoundingClientRect()))"
    )
    assert boxes[0] == boxes[1]
    assert read_large_canvas(page, 0).shape[1] > beside[0].shape[1], "one picture has the room of two"
    assert page.locator(".large-pair .name").all_text_contents() == ["CAM", "Grad-CAM"]


@pytest.mark.parametrize("cells", ["true", "smooth"])
def test_the_value_under_the_pointer_is_the_map_s(page: Page, gallery: str, generation, order, cells: str) -> None:
    show_gallery(page, gallery, f"&cells={cells}&overlay=a")
    open_tile(page, 1)
    row, column, side = 2, 4, 7 * 9
    raws = [np.asarray(generation.maps(source)[order[1]], dtype=np.float64) for source in ("cam", "grad_cam")]
    x, y = (column * 9 + 2.5) / side, (row * 9 + 6.5) / side  # off the middle of the cell
    read = point_at(page, x, y)
    for at, (raw, method) in enumerate(zip(raws, ("cam", "grad_cam"), strict=True)):
        value = raw[row, column] if cells == "true" else upsample(raw, side, side)[row * 9 + 6, column * 9 + 2]
        drawn = draw_heat(np.array([[value]]), *heat_range(raw, "literature", method))[0, 0]
        span = raw.max() - raw.min()
        assert read[2 * at] == pytest.approx(value, abs=1e-3 * span if cells == "true" else 0.02 * span)
        assert read[2 * at + 1] == pytest.approx(drawn, abs=0.006 if cells == "true" else 0.03)
    expect(page.locator(".reading").first).to_contain_text(f"row {row + 1}, column {column + 1}")


def test_keys_read_the_cells_from_the_hottest_on(page: Page, gallery: str, generation, order) -> None:
    show_gallery(page, gallery, "&cells=true")
    open_tile(page, 0)
    raw = generation.maps("cam")[order[0]]
    row, column = np.unravel_index(raw.argmax(), raw.shape)
    page.keyboard.press("Shift+ArrowLeft")
    assert readings(page)[:2] == pytest.approx([raw.max(), 1], rel=1e-3)
    key, step = ("ArrowLeft", -1) if column else ("ArrowRight", 1)
    page.keyboard.press(f"Shift+{key}")
    assert readings(page)[0] == pytest.approx(raw[row, column + step], rel=1e-3)
    expect_place(page, 1)


def test_the_numbers_are_the_engine_s(page: Page, run: Path, gallery: str, order) -> None:
    entry = data.read_entry(run)
    show_gallery(page, gallery)
    open_tile(page, 2)
    index = order[2]
    shown = [re.sub(r"\s+", " ", text) for text in page.locator(".classes li").all_text_contents()]
    top = data.top_classes(entry, index)
    label = data.load_samples(entry)["label_name"][index]
    assert shown == [f"{name}{' ✓' if name == label else ''}{share:.0%}" for name, share in top]
    measured = data.measure_pair(entry, "cam", "grad_cam").iloc[index]
    numbers = page.locator(".large-numbers tr:has(th[scope=row])").evaluate_all(
        "rows => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
    )
    off = [
        [float(data.measure_off_object(entry, source, c)[index]) for c in CONVENTIONS] for source in ("cam", "grad_cam")
    ]
    moved = [[float(measured[f"{name}_{c}"]) for c in CONVENTIONS] for name in MEASURES]
    titles = ["CAM", "Grad-CAM", "Heat moved", "Rank disagreement", "Hottest fifth", "Peak shift"]
    assert [row[0] for row in numbers] == titles
    read = [[int(cell.rstrip("%")) / 100 for cell in row[1:]] for row in numbers]
    np.testing.assert_allclose(read, off + moved, atol=0.0051)
    expect(page.locator(".theory")).to_contain_text("what is not 0% is drawing")
    expect(page.locator(".path")).to_have_text(data.load_samples(entry)["path"][index])


def test_markup_is_text(page: Page, gallery: str, samples, generation) -> None:
    named = samples.index[(samples["label"] == 1) & (samples["predicted"] == 1)][0]
    page.goto(f"{gallery}&image={samples['id'][named]}&boxes=on")
    wait_until_large(page)
    expect(page.locator(".large-title")).to_contain_text(f"{MARKUP}, recognised with")
    expect(page.locator(".class-name").first).to_contain_text(MARKUP)
    expect(page.locator(".target optgroup option").nth(1)).to_have_text(MARKUP)
    assert page.locator(".heatmap-grid img").count() == 0


def test_any_class_has_its_map_for_all_pictures_of_the_page(page: Page, gallery: str, generation, order) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    show_gallery(page, gallery, "&cells=true")
    open_tile(page, 0)
    page.locator(".target select").select_option(label="Pug")
    page.wait_for_timeout(300)
    stored = generation.all_class_maps()
    assert stored is not None
    expect(page.locator(".large-pair .chip").first).to_have_text("")
    for number, index in enumerate(order[:2]):
        read = point_at(page, 2.5 / 7, 4.5 / 7)
        value = float(stored[index, CLASSES.index("Pug"), 4, 2])
        assert read[0] == pytest.approx(value, rel=1e-3)
        assert read[2] == pytest.approx(value / 49, rel=1e-3)
        sent.clear()
        page.locator(".large-stage").press("ArrowRight")
        expect_place(page, number + 2)
        assert sent == []
    assert parameters(page)["for_class"] == "Pug"
    page.locator(".target select").select_option("predicted")
    assert "for_class" not in parameters(page)


def test_a_link_shows_the_map_of_its_class(page: Page, gallery: str, generation, order, samples) -> None:
    page.goto(f"{gallery}&cells=true&target=class&for_class=Papillon&image={samples['id'][order[0]]}")
    wait_until_large(page)
    expect(page.locator(".target select")).to_have_value("class:Papillon")
    stored = generation.all_class_maps()
    assert stored is not None
    assert point_at(page, 0.5, 0.5)[0] == pytest.approx(float(stored[order[0], 3, 3, 3]), rel=1e-3)


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


def test_escape_closes_the_drawing_panel_first(page: Page, gallery: str) -> None:
    show_gallery(page, gallery)
    open_tile(page, 0)
    page.locator(".disclose").click()
    expect(page.locator(".panel")).to_be_visible()
    page.locator(".panel input").first.focus()
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    expect(page.locator(".large")).to_be_visible()


def test_it_says_in_words_what_it_shows(page: Page, gallery: str, generation, order) -> None:
    show_gallery(page, gallery)
    open_tile(page, 0)
    raw = generation.maps("cam")[order[0]]
    row, column = np.unravel_index(raw.argmax(), raw.shape)
    name = page.locator(".large-pair .frame").first.get_attribute("aria-label")
    assert name and name.startswith(f"CAM. Hottest in row {row + 1} of 7, column {column + 1} of 7: ")
    expect(page.get_by_role("dialog")).to_have_accessible_name(re.compile(r"recognised with \d+% confidence|taken for"))


def test_without_any_server_it_works_the_same(page: Page, tmp_path: Path) -> None:
    html, css, script = read_front_end()
    payload = json.dumps(encode_grid([make_tile(index) for index in range(10)], CAM, GRAD_CAM)).replace("<", "\\u003c")
    (tmp_path / "report.html").write_text(
        f"<meta charset=utf-8><style>{css}</style><div data-testid=stBidiComponentIsolated></div><script type=module>{script}"
        f"const host = document.querySelector('div'); host.attachShadow({{mode: 'open'}}).innerHTML = `<style>{css}</style>{html}`;"
        f"showHeatmapGrid({{ data: {payload}, parentElement: host.shadowRoot, setTriggerValue: () => {{}} }});</script>",
        encoding="utf-8",
    )
    page.context.set_offline(True)
    page.goto((tmp_path / "report.html").as_uri())
    wait_until_painted(page)
    open_tile(page, 8)
    expect_place(page, 9, 10)
    page.keyboard.press("ArrowRight")
    expect_place(page, 10, 10)
    expect(page.locator(".next")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.locator(".tile").nth(9)).to_be_focused()
