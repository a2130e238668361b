"""The accuracy price of CAM's architecture: two runs, or all seeds of both."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from camcore.errors import CamcoreError
from camcore.explained.explanation import Explanation, counts_in_accuracy, is_correct, open_explanation
from camcore.geometry import FloatVector, Masks
from camcore.runs.run import Run
from camcore.runs.seed_groups import Side, find_difference
from camcore.stats.crossed import crossed_difference
from camcore.stats.paired import paired_difference
from camcore.verdict.document import AccuracyPrice, SeedAccuracy, SeedGroups


def measure_accuracy_price(first: Side, second: Side) -> AccuracyPrice:
    """Return the accuracy with CAM and without it, with the interval of the difference.

    For two runs the interval covers other images; for two groups also other seeds, and `seeds` holds the accuracy of
    every run.

    Raises:
        CamcoreError: They were explained on different images, no image counts, or CAM does not apply to the first side
            alone.
        RunError: One was never explained.
    """
    ours, theirs = ([open_explanation(run) for run in side.runs] for side in (first, second))
    _require_same_images([*first.runs, *second.runs], [*ours, *theirs])
    _require_cam_for_first_alone(first, second, ours, theirs)
    counted = counts_in_accuracy(ours[0].samples)
    if not counted.any():
        raise CamcoreError(
            f"{first.runs[0].path} has no validation image of one class alone, so its accuracy can't be compared. Leave"
            " out --against."
        )
    correct, correct_against = (
        np.stack([is_correct(explanation.samples)[counted] for explanation in side]) for side in (ours, theirs)
    )
    if len(ours) == len(theirs) == 1:
        return _compare_runs(second.name, correct[0], correct_against[0])
    return _compare_groups(first, second, correct, correct_against)


def _compare_runs(against: str, correct: Masks, correct_against: Masks) -> AccuracyPrice:
    difference = paired_difference(correct, correct_against, "yes_no")
    return AccuracyPrice(
        against=against,
        n=len(correct),
        accuracy=float(correct.mean()),
        accuracy_against=float(correct_against.mean()),
        difference=float(difference.difference or 0),
        low=difference.low,
        high=difference.high,
        p_value=difference.p_value,
    )


def _compare_groups(first: Side, second: Side, correct: Masks, correct_against: Masks) -> AccuracyPrice:
    """Compare two groups of runs, (S, N) and (T, N)."""
    difference = crossed_difference(correct, correct_against)
    return AccuracyPrice(
        against=second.name,
        n=correct.shape[1],
        accuracy=float(correct.mean()),
        accuracy_against=float(correct_against.mean()),
        seeds=SeedGroups(
            group=first.name,
            members=_list_members(first, correct.mean(1)),
            members_against=_list_members(second, correct_against.mean(1)),
            deviation=statistics.stdev(correct.mean(1).tolist()),
            deviation_against=statistics.stdev(correct_against.mean(1).tolist()),
            differs=_find_more_than_head(first.runs[0], second.runs[0]),
            unfinished=(*first.unfinished, *second.unfinished),
            standard_errors=difference.standard_errors,
        ),
        difference=difference.difference,
        low=difference.low,
        high=difference.high,
        p_value=difference.p_value,
    )


def _list_members(side: Side, accuracies: FloatVector) -> tuple[SeedAccuracy, ...]:
    return tuple(
        SeedAccuracy(run=run.name, seed=run.config.train.seed, accuracy=float(accuracy))
        for run, accuracy in zip(side.runs, accuracies, strict=True)
    )


def _find_more_than_head(run: Run, other: Run) -> str:
    """Return what two runs differ in besides head and seed, empty if nothing."""
    alike = replace(
        other.config,
        model=replace(other.config.model, head=run.config.model.head),
        train=replace(other.config.train, seed=run.config.train.seed),
    )
    return find_difference(asdict(run.config), asdict(alike))


def _require_same_images(runs: Sequence[Run], explanations: Sequence[Explanation]) -> None:
    ids = list(explanations[0].samples["id"])
    for run, explanation in zip(runs, explanations, strict=True):
        if list(explanation.samples["id"]) != ids:
            raise CamcoreError(
                f"{runs[0].path} and {run.path} were explained on different images, so their accuracies can't be"
                " compared image by image. Train both on the same data set."
            )


def _require_cam_for_first_alone(
    first: Side, second: Side, ours: Sequence[Explanation], theirs: Sequence[Explanation]
) -> None:
    if all(explanation.cam_able for explanation in ours) and not any(explanation.cam_able for explanation in theirs):
        return
    pairs = zip([*first.runs, *second.runs], [*ours, *theirs], strict=True)
    able = [str(run.path) for run, explanation in pairs if explanation.cam_able]
    raise CamcoreError(
        "What CAM's architecture costs is measured against a run without it, so CAM must apply to"
        f" {' and '.join(str(run.path) for run in first.runs)} alone; it applies to {' and '.join(able) or 'neither'}."
        " Name a run with another head with --against."
    )
