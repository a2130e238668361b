"""The language of this session: the browser's, until another one is chosen in the sidebar or named in the URL."""

from typing import Any

import streamlit as st

from camcore.presentation.texts import LANGUAGES, say
from dashboard.url_state import among, keep_in_url

_PARAMETER = "lang"


def language() -> str:
    """Return the language that this session shows."""
    chosen = st.session_state.get(f"url_{_PARAMETER}") or st.query_params.get(_PARAMETER)
    return chosen if chosen in LANGUAGES else _browser_language()


def text(key: str, **parameters: Any) -> str:
    """Return a text in this session's language, its parameters filled in.

    Raises:
        KeyError: There is no such text.
    """
    return say(language(), key, **parameters)


def choose_language() -> None:
    """Show the choice of a language in the sidebar. Each language is called by its own name."""
    shown = language()
    key = keep_in_url(_PARAMETER, _browser_language(), among(LANGUAGES))
    if language() != shown:  # a link or the way back named another one; the titles above are in the old one
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
    # Screen readers choose their voice by this, and Korean line breaks go by it too.
    script = f"<script>document.documentElement.lang = {language()!r}</script>"
    st.html(script, unsafe_allow_javascript=True)


def _browser_language() -> str:
    spoken = (st.context.locale or "").split("-")[0]
    return spoken if spoken in LANGUAGES else "en"
