"""Login and logout. Nothing of any run is read or shown before the login."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from markupsafe import Markup

from camcore.presentation.html import render
from dashboard.language import text
from dashboard.server.access import read_access

# The provider returns everyone to the start page; the browser keeps the shared link meanwhile.
_KEEP_LINK = "<script>sessionStorage.setItem('camcore_link', location.pathname + location.search)</script>"
_FOLLOW_LINK = """<script>
  const link = sessionStorage.getItem("camcore_link");
  sessionStorage.removeItem("camcore_link");
  if (link && link !== location.pathname + location.search) location.replace(location.origin + link);
</script>"""


def may_enter() -> bool:
    """Whether this visitor may see the dashboard.

    Raises:
        CamcoreError: The login is set up wrongly.
    """
    access = read_access()
    return access is None or access.allows(st.user.to_dict())


def show_login() -> None:
    """Show the login button, or the refusal and the logout button."""
    user = st.user.to_dict()
    if user.get("is_logged_in"):
        st.html(render("head", title=text("login.refused.title"), lead=text("login.refused.lead", name=_name(user))))
        _show_logout_button()
        _follow_link()
    else:
        st.html(render("head", title=text("login.title"), lead=text("login.lead")))
        st.button(text("login.in"), on_click=st.login, key="login_in", icon=":material/login:")
        st.html(_KEEP_LINK, unsafe_allow_javascript=True)


def show_logout() -> None:
    """Show the user's name and the logout button in the sidebar; nothing without a login."""
    if read_access() is None:
        return
    with st.sidebar:
        name = text("login.as", name=_name(st.user.to_dict()))
        st.html(Markup("<small>{}</small>").format(name))  # Markdown would turn an address into a link
        _show_logout_button()
    _follow_link()


def _follow_link() -> None:
    st.html(_FOLLOW_LINK, unsafe_allow_javascript=True)


def _show_logout_button() -> None:
    st.button(text("login.out"), on_click=st.logout, key="login_out", icon=":material/logout:")


def _name(user: Mapping[str, Any]) -> str:
    return str(user.get("email") or user.get("name") or user.get("sub"))[:80]
