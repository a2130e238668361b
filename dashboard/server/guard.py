"""What is asked before Streamlit answers: for a login at files too, which it serves to everyone; for few uploads."""

import json
from collections.abc import Mapping
from typing import Any, cast

import streamlit as st
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.runtime import get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from camcore.errors import CamcoreError
from dashboard.server.access import read_access
from dashboard.settings import PICTURES_AT_ONCE

MOST_HELD = 3 * PICTURES_AT_ONCE  # files of one session; more than are shown, so that some can be taken out again
CLOSED = ("_stcore", "media", "component", "app")  # first parts of paths; the others hold Streamlit's own scripts
OPEN = ("_stcore/health", "_stcore/host-config")  # what a browser needs to show the way to the login


class Guard:
    """ASGI middleware: where a login is set up, files, uploads and figures are for those whom the list allows.

    With a login or without, a session holds `MOST_HELD` uploads at most: they lie in the memory that all share.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to who may not have this, else pass it on."""
        if scope["type"] == "http" and is_closed(scope["path"]) and not may_pass(HTTPConnection(scope).cookies):
            await PlainTextResponse("Log in first.", 403)(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "PUT" and is_full(scope["path"]):
            await PlainTextResponse("Take some pictures out first.", 413)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def is_closed(path: str) -> bool:
    """Whether a path leads to more than the way in."""
    base = st.get_option("server.baseUrlPath").strip("/")
    inside = path.lstrip("/").removeprefix(base).lstrip("/") if base else path.lstrip("/")
    return inside.split("/")[0] in CLOSED and inside not in OPEN


def is_full(path: str) -> bool:
    """Whether a path, `.../upload_file/SESSION/FILE`, is an upload of a session that holds as many as it may."""
    parts = path.split("/")
    if "upload_file" not in parts[:-2]:
        return False
    held = cast(MemoryUploadedFileManager, get_instance().uploaded_file_mgr).file_storage
    return len(held.get(parts[-2], ())) >= MOST_HELD


def may_pass(cookies: Mapping[str, str]) -> bool:
    """Whether who sends these cookies is someone whom the list allows, or there is no list."""
    try:
        access = read_access()
    except CamcoreError:
        return False
    return access is None or access.allows(_read_user(cookies))


def _read_user(cookies: Mapping[str, str]) -> dict[str, Any]:
    """Return the claims in the cookie of `st.login`, empty where its signature is not ours."""
    secret = get_cookie_secret()

    def read(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(secret, name, value.encode("latin-1", "replace"))

    found = get_cookie_with_chunks(read, USER_COOKIE_NAME)
    return json.loads(found) if found else {}
