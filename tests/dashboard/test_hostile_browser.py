"""Hostile names on every page in a real browser; no request leaves the server."""

import re
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from camcore.system.checksums import SUMS
from tests.support.dashboard_server import APP, serve
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import write_verdict
from tests.support.uploaded_files import copy_run, draw_photograph, encode

pytestmark = pytest.mark.browser

PAGES = ("", "training_curves", "gallery", "disagreement", "verdict", "own_image")  # the first is Overview
CLOSEST = ("", "training_curves", "gallery")  # they show the most names
HOSTILE = "<img src=x onerror=alert(1)> **b** $x$ :smile: [l](x) &lt;i&gt;"
CLASSES = tuple(f"{HOSTILE} {number}" for number in range(3))
OUTSIDE = """
import os, sys

def hear(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        connection, address = arguments
        said = f"{event} {connection.type.name} {address}"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        said = f"{event} {arguments[0]}"
    else:
        return
    with open(os.environ["CONNECTIONS"], "a") as log:
        log.write(said + "\\n")

sys.addaudithook(hear)
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, streamlit_server) -> str:
    folder = tmp_path_factory.mktemp("hostile")
    path = make_run(folder, HOSTILE, classes=CLASSES, group=HOSTILE)
    make_run(folder, f"{HOSTILE} seed 2", classes=CLASSES, group=HOSTILE, train_seed=2, epochs=5, finished=False)
    write_verdict(path, against=HOSTILE)
    (samples,) = path.glob("explained/*/samples.parquet")
    table = pd.read_parquet(samples)
    for column in ("id", "path"):
        table[column] = table[column] + "/" + HOSTILE
    table.to_parquet(samples)
    for sums in path.rglob(SUMS):
        sums.unlink()
    return streamlit_server(APP, folder)


def wait_until_shown(page: Page) -> None:
    expect(page.locator("h1").first).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.wait_for_timeout(300)


@pytest.mark.parametrize(
    "name", [name if name in CLOSEST else pytest.param(name, marks=pytest.mark.slow) for name in PAGES]
)
def test_names_are_shown_as_they_are_on_every_page(name: str, page: Page, hostile: str) -> None:
    page.goto(f"{hostile}/{name}?run={HOSTILE.replace('&', '%26')}&seeds=apart&image=1")
    wait_until_shown(page)
    expect(page.get_by_text(HOSTILE).first).to_be_attached()
    for selector in ("img[src=x]", "[onerror]", ".katex", "a[href='x']", "a[href$='/x']"):
        expect(page.locator(selector)).to_have_count(0)
    bold = page.locator("b, strong, i, em").all_inner_texts()
    assert not [text for text in bold if text in ("b", "&lt;i&gt;", "i")]


def connect_from_another_site(url: str) -> int:
    """Return the status for another site's page that connects in a visitor's name."""
    connection = HTTPConnection(urlsplit(url).netloc)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": "http://elsewhere.example"}
    connection.request("GET", "/_stcore/stream", headers=upgrade | key)
    with closing(connection):
        return connection.getresponse().status


def browse(page: Page, url: str, own: Path) -> None:
    """Visit every page and upload a picture."""
    for name in PAGES:
        page.goto(f"{url}/{name}?run={'tiny' if name == 'own_image' else 'made'}")
        wait_until_shown(page)
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(own)
    expect(page.locator(".own-results section")).to_have_count(1)


def test_browsing_contacts_no_other_server(
    fresh_page: Page, trained_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(tmp_path / "runs", "made")
    copy_run(trained_run, tmp_path / "runs" / "tiny")
    (tmp_path / "sitecustomize.py").write_text(OUTSIDE)
    (tmp_path / "own.png").write_bytes(encode(draw_photograph()))
    log = tmp_path / "connections"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("CONNECTIONS", str(log))
    asked: list[str] = []
    fresh_page.on("request", lambda request: asked.append(request.url))
    fresh_page.on("websocket", lambda socket: asked.append(socket.url))
    with serve(APP, tmp_path / "runs") as url:
        browse(fresh_page, url, tmp_path / "own.png")
        assert connect_from_another_site(url) == 403
    elsewhere = [address for address in asked if urlsplit(address).hostname not in ("127.0.0.1", "localhost", None)]
    assert elsewhere == []
    lines = log.read_text().splitlines() if log.exists() else []
    # A datagram socket that is connected learns its own address and sends nothing: so Streamlit finds its network URL.
    sent = [line for line in lines if not re.match(r"socket\.connect SOCK_DGRAM ", line)]
    assert [line for line in sent if not line.endswith((" None", " 127.0.0.1", " localhost", " 0.0.0.0", " "))] == []
