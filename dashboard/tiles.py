"""From rows of the samples to the tiles of the heatmap grid."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from camcore import geometry
from camcore.disagreement import MEASURES
from camcore.drawing import CONVENTIONS
from camcore.generations import TARGETS, Generation
from camcore.heatmap_grid import CHOSEN, ClassShare, GridBox, GridSource, LargeView, Slot, Tile
from camcore.heatmaps import parse_source
from dashboard import open_image
from dashboard.class_maps import choose_class, chosen_class, class_maps, classes_with_maps
from dashboard.components.heatmap_grid import heatmap_grid
from dashboard.data import (
    Entry,
    compare_images,
    load_samples,
    measure_range,
    off_object_of_images,
    same_by_theory,
    top_classes,
)
from dashboard.language import text
from dashboard.wording import source_title

TILE_WIDTH = 164  # px; three pairs side by side on a laptop, one on a phone
SLOTS: tuple[Slot, Slot] = ("a", "b")


def show_grid(
    entry: Entry,
    indices: Sequence[int],
    ordered: NDArray[np.intp],
    sources: tuple[str, str],
    captions: Sequence[str],
    key: str,
    defaults: Mapping[str, str],
) -> None:
    """Show images with the maps of two sources; each opens in a large view.

    Args:
        indices: Of the images on this page.
        ordered: All images that pass the filter, in the order of the pages.
        sources: The second may be the first: then there is nothing to compare.
        captions: A line per image.
        key: Of the grid.
        defaults: Of the grid's view.
    """
    first, second = (GridSource(source, source_title(source), parse_source(source).method) for source in sources)
    heatmap_grid(
        make_tiles(entry, indices, sources, captions),
        first,
        second if sources[0] != sources[1] else None,
        key=key,
        view=st.query_params.to_dict(),
        defaults=defaults,
        common_range={slot: measure_range(entry, source) for slot, source in zip(SLOTS, sources, strict=True)},
        tile_width=TILE_WIDTH,
        large=_make_large_view(entry, indices, ordered, sources),
        on_step=lambda index, by: open_image.ask_for_neighbour(entry, ordered, index, by),
        on_class=choose_class,
    )


def make_tiles(entry: Entry, indices: Sequence[int], sources: tuple[str, str], captions: Sequence[str]) -> list[Tile]:
    """Return what the grid needs of some images, in this order."""
    run, generation = entry.run, entry.generation
    assert run is not None and generation is not None  # noqa: S101 pages show explained runs only
    slots: dict[Slot, str] = dict(zip(SLOTS, dict.fromkeys(sources), strict=False))
    samples = load_samples(entry).iloc[list(indices)]
    maps = {slot: _read_maps(entry, generation, source, indices) for slot, source in slots.items()}
    off_object = {
        slot: np.stack([off_object_of_images(entry, source, convention, indices) for convention in CONVENTIONS], -1)
        for slot, source in slots.items()
    }
    distances = compare_images(entry, *sources, indices) if len(slots) == 2 else None
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
            maps={slot: {target: raw[at] for target, raw in maps[slot].items()} for slot in slots},
            path=sample["path"],
            top=[ClassShare(*one, is_right=one[0] == sample["label_name"]) for one in top_classes(entry, index)],
            distances={} if distances is None else _by_measure(distances.iloc[at]),
            off_object={slot: tuple(shares[at]) for slot, shares in off_object.items()},
        )
        for at, (index, sample, caption) in enumerate(zip(indices, samples.to_dict("records"), captions, strict=True))
    ]


def _make_large_view(
    entry: Entry, indices: Sequence[int], ordered: NDArray[np.intp], sources: tuple[str, str]
) -> LargeView:
    return LargeView(
        first=int(np.flatnonzero(ordered == indices[0])[0]),
        total=len(ordered),
        measures={name: (text(f"measure.{name}"), text(f"measure.{name}.help")) for name in MEASURES},
        same_by_theory=same_by_theory(entry, *sources),
        classes=classes_with_maps(entry, sources),
        chosen_class=chosen_class(entry, sources),
        goto=open_image.goto(),
    )


def _by_measure(distances: Any) -> dict[str, tuple[float, ...]]:
    return {name: tuple(distances[f"{name}_{convention}"] for convention in CONVENTIONS) for name in MEASURES}


def _make_box(box: Any, class_names: Sequence[str], label: int) -> GridBox:
    x0, y0, x1, y1 = (float(edge) for edge in box[:4])
    named = int(box[4])
    return GridBox(x0, y0, x1, y1, class_names[named] if named >= 0 else "", named in (-1, label))


def _read_maps(
    entry: Entry, generation: Generation, source: str, indices: Sequence[int]
) -> dict[str, NDArray[np.float32]]:
    maps = {target: generation.maps(source, target)[list(indices)] for target in TARGETS}
    of_class = class_maps(entry, source, indices)
    return maps if of_class is None else maps | {CHOSEN: of_class}
