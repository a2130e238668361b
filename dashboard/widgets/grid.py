"""Shows the heatmap grid with images of the selected run."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from camcore.explained.queries import same_by_theory
from camcore.presentation.grid import tiles_of_run
from camcore.presentation.grid.tile import Grid, LargeView, Tile
from camcore.presentation.grid.tiles_of_run import SLOTS, TILE_WIDTH, describe_measures, make_sources
from dashboard.components.heatmap_grid import heatmap_grid
from dashboard.data.measures import load_samples, measure_range
from dashboard.data.runs import ExplainedRun
from dashboard.language import text
from dashboard.widgets import gallery_link, open_image
from dashboard.widgets.class_maps import choose_class, chosen_class, class_maps, classes_with_maps, follow_link


def show_grid(
    explained: ExplainedRun,
    captions: Mapping[int, str],
    ordered: NDArray[np.intp],
    sources: tuple[str, str],
    key: str,
    defaults: Mapping[str, str],
) -> None:
    """Show images with the maps of two sources; each image opens in a large view.

    Args:
        explained: The run.
        captions: One per image on this page, by its index.
        ordered: All images that pass the filter, in order.
        sources: May be equal: then there is nothing to compare.
        key: The grid's key.
        defaults: The grid's default display.
    """
    follow_link(explained, sources)
    first = int(np.flatnonzero(ordered == next(iter(captions)))[0])
    around = ordered[max(first - 1, 0) : first + len(captions) + 1].copy()  # all that the session keeps
    grid = Grid(
        make_tiles(explained, captions, sources),
        *make_sources(text, sources),
        display=st.query_params.to_dict(),
        defaults=defaults,
        common_range={slot: measure_range(explained, source) for slot, source in zip(SLOTS, sources, strict=True)},
        tile_width=TILE_WIDTH,
        large=_make_large_view(explained, first, len(ordered), sources),
    )

    def turn_page(index: int, by: int) -> None:
        open_image.ask_for_neighbour(explained, around, index, by)

    index = heatmap_grid(grid, key, on_step=turn_page, on_class=choose_class)
    if index is not None:
        gallery_link.show_like(explained, index)


def make_tiles(explained: ExplainedRun, captions: Mapping[int, str], sources: tuple[str, str]) -> list[Tile]:
    """Return the grid's tiles for these images, in order."""
    of_class = {source: class_maps(explained, source, list(captions)) for source in sources}
    return tiles_of_run.make_tiles(
        explained.run, explained.explanation, load_samples(explained), captions, sources, of_class
    )


def _make_large_view(explained: ExplainedRun, first: int, total: int, sources: tuple[str, str]) -> LargeView:
    return LargeView(
        first=first,
        total=total,
        measures=describe_measures(text),
        same_by_theory=same_by_theory(explained.explanation, *sources),
        classes=classes_with_maps(explained, sources),
        chosen_class=chosen_class(explained, sources),
        offers_likeness=True,
        goto=open_image.goto(),
    )
