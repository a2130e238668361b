"""Two processes with the shipped settings behind the shipped nginx file, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser_steps import choose, parameters, read_canvas, wait_until_painted
from tests.support.dashboard_server import open_page
from tests.support.deployment import Deployment, deploy
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import write_verdict
from tests.support.uploaded_files import copy_run, draw_photograph, encode, list_files

pytestmark = pytest.mark.browser

PAGES = ("", "training_curves", "gallery", "disagreement", "verdict", "own_image")


@pytest.fixture(scope="module")
def runs(trained_run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A read-only runs folder."""
    folder = tmp_path_factory.mktemp("runs")
    write_verdict(make_run(folder, "made", images=40))
    copy_run(trained_run, folder / "tiny")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


@pytest.fixture(scope="module")
def deployed(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deploy(tmp_path_factory.mktemp("deployed"), runs) as deployment:
        yield deployment
    for path in [runs, *runs.rglob("*")]:
        path.chmod(0o755)


def wait_until_shown(page: Page) -> None:
    expect(page.locator("h1").first).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def process_of(page: Page) -> str:
    """Return the process that the page's cookie names."""
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "camcore_process")


def bring_picture(page: Page, url: str) -> None:
    page.goto(f"{url}/own_image?run=tiny")
    picture = {"name": "own.png", "mimeType": "image/png", "buffer": encode(draw_photograph())}
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(picture)
    expect(page.locator(".own-results section")).to_have_count(1)


def download_table(page: Page) -> str:
    """Return the table of the open gallery."""
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Table")).click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def test_every_page_works_below_a_base_path(fresh_page: Page, deployed: Deployment, runs: Path):
    before = list_files(runs)
    asked: list[tuple[str, int]] = []
    fresh_page.on("response", lambda answer: asked.append((answer.url, answer.status)))
    sockets: list[str] = []
    fresh_page.on("websocket", lambda socket: sockets.append(socket.url))
    for name in PAGES:
        fresh_page.goto(f"{deployed.url}/{name}?run=made")
        wait_until_shown(fresh_page)
        paths = fresh_page.locator("a[href]").evaluate_all("all => all.map((link) => new URL(link.href).pathname)")
        assert paths and all(path == "/cams" or path.startswith("/cams/") for path in paths), (name, paths)
    theme = fresh_page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert theme == "rgb(251, 249, 245)", "the settings beside the app hold, though it was started in another folder"
    fresh_page.get_by_role("link", name="Gallery").click()
    wait_until_painted(fresh_page)
    assert urlsplit(fresh_page.url).path == "/cams/gallery"
    # Streamlit looks for its base path in the page's own first.
    missing = [url for url, status in asked if status >= 400 and not re.search(r"/cams/\w+/_stcore/[\w-]+$", url)]
    assert missing == []
    outside = [url for url, _ in asked if not url.startswith((deployed.url + "/", "data:", "blob:"))]
    assert outside == []
    assert sockets and all(url == f"wss{deployed.url.removeprefix('https')}/_stcore/stream" for url in sockets)
    assert list_files(runs) == before


def test_a_shared_link_shows_the_same_picture(page: Page, browser: Browser, deployed: Deployment) -> None:
    page.goto(f"{deployed.url}/gallery?run=made&result=right&sort=confidence")
    wait_until_painted(page)
    choose(page, "overlay", "a")
    expect(page).to_have_url(re.compile("overlay=a"))
    with open_page(browser) as there:
        there.goto(page.url)
        wait_until_painted(there)
        assert parameters(there) == parameters(page)
        np.testing.assert_array_equal(read_canvas(there, 1), read_canvas(page, 1))


@pytest.mark.parametrize("process", [pytest.param("a", marks=pytest.mark.slow), "b"])
def test_uploads_and_downloads_meet_the_process_of_the_page(
    process: str, fresh_page: Page, deployed: Deployment
) -> None:
    cookie = {"name": "camcore_process", "value": process, "url": f"{deployed.url}/"}
    fresh_page.context.add_cookies([cookie | {"secure": True}])
    bring_picture(fresh_page, deployed.url)
    assert process_of(fresh_page) == process
    fresh_page.goto(f"{deployed.url}/gallery?run=made")
    wait_until_painted(fresh_page)
    assert download_table(fresh_page).count("\n") == 41
    fresh_page.goto(f"{deployed.url}/?run=made")
    with fresh_page.expect_download() as download:
        fresh_page.get_by_role("button", name="Download report").click()
    assert "<!doctype html>" in Path(download.value.path()).read_text(encoding="utf-8").lower()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/cams/_stcore/health", 200),
        ("/cams/_stcore/host-config", 200),
        ("/cams/", 200),
        ("/cams/_stcore/metrics", 404),
        ("/cams//_stcore/metrics", 404),
        ("/cams/%5fstcore/metrics", 404),
        ("/cams/_stcore%2Fmetrics", 404),
        ("/cams/gallery/../_stcore/metrics", 404),
        ("/cams/_stcore/script-health-check", 404),
        ("/cams/_stcore/agent/openapi.json", 404),
        ("/cams/_stcore/agent/mcp", 404),
        ("/cams/_stcore/bidi-components/heatmap_grid/index.js", 404),
        ("/cams/component/anything/index.html", 404),
        ("/cams/app/static/anything", 404),
        ("/cams/media/0123456789abcdef.png", 404),
        ("/_stcore/metrics", 404),
        ("/media/anything", 404),
    ],
)
def test_of_what_streamlit_serves_only_what_pages_need_is_open(path: str, status: int, deployed: Deployment) -> None:
    assert deployed.ask(path)[0] == status


def test_nothing_is_changed_by_other_methods_or_other_sites(deployed: Deployment) -> None:
    assert deployed.ask("/cams/", "POST")[0] == 403
    assert deployed.ask("/cams/_stcore/upload_file/session/file", "PUT")[0] == 403, "XSRF protection is off"
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": "https://elsewhere.example"}
    assert deployed.ask("/cams/_stcore/stream", headers=upgrade | key)[0] == 403


def test_a_killed_process_keeps_the_view(fresh_page: Page, deployed: Deployment) -> None:
    fresh_page.goto(f"{deployed.url}/gallery?run=made&result=right&sort=confidence")
    wait_until_painted(fresh_page)
    choose(fresh_page, "overlay", "b")
    expect(fresh_page).to_have_url(re.compile("overlay=b"))
    view, drawn, first = parameters(fresh_page), read_canvas(fresh_page, 1), process_of(fresh_page)
    other = "b" if first == "a" else "a"
    deployed.kill(first)
    expect_process(fresh_page, other)
    fresh_page.wait_for_timeout(1500)
    wait_until_shown(fresh_page)
    wait_until_painted(fresh_page)
    assert parameters(fresh_page) == view
    np.testing.assert_array_equal(read_canvas(fresh_page, 1), drawn)
    fresh_page.get_by_role("radio", name=re.compile("^Incorrect")).click()
    expect(fresh_page.get_by_text("10 of 40 images")).to_be_visible()
    expect(fresh_page).to_have_url(re.compile("result=wrong"))
    deployed.begin(first)  # as systemd does: those who have left stay where they are
    deployed.wait_for(first)
    fresh_page.wait_for_timeout(2500)  # until nginx tries it again
    assert download_table(fresh_page).count("\n") == 11
    bring_picture(fresh_page, deployed.url)
    assert process_of(fresh_page) == other


def expect_process(page: Page, name: str) -> None:
    for _ in range(300):
        if process_of(page) == name:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the page did not come to process {name} within 30 s")
