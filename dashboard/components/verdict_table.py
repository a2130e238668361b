"""The table of a verdict: a method per row, a measure per column; a click on a number chooses both."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import streamlit as st

from camcore.presentation.verdict.table import Column, Row, encode_table, read_table_front_end


def verdict_table(
    columns: Sequence[Column], rows: Sequence[Row], corner: str, key: str, on_choose: Callable[[str, str], None]
) -> None:
    """Show the table. It fits its width by scrolling sideways; the first column stays.

    Args:
        columns, rows, corner: As in `encode_table`.
        key: Stable over reruns.
        on_choose: Called with the ids of row and column before the script runs again.
    """

    def call_on_choose() -> None:
        chosen = st.session_state[key].get("chosen")
        if chosen:
            on_choose(str(chosen["row"]), str(chosen["column"]))

    _mount()(key=key, data=encode_table(columns, rows, corner), on_chosen_change=call_on_choose)


@cache
def _mount() -> Any:
    html, css, script = read_table_front_end()
    return st.components.v2.component("verdict_table", html=html, css=css, js=script, isolate_styles=False)
