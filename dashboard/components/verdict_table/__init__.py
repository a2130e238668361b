"""The table of a verdict: a method per row, a measure per column; a click on a number chooses both."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Column:
    """A measure: its name, the group it belongs to, and what stands below its name."""

    id: str
    title: str
    group: str
    notes: Sequence[str]
    help: str
    chosen: bool


@dataclass(frozen=True)
class Cell:
    """A number: the value, lines below it, marks before and after it, and what they mean."""

    value: str
    notes: Sequence[str] = ()
    before: str = ""
    after: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Row:
    """A method or baseline. `note` stands in place of cells where the method does not apply."""

    id: str
    title: str
    cells: Sequence[Cell]
    note: str = ""
    quiet: bool = False
    chosen: bool = False


def verdict_table(
    columns: Sequence[Column], rows: Sequence[Row], corner: str, key: str, on_choose: Callable[[str, str], None]
) -> None:
    """Show the table. It fits its width by scrolling sideways; the first column stays.

    Args:
        columns: Those of one group stand next to each other.
        rows: As many cells as columns each, or a note.
        corner: The head of the first column.
        key: Stable over reruns.
        on_choose: Called with the ids of row and column before the script runs again.
    """

    def call_on_choose() -> None:
        chosen = st.session_state[key].get("chosen")
        if chosen:
            on_choose(str(chosen["row"]), str(chosen["column"]))

    data = {"columns": [asdict(column) for column in columns], "rows": [asdict(row) for row in rows], "corner": corner}
    _mount()(key=key, data=data, on_chosen_change=call_on_choose)


@cache
def _mount() -> Any:
    html, css, js = ((_FOLDER / f"table.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    return st.components.v2.component("verdict_table", html=html, css=css, js=js, isolate_styles=False)
