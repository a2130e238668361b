"""The parameters of the page's address as the browser has them now.

The grid changes how maps are drawn without telling the server, so `st.query_params` may hold older values.
"""

from urllib.parse import parse_qsl

import streamlit as st

from dashboard.components.mount import mount


def read_address(key: str) -> dict[str, str] | None:
    """Return the parameters, None until the browser has answered; the script runs again then.

    It answers when it is first shown and whenever the script runs.
    """
    known = st.session_state.get(key, {}).get("search")
    element = mount("address", "address.js")
    search = element(key=key, data={"known": known}, height=1, on_search_change=lambda: None).get("search")
    return None if search is None else dict(parse_qsl(str(search).removeprefix("?")))
