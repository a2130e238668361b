"""Who has access, which settings are refused, and which paths need a login."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from streamlit import config
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.secrets import Secrets, secrets_singleton
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from camcore.errors import CamcoreError
from dashboard.server import access, guard, streamlit_patches
from dashboard.server.access import Access, read_access

SECRET = "0123456789abcdef" * 2
SECRETS = f"""[auth]
allowed = ["example.org", "Guest@Elsewhere.example"]
redirect_uri = "https://cams.example.org/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "camcore"
client_secret = "secret"
server_metadata_url = "https://login.example.org/.well-known/openid-configuration"
"""
ACCESS = Access(frozenset({"guest@elsewhere.example"}), frozenset({"example.org"}))
REMEDY = " Nobody is let in until it is mended; see dashboard/deploy/secrets.example.toml."


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The path of secrets.toml."""
    path = tmp_path / "secrets.toml"
    set_option(monkeypatch, "secrets.files", [str(path)])
    monkeypatch.delenv("CAMCORE_LOGIN", raising=False)
    monkeypatch.setattr(Secrets, "_maybe_install_file_watchers", lambda self: None)
    read_access.cache_clear()
    secrets_singleton._reset()
    yield path
    read_access.cache_clear()
    secrets_singleton._reset()


def set_option(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> None:
    known = config.get_option
    monkeypatch.setattr(config, "get_option", lambda asked: value if asked == name else known(asked))
    monkeypatch.setattr(st, "get_option", config.get_option)


def log_in(email: object, **claims: object) -> dict[str, Any]:
    return {"is_logged_in": True, "email": email} | claims


@pytest.mark.parametrize(
    "user",
    [
        log_in("anyone@example.org"),
        log_in("Any.One@EXAMPLE.org", email_verified=True),
        log_in("guest@elsewhere.example", email_verified="true"),
    ],
)
def test_who_is_on_the_list_is_let_in(user: dict[str, Any]) -> None:
    assert ACCESS.allows(user)


@pytest.mark.parametrize(
    "user",
    [
        {},
        {"is_logged_in": False, "email": "anyone@example.org"},
        {"email": "anyone@example.org"},
        log_in(None),
        log_in(["anyone@example.org"]),
        log_in("example.org"),
        log_in("@example.org"),
        log_in("other@elsewhere.example"),
        log_in("anyone@sub.example.org"),
        log_in("anyone@notexample.org"),
        log_in("anyone@example.org.evil.example"),
        log_in("anyone@example.org\n"),
        log_in("anyone@example.org "),
        log_in("guest@elsewhere.example@evil.example"),
        log_in("anyone@example.org", email_verified=False),
        log_in("anyone@example.org", email_verified="false"),
        log_in("anyone@example.org", email_verified=None),
        log_in("anyone@example.org", email_verified="yes"),
        log_in("guest@el\u017fewhere.example"),
        log_in("gue\u017ft@elsewhere.example"),
    ],
)
def test_others_are_refused(user: dict[str, Any]) -> None:
    assert not ACCESS.allows(user)


def test_letters_that_only_look_or_fold_alike_are_others() -> None:
    kelvin = Access(frozenset({"kim@example.com"}), frozenset())
    assert kelvin.allows(log_in("KIM@example.com"))
    assert not kelvin.allows(log_in("\u212aim@example.com")), "the Kelvin sign, whose small form is k"


PIECES = (
    "a",
    "K",
    "\u212a",
    "\u017f",
    "\n",
    "@",
    ".",
    "example.org",
    "EXAMPLE.ORG",
    "example\u212a.org",
    "@example.org",
)


@given(some.lists(some.sampled_from(PIECES), max_size=6).map("".join))
def test_only_addresses_of_the_domain_are_let_in(email: str) -> None:
    expected = re.fullmatch(r".+@example\.org", email, re.ASCII | re.IGNORECASE | re.DOTALL)
    assert Access(frozenset(), frozenset({"example.org"})).allows(log_in(email)) == bool(expected)


def test_without_secrets_everyone_is_let_in(secrets: Path) -> None:
    assert read_access() is None
    assert guard.may_pass({})


def test_secrets_of_something_else_are_no_login(secrets: Path) -> None:
    secrets.write_text('other = "value"\n')
    assert read_access() is None


def test_a_login_is_read_from_the_secrets(secrets: Path) -> None:
    secrets.write_text(SECRETS)
    assert read_access() == ACCESS


BROKEN = {
    "[auth": "Error parsing secrets file",
    'auth = "open"': "auth in secrets.toml is no table",
    "[auth]": "lacks redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url",
    SECRETS.replace('"camcore"', '""'): "lacks client_id",
    SECRETS.replace('"secret"', "5"): "lacks client_secret",
    SECRETS.replace(SECRET, "short"): "cookie_secret has 5 characters, fewer than 32",
    SECRETS.replace("/oauth2callback", "/cams/oauth2callback"): "Its path has to be /oauth2callback",
    SECRETS.replace("allowed", "alowed"): "lacks the list allowed",
    SECRETS.replace('["example.org", "Guest@Elsewhere.example"]', "[]"): "lacks the list allowed",
    SECRETS.replace('["example.org", "Guest@Elsewhere.example"]', '"example.org"'): "lacks the list allowed",
    SECRETS.replace('"example.org"', '"*"'): "'*' in the list allowed is neither",
    SECRETS.replace('"example.org"', '"*.org"'): r"'\*\.org' in the list allowed is neither",
    SECRETS.replace('"example.org"', '"@example.org"'): "'@example.org' in the list allowed is neither",
    SECRETS.replace('"example.org"', '""'): "'' in the list allowed is neither",
    SECRETS.replace('"example.org"', '"org"'): "'org' in the list allowed is neither",
    SECRETS.replace('"example.org"', "true"): "True in the list allowed is neither",
    SECRETS.replace('"example.org", ', '"example.org, b.org", '): "is neither",
}


@pytest.mark.parametrize("text", BROKEN, ids=list(range(len(BROKEN))))
def test_a_broken_login_refuses_everyone(text: str, secrets: Path) -> None:
    secrets.write_text(text)
    with pytest.raises(CamcoreError, match=BROKEN[text].replace("'*'", r"'\*'")) as caught:
        read_access()
    assert str(caught.value).endswith(REMEDY) and "\n" not in str(caught.value)
    assert SECRET not in str(caught.value) and '"secret"' not in str(caught.value)
    assert not guard.may_pass({})


def test_secrets_that_are_not_text_refuse_everyone(secrets: Path) -> None:
    secrets.write_bytes(b"[auth]\n\xff\xfe")
    with pytest.raises(CamcoreError, match="the secrets can't be read"):
        read_access()
    assert not guard.may_pass({})


def test_without_authlib_everyone_is_refused(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets.write_text(SECRETS)
    monkeypatch.setattr(access, "find_spec", lambda name: None)
    with pytest.raises(CamcoreError, match=r"Authlib is missing: pip install 'streamlit\[auth\]'"):
        read_access()


def test_a_login_that_has_to_be_there_is_missed(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMCORE_LOGIN", "required")
    with pytest.raises(CamcoreError, match=r"CAMCORE_LOGIN asks for a login, but there is no table \[auth\] in .*toml"):
        read_access()
    assert not guard.may_pass({})
    monkeypatch.setenv("CAMCORE_LOGIN", "no")
    with pytest.raises(CamcoreError, match=r"CAMCORE_LOGIN is 'no'\. Give it the value required, or leave it away"):
        read_access()


def test_an_empty_secret_refuses_everyone(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cookies are signed with it if secrets.toml can't be read."""
    set_option(monkeypatch, "server.cookieSecret", "")
    secrets.write_text(SECRETS)
    with pytest.raises(CamcoreError, match=r"STREAMLIT_SERVER_COOKIE_SECRET is empty\. Fill it in, or leave it away"):
        read_access()


@pytest.mark.parametrize(
    ("path", "held", "full"),
    [
        ("/_stcore/upload_file/me/new", guard.MOST_HELD, True),
        ("/cams/_stcore/upload_file/me/new", guard.MOST_HELD, True),
        ("/_stcore/upload_file/me/new", guard.MOST_HELD - 1, False),
        ("/_stcore/upload_file/somebody/new", guard.MOST_HELD, False),
        ("/_stcore/upload_file/me", guard.MOST_HELD, False),
        ("/gallery", guard.MOST_HELD, False),
    ],
)
def test_a_session_holds_a_few_uploads(path: str, held: int, full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    files = MemoryUploadedFileManager("/_stcore/upload_file")
    for number in range(held):
        files.add_file("me", UploadedFileRec(str(number), "a.png", "image/png", b"1"))
    monkeypatch.setattr(streamlit_patches, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=files))
    assert guard.is_full(path) is full


def test_what_vanishes_later_opens_nothing(secrets: Path) -> None:
    secrets.write_text(SECRETS)
    assert read_access() == ACCESS
    secrets.unlink()
    secrets_singleton._reset()
    assert read_access() == ACCESS


def test_the_callback_lies_below_the_base_path(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_option(monkeypatch, "server.baseUrlPath", "/cams/")
    secrets.write_text(SECRETS)
    with pytest.raises(CamcoreError, match=r"Its path has to be /cams/oauth2callback, because server\.baseUrlPath is"):
        read_access()
    secrets.write_text(SECRETS.replace("/oauth2callback", "/cams/oauth2callback"))
    secrets_singleton._reset()
    assert read_access() == ACCESS


def sign(secret: str, user: dict[str, Any]) -> dict[str, str]:
    return {"_streamlit_user": create_signed_value(secret, "_streamlit_user", json.dumps(user)).decode()}


def test_the_guard_believes_signed_cookies_of_those_on_the_list(secrets: Path) -> None:
    secrets.write_text(SECRETS)
    assert guard.may_pass(sign(SECRET, log_in("anyone@example.org")))
    assert not guard.may_pass({})
    assert not guard.may_pass(sign(SECRET, log_in("other@elsewhere.example")))
    assert not guard.may_pass(sign("another secret of that length...", log_in("anyone@example.org")))
    assert not guard.may_pass({"_streamlit_user": json.dumps(log_in("anyone@example.org"))})
    assert not guard.may_pass({"_streamlit_user": "강아지"})


@pytest.mark.parametrize("base", ["", "cams", "/a/b/"])
def test_the_guard_closes_all_but_the_way_in(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_option(monkeypatch, "server.baseUrlPath", base)
    root = f"/{base.strip('/')}" if base else ""
    for path in ("", "gallery", "static/js/index.js", "_stcore/health", "_stcore/host-config", "oauth2callback"):
        assert not guard.is_closed(f"{root}/{path}"), path
    for path in ("media/a.png", "_stcore/upload_file/a/b", "_stcore/metrics", "_stcore/agent/mcp", "component/a/b"):
        assert guard.is_closed(f"{root}/{path}"), path
        assert guard.is_closed(f"/{root}/{path}"), path
