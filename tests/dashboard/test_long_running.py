"""A server in long use: visitors leave no memory or open files."""

import itertools
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dashboard.server.memory import BETWEEN
from tests.support.dashboard_server import APP, serve
from tests.support.server_process import find_process, read_memory
from tests.support.synthetic_run import make_run
from tests.support.uploaded_files import copy_run, draw_photograph, encode

pytestmark = pytest.mark.browser

PAGES = ("", "training_curves", "gallery", "disagreement", "verdict")  # the first is Overview
VISIT = 5  # page runs and 2 uploads
KEEPS = 120  # seconds that Streamlit keeps the session of someone who has gone, and may come back


def measure(process: Path) -> tuple[float, int]:
    """Return a process's own memory in MiB and its number of open files."""
    return read_memory(process), len(list((process / "fd").iterdir()))


def visit(browser: Browser, url: str, files: Iterator[int]) -> None:
    """Visit five pages of a run, have two pictures explained, and leave."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    for name in PAGES:
        page.goto(f"{url}/{name}?run=made")
        expect(page.locator("h1").first).to_be_visible()
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.goto(f"{url}/own_image?run=tiny")
    pictures = [
        {"name": f"{number}.png", "mimeType": "image/png", "buffer": encode(draw_photograph(number, (640, 480)))}
        for number in itertools.islice(files, 2)
    ]
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(pictures)
    expect(page.locator(".own-results section")).to_have_count(2)
    context.close()


@pytest.mark.slow  # what a few visits leave can not be told from noise
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("runs", [50, 500])
def test_memory_and_open_files_stay_flat(runs: int, browser: Browser, trained_run, tmp_path: Path) -> None:
    make_run(tmp_path / "runs", "made", images=400)
    copy_run(trained_run, tmp_path / "runs" / "tiny")
    keeps = KEEPS if runs == 500 else 2
    files, seen = itertools.count(), []
    with serve(APP, tmp_path / "runs", (f"--server.disconnectedSessionTTL={keeps}",)) as url:
        process = find_process(url)
        visit(browser, url, files)
        _, at_first = measure(process)
        settled = time.monotonic() + 1.2 * keeps
        while time.monotonic() < settled:
            visit(browser, url, files)
        for _ in range(runs // VISIT):
            visit(browser, url, files)
            seen.append(measure(process))
        time.sleep(1.2 * keeps)
        visit(browser, url, files)
        _, at_last = measure(process)
    memory = [megabytes for megabytes, _ in seen]
    quarter = max(1, len(memory) // 4)
    before, after = (statistics.median(part) for part in (memory[:quarter], memory[-quarter:]))
    print(
        f"{runs} page runs, {next(files)} uploads; MiB {before:.0f}, then {after:.0f}; files {at_first}, then {at_last}"
    )
    assert at_last <= at_first + 5 * BETWEEN, "open files grow"  # a session that has gone holds up to five
    assert after < 1.1 * before, "memory grows"
