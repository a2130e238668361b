"""The heatmap grid with images of the chosen run."""

from collections.abc import Mapping, Sequence

import streamlit as st

from camcore import tiles
from camcore.heatmap_grid import Tile
from camcore.tiles import SLOTS, TILE_WIDTH, make_sources
from dashboard.components.heatmap_grid import heatmap_grid
from dashboard.data import Entry, load_samples, measure_range
from dashboard.language import text


def show_grid(
    entry: Entry,
    indices: Sequence[int],
    sources: tuple[str, str],
    captions: Sequence[str],
    key: str,
    defaults: Mapping[str, str],
) -> int | None:
    """Show images with the maps of two sources and return the index of the one that was opened just now."""
    return heatmap_grid(
        make_tiles(entry, indices, sources, captions),
        *make_sources(text, sources),
        key=key,
        view=st.query_params.to_dict(),
        defaults=defaults,
        common_range={slot: measure_range(entry, source) for slot, source in zip(SLOTS, sources, strict=True)},
        tile_width=TILE_WIDTH,
    )


def make_tiles(entry: Entry, indices: Sequence[int], sources: tuple[str, str], captions: Sequence[str]) -> list[Tile]:
    """Return what the grid needs of some images, in this order."""
    assert entry.run is not None and entry.generation is not None  # noqa: S101 pages show explained runs only
    return tiles.make_tiles(entry.run, entry.generation, load_samples(entry), indices, sources, captions)
