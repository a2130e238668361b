"""From rows of an explained run to the tiles of the heatmap grid."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from camcore import geometry
from camcore.explained import queries
from camcore.explained.explanation import TARGETS, Explanation
from camcore.heatmaps.drawing import CONVENTIONS
from camcore.heatmaps.sources import parse_source
from camcore.measures.disagreement import MEASURES
from camcore.presentation.grid.tile import ANY_CLASS, ClassShare, GridSource, Slot, Tile, name_boxes
from camcore.presentation.texts import Text
from camcore.presentation.wording import source_title
from camcore.runs.run import Run

TILE_WIDTH = 164  # px; three pairs side by side on a laptop, one on a phone
SLOTS: tuple[Slot, Slot] = ("a", "b")


def make_sources(text: Text, sources: tuple[str, str]) -> tuple[GridSource, GridSource | None]:
    """Return two sources for the grid; None for the second if both are the same."""
    first, second = (GridSource(source, source_title(text, source), parse_source(source).method) for source in sources)
    return first, second if sources[0] != sources[1] else None


def describe_measures(text: Text) -> dict[str, tuple[str, str]]:
    """Return each distance's title and description for the large view."""
    return {name: (text(f"measure.{name}"), text(f"measure.{name}.help")) for name in MEASURES}


def make_tiles(
    run: Run,
    explanation: Explanation,
    samples: pd.DataFrame,
    captions: Mapping[int, str],
    sources: tuple[str, str],
    class_maps: Mapping[str, NDArray[np.float32] | None] | None = None,
) -> list[Tile]:
    """Return what the grid needs of some images.

    Args:
        run: The run.
        explanation: Its heatmaps.
        samples: As in `queries.name_samples`.
        captions: A line per image, by its index, in the order to show them.
        sources: The second may be the first: then there is nothing to compare.
        class_maps: Per source the raw maps (len(captions), h, w) of a class that the user selected, None if there are
            none.
    """
    indices = list(captions)
    slots: dict[Slot, str] = dict(zip(SLOTS, dict.fromkeys(sources), strict=False))
    maps = {slot: _read_maps(explanation, source, indices) for slot, source in slots.items()}
    for slot, source in slots.items():
        chosen = (class_maps or {}).get(source)
        maps[slot] |= {} if chosen is None else {ANY_CLASS: chosen}
    off_object = {
        slot: queries.measure_off_object(run, explanation, samples, source, indices) for slot, source in slots.items()
    }
    distances = queries.measure_pair(explanation, *sources, indices) if len(slots) == 2 else None
    rows = samples.iloc[indices].to_dict("records")
    return [
        Tile(
            id=sample["id"],
            index=index,
            image=explanation.thumbnail(index),
            width=sample["width"],
            height=sample["height"],
            label=sample["label_name"],
            predicted=sample["predicted_name"],
            correct=sample["right"],
            confidence=sample["confidence"],
            seen=geometry.view_box(run.config.view.kind, sample["width"], sample["height"]),
            caption=caption,
            boxes=name_boxes(sample["boxes"], run.class_names, sample["label"]),
            maps={slot: {target: raw[at] for target, raw in maps[slot].items()} for slot in slots},
            path=sample["path"],
            top=_list_top(run, explanation, index, {sample["label"], sample["other_label"]}),
            distances={} if distances is None else _by_measure(distances.iloc[at]),
            off_object={slot: tuple(shares[at]) for slot, shares in off_object.items()},
        )
        for at, ((index, caption), sample) in enumerate(zip(captions.items(), rows, strict=True))
    ]


def _read_maps(explanation: Explanation, source: str, indices: Sequence[int]) -> dict[str, NDArray[np.float32]]:
    return {target: explanation.maps(source, target)[list(indices)] for target in TARGETS}


def _list_top(run: Run, explanation: Explanation, index: int, right: Set[int]) -> list[ClassShare]:
    names = {run.class_names[label] for label in right if label >= 0}
    return [ClassShare(name, share, name in names) for name, share in queries.top_classes(run, explanation, index)]


def _by_measure(distances: Any) -> dict[str, tuple[float, ...]]:
    return {name: tuple(distances[f"{name}_{convention}"] for convention in CONVENTIONS) for name in MEASURES}
