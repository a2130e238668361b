"""The report's images with the largest differences of two sources, in the heatmap grid."""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from camcore.explained.queries import measure_range, same_by_theory
from camcore.presentation.grid.encoding import encode_grid
from camcore.presentation.grid.tile import Grid, LargeView
from camcore.presentation.grid.tiles_of_run import SLOTS, TILE_WIDTH, describe_measures, make_sources, make_tiles
from camcore.presentation.html import render
from camcore.presentation.report.subject import CONVENTION, MEASURE, ReportInput
from camcore.presentation.texts import grid_strings


def write_pictures(subject: ReportInput, images: int) -> Markup:
    """Return the section's HTML; the grid's script fills its last element."""
    text, total = subject.text, len(subject.samples)
    counts = {"count": min(images, total), "total": total}
    if subject.distances is None:
        title = text("report.pictures.single.title", first=subject.title(subject.pair[0]))
        lead = text("report.pictures.single.lead", **counts)
    else:
        first, second = (subject.title(source) for source in subject.pair)
        names = {"measure": text(f"measure.{MEASURE}"), "convention": text(f"convention.{CONVENTION}")}
        title = text("report.pictures.title", first=first, second=second)
        lead = text("report.pictures.lead", **counts, **names)
    # Without a verdict the drawing's share is the report's headline.
    share = None if subject.verdict is None else subject.drawing_share
    return render("report/pictures", title=title, lead=lead, drawing_share=share)


def encode_pictures(subject: ReportInput, images: int) -> dict[str, Any]:
    """Return what the grid's script draws."""
    first, second = make_sources(subject.text, subject.pair)
    ranges = {slot: measure_range(subject.explanation, name) for slot, name in zip(SLOTS, subject.pair, strict=True)}
    captions = {int(index): _caption(subject, index) for index in _order(subject)[:images]}
    grid = Grid(
        make_tiles(subject.run, subject.explanation, subject.samples, captions, subject.pair),
        first,
        second,
        defaults={"overlay": "both", "draw": CONVENTION},
        common_range=ranges,
        strings=grid_strings(subject.language),
        tile_width=TILE_WIDTH,
        large=LargeView(
            measures=describe_measures(subject.text), same_by_theory=same_by_theory(subject.explanation, *subject.pair)
        ),
    )
    return encode_grid(grid)


def _order(subject: ReportInput) -> NDArray[np.intp]:
    """Return all images in the report's order; those without a distance come last."""
    if subject.distances is not None:
        return np.argsort(-_values(subject.distances), kind="stable")
    confidence = subject.samples["confidence"].to_numpy(dtype=float)
    return np.lexsort((-confidence, subject.samples["right"].to_numpy()))


def _caption(subject: ReportInput, index: int) -> str:
    value = np.nan if subject.distances is None else _values(subject.distances)[index]
    if not np.isfinite(value):
        return ""
    return subject.text("disagreement.ranking.caption", measure=subject.text(f"measure.{MEASURE}"), share=value)


def _values(distances: pd.DataFrame) -> NDArray[np.float64]:
    return distances[f"{MEASURE}_{CONVENTION}"].to_numpy(dtype=float)
