"""Measures the dashboard's speed and memory on a million images: `python tests/benchmarks/million.py`.

It makes a synthetic run as large as `explain` would write it (about 11 GB), serves it, and browses it in Chromium.
`first` is the first visit to a fresh server. The other rows are medians, with a server and browser that have seen the
page, each visit in a new session. Received: the most bytes that the server sent to the browser.
"""

import argparse
import os
import platform
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS.parent))

from camcore.system.checksums import write_sums  # noqa: E402
from tests.support.dashboard_server import APP, CHROMIUM, serve  # noqa: E402 needs the path above
from tests.support.server_process import find_process  # noqa: E402 as above
from tests.support.synthetic_run import make_run  # noqa: E402

NAME, CLASSES, CHANNELS = "many", 120, 512
AIMS = {"overview": 3, "gallery": 3, "disagreement": 3, "filter": 1, "memory": 2048}
MEBIBYTE = 1024**2

COUNT = re.compile(r"^[\d,]+ of [\d,]+ images$")
# Whether the script has ended and all pictures are shown.
READY = """(marks) => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
    && !document.querySelector("[data-stale=true]")
    && marks.every((mark) => document.querySelector(mark))
    && [...document.images].every((image) => image.complete)
    && [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")].every((grid) => {
        const tiles = [...(grid.shadowRoot?.querySelectorAll(".tile") ?? [])];
        return tiles.length && tiles.every((tile) => tile.querySelector("canvas").style.width);
    })"""
GRID, CHART = "[data-testid=stBidiComponentIsolated]", ".js-plotly-plot .main-svg"
PAGES = {"overview": [".cc-examples img", ".cc-cards"], "gallery": [GRID], "disagreement": [GRID, CHART]}


def make_million(folder: Path, images: int) -> Path:
    """Make the run if it is missing, and list its files as `explain` does; return its path."""
    path = folder / NAME
    if not path.exists():
        started = time.perf_counter()
        classes = tuple(f"Breed {number:03}" for number in range(CLASSES))
        make_run(folder, NAME, images=images, classes=classes, channels=CHANNELS)
        explanation = next(path.glob("explained/*/manifest.json")).parent
        write_sums(explanation, [file.name for file in explanation.iterdir()])
        print(f"made in {time.perf_counter() - started:.0f} s")
    return path


def list_sizes(path: Path, images: int) -> None:
    """Print the bytes per image in each file."""
    for file in sorted(path.glob("explained/*/*")):
        print(f"  {file.name:24} {file.stat().st_size / images:8.1f} bytes per image")


@contextmanager
def watch_memory(process: Path) -> Iterator[dict[str, float]]:
    """Yield a process's peak memory in MiB until the context ends: resident, and its own."""
    peaks = {"VmRSS": 0.0, "RssAnon": 0.0}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            fields = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
            for name in peaks:
                peaks[name] = max(peaks[name], int(fields[name].split()[0]) / 1024)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        over.set()
        thread.join()


class Visitor:
    """A browser's page, with its waiting times and received bytes."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url, self.received = page, url, 0
        page.set_default_timeout(600_000)
        page.on("websocket", lambda socket: socket.on("framereceived", self._add))

    def _add(self, frame: str | bytes) -> None:
        self.received += len(frame)

    def wait(self, name: str) -> None:
        self.page.wait_for_function(READY, arg=PAGES[name], polling=10)

    def open(self, name: str, parameters: str = "") -> float:
        """Return the seconds until a page is shown, in a new session."""
        self.received = 0
        started = time.perf_counter()
        address = "" if name == "overview" else name
        self.page.goto(f"{self.url}/{address}?run={NAME}{parameters}", wait_until="commit")
        self.wait(name)
        return time.perf_counter() - started

    def change(self, act: Callable[[Page], None]) -> float:
        """Return the seconds from a choice in the gallery to its last picture."""
        count = self.page.get_by_text(COUNT)
        before = count.inner_text()
        self.received = 0
        started = time.perf_counter()
        act(self.page)
        self.page.wait_for_function(
            "([pattern, before]) => [...document.querySelectorAll('[data-testid=stMarkdown] p')]"
            ".some((one) => new RegExp(pattern).test(one.innerText) && one.innerText !== before)",
            arg=[COUNT.pattern, before],
            polling=10,
        )
        self.wait("gallery")
        return time.perf_counter() - started


def search(word: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        field = page.get_by_role("textbox", name="Search")
        field.fill(word)
        field.press("Enter")

    return act


def lower(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("slider", name=name).last.press("PageDown")


def choose(label: str, option: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=re.compile(f"^{option}")).first.click()

    return act


FILTERS = {  # one after the other; all but the first in the popover
    "right or wrong": lambda page: page.get_by_role("radio", name=re.compile("^Wrong")).click(),
    "search a name": search("0777"),
    "search two words": search("class-7 breed"),
    "clear the search": search(""),
    "confidence": lower("Confidence"),
    "disagreement": lower("Disagreement of A and B"),
    "heat off the object": lower("Activation outside the object"),
    "class": choose("True class", "Breed 007"),
}


def browse(url: str, rounds: int) -> Iterator[tuple[str, list[float], int]]:
    """Yield each step, its seconds, and the most bytes received in a visit."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        visitor = Visitor(browser.new_page(viewport={"width": 1440, "height": 900}), url)
        for name in PAGES:
            yield f"{name}, first", [visitor.open(name)], visitor.received
        for name in PAGES:
            yield name, [visitor.open(name) for _ in range(rounds)], visitor.received
        for sort in ("heat_moved", "peak_shift"):
            seconds_each = [visitor.open("gallery", f"&sort={sort}&page=17") for _ in range(rounds)]
            yield f"gallery by {sort}", seconds_each, visitor.received
        yield "gallery by likeness", [visitor.open("gallery", "&like=val/00017")], visitor.received
        seconds: dict[str, list[float]] = {}
        received: dict[str, int] = {}
        for _ in range(rounds):
            visitor.open("gallery", "&disagreement=0-70&off_object=0-60")  # where one more step leaves fewer images
            for name, act in FILTERS.items():
                if name == "search a name":
                    visitor.page.get_by_role("button", name=re.compile("Filters")).click()
                seconds.setdefault(name, []).append(visitor.change(act))
                received[name] = max(received.get(name, 0), visitor.received)
        for name, seconds_each in seconds.items():
            yield f"filter: {name}", seconds_each, received[name]
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="Make the run there, or take the one that is there, and leave it.")
    options = parser.parse_args()
    print(f"{options.images:,} images; {os.cpu_count()} cores, {platform.machine()}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        list_sizes(make_million(folder, options.images), options.images)
        with serve(APP, folder) as url, watch_memory(find_process(url)) as peaks:
            for name, seconds_each, received in browse(url, options.rounds):
                aim = AIMS.get(re.split("[ :]", name)[0], 0) if ", first" not in name else 0
                print(
                    f"{name:32} median {statistics.median(seconds_each):6.2f} s  worst {max(seconds_each):6.2f} s"
                    f"  received {received / MEBIBYTE:5.2f} MiB{f'  aim {aim} s' if aim else ''}",
                    f" server {peaks['VmRSS']:5.0f} MiB so far",
                    flush=True,
                )
        print(
            f"server at most {peaks['VmRSS']:.0f} MiB resident (aim {AIMS['memory']}), {peaks['RssAnon']:.0f} its own"
        )


if __name__ == "__main__":
    main()
