"""From rows of the samples to the tiles of the heatmap grid."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from camcore import geometry
from camcore.generations import TARGETS, Generation
from camcore.heatmaps import parse_source
from dashboard.components.heatmap_grid import GridBox, GridSource, Slot, Tile, heatmap_grid
from dashboard.data import Entry, load_samples
from dashboard.source_titles import source_title

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
    tiles = [make_tile(entry, index, sources, caption) for index, caption in zip(indices, captions, strict=True)]
    return heatmap_grid(
        tiles,
        first,
        second if sources[0] != sources[1] else None,
        key=key,
        view=st.query_params.to_dict(),
        defaults=defaults,
    )


def make_tile(entry: Entry, index: int, sources: tuple[str, str], caption: str) -> Tile:
    """Return what the grid needs of one image."""
    assert entry.run is not None and entry.generation is not None  # noqa: S101 pages show explained runs only
    sample = load_samples(entry).iloc[index]
    return Tile(
        id=str(sample["id"]),
        index=index,
        image=entry.generation.thumbnail(index),
        width=int(sample["width"]),
        height=int(sample["height"]),
        label=sample["label_name"],
        predicted=sample["predicted_name"],
        correct=bool(sample["right"]),
        confidence=float(sample["confidence"]),
        seen=geometry.seen_box(entry.run.config.view.kind, int(sample["width"]), int(sample["height"])),
        caption=caption,
        boxes=[_make_box(box, entry.run.class_names, sample["label"]) for box in sample["boxes"]],
        maps={slot: _read_maps(entry.generation, source, index) for slot, source in zip(SLOTS, sources, strict=True)},
    )


def _make_box(box: Any, class_names: Sequence[str], label: int) -> GridBox:
    named = int(box[4])
    x0, y0, x1, y1 = (float(edge) for edge in box[:4])
    return GridBox(x0, y0, x1, y1, class_names[named] if named >= 0 else "", named in (-1, label))


def _read_maps(generation: Generation, source: str, index: int) -> dict[str, Any]:
    return {target: np.asarray(generation.maps(source, target)[index]) for target in TARGETS}
