"""The heatmap grid in a page of the dashboard."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from camcore.heatmap_grid import GridSource, Slot, Tile, encode_grid, read_front_end
from camcore.language import grid_strings
from dashboard.language import language


def heatmap_grid(
    tiles: Sequence[Tile],
    first: GridSource,
    second: GridSource | None = None,
    *,
    key: str,
    view: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    common_range: Mapping[Slot, tuple[float, float]] | None = None,
    tile_width: int = 224,
    on_open: Callable[[int], None] | None = None,
) -> int | None:
    """Show tiles with their heatmaps and a toolbar; everything but opening a tile happens in the browser.

    Args:
        tiles, first, second, defaults, common_range, tile_width: As in `encode_grid`.
        key: Stable over reruns.
        view: Where to start, usually `st.query_params`. Read when the grid is first shown in a session; afterwards the
            browser knows better.
        on_open: Called with the tile's index before the script runs again.

    Returns:
        The index of the tile that was opened just now, None in every other run.
    """
    data = encode_grid(
        tiles,
        first,
        second,
        view=st.session_state.setdefault(f"{key}:first_view", dict(view or {})),
        defaults=defaults,
        common_range=common_range,
        strings=grid_strings(language()),
        tile_width=tile_width,
    )

    def call_on_open() -> None:
        if on_open is not None:
            on_open(int(st.session_state[key]["opened"]))

    opened = _mount()(key=key, data=data, on_opened_change=call_on_open).get("opened")
    return None if opened is None else int(opened)


@cache
def _mount() -> Any:
    html, css, script = read_front_end()
    return st.components.v2.component("heatmap_grid", html=html, css=css, js=script)
