"""From rows of an explained run to the tiles of the heatmap grid."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from camcore import geometry
from camcore.generations import TARGETS, Generation
from camcore.heatmap_grid import GridBox, GridSource, Slot, Tile
from camcore.heatmaps import parse_source
from camcore.language import Text
from camcore.runs import Run
from camcore.wording import source_title

TILE_WIDTH = 164  # px; three pairs side by side on a laptop, one on a phone
SLOTS: tuple[Slot, Slot] = ("a", "b")


def make_sources(text: Text, sources: tuple[str, str]) -> tuple[GridSource, GridSource | None]:
    """Return what the grid needs of two sources; None for the second where it is the first."""
    first, second = (GridSource(source, source_title(text, source), parse_source(source).method) for source in sources)
    return first, second if sources[0] != sources[1] else None


def make_tiles(
    run: Run,
    generation: Generation,
    samples: pd.DataFrame,
    indices: Sequence[int],
    sources: tuple[str, str],
    captions: Sequence[str],
) -> list[Tile]:
    """Return what the grid needs of some images, in this order; `samples` are those of `readings.name_samples`."""
    maps = {slot: _read_maps(generation, source, indices) for slot, source in zip(SLOTS, sources, strict=True)}
    rows = samples.iloc[list(indices)].to_dict("records")
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
        for at, (index, sample, caption) in enumerate(zip(indices, rows, captions, strict=True))
    ]


def _make_box(box: Any, class_names: Sequence[str], label: int) -> GridBox:
    x0, y0, x1, y1 = (float(edge) for edge in box[:4])
    named = int(box[4])
    return GridBox(x0, y0, x1, y1, class_names[named] if named >= 0 else "", named in (-1, label))


def _read_maps(generation: Generation, source: str, indices: Sequence[int]) -> dict[str, NDArray[np.float32]]:
    return {target: generation.maps(source, target)[list(indices)] for target in TARGETS}
