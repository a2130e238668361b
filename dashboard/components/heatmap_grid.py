"""Shows the heatmap grid in a page of the dashboard."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import streamlit as st

from camcore.presentation.grid.encoding import DEFAULTS, encode_grid, read_display, read_front_end
from camcore.presentation.grid.tile import Grid
from camcore.presentation.texts import grid_strings
from dashboard.components.mount import mount_front_end
from dashboard.language import language
from dashboard.url_state import missing, read_news

CLASS = "for_class"  # which classes there are depends on the page


def heatmap_grid(
    grid: Grid,
    key: str,
    on_step: Callable[[int, int], None] | None = None,
    on_class: Callable[[str], None] | None = None,
) -> int | None:
    """Show tiles with heatmaps and a toolbar; each tile opens in a large view.

    Returns the index of the tile whose similar images the user just asked for, else None.

    Args:
        grid: Its texts are replaced by those of the session's language. Its display, usually `st.query_params`, is read
            once per session; then the browser keeps it.
        key: The same in every run of the script.
        on_step: Called before the script runs again if the large view moves past the page's first or last tile: with
            the index of the open tile, and 1 for the next image or -1 for the previous one.
        on_class: Called before the script runs again, with the class of `large.classes` to load maps for.
    """
    display = st.session_state.setdefault(f"{key}:first_display", dict(grid.display))
    _note_missing(grid.display)
    data = encode_grid(replace(grid, display=display, strings=grid_strings(language())))

    def call_on_step() -> None:
        step = st.session_state[key].get("step")
        if step is not None and on_step is not None:
            on_step(int(step["index"]), int(step["by"]))

    def call_on_class() -> None:
        name = st.session_state[key].get("for_class")
        if name is not None and on_class is not None:
            on_class(str(name))

    index = mount_front_end("heatmap_grid", read_front_end, isolate_styles=True)(
        key=key, data=data, on_step_change=call_on_step, on_for_class_change=call_on_class, on_like_change=lambda: None
    ).get("like")
    return None if index is None else int(index)


def _note_missing(parameters: Mapping[str, str]) -> None:
    """Note what a link asks for and no grid can show."""
    known = read_display(parameters)
    for name in DEFAULTS:
        linked = read_news(name) if name != CLASS else None
        if linked and name not in known:
            missing()[name] = linked
