"""From values per image to a verdict's tables: means, paired differences to the reference, one correction for all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
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
from camcore.stats.paired import (
    Estimate,
    Kind,
    PairedDifference,
    adjust_holm,
    is_finding,
    mean_interval,
    paired_difference,
)
from camcore.stats.resampling import paired_resample, resample_interval

Values = NDArray[np.float64]


@dataclass(frozen=True)
class VerdictMeasure:
    """What a measure is: the question it belongs to, its values, and which direction is better."""

    group: str
    kind: Kind
    better: str


PER_IMAGE_MEASURES = {
    "pointing_strict": VerdictMeasure("localization", "yes_no", "higher"),
    "pointing_15px": VerdictMeasure("localization", "yes_no", "higher"),
    "energy_in_box": VerdictMeasure("localization", "continuous", "higher"),
    "off_object_positive": VerdictMeasure("localization", "continuous", "lower"),
    "off_object_literature": VerdictMeasure("localization", "continuous", "lower"),
    "pointing_parts": VerdictMeasure("localization", "yes_no", "higher"),
    "energy_in_parts": VerdictMeasure("localization", "continuous", "higher"),
    "insertion": VerdictMeasure("faithfulness", "continuous", "higher"),
    "deletion": VerdictMeasure("faithfulness", "continuous", "lower"),
    "follows_class": VerdictMeasure("class", "yes_no", "higher"),
    "class_sensitivity": VerdictMeasure("class", "continuous", "higher"),
}


def summarize_measure(
    measure: VerdictMeasure,
    values: Mapping[str, Values],
    reference: str,
    identical: Sequence[str],
    right: NDArray[np.bool_],
    chance: float | None,
    seed: int,
) -> dict[str, Any]:
    """Return one measure of a verdict, its p-values not yet corrected.

    Args:
        measure: What it is.
        values: Per source and baseline, (N,), NaN where an image has none.
        reference: The source that differences are taken to.
        identical: The sources that give the reference's map by theory.
        right: Which images are predicted rightly, (N,).
        chance: The mean that a map without any knowledge would have, None where that is not known.
        seed: Of the bootstrap.
    """
    estimates = {source: mean_interval(column, measure.kind, seed) for source, column in values.items()}
    differences = {
        source: paired_difference(column, values[reference], measure.kind, seed, same_maps=source in identical)
        for source, column in values.items()
        if source != reference
    }
    return {
        **asdict(measure),
        "n": max(estimate.n for estimate in estimates.values()),
        "chance": chance,
        "values": describe_estimates(estimates),
        "oracle": None,
        "differences": {
            source: describe_difference(found, source in identical) for source, found in differences.items()
        },
        "by_correctness": {
            word: {source: _mean_or_none(column[chosen]) for source, column in values.items()}
            for word, chosen in (("right", right), ("wrong", ~right))
        },
    }


def describe_estimates(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, float | None]]:
    """Return means with their intervals as the verdict stores them; sources without any value are left out."""
    return {
        source: {"mean": estimate.value, "low": estimate.low, "high": estimate.high}
        for source, estimate in estimates.items()
        if estimate.value is not None
    }


def describe_difference(found: PairedDifference, identical_by_theory: bool) -> dict[str, Any]:
    """Return a paired difference as the verdict stores it, its p-value not yet corrected."""
    values = asdict(found)
    return {"mean_difference": values.pop("difference"), **values, "identical_by_theory": identical_by_theory}


def correct_for_all(measures: dict[str, dict[str, Any]], sources: Sequence[str]) -> None:
    """Add corrected p-values and what they allow to say to every difference, in place.

    Holm's correction over all comparisons of methods with the reference in all measures; those that are identical by
    theory are none. Baselines are corrected among themselves: they are there for scale.
    """
    for chosen in (lambda source: source in sources, lambda source: source not in sources):
        _correct(measures, chosen)


def _correct(measures: dict[str, dict[str, Any]], chosen: Callable[[str], bool]) -> None:
    places = [
        (measure, difference)
        for measure in measures.values()
        for source, difference in measure["differences"].items()
        if chosen(source)
    ]
    asked = [None if difference["identical_by_theory"] else difference["p_value"] for _, difference in places]
    for (measure, difference), adjusted in zip(places, adjust_holm(asked), strict=True):
        difference["p_adjusted"] = float(adjusted) if np.isfinite(adjusted) else 1.0
        difference["verdict"] = _judge(difference, measure["better"])


def _judge(difference: dict[str, Any], better: str) -> str:
    found = is_finding(difference["low"], difference["high"], difference["p_adjusted"])
    if difference["identical_by_theory"] or not found:
        return "no_difference"
    return "better" if (difference["mean_difference"] > 0) == (better == "higher") else "worse"


def _mean_or_none(values: Values) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else None


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
