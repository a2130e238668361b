"""Turn values per image into means, paired differences to the reference and corrected p-values."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from camcore.geometry import FloatVector, Masks
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
    is_significant,
    mean_interval,
    paired_difference,
)
from camcore.stats.resampling import Statistic, paired_resample, resample_interval
from camcore.verdict.document import (
    Difference,
    Direction,
    Group,
    MeanInterval,
    MeansByCorrectness,
    MeasureResult,
    Outcome,
)


@dataclass(frozen=True)
class VerdictMeasure:
    """A measure with a value per image: group, kind of values, better direction."""

    group: Group
    kind: Kind
    better: Direction


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
BOX_ACC_MEASURES = {"max_box_acc_v2": ("best", IOU_LEVELS), "max_box_acc": ("largest", (0.5,))}


@dataclass(frozen=True)
class ComparisonSetup:
    """What all measures of a verdict share.

    Attributes:
        reference: The source that differences are taken to.
        identical: The sources that give the reference's map by theory.
        correct: Which images are answered correctly, (N,).
        seed: Of the resampling.
    """

    reference: str
    identical: Collection[str]
    correct: Masks
    seed: int


@dataclass(frozen=True)
class Comparison:
    """One measure of all sources: its result without differences, and uncorrected differences."""

    result: MeasureResult
    differences: Mapping[str, PairedDifference]


def summarize_measure(
    measure: VerdictMeasure, values: Mapping[str, FloatVector], chance: float | None, setup: ComparisonSetup
) -> Comparison:
    """Compare all sources by a measure with a value per image.

    Args:
        measure: What it is.
        values: Per source and baseline, (N,), NaN for images without a value.
        chance: The mean that a map without any knowledge would have, None if unknown.
        setup: What all measures share.
    """
    estimates = {source: mean_interval(column, measure.kind, setup.seed) for source, column in values.items()}
    differences = {
        source: paired_difference(
            column, values[setup.reference], measure.kind, setup.seed, same_maps=source in setup.identical
        )
        for source, column in values.items()
        if source != setup.reference
    }
    result = MeasureResult(
        group=measure.group,
        kind=measure.kind,
        better=measure.better,
        n=max(estimate.n for estimate in estimates.values()),
        chance=chance,
        values=_list_known(estimates),
        oracle=None,
        differences={},
        by_correctness=_split_means(values, setup.correct, lambda source, rows: _mean_or_none(values[source][rows])),
    )
    return Comparison(result, differences)


def summarize_box_acc(overlaps: Mapping[str, BoxOverlap], setup: ComparisonSetup) -> dict[str, Comparison]:
    """Compare all sources by MaxBoxAccV2 and MaxBoxAcc, with cross-fitted and oracle thresholds.

    Uses the images with a box whose maps are finite in every source; a source without any is left out. Empty if there
    is no such image.
    """
    known = {source: ~np.isnan(overlap.best[:, 0]) for source, overlap in overlaps.items()}
    overlaps = {source: overlap for source, overlap in overlaps.items() if known[source].any()}
    boxed = np.logical_and.reduce([known[source] for source in overlaps])
    if setup.reference not in overlaps or not boxed.any():
        return {}
    comparisons = {}
    for name, (field, levels) in BOX_ACC_MEASURES.items():
        tables = {source: getattr(overlap, field)[boxed] for source, overlap in overlaps.items()}
        hits = {source: table[:, None, :] >= np.array(levels)[None, :, None] for source, table in tables.items()}
        statistics = {source: cross_fit(hit, setup.seed) for source, hit in hits.items()}
        differences = {
            source: max_box_acc_difference(hit, hits[setup.reference], setup.seed)
            for source, hit in hits.items()
            if source != setup.reference
        }
        result = MeasureResult(
            group="localization",
            kind="resampled",
            better="higher",
            n=int(boxed.sum()),
            chance=None,
            values=_list_known({source: max_box_acc_interval(hit, setup.seed) for source, hit in hits.items()}),
            oracle={source: max_box_acc(table, levels) for source, table in tables.items()},
            differences={},
            by_correctness=_split_statistics(statistics, setup.correct[boxed]),
        )
        comparisons[name] = Comparison(result, differences)
    return comparisons


def summarize_pixels(pixels: Mapping[str, PixelCounts], setup: ComparisonSetup) -> dict[str, Comparison]:
    """Compare all sources by PxAP on resampled images; empty without masks. PxAP has no value per image."""
    pixels = {source: counts for source, counts in pixels.items() if counts.inside.any()}
    if setup.reference not in pixels:
        return {}
    statistics: dict[str, Statistic] = {
        source: partial(pixel_average_precision, counts) for source, counts in pixels.items()
    }
    reference, n = pixels[setup.reference], len(setup.correct)
    inside, outside = reference.inside.sum(), reference.outside.sum()
    estimates = {source: resample_interval(statistic, n, setup.seed) for source, statistic in statistics.items()}
    differences = {
        source: paired_resample(statistic, statistics[setup.reference], n, setup.seed)
        for source, statistic in statistics.items()
        if source != setup.reference
    }
    result = MeasureResult(
        group="localization",
        kind="resampled",
        better="higher",
        n=n,
        chance=float(inside / (inside + outside)),
        values=_list_known(estimates),
        oracle=None,
        differences={},
        by_correctness=_split_statistics(statistics, setup.correct),
    )
    return {"pxap": Comparison(result, differences)}


def correct_for_all(
    comparisons: Mapping[str, Comparison], sources: Collection[str], identical: Collection[str]
) -> dict[str, MeasureResult]:
    """Return the measures as the verdict stores them, with corrected p-values and outcomes.

    Holm's correction over all comparisons of methods with the reference in all measures; sources that are `identical`
    by theory are no comparison. Baselines are corrected among themselves, as they only give the scale.
    """
    adjusted: dict[tuple[str, str], float] = {}
    for is_method in (True, False):
        p_values = {
            (name, source): None if source in identical else difference.p_value
            for name, comparison in comparisons.items()
            for source, difference in comparison.differences.items()
            if (source in sources) is is_method
        }
        corrected = adjust_holm(list(p_values.values())).tolist()
        adjusted |= {place: p if np.isfinite(p) else 1.0 for place, p in zip(p_values, corrected, strict=True)}
    results = {}
    for name, comparison in comparisons.items():
        differences = {
            source: _describe(difference, source in identical, adjusted[name, source], comparison.result.better)
            for source, difference in comparison.differences.items()
        }
        results[name] = comparison.result.model_copy(update={"differences": differences})
    return results


def _describe(
    difference: PairedDifference, identical_by_theory: bool, p_adjusted: float, better: Direction
) -> Difference:
    values = asdict(difference)
    mean = values.pop("difference")
    outcome: Outcome = "no_difference"
    if not identical_by_theory and is_significant(difference.low, difference.high, p_adjusted):
        outcome = "better" if (mean > 0) == (better == "higher") else "worse"
    return Difference(
        mean_difference=mean,
        **values,
        identical_by_theory=identical_by_theory,
        p_adjusted=p_adjusted,
        outcome=outcome,
    )


def _list_known(estimates: Mapping[str, Estimate]) -> dict[str, MeanInterval]:
    """Return the estimates that have a value, as the verdict stores them."""
    return {
        source: MeanInterval(mean=estimate.value, low=estimate.low, high=estimate.high)
        for source, estimate in estimates.items()
        if estimate.value is not None
    }


def _split_statistics(statistics: Mapping[str, Statistic], correct: Masks) -> MeansByCorrectness:
    return _split_means(statistics, correct, lambda source, rows: _compute(statistics[source], rows))


def _split_means(
    sources: Iterable[str], correct: Masks, compute: Callable[[str, Masks], float | None]
) -> MeansByCorrectness:
    return MeansByCorrectness(
        correct={source: compute(source, correct) for source in sources},
        incorrect={source: compute(source, ~correct) for source in sources},
    )


def _mean_or_none(values: FloatVector) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else None


def _compute(statistic: Statistic, rows: Masks) -> float | None:
    """Return a pooled measure over some images, None if it has no value."""
    if not rows.any():
        return None
    value = float(statistic(rows[None].astype(float))[0])
    return value if np.isfinite(value) else None
