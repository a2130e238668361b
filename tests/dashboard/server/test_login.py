"""Login and logout on every page; nothing of a run is read before the login."""

from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape
from streamlit import user_info

from camcore.errors import CamcoreError
from camcore.presentation.texts import say
from dashboard import router
from dashboard.server import access, login
from dashboard.server.access import Access
from tests.support.page_steps import all_text, show_page
from tests.support.synthetic_run import make_run

PAGES = [name for name, _ in router.PAGES]
ALLOWED = Access(frozenset({"a*b@example.org"}), frozenset())
STRANGER = {"is_logged_in": True, "email": "<b>stranger</b>@evil.example"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "secret-run", images=8)
    return folder


@pytest.fixture
def list_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if the runs folder is read."""
    monkeypatch.setattr(router, "list_entries", lambda folder: pytest.fail("the runs folder was read"))


def set_up(monkeypatch: pytest.MonkeyPatch, user: dict[str, Any]) -> None:
    monkeypatch.setattr(login, "read_access", lambda: ALLOWED)
    monkeypatch.setattr(user_info, "_get_user_info", lambda: dict(user))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_shown_before_the_login(page, language, runs, list_nothing, monkeypatch):
    set_up(monkeypatch, {"is_logged_in": False})
    app = show_page(page, runs, monkeypatch, run="secret-run", lang=language)
    assert escape(say(language, "login.title")) in all_text(app)
    assert "secret-run" not in all_text(app)
    assert [button.label for button in app.button] == [say(language, "login.in")]
    assert app.query_params["run"] == "secret-run", "the link is kept for after the login"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_refused_user_can_log_out(language, runs, list_nothing, monkeypatch):
    set_up(monkeypatch, STRANGER)
    app = show_page("gallery", runs, monkeypatch, run="secret-run", lang=language)
    assert escape(say(language, "login.refused.lead", name=STRANGER["email"])) in all_text(app)
    assert "secret-run" not in all_text(app)
    assert [button.label for button in app.button] == [say(language, "login.out")]


def test_an_allowed_user_sees_the_page_and_the_logout(runs, monkeypatch):
    set_up(monkeypatch, {"is_logged_in": True, "email": "A*b@example.org"})
    app = show_page("gallery", runs, monkeypatch, run="secret-run")
    assert "**8** of 8 images" in all_text(app)
    assert "<small>Logged in as A*b@example.org</small>" in all_text(app)
    assert app.sidebar.button(key="login_out").label == "Log out"


def test_without_a_login_there_is_no_logout(runs, monkeypatch):
    app = show_page("gallery", runs, monkeypatch, run="secret-run")
    assert "login_out" not in {button.key for button in app.button}


def test_a_broken_login_shows_why_and_nothing_else(runs, list_nothing, monkeypatch):
    def refuse() -> None:
        raise CamcoreError(f"The login is not set up: <auth>. {access.REMEDY}")

    monkeypatch.setattr(login, "read_access", refuse)
    app = show_page("gallery", runs, monkeypatch, run="secret-run")
    assert "The login is not set up: &lt;auth&gt;." in all_text(app)
    assert not app.button and "secret-run" not in all_text(app)
