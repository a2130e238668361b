"""Reads the query parameters of the page's address from the browser.

`st.query_params` may be older: the grid changes how it draws without telling the server.
"""

from urllib.parse import parse_qsl

import streamlit as st

from dashboard.components.mount import mount


def read_address(key: str) -> dict[str, str] | None:
    """Return the query parameters, or None until the browser has answered.

    The answer makes the script run again.
    """
    known = st.session_state.get(key, {}).get("search")
    element = mount("address", "address.js")
    search = element(key=key, data={"known": known}, height=1, on_search_change=lambda: None).get("search")
    return None if search is None else dict(parse_qsl(str(search).removeprefix("?")))
