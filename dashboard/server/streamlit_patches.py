"""All uses of Streamlit's private parts: replaced when the server starts, or read.

The version is pinned. If a name is missing, the server doesn't start: without the replacement visitors could do more,
and the server would ask the internet.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit import net_util
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.commands import navigation
from streamlit.runtime import get_instance
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from camcore.errors import CamcoreError
from dashboard.url_state import missing
from dashboard.widgets.link_notice import PAGE


def patch_streamlit(upload_megabytes: int) -> None:
    """Disable what Streamlit offers developers and a server must not offer. Call it once.

    Raises:
        CamcoreError: This version of Streamlit lacks a name to replace.
    """
    # It asks a service on the internet for this machine's address whenever a page of another site wants to connect, and
    # waits for the answer. At the start, browser.serverAddress in config.toml prevents that. Source: get_external_ip in
    # https://github.com/streamlit/streamlit/blob/develop/lib/streamlit/net_util.py
    _replace(net_util, "get_external_ip", lambda: None)
    # Both messages are accepted from everyone, also before a login: one empties the caches of all sessions, the other
    # asks for the state of the git repository. Source: AppSession.handle_backmsg in
    # https://github.com/streamlit/streamlit/blob/develop/lib/streamlit/runtime/app_session.py
    _replace(AppSession, "_handle_clear_cache_request", lambda _session: None)
    _replace(AppSession, "_handle_git_information_request", lambda _session: None)
    # Its message about an address without a page speaks English only, and of files.
    _replace(navigation, "send_page_not_found", note_missing_page)
    # By default an upload larger than 1 MB goes through a temporary file.
    _replace(MultiPartParser, "spool_max_size", (upload_megabytes + 1) * 1024**2)


def note_missing_page(_: object) -> None:
    """Note that the address names no page; the overview is shown instead."""
    missing()[PAGE] = ""


def read_user_cookie(cookies: Mapping[str, str]) -> dict[str, Any]:
    """Return the claims in the cookie of `st.login`, empty if its signature is not ours."""
    secret = get_cookie_secret()

    def read(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(secret, name, value.encode("latin-1", "replace"))

    claims = get_cookie_with_chunks(read, USER_COOKIE_NAME)
    return json.loads(claims) if claims else {}


def count_uploads(session: str) -> int:
    """Return how many uploaded files a session holds."""
    files = cast(MemoryUploadedFileManager, get_instance().uploaded_file_mgr).file_storage
    return len(files.get(session, ()))


def remove_uploads() -> None:
    """Free the session's uploads; Streamlit would hold them until it ends."""
    context = get_script_run_ctx()
    if context is not None:
        context.uploaded_file_mgr.remove_session_files(context.session_id)


def _replace(owner: object, name: str, value: object) -> None:
    if not hasattr(owner, name):
        where = getattr(owner, "__name__", owner)
        raise CamcoreError(
            f"Streamlit {st.__version__} has no {where}.{name}, which the dashboard has to replace. Install the version"
            " in requirements.txt: pip install -r requirements.txt"
        )
    setattr(owner, name, value)
