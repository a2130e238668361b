"""Login and logout behind the shipped nginx file, with a real OpenID Connect provider."""

import base64
import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser_steps import parameters, wait_until_painted
from tests.support.dashboard_server import free_port
from tests.support.deployment import Deployment, deploy
from tests.support.synthetic_run import make_run

pytestmark = pytest.mark.browser

LONG = base64.b85encode(np.random.default_rng(0).bytes(3600)).decode()  # as providers send who is in many groups
USERS = (
    {"sub": "ann", "email": "Ann@Example.org", "email_verified": True, "name": "Ann"},
    {"sub": "eve", "email": "eve@evil.example", "email_verified": True, "name": "Eve"},
    {"sub": "una", "email": "una@example.org", "email_verified": False, "name": "Una"},
    {"sub": "max", "email": "max@example.org", "email_verified": True, "groups": LONG},
)
SECRETS = """[auth]
allowed = ["example.org"]
redirect_uri = "{url}/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "camcore"
client_secret = "secret"
server_metadata_url = "PROVIDER/.well-known/openid-configuration"
"""
LINK = "gallery?run=secret-run&result=wrong"


@contextmanager
def serve_provider() -> Iterator[str]:
    """Yield the address of a provider that knows `USERS`."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    command += [word for user in USERS for word in ("--user-claims", json.dumps(user))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    try:
        for _ in range(200):
            with suppress(OSError), urllib.request.urlopen(f"{url}/.well-known/openid-configuration", timeout=5):
                break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A dashboard with a login, in one process; others would share its secret."""
    runs = tmp_path_factory.mktemp("runs")
    make_run(runs, "secret-run", images=40)
    with serve_provider() as provider:
        secrets = SECRETS.replace("PROVIDER", provider)
        with deploy(tmp_path_factory.mktemp("guarded"), runs, secrets, processes="a") as deployment:
            yield deployment


def log_in(page: Page, url: str, user: str) -> None:
    page.goto(url)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert "10 of 40" not in page.content()
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name=user, exact=True).click()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_shared_link_survives_the_login(page: Page, guarded: Deployment) -> None:
    log_in(page, f"{guarded.url}/{LINK}", "ann")
    expect(page.get_by_text("10 of 40 images")).to_be_visible()
    wait_until_painted(page)
    assert parameters(page) == {"run": "secret-run", "result": "wrong"}
    expect(page.get_by_text("Logged in as Ann@Example.org")).to_be_visible()
    page.get_by_role("button", name="Download").click()
    with page.expect_response(re.compile("/cams/media/")) as answer, page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Table")).click()
    assert Path(download.value.path()).read_text(encoding="utf-8").count("\n") == 11
    file = answer.value.url.removeprefix(guarded.url.removesuffix("/cams"))
    assert answer.value.status == 200
    assert guarded.ask(file) == (403, "Log in first.")
    log_out(page)
    assert page.request.get(answer.value.url).status == 403
    page.goto(f"{guarded.url}/{LINK}")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_somebody_of_whom_the_provider_says_much_comes_in(page: Page, guarded: Deployment) -> None:
    log_in(page, f"{guarded.url}/{LINK}", "max")
    expect(page.get_by_text("10 of 40 images")).to_be_visible()
    cookies = sum(len(cookie["name"]) + len(cookie["value"]) for cookie in page.context.cookies())
    assert 8192 < cookies < 16384, "more than nginx and the WebSocket take by themselves"
    log_out(page)


@pytest.mark.parametrize("user", ["eve", "una"])
def test_who_is_not_on_the_list_or_not_vouched_for_is_refused(user: str, page: Page, guarded: Deployment) -> None:
    log_in(page, f"{guarded.url}/{LINK}", user)
    expect(page.get_by_text("This account has no access")).to_be_visible()
    expect(page.get_by_text("secret-run")).to_have_count(0)
    expect(page.get_by_role("link", name="Gallery")).to_have_count(0)
    assert page.request.get(f"{guarded.url}/media/anything").status == 403
    log_out(page)


@pytest.mark.parametrize("path", ["media/a.png", "_stcore/upload_file/session/file", "_stcore/metrics"])
def test_the_process_is_closed_without_a_login(path: str, guarded: Deployment) -> None:
    assert guarded.ask(f"/cams/{path}", process="a")[0] == 403


@pytest.mark.parametrize("cookie", ["_streamlit_user=x", "_streamlit_user=; _streamlit_user_1=x", ""])
def test_a_made_up_cookie_opens_nothing(cookie: str, guarded: Deployment) -> None:
    assert guarded.ask("/cams/media/anything", headers={"Cookie": cookie})[0] == 403
