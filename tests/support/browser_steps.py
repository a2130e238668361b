"""Actions on the grid in a browser, and readings of it."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Page

READ_CANVAS = """canvas => {
    const { width, height } = canvas;
    return [width, height, ...canvas.getContext("2d").getImageData(0, 0, width, height).data];
}"""


def wait_until_painted(page: Page) -> None:
    page.wait_for_function(
        """() => {
            const root = document.querySelector("[data-testid=stBidiComponentIsolated]")?.shadowRoot;
            const tiles = [...(root?.querySelectorAll(".tile") ?? [])];
            return tiles.length && tiles.every((tile) => tile.querySelector("canvas").style.width);
        }"""
    )


def settle(page: Page) -> None:
    """Wait until all requested changes are painted."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_timeout(50)


def choose(page: Page, name: str, value: str) -> None:
    radio = page.locator(f".heatmap-grid input[name={name}][value={value}]")
    if not radio.is_visible():
        page.locator(".disclose").click()
    radio.check()
    settle(page)


def parameters(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def read_canvas(page: Page, tile: int) -> np.ndarray:
    width, height, *pixels = page.locator(".tile").nth(tile).locator("canvas").first.evaluate(READ_CANVAS)
    return np.array(pixels, dtype=np.uint8).reshape(height, width, 4)[:, :, :3]
