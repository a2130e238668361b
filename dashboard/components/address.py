"""The parameters of the page's address as they are in the browser at this moment.

The grid changes how maps are drawn without telling the server, so `st.query_params` may hold an older view.
"""

from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

_SCRIPT = """
export default function ({ data, setStateValue }) {
  if (window.location.search !== data.known) setStateValue("search", window.location.search);
}
"""


def read_address(key: str) -> dict[str, str] | None:
    """Return the parameters, None until the browser has answered; the script runs again then.

    It answers when it is first shown and whenever the script runs.
    """
    known = st.session_state.get(key, {}).get("search")
    found = _mount()(key=key, data={"known": known}, height=1, on_search_change=lambda: None).get("search")
    return None if found is None else dict(parse_qsl(str(found).removeprefix("?")))


@cache
def _mount() -> Any:
    return st.components.v2.component("address", js=_SCRIPT)
