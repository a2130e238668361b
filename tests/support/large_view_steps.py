"""A run to browse, and actions in the large view."""

import re
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from camcore.explained.explanation import open_explanation
from camcore.runs.run import open_run
from dashboard.data import measures, runs
from tests.support.browser_steps import parameters, read_pixels, settle, wait_until_painted
from tests.support.synthetic_run import make_run

MARKUP = "<img src=x onerror=alert(1)>"
CLASSES = ("Beagle", MARKUP, "Dachshund", "Papillon", "Pug", "Whippet")
IMAGES, PER_PAGE = 60, 24


def make_browsed_run(folder: Path) -> Path:
    """Write a run with the maps of every class; one class has markup for a name."""
    path = make_run(folder, "run", images=IMAGES, classes=CLASSES)
    maps = np.random.default_rng(0).normal(size=(IMAGES, len(CLASSES), 7, 7))
    np.save(open_explanation(open_run(path)).path / "all_classes.npy", maps.astype(np.float16))
    return path


def read_order(run: Path) -> list[int]:
    """Return the images as `sort=confidence` shows them."""
    confidence = measures.load_samples(runs.read_explained(run))["confidence"]
    return [int(index) for index in np.argsort(-confidence, kind="stable")]


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
    return read_pixels(page.locator(".large-pair canvas").nth(side))


def point_at(page: Page, x: float, y: float) -> list[float]:
    """Point at x and y from 0 to 1; return each source's raw and drawn value."""
    box = page.locator(".large-pair .frame:visible").last.bounding_box()
    assert box
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    return readings(page)


def readings(page: Page) -> list[float]:
    texts = [text.replace("−", "-") for text in page.locator(".reading").all_text_contents()]
    return [
        float(number)
        for text in texts
        for number in re.findall(r" (-?[\d.]+(?:e-\d+)?) · normalised ([\d.]+)", text)[0]
    ]
