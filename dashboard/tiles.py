"""From rows of the samples to the tiles of the heatmap grid."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from camcore import geometry
from camcore.generations import TARGETS, Generation
from camcore.heatmap_grid import GridBox, GridSource, Slot, Tile
from camcore.heatmaps import parse_source
from dashboard.components.heatmap_grid import heatmap_grid
from dashboard.data import Entry, load_samples, measure_range
from dashboard.wording import source_title

TILE_WIDTH = 164  # px; three pairs side by side on a laptop, one on a phone
SLOTS: tuple[Slot, Slot] = ("a", "b")


def show_grid(
    entry: Entry,
    indices: Sequence[int],
    sources: tuple[str, str],
    captions: Sequence[str],
    key: str,
    defaults: Mapping[str, str],
) -> int | None:
    """Show images with the maps of two sources and return the index of the one that was opened just now."""
    first, second = (GridSource(source, source_title(source), parse_source(source).method) for source in sources)
    tiles = make_tiles(entry, indices, sources, captions)
    return heatmap_grid(
        tiles,
        first,
        second if sources[0] != sources[1] else None,
        key=key,
        view=st.query_params.to_dict(),
        defaults=defaults,
        common_range={slot: measure_range(entry, source) for slot, source in zip(SLOTS, sources, strict=True)},
        tile_width=TILE_WIDTH,
    )


def make_tiles(entry: Entry, indices: Sequence[int], sources: tuple[str, str], captions: Sequence[str]) -> list[Tile]:
    """Return what the grid needs of some images, in this order."""
    run, generation = entry.run, entry.generation
    assert run is not None and generation is not None  # noqa: S101 pages show explained runs only
    samples = load_samples(entry).iloc[list(indices)]
    maps = {slot: _read_maps(generation, source, indices) for slot, source in zip(SLOTS, sources, strict=True)}
    return [
        Tile(
            id=sample["id"],
            index=index,
            image=generation.thumbnail(index),
            width=sample["width"],
            height=sample["height"],
            label=sample["label_name"],
            predicted=sample["predicted_name"],
            correct=sample["right"],
            confidence=sample["confidence"],
            seen=geometry.seen_box(run.config.view.kind, sample["width"], sample["height"]),
            caption=caption,
            boxes=[_make_box(box, run.class_names, sample["label"]) for box in sample["boxes"]],
            maps={slot: {target: raw[at] for target, raw in maps[slot].items()} for slot in SLOTS},
        )
        for at, (index, sample, caption) in enumerate(zip(indices, samples.to_dict("records"), captions, strict=True))
    ]


def _make_box(box: Any, class_names: Sequence[str], label: int) -> GridBox:
    x0, y0, x1, y1 = (float(edge) for edge in box[:4])
    named = int(box[4])
    return GridBox(x0, y0, x1, y1, class_names[named] if named >= 0 else "", named in (-1, label))


def _read_maps(generation: Generation, source: str, indices: Sequence[int]) -> dict[str, NDArray[np.float32]]:
    return {target: generation.maps(source, target)[list(indices)] for target in TARGETS}
