"""Takes the README's screenshots of the shipped runs: `python tests/screenshots.py`."""

import io
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, sync_playwright

from camcore.config import DatasetConfig
from camcore.data.registry import open_dataset

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "dashboard" / "screenshots"
PORT = 8765
VIEWS = {
    "overview": "",
    "training_curves": "training_curves",
    "gallery": "gallery",
    "large": "gallery?image=val-00001",
    "disagreement": "disagreement",
    "verdict": "verdict?run=paper-dogs-gap",
    "verdict-mlp": "verdict?run=paper-dogs-mlp",
    "own_image": "own_image",
    "korean": "verdict?run=paper-dogs-gap&lang=ko",
}
SIZES = {"desktop": ({"width": 1440, "height": 900}, 1), "phone": ({"width": 390, "height": 844}, 2)}
THEMES = ("light", "dark")


def main() -> None:
    """Serve the dashboard, and write a picture per view, size and theme."""
    FOLDER.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", f"--server.port={PORT}"]
    server = subprocess.Popen([*command, "--server.headless=true"], cwd=REPOSITORY)
    try:
        wait_until_healthy()
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-gpu"]
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
            for size in SIZES:
                for theme in THEMES:
                    shoot_pages(browser, size, theme)
    finally:
        server.terminate()


def wait_until_healthy() -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/_stcore/health").close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The dashboard did not come up.")


def shoot_pages(browser: Browser, size: str, theme: str) -> None:
    viewport, scale = SIZES[size]
    context = browser.new_context(viewport=viewport, device_scale_factor=scale, color_scheme=theme)
    page = context.new_page()
    for name, address in VIEWS.items():
        page.goto(f"http://127.0.0.1:{PORT}/{address}")
        if name == "own_image":
            bring_pictures(page)
        save(page, FOLDER / f"{name}-{size}-{theme}.webp")
    context.close()


def bring_pictures(page: Page) -> None:
    """Upload two paper dogs of another seed, unseen in training; scroll to them on a phone."""
    dataset = open_dataset(DatasetConfig("paper-dogs", seed=7, val_images=8), None)
    files: list[FilePayload] = []
    for number, sample in enumerate(dataset.val[:2], 1):
        buffer = io.BytesIO()
        dataset.load_image(sample).save(buffer, "JPEG", quality=92)
        files.append({"name": f"dog-{number}.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()})
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(files)
    page.wait_for_selector(".own-results section", state="attached")
    if page.evaluate("innerWidth") < 600:
        page.locator(".heatmap-grid").evaluate(
            "grid => { grid.style.scrollMarginTop = '80px'; grid.scrollIntoView(); }"
        )


def save(page: Page, path: Path) -> None:
    page.wait_for_selector("h1")
    page.get_by_test_id("stStatusWidget").wait_for(state="hidden")
    page.wait_for_timeout(4000)  # charts and pictures appear after the script has ended, some with an animation
    Image.open(io.BytesIO(page.screenshot())).save(path, quality=84, method=6)
    print(path.name)


if __name__ == "__main__":
    main()
