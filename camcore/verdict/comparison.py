"""From values per image to a verdict's tables: means, paired differences to the reference, one correction for all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camcore.stats.paired import (
    Estimate,
    Kind,
    PairedDifference,
    adjust_holm,
    is_finding,
    mean_interval,
    paired_difference,
)

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
