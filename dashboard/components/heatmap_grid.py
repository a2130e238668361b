"""The heatmap grid in a page of the dashboard."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from camcore.presentation.grid.encoding import GridSource, LargeView, Slot, Tile, encode_grid, read_front_end
from camcore.presentation.texts import grid_strings
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
    large: LargeView | None = None,
    on_step: Callable[[int, int], None] | None = None,
    on_class: Callable[[str], None] | None = None,
) -> int | None:
    """Show tiles with their heatmaps and a toolbar; a tile opens in a large view. All of it happens in the browser.

    Args:
        tiles, first, second, defaults, common_range, tile_width, large: As in `encode_grid`.
        key: Stable over reruns.
        view: Where to start, usually `st.query_params`. Read when the grid is first shown in a session; afterwards the
            browser knows better.
        on_step: Called before the script runs again, when the large view goes beyond the tiles: with the index of the
            tile that is open and 1 for the image behind it, -1 for the one before.
        on_class: Called before the script runs again, with a class of `large.classes` whose maps are wanted.

    Returns:
        The index of the tile whose like were asked for just now, None in every other run of the script.
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
        large=large,
    )

    def call_on_step() -> None:
        step = st.session_state[key].get("step")
        if step is not None and on_step is not None:
            on_step(int(step["index"]), int(step["by"]))

    def call_on_class() -> None:
        name = st.session_state[key].get("for_class")
        if name is not None and on_class is not None:
            on_class(str(name))

    mounted = _mount()(
        key=key, data=data, on_step_change=call_on_step, on_for_class_change=call_on_class, on_like_change=lambda: None
    )
    liked = mounted.get("like")
    return None if liked is None else int(liked)


@cache
def _mount() -> Any:
    html, css, script = read_front_end()
    return st.components.v2.component("heatmap_grid", html=html, css=css, js=script)
