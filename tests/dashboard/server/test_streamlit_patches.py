"""Replaced parts of Streamlit; a missing name stops the start."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import streamlit as st
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from streamlit import net_util
from streamlit.commands import navigation
from streamlit.runtime.app_session import AppSession

from camcore.data.uploaded_image import MOST_MEGABYTES
from camcore.errors import CamcoreError
from dashboard.server.streamlit_patches import patch_streamlit
from dashboard.url_state import missing
from dashboard.widgets.link_notice import PAGE

REPLACED = [
    (net_util, "get_external_ip"),
    (AppSession, "_handle_clear_cache_request"),
    (AppSession, "_handle_git_information_request"),
    (MultiPartParser, "spool_max_size"),
    (navigation, "send_page_not_found"),
]


@pytest.fixture(autouse=True)
def originals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore what a test replaces."""
    for owner, name in REPLACED:
        monkeypatch.setattr(owner, name, getattr(owner, name))


@pytest.fixture
def session() -> SimpleNamespace:
    """A stand-in for a session of the patched Streamlit; `sent` holds its answers."""
    patch_streamlit(20)
    sent: list[object] = []
    script = SimpleNamespace(main_script_path="")
    return SimpleNamespace(sent=sent, _enqueue_forward_msg=sent.append, _session_state={}, _script_data=script)


def test_a_message_cannot_clear_the_caches(session: SimpleNamespace) -> None:
    computed: list[int] = []
    cached = st.cache_data(lambda: computed.append(0))
    cached()
    AppSession._handle_clear_cache_request(session)
    cached()
    assert len(computed) == 1


def test_a_message_cannot_read_the_git_state(session: SimpleNamespace) -> None:
    AppSession._handle_git_information_request(session)
    assert session.sent == []


def test_an_address_without_a_page_is_noted() -> None:
    patch_streamlit(20)
    navigation.send_page_not_found(SimpleNamespace())
    assert missing().pop(PAGE) == ""


def test_the_internet_is_not_asked_for_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda *_, **__: pytest.fail("somebody was asked"))
    patch_streamlit(20)
    assert net_util.get_external_ip() is None


def test_the_largest_upload_stays_in_memory() -> None:
    """By default, the server's parser writes uploads over 1 MB to a temporary file."""
    patch_streamlit(MOST_MEGABYTES)
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
    body = head + bytes(MOST_MEGABYTES * 1024**2) + b"\r\n--x--\r\n"

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def parse():
        scope = {"type": "http", "headers": [(b"content-type", b"multipart/form-data; boundary=x")]}
        async with Request(scope, receive).form() as form:
            return form["f"].size, form["f"].file._rolled

    with ThreadPoolExecutor() as threads:  # Playwright's loop runs in this one, where there was a browser before
        assert threads.submit(lambda: asyncio.run(parse())).result() == (MOST_MEGABYTES * 1024**2, False)


@pytest.mark.parametrize(("owner", "name"), REPLACED)
def test_a_name_that_is_gone_stops_the_start(owner: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Assigning it would succeed without effect, and the server would ask the internet."""
    monkeypatch.delattr(owner, name)
    with pytest.raises(CamcoreError, match=rf"Streamlit 1\.\S+ has no \S+\.{name}, which the dashboard has to replace"):
        patch_streamlit(20)
