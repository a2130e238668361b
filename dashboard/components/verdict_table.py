"""The table of a verdict: methods in rows, measures in columns. A click chooses both."""

from collections.abc import Callable, Sequence

import streamlit as st

from camcore.presentation.verdict.table import Column, Row, encode_table, read_table_front_end
from dashboard.components.mount import mount_front_end


def verdict_table(
    columns: Sequence[Column], rows: Sequence[Row], corner: str, key: str, on_choose: Callable[[str, str], None]
) -> None:
    """Show the table. It scrolls sideways if needed; the first column stays visible.

    Args:
        columns, rows, corner: See `encode_table`.
        key: The same in every run of the script.
        on_choose: Called with the ids of row and column before the script runs again.
    """

    def call_on_choose() -> None:
        cell = st.session_state[key].get("chosen")
        if cell:
            on_choose(str(cell["row"]), str(cell["column"]))

    table = mount_front_end("verdict_table", read_table_front_end)
    table(key=key, data=encode_table(columns, rows, corner), on_chosen_change=call_on_choose)
