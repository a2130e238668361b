"""The numbers and texts of the large view, compared with the engine."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from camcore.explained.explanation import Explanation, open_explanation
from camcore.explained.queries import measure_pair, top_classes
from camcore.geometry import upsample
from camcore.heatmaps.drawing import CONVENTIONS, colormap, draw_heat, heat_range
from camcore.measures.disagreement import MEASURES
from camcore.runs.run import open_run
from dashboard.data import measures, runs
from tests.support.browser_steps import parameters, settle
from tests.support.large_view_steps import (
    CLASSES,
    MARKUP,
    expect_place,
    open_tile,
    point_at,
    read_large_canvas,
    readings,
    show_gallery,
    wait_until_large,
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def explanation(browsed_run: Path) -> Explanation:
    return open_explanation(open_run(browsed_run))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_it_paints_what_the_engine_draws(page: Page, gallery: str, explanation, order, convention: str) -> None:
    show_gallery(page, gallery, f"&opacity=100&draw={convention}&colors=turbo")
    open_tile(page, 0)
    for side, source in enumerate(("cam", "grad_cam")):
        canvas = read_large_canvas(page, side)
        raw = explanation.maps(source)[order[0]].astype(np.float64)
        heat = draw_heat(upsample(raw, *canvas.shape[:2]), *heat_range(raw, convention, source))
        expected = colormap("turbo")[np.floor(heat * 255 + 0.5).astype(int)]
        assert np.abs(canvas.astype(int) - expected).max() <= 2


def test_the_divider_moves_by_drag_and_by_keys(page: Page, gallery: str) -> None:
    show_gallery(page, gallery, "&overlay=a&divider=on")
    open_tile(page, 0)
    divider = page.get_by_role("slider", name="Divider between the two sides")
    expect(divider).to_have_attribute("aria-valuetext", "50% Original image, 50% CAM")
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


def test_both_sides_of_the_divider_lie_over_each_other(page: Page, gallery: str, order, samples) -> None:
    wide = samples["width"] > samples["height"]
    show_gallery(page, gallery)
    open_tile(page, next(at for at, index in enumerate(order) if wide[index]))
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
def test_the_value_under_the_pointer_is_the_map_s(page: Page, gallery: str, explanation, order, cells: str) -> None:
    show_gallery(page, gallery, f"&cells={cells}&overlay=a")
    open_tile(page, 1)
    row, column, side = 2, 4, 7 * 9
    raws = [np.asarray(explanation.maps(source)[order[1]], dtype=np.float64) for source in ("cam", "grad_cam")]
    x, y = (column * 9 + 2.5) / side, (row * 9 + 6.5) / side  # off the middle of the cell
    read = point_at(page, x, y)
    for at, (raw, method) in enumerate(zip(raws, ("cam", "grad_cam"), strict=True)):
        value = raw[row, column] if cells == "true" else upsample(raw, side, side)[row * 9 + 6, column * 9 + 2]
        drawn = draw_heat(np.array([[value]]), *heat_range(raw, "literature", method))[0, 0]
        span = raw.max() - raw.min()
        assert read[2 * at] == pytest.approx(value, abs=1e-3 * span if cells == "true" else 0.02 * span)
        assert read[2 * at + 1] == pytest.approx(drawn, abs=0.006 if cells == "true" else 0.03)
    expect(page.locator(".reading").first).to_contain_text(f"row {row + 1}, column {column + 1}")


def test_keys_read_the_cells_from_the_hottest_on(page: Page, gallery: str, explanation, order) -> None:
    show_gallery(page, gallery, "&cells=true")
    open_tile(page, 0)
    raw = explanation.maps("cam")[order[0]]
    row, column = np.unravel_index(raw.argmax(), raw.shape)
    page.keyboard.press("Shift+ArrowLeft")
    assert readings(page)[:2] == pytest.approx([raw.max(), 1], rel=1e-3)
    key, step = ("ArrowLeft", -1) if column else ("ArrowRight", 1)
    page.keyboard.press(f"Shift+{key}")
    assert readings(page)[0] == pytest.approx(raw[row, column + step], rel=1e-3)
    expect_place(page, 1)


def test_the_numbers_are_the_engine_s(page: Page, browsed_run: Path, gallery: str, order) -> None:
    explained = runs.read_explained(browsed_run)
    show_gallery(page, gallery)
    open_tile(page, 2)
    index = order[2]
    texts = [re.sub(r"\s+", " ", text) for text in page.locator(".classes li").all_text_contents()]
    top = top_classes(explained.run, explained.explanation, index)
    label = measures.load_samples(explained)["label_name"][index]
    assert texts == [f"{name}{' ✓' if name == label else ''}{share:.0%}" for name, share in top]
    measured = measure_pair(explained.explanation, "cam", "grad_cam").iloc[index]
    numbers = page.locator(".large-numbers tr:has(th[scope=row])").evaluate_all(
        "rows => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
    )
    sources = ("cam", "grad_cam")
    off = [[float(measures.measure_off_object(explained, source)[c][index]) for c in CONVENTIONS] for source in sources]
    moved = [[float(measured[f"{name}_{c}"]) for c in CONVENTIONS] for name in MEASURES]
    titles = ["CAM", "Grad-CAM", "Activation moved", "Rank disagreement", "Top 20% disagreement", "Peak shift"]
    assert [row[0] for row in numbers] == titles
    read = [[int(cell.rstrip("%")) / 100 for cell in row[1:]] for row in numbers]
    np.testing.assert_allclose(read, off + moved, atol=0.0051)
    expect(page.locator(".theory")).to_contain_text("Values above 0% come from normalisation.")
    expect(page.locator(".path")).to_have_text(measures.load_samples(explained)["path"][index])


def test_markup_is_text(page: Page, gallery: str, samples, explanation) -> None:
    named = samples.index[(samples["label"] == 1) & (samples["predicted"] == 1)][0]
    page.goto(f"{gallery}&image={samples['id'][named]}&boxes=on")
    wait_until_large(page)
    expect(page.locator(".large-title")).to_contain_text(f"{MARKUP}, correctly predicted with")
    expect(page.locator(".class-name").first).to_contain_text(MARKUP)
    expect(page.locator(".target optgroup option").first).to_have_text(MARKUP)
    assert page.locator(".heatmap-grid img").count() == 0


def test_any_class_has_its_map_for_all_pictures_of_the_page(fresh_page: Page, gallery: str, explanation, order) -> None:
    sent: list[object] = []
    fresh_page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    show_gallery(fresh_page, gallery, "&cells=true")
    open_tile(fresh_page, 0)
    fresh_page.locator(".target select").select_option(label="Pug")
    fresh_page.wait_for_timeout(300)
    stored = explanation.all_class_maps()
    assert stored is not None
    expect(fresh_page.locator(".large-pair .chip").first).to_have_text("")
    for number, index in enumerate(order[:2]):
        read = point_at(fresh_page, 2.5 / 7, 4.5 / 7)
        value = float(stored[index, CLASSES.index("Pug"), 4, 2])
        assert read[0] == pytest.approx(value, rel=1e-3)
        assert read[2] == pytest.approx(value / 49, rel=1e-3)
        sent.clear()
        fresh_page.locator(".large-stage").press("ArrowRight")
        expect_place(fresh_page, number + 2)
        assert sent == []
    assert parameters(fresh_page)["for_class"] == "Pug"
    fresh_page.locator(".target select").select_option("predicted")
    assert "for_class" not in parameters(fresh_page)


def test_a_link_shows_the_map_of_its_class(page: Page, gallery: str, explanation, order, samples) -> None:
    page.goto(f"{gallery}&cells=true&target=class&for_class=Papillon&image={samples['id'][order[0]]}")
    wait_until_large(page)
    expect(page.locator(".target select")).to_have_value("class:Papillon")
    stored = explanation.all_class_maps()
    assert stored is not None
    assert point_at(page, 0.5, 0.5)[0] == pytest.approx(float(stored[order[0], 3, 3, 3]), rel=1e-3)


def test_it_says_in_words_what_it_shows(page: Page, gallery: str, explanation, order) -> None:
    show_gallery(page, gallery)
    open_tile(page, 0)
    raw = explanation.maps("cam")[order[0]]
    row, column = np.unravel_index(raw.argmax(), raw.shape)
    name = page.locator(".large-pair .frame").first.get_attribute("aria-label")
    assert name and name.startswith(f"CAM. Peak in row {row + 1} of 7, column {column + 1} of 7: ")
    expect(page.get_by_role("dialog")).to_have_accessible_name(
        re.compile(r"correctly predicted with \d+%|predicted as")
    )
