"""Middleware: serves no files without a login, and limits uploads per session.

Streamlit itself serves files to everyone.
"""

from collections.abc import Mapping

import streamlit as st
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from camcore.errors import CamcoreError
from dashboard.server.access import read_access
from dashboard.server.streamlit_patches import count_uploads, read_user_cookie
from dashboard.settings import PICTURES_AT_ONCE

MOST_HELD = 3 * PICTURES_AT_ONCE  # files per session; more than the page shows, so that users can remove some
CLOSED = ("_stcore", "media", "component", "app")  # first part of a path; other paths serve Streamlit's own scripts
OPEN = ("_stcore/health", "_stcore/host-config")  # browsers need these to show the login


class Guard:
    """ASGI middleware: with a login set up, only allowed users get files, uploads and figures.

    With or without a login, a session holds at most `MOST_HELD` uploads: they lie in memory that all sessions share.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 or 413, or pass the request on."""
        if scope["type"] == "http" and is_closed(scope["path"]) and not may_pass(HTTPConnection(scope).cookies):
            await PlainTextResponse("Log in first.", 403)(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "PUT" and is_full(scope["path"]):
            await PlainTextResponse("Take some pictures out first.", 413)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def is_closed(path: str) -> bool:
    """Whether a path needs a login."""
    base = st.get_option("server.baseUrlPath").strip("/")
    inside = path.lstrip("/").removeprefix(base).lstrip("/") if base else path.lstrip("/")
    return inside.split("/")[0] in CLOSED and inside not in OPEN


def is_full(path: str) -> bool:
    """Whether a path, `.../upload_file/SESSION/FILE`, is of a session that already holds `MOST_HELD` files."""
    parts = path.split("/")
    return "upload_file" in parts[:-2] and count_uploads(parts[-2]) >= MOST_HELD


def may_pass(cookies: Mapping[str, str]) -> bool:
    """Whether the sender of these cookies is allowed, or no login is set up."""
    try:
        access = read_access()
    except CamcoreError:
        return False
    return access is None or access.allows(read_user_cookie(cookies))
