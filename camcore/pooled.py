"""The measures of a verdict that choose a threshold or pool pixels: MaxBoxAcc, MaxBoxAccV2, PxAP."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camcore.box_regions import IOU_LEVELS, BoxOverlap, cross_fitted_hits, max_box_acc, split_halves
from camcore.comparison import VerdictMeasure, describe_difference, describe_estimates, summarize_measure
from camcore.localization import PixelCounts, pixel_average_precision
from camcore.resampling import paired_resample, resample_interval

BOX_ACC_MEASURES = {
    "max_box_acc_v2": ("best", IOU_LEVELS, VerdictMeasure("localization", "continuous", "higher")),
    "max_box_acc": ("largest", (0.5,), VerdictMeasure("localization", "yes_no", "higher")),
}


def summarize_box_acc(
    overlaps: Mapping[str, BoxOverlap], reference: str, identical: Sequence[str], right: NDArray[np.bool_], seed: int
) -> dict[str, dict[str, Any]]:
    """Return MaxBoxAccV2 and MaxBoxAcc: thresholds cross-fitted on two seeded halves, with the oracle's value beside.

    Empty where no image has a box.
    """
    if np.isnan(overlaps[reference].best).all():
        return {}
    first = split_halves(len(right), seed)
    found = {}
    for name, (field, levels, measure) in BOX_ACC_MEASURES.items():
        tables = {source: getattr(overlap, field) for source, overlap in overlaps.items()}
        hits = {source: cross_fitted_hits(table, levels, first) for source, table in tables.items()}
        summary = summarize_measure(measure, hits, reference, identical, right, None, seed)
        oracle = {source: float(max_box_acc(table, levels)) for source, table in tables.items()}
        found[name] = summary | {"oracle": oracle}
    return found


def summarize_pixels(
    pixels: Mapping[str, PixelCounts], reference: str, identical: Sequence[str], right: NDArray[np.bool_], seed: int
) -> dict[str, dict[str, Any]]:
    """Return PxAP, whose images are resampled because it has no value per image; empty without masks."""
    if reference not in pixels:
        return {}
    statistics: dict[str, Any] = {name: partial(pixel_average_precision, counts) for name, counts in pixels.items()}
    n, inside, outside = len(right), pixels[reference].inside.sum(), pixels[reference].outside.sum()
    differences = {
        source: paired_resample(statistic, statistics[reference], n, seed)
        for source, statistic in statistics.items()
        if source != reference
    }
    summary = {
        "group": "localization",
        "kind": "resampled",
        "better": "higher",
        "n": n,
        "chance": float(inside / (inside + outside)),
        "values": describe_estimates({name: resample_interval(one, n, seed) for name, one in statistics.items()}),
        "oracle": None,
        "differences": {
            source: describe_difference(found, source in identical) for source, found in differences.items()
        },
        "by_correctness": {
            word: {source: _value(statistic, chosen) for source, statistic in statistics.items()}
            for word, chosen in (("right", right), ("wrong", ~right))
        },
    }
    return {"pxap": summary}


def _value(statistic: Any, chosen: NDArray[np.bool_]) -> float | None:
    value = float(statistic(chosen.astype(float)))
    return value if np.isfinite(value) else None
