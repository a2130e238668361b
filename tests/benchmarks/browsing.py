"""Measures the gallery in a real Chromium, in seconds, medians: `python tests/benchmarks/browsing.py`.

It makes and serves a run of 8,580 images and browses it with 48 pictures per page, each at least 224 pixels wide.
`cold` is the first visit with a fresh server and browser; in the other rows both have seen the page.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS.parent))

from tests.support.dashboard_server import APP, CHROMIUM, serve  # noqa: E402 needs the path above
from tests.support.synthetic_run import make_run  # noqa: E402

IMAGES, TILES = 8580, 48
GALLERY = f"gallery?run=many&per_page={TILES}&overlay=a&size=medium"
TARGETS = {"cold": 2.5, "load": 1.0, "navigation": 1.0, "next page": 0.5, "overlay": 0.05, "opacity": 0.05}
TARGETS |= {"colours": 0.05}

# Whether every tile of the page is painted, and all are new.
PAINTED = """(count) => {
    const root = document.querySelector("[data-testid=stBidiComponentIsolated]")?.shadowRoot;
    const tiles = [...(root?.querySelectorAll(".tile") ?? [])];
    return tiles.length === count && tiles.every((tile) => tile.querySelector("canvas").style.width)
        && !tiles[0].dataset.old;
}"""
# Go to the next page and return the milliseconds until all its tiles are painted.
TURN = """(count) => new Promise((done) => {
    const painted = PAINTED;
    const root = document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot;
    root.querySelector(".tile").dataset.old = "yes";
    const started = performance.now();
    const look = () => painted(count) ? done(performance.now() - started) : requestAnimationFrame(look);
    document.querySelector("button[aria-label='Next page']").click();
    look();
})""".replace("PAINTED", PAINTED)
# Change a control and return the milliseconds until the frame after the one that paints it.
CHANGE = """([selector, value]) => new Promise((done) => {
    const root = document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot;
    const input = root.querySelector(selector);
    const started = performance.now();
    if (value === null) input.click();
    else { input.value = value; input.dispatchEvent(new Event("input", { bubbles: true, composed: true })); }
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - started)));
})"""


def wait_until_painted(page: Page) -> None:
    page.wait_for_function(PAINTED, arg=TILES, polling=5, timeout=60_000)


def time_load(page: Page, url: str) -> float:
    started = time.perf_counter()
    page.goto(f"{url}/{GALLERY}", wait_until="commit")
    wait_until_painted(page)
    return time.perf_counter() - started


def time_navigation(page: Page, url: str) -> float:
    """Return the seconds from a click on the page's name to the last tile."""
    page.get_by_role("link", name="Verdict").click()
    page.wait_for_selector("[data-testid=stBidiComponentIsolated]", state="detached")
    page.wait_for_timeout(500)
    started = time.perf_counter()
    page.get_by_role("link", name="Gallery").click()
    wait_until_painted(page)
    return time.perf_counter() - started


def time_next_page(page: Page, url: str) -> float:
    page.wait_for_timeout(300)  # as after a look at the page
    return float(page.evaluate(TURN, TILES)) / 1000


def time_change(selector: str, values: tuple[str | None, ...]) -> Callable[[Page, str], float]:
    turn = iter(values * 1000)
    return lambda page, url: float(page.evaluate(CHANGE, [selector.format(next(turn)), None])) / 1000


def time_opacity() -> Callable[[Page, str], float]:
    turn = iter(("20", "80") * 1000)
    return lambda page, url: float(page.evaluate(CHANGE, [".opacity input", next(turn)])) / 1000


def measure(browser: Browser, folder: Path, rounds: int) -> dict[str, list[float]]:
    measured: dict[str, list[float]] = {}
    with serve(APP, folder) as url:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        frames: list[object] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(frame)))
        measured["cold"] = [time_load(page, url)]
        measured["load"] = [time_load(page, url) for _ in range(rounds)]
        for name, act in (("navigation", time_navigation), ("next page", time_next_page)):
            measured[name] = [act(page, url) for _ in range(rounds)]
        page.wait_for_timeout(1000)
        frames.clear()
        changes = {
            "overlay": time_change("input[name=overlay][value={}]", ("both", "b", "difference", "a")),
            "opacity": time_opacity(),
            "colours": time_change("input[name=colors][value={}]", ("viridis", "jet", "inferno")),
        }
        for name, act in changes.items():
            measured[name] = [act(page, url) for _ in range(3 * rounds)]
        page.wait_for_timeout(1000)
        measured["frames sent by changes"] = [float(len(frames))]
        context.close()
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="Write every value there.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        make_run(Path(folder), "many", images=IMAGES)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        measured = measure(browser, Path(folder), options.rounds)
    print(f"{IMAGES:,} images, {TILES} tiles; {os.cpu_count()} cores, {platform.machine()}")
    for name, values in measured.items():
        if name in TARGETS:
            aim = TARGETS[name]
            print(f"{name:12} median {statistics.median(values):6.3f} s  worst {max(values):6.3f} s  aim {aim:.3f} s")
        else:
            print(f"{name}: {values[0]:.0f}")
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1))


if __name__ == "__main__":
    main()
