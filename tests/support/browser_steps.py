"""Actions on the grid in a browser, and readings of it."""

import base64
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Locator, Page

READ_CANVAS = """canvas => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    let bytes = "";
    for (let start = 0; start < data.length; start += 8192)
        bytes += String.fromCharCode(...data.subarray(start, start + 8192));
    return { width, height, pixels: btoa(bytes) };
}"""  # one text: Playwright takes seconds for a list of a million numbers


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
    return read_pixels(page.locator(".tile").nth(tile).locator("canvas").first)


def read_pixels(canvas: Locator) -> np.ndarray:
    """Return a canvas's colours, uint8 (height, width, 3)."""
    read = canvas.evaluate(READ_CANVAS)
    pixels = np.frombuffer(base64.b64decode(read["pixels"]), np.uint8)
    return pixels.reshape(read["height"], read["width"], 4)[:, :, :3]
