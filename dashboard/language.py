"""The session's language: from the sidebar or the URL, else the browser's."""

from typing import Any

import streamlit as st

from camcore.presentation.texts import LANGUAGES, say
from dashboard.url_state import among, keep_in_url

_PARAMETER = "lang"


def language() -> str:
    """Return the current language."""
    requested = st.session_state.get(f"url_{_PARAMETER}") or st.query_params.get(_PARAMETER)
    return requested if requested in LANGUAGES else _browser_language()


def text(key: str, **parameters: Any) -> str:
    """Return a text in the session's language with its parameters filled in.

    Raises:
        KeyError: There is no such text.
    """
    return say(language(), key, **parameters)


def choose_language() -> None:
    """Show the choice of a language. Each language is called by its own name."""
    previous = language()
    key = keep_in_url(_PARAMETER, _browser_language(), among(LANGUAGES))
    if language() != previous:  # a link or the browser's Back changed it; the titles above are in the old one
        st.rerun()
    with st.sidebar:
        st.segmented_control(
            text("app.language"),
            LANGUAGES,
            key=key,
            required=True,
            format_func=lambda name: say(name, "app.language_name"),
            label_visibility="collapsed",
        )
    # It decides the voice of screen readers and the line breaks of Korean.
    script = f"<script>document.documentElement.lang = {language()!r}</script>"
    st.html(script, unsafe_allow_javascript=True)


def _browser_language() -> str:
    spoken = (st.context.locale or "").split("-")[0]
    return spoken if spoken in LANGUAGES else "en"
