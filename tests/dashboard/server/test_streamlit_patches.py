"""What Streamlit offers a developer over the WebSocket is not done for whoever is connected."""

from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.runtime.app_session import AppSession

from dashboard.server import streamlit_patches

MESSAGES = ("_handle_clear_cache_request", "_handle_git_information_request")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What stands for a session, after the dashboard has set up what sessions do; `sent` is what it answers."""
    for name in MESSAGES:
        monkeypatch.setattr(AppSession, name, getattr(AppSession, name))
    streamlit_patches.refuse_what_no_page_needs()
    sent: list[object] = []
    script = SimpleNamespace(main_script_path="")
    return SimpleNamespace(sent=sent, _enqueue_forward_msg=sent.append, _session_state={}, _script_data=script)


def test_nobody_empties_the_caches_of_all(session: SimpleNamespace) -> None:
    made: list[int] = []
    kept = st.cache_data(lambda: made.append(0))
    kept()
    AppSession._handle_clear_cache_request(session)
    kept()
    assert len(made) == 1


def test_nobody_is_told_of_the_repository(session: SimpleNamespace) -> None:
    AppSession._handle_git_information_request(session)
    assert session.sent == []
