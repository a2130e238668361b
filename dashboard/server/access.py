"""Who may see the dashboard: everyone, or the e-mail addresses that secrets.toml allows."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from camcore.errors import CamcoreError

KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
SHORTEST_SECRET = 32  # characters: it signs the cookie with the visitor's identity
REMEDY = "Nobody is let in until it is mended; see dashboard/deploy/secrets.example.toml."


@dataclass(frozen=True)
class Access:
    """The allowed e-mail addresses and domains."""

    addresses: frozenset[str]
    domains: frozenset[str]

    def allows(self, user: Mapping[str, Any]) -> bool:
        """Whether a user with these claims of an ID token has access."""
        email = user.get("email")
        if not user.get("is_logged_in") or not isinstance(email, str) or not _is_verified(user):
            return False
        name, domain = _split(email)
        return bool(name) and (f"{name}@{domain}" in self.addresses or domain in self.domains)


@cache
def read_access() -> Access | None:
    """Return who has access, or None if everyone has.

    Everyone has access without a table [auth], unless CAMCORE_LOGIN requires one. The table is read once: changes take
    effect when the server restarts.

    Raises:
        CamcoreError: The table is wrong. Then nobody has access.
    """
    wanted = os.environ.get("CAMCORE_LOGIN", "")
    if wanted not in ("", "required"):
        raise CamcoreError(f"CAMCORE_LOGIN is {wanted!r}. Give it the value required, or leave it away. {REMEDY}")
    section = _read_section()
    if section is None:
        if wanted:
            files = ", ".join(st.get_option("secrets.files"))
            raise CamcoreError(f"CAMCORE_LOGIN asks for a login, but there is no table [auth] in {files}. {REMEDY}")
        return None
    _check_section(section)
    if not st.get_option("server.cookieSecret"):  # it signs cookies if secrets.toml can't be read later
        raise CamcoreError(f"STREAMLIT_SERVER_COOKIE_SECRET is empty. Fill it in, or leave it away. {REMEDY}")
    return _read_list(section.get("allowed"))


def _read_section() -> dict[str, Any] | None:
    try:
        section = st.secrets.to_dict().get("auth")
    except StreamlitSecretNotFoundError as error:
        if not any(Path(file).exists() for file in st.get_option("secrets.files")):
            return None
        raise CamcoreError(f"The login is not set up: {' '.join(str(error).split())} {REMEDY}") from error
    except (OSError, ValueError) as error:
        raise CamcoreError(f"The login is not set up: the secrets can't be read ({error}). {REMEDY}") from error
    if section is not None and not isinstance(section, dict):
        raise CamcoreError(f"The login is not set up: auth in secrets.toml is no table. {REMEDY}")
    return section


def _check_section(section: Mapping[str, Any]) -> None:
    missing = [key for key in KEYS if not isinstance(section.get(key), str) or not section[key]]
    if missing:
        raise CamcoreError(f"The login is not set up: [auth] in secrets.toml lacks {', '.join(missing)}. {REMEDY}")
    if len(section["cookie_secret"]) < SHORTEST_SECRET:
        raise CamcoreError(
            f"The login is not set up: cookie_secret has {len(section['cookie_secret'])} characters, fewer than"
            f" {SHORTEST_SECRET}. {REMEDY}"
        )
    base = st.get_option("server.baseUrlPath").strip("/")
    path = f"/{base}/oauth2callback" if base else "/oauth2callback"
    if urlsplit(section["redirect_uri"]).path != path:
        raise CamcoreError(
            f"The login is not set up: redirect_uri is {section['redirect_uri']!r}. Its path has to be {path}, because"
            f" server.baseUrlPath is {base!r}. {REMEDY}"
        )
    if find_spec("authlib") is None:
        raise CamcoreError(f"The login is not set up: Authlib is missing: pip install 'streamlit[auth]'. {REMEDY}")


def _read_list(allowed: object) -> Access:
    if not isinstance(allowed, list) or not allowed:
        raise CamcoreError(
            'The login is not set up: [auth] in secrets.toml lacks the list allowed, e.g. allowed = ["example.org",'
            f' "a@b.org"]. {REMEDY}'
        )
    addresses, domains = set(), set()
    for entry in allowed:
        name, domain = _split(entry) if isinstance(entry, str) else ("", "")
        if "." not in domain.strip(".") or entry.startswith("@") or any(mark in domain for mark in "*/ ,;"):
            raise CamcoreError(
                f"The login is not set up: {entry!r} in the list allowed is neither a domain nor an e-mail address."
                f" {REMEDY}"
            )
        if name:
            addresses.add(f"{name}@{domain}")
        else:
            domains.add(domain)
    return Access(frozenset(addresses), frozenset(domains))


def _is_verified(user: Mapping[str, Any]) -> bool:
    """Whether the provider has verified the address; True if it says nothing about it."""
    verified = user.get("email_verified", True)
    return verified is True or verified == "true"


def _split(email: str) -> tuple[str, str]:
    """Return the parts before and after the last @, in lower case.

    Without an @, all comes after. Only ASCII letters are lowered: others, such as the Kelvin sign, would become ASCII
    letters and match them.
    """
    name, _, domain = (part.lower() if part.isascii() else part for part in email.rpartition("@"))
    return name, domain
