"""The measures of a verdict that choose a threshold or pool pixels: MaxBoxAcc, MaxBoxAccV2, PxAP."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camcore.measures.max_box_acc import (
    IOU_LEVELS,
    BoxOverlap,
    cross_fit,
    max_box_acc,
    max_box_acc_difference,
    max_box_acc_interval,
)
from camcore.measures.pixel_precision import PixelCounts, pixel_average_precision
from camcore.stats.paired import Estimate, PairedDifference
from camcore.stats.resampling import paired_resample, resample_interval
from camcore.verdict.comparison import describe_difference, describe_estimates

BOX_ACC_MEASURES = {"max_box_acc_v2": ("best", IOU_LEVELS), "max_box_acc": ("largest", (0.5,))}


def summarize_box_acc(
    overlaps: Mapping[str, BoxOverlap], reference: str, identical: Sequence[str], right: NDArray[np.bool_], seed: int
) -> dict[str, dict[str, Any]]:
    """Return MaxBoxAccV2 and MaxBoxAcc: thresholds cross-fitted on seeded halves, with the oracle's value beside.

    Of the images with a box where every source's map is finite; a source without any is left out. Empty where there is
    no such image.
    """
    known = {source: ~np.isnan(overlap.best[:, 0]) for source, overlap in overlaps.items()}
    overlaps = {source: overlap for source, overlap in overlaps.items() if known[source].any()}
    boxed = np.logical_and.reduce([known[source] for source in overlaps])
    if reference not in overlaps or not boxed.any():
        return {}
    found = {}
    for name, (field, levels) in BOX_ACC_MEASURES.items():
        tables = {source: getattr(overlap, field)[boxed] for source, overlap in overlaps.items()}
        hits = {source: table[:, None, :] >= np.array(levels)[None, :, None] for source, table in tables.items()}
        statistics = {source: cross_fit(one, seed) for source, one in hits.items()}
        estimates = {source: max_box_acc_interval(one, seed) for source, one in hits.items()}
        differences = {
            source: max_box_acc_difference(one, hits[reference], seed)
            for source, one in hits.items()
            if source != reference
        }
        groups = {"right": right[boxed], "wrong": ~right[boxed]}
        found[name] = {
            **_describe(estimates, differences, identical, int(boxed.sum())),
            "chance": None,
            "oracle": {source: max_box_acc(table, levels) for source, table in tables.items()},
            "by_correctness": {
                word: {source: _value(statistic, chosen) for source, statistic in statistics.items()}
                for word, chosen in groups.items()
            },
        }
    return found


def summarize_pixels(
    pixels: Mapping[str, PixelCounts], reference: str, identical: Sequence[str], right: NDArray[np.bool_], seed: int
) -> dict[str, dict[str, Any]]:
    """Return PxAP, whose images are resampled because it has no value per image; empty without masks."""
    pixels = {source: counts for source, counts in pixels.items() if counts.inside.any()}
    if reference not in pixels:
        return {}
    statistics: dict[str, Any] = {name: partial(pixel_average_precision, counts) for name, counts in pixels.items()}
    n, inside, outside = len(right), pixels[reference].inside.sum(), pixels[reference].outside.sum()
    differences = {
        source: paired_resample(statistic, statistics[reference], n, seed)
        for source, statistic in statistics.items()
        if source != reference
    }
    estimates = {name: resample_interval(one, n, seed) for name, one in statistics.items()}
    summary = {
        **_describe(estimates, differences, identical, n),
        "chance": float(inside / (inside + outside)),
        "oracle": None,
        "by_correctness": {
            word: {source: _value(statistic, chosen) for source, statistic in statistics.items()}
            for word, chosen in (("right", right), ("wrong", ~right))
        },
    }
    return {"pxap": summary}


def _describe(
    estimates: Mapping[str, Estimate], differences: Mapping[str, PairedDifference], identical: Sequence[str], n: int
) -> dict[str, Any]:
    return {
        "group": "localization",
        "kind": "resampled",
        "better": "higher",
        "n": n,
        "values": describe_estimates(estimates),
        "differences": {
            source: describe_difference(found, source in identical) for source, found in differences.items()
        },
    }


def _value(statistic: Any, chosen: NDArray[np.bool_]) -> float | None:
    if not chosen.any():
        return None
    value = float(statistic(chosen[None].astype(float))[0])
    return value if np.isfinite(value) else None
