"""One server for a long time: what visitors leave behind when they go is nothing."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from dashboard_server import APP, find_process, serve
from own_pictures import copy_run, draw_photograph, encode
from playwright.sync_api import Browser, expect
from synthetic_run import make_run

pytestmark = pytest.mark.browser

PAGES = ("overview", "training_curves", "gallery", "disagreement", "verdict")
VISIT = 5  # page runs and 2 uploads
SETTLES = 150  # page runs until what is kept on purpose (caches, sessions that may come back) is there


def measure(process: Path) -> tuple[float, int]:
    """Return the memory that is the process's own, in MiB, and how many files it has open."""
    fields = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024, len(list((process / "fd").iterdir()))


def visit(browser: Browser, url: str, files: Iterator[int]) -> None:
    """Come, look at five pages of a run, have two pictures explained, and go."""
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


@pytest.mark.parametrize("runs", [25, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_memory_and_open_files_stay_flat(runs: int, browser: Browser, trained_run, tmp_path: Path) -> None:
    make_run(tmp_path / "runs", "made", images=400)
    copy_run(trained_run, tmp_path / "runs" / "tiny")
    files = itertools.count()
    settles = min(SETTLES, runs // 2)
    with serve(APP, tmp_path / "runs") as url:
        process = find_process(url)
        seen = []
        for _ in range((settles + runs) // VISIT):
            visit(browser, url, files)
            seen.append(measure(process))
    print(f"{runs} page runs, {next(files)} uploads: MiB and open files", *seen[:: max(1, len(seen) // 12)], seen[-1])
    memory, opened = zip(*seen[settles // VISIT :], strict=True)
    if runs > SETTLES:
        assert max(memory) < 1.1 * memory[0], "memory grows"
    assert max(opened) <= opened[0] + 8, "open files grow"
