"""Script and engine draw the same pixels from the same raw maps, within 2 of 255."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from camcore.geometry import upsample
from camcore.heatmaps.drawing import COLORMAPS, CONVENTIONS, blend, colormap, draw_heat, heat_range, map_status
from camcore.heatmaps.methods import METHODS
from tests.support.rendered_maps import render

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).parents[3] / "camcore" / "presentation" / "grid" / "browser" / "drawing.js"
WIDTH, HEIGHT = 40, 24
SEEN = {"left": 9, "top": 2, "width": 22, "height": 20}
ROWS, COLUMNS = slice(2, 22), slice(9, 31)
RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
SIGNED = RANDOM.normal(size=(7, 5)).astype(np.float32)
MAPS = {
    "signed": SIGNED,
    "positive only": np.abs(SIGNED) + 0.1,
    "negative only": -np.abs(SIGNED) - 0.1,
    "all zero": np.zeros_like(SIGNED),
    "constant": np.full_like(SIGNED, 2),
    "one cell": np.full((1, 1), 3, dtype=np.float32),
    "as fine as the picture": RANDOM.normal(size=(20, 22)).astype(np.float32),
    "not finite": np.where(np.arange(35).reshape(7, 5) == 9, np.nan, SIGNED).astype(np.float32),
}
DRAW = """({image, width, maps, seen, convention, signed, smooth, table, opacity}) => {
    const heats = maps.map((map, at) => {
        const values = Float32Array.from(map.values, (value) => value ?? NaN);
        const range = heatRange(valueRange(values), convention, signed[at]);
        const heat = new Float64Array(seen.width * seen.height).fill(0.7); // what was there must not shine through
        return drawHeat({...map, values}, range, seen.width, seen.height, smooth, heat);
    });
    const pixels = Uint8ClampedArray.from(image);
    const entries = heats.length === 2 ? toDifferenceEntries(...heats) : toEntries(heats[0]);
    blend(pixels, width, entries, seen, table, opacity);
    return [...pixels];
}"""


@pytest.fixture(scope="module")
def script(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    yield page
    page.close()


def draw_in_browser(
    page: Page, raws: list[NDArray[np.float32]], methods: list[str], **options: Any
) -> NDArray[np.uint8]:
    opaque = np.dstack([IMAGE, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    maps = [
        {"height": len(raw), "width": raw.shape[1], "values": [None if np.isnan(v) else float(v) for v in raw.ravel()]}
        for raw in raws
    ]
    pixels = page.evaluate(
        DRAW,
        {"image": opaque.ravel().tolist(), "width": WIDTH, "maps": maps, "seen": SEEN}
        | {"signed": [METHODS[method].drawn_signed for method in methods], "convention": "literature"}
        | {"smooth": True, "opacity": 0.5}
        | options
        | {"table": colormap(options.get("table", "inferno")).ravel().tolist()},
    )
    drawn = np.array(pixels, dtype=np.uint8).reshape(HEIGHT, WIDTH, 4)
    assert (drawn[:, :, 3] == 255).all()
    return drawn[:, :, :3]


def assert_same(drawn: NDArray[np.uint8], expected_seen: NDArray[np.uint8]) -> None:
    expected = IMAGE.copy()
    expected[ROWS, COLUMNS] = expected_seen
    assert np.abs(drawn.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", MAPS)
def test_every_kind_of_map(script: Page, name: str, method: str, convention: str) -> None:
    drawn = draw_in_browser(script, [MAPS[name]], [method], convention=convention)
    assert_same(drawn, render(IMAGE[ROWS, COLUMNS], MAPS[name], convention, method))


@pytest.mark.parametrize("opacity", [0, 0.35, 1])
@pytest.mark.parametrize("colours", COLORMAPS)
def test_every_colour_map(script: Page, colours: str, opacity: float) -> None:
    drawn = draw_in_browser(script, [SIGNED], ["cam"], table=colours, opacity=opacity)
    assert_same(drawn, render(IMAGE[ROWS, COLUMNS], SIGNED, "literature", "cam", colours, opacity))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_true_cells(script: Page, convention: str) -> None:
    cells = [(np.arange(target) * 2 + 1) * source // (2 * target) for target, source in ((20, 7), (22, 5))]
    heat = draw_heat(SIGNED[np.ix_(*cells)].astype(np.float64), *heat_range(SIGNED, convention, "cam"))
    drawn = draw_in_browser(script, [SIGNED], ["cam"], convention=convention, smooth=False)
    assert_same(drawn, blend(IMAGE[ROWS, COLUMNS], heat, colormap("inferno"), 0.5))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_difference_of_maps_of_different_grids(script: Page, convention: str) -> None:
    fine = RANDOM.normal(size=(14, 14)).astype(np.float32)
    raws, methods = [SIGNED, fine], ["cam", "grad_cam"]
    first, second = (
        draw_heat(upsample(raw.astype(np.float64), 20, 22), *heat_range(raw, convention, method))
        for raw, method in zip(raws, methods, strict=True)
    )
    drawn = draw_in_browser(script, raws, methods, convention=convention, table="signed")
    assert_same(drawn, blend(IMAGE[ROWS, COLUMNS], (first - second + 1) / 2, colormap("signed"), 0.5))


def test_both_give_a_map_the_same_status(script: Page) -> None:
    maps = [
        *MAPS.values(),
        np.eye(4),
        np.eye(3),
        -np.eye(3, 9),
        np.full((9, 9), 2.0) + 1e-6 * np.eye(9),
        -np.ones((4, 4)),
    ]
    for raw in (raw.astype(np.float32) for raw in maps):
        values = [None if np.isnan(value) else float(value) for value in raw.ravel()]
        status = script.evaluate(
            "({values, ...grid}) => mapStatus({...grid, range: valueRange(values.map((value) => value ?? NaN))})",
            {"height": len(raw), "width": raw.shape[1], "values": values},
        )
        assert status == map_status(raw[None])[0]


def test_equal_maps_differ_nowhere(script: Page) -> None:
    drawn = draw_in_browser(script, [SIGNED, SIGNED], ["cam", "cam"], table="signed", opacity=1)
    assert (drawn[ROWS, COLUMNS] == colormap("signed")[128]).all()
