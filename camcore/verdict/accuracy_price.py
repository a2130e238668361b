"""What CAM's architecture costs in accuracy: a run beside one without it, or all seeds of both."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from camcore.errors import CamcoreError
from camcore.explained.explanation import Explanation, counts_in_accuracy, is_correct, open_explanation
from camcore.runs.run import Run
from camcore.runs.seed_groups import Side, _find_difference
from camcore.stats.crossed import crossed_difference
from camcore.stats.paired import compare_accuracy


def measure_price(first: Side, second: Side) -> dict[str, Any]:
    """Return the accuracy with CAM and without it, with the interval of the difference: `price` of a verdict.

    Of two runs the interval is for other images; of two groups for other seeds as well, and `seeds` holds the accuracy
    of every run.

    Raises:
        CamcoreError: They were explained on different images, or CAM does not apply to the first side alone.
        RunError: One was never explained.
    """
    ours, theirs = ([open_explanation(run) for run in side.runs] for side in (first, second))
    _require_same_images([*first.runs, *second.runs], [*ours, *theirs])
    _require_cam_for_first_alone(first, second, ours, theirs)
    counted = counts_in_accuracy(ours[0].samples)
    right, right_against = (np.stack([is_correct(one.samples)[counted] for one in side]) for side in (ours, theirs))
    price: dict[str, Any] = {"against": second.name, "n": int(counted.sum())}
    if len(ours) == len(theirs) == 1:
        pair = compare_accuracy(right[0], right_against[0])
        price |= {"accuracy": pair.first.value, "accuracy_against": pair.second.value}
        found: Any = pair.difference
    else:
        found = crossed_difference(right, right_against)
        price |= {"accuracy": float(right.mean()), "accuracy_against": float(right_against.mean())}
        price["seeds"] = {
            "group": first.name,
            "members": _list_members(first, right.mean(1)),
            "members_against": _list_members(second, right_against.mean(1)),
            "deviation": statistics.stdev(right.mean(1).tolist()),
            "deviation_against": statistics.stdev(right_against.mean(1).tolist()),
            "differs": _find_more_than_head(first.runs[0], second.runs[0]),
            "unfinished": [*first.unfinished, *second.unfinished],
            "standard_errors": found.standard_errors,
        }
    return price | {name: getattr(found, name) for name in ("difference", "low", "high", "p_value")}


def _list_members(side: Side, accuracies: Sequence[float]) -> list[dict[str, Any]]:
    return [
        {"run": run.name, "seed": run.config.train.seed, "accuracy": float(accuracy)}
        for run, accuracy in zip(side.runs, accuracies, strict=True)
    ]


def _find_more_than_head(run: Run, other: Run) -> str:
    """Return what two runs differ in beside head and seed, empty where in nothing."""
    alike = replace(
        other.config,
        model=replace(other.config.model, head=run.config.model.head),
        train=replace(other.config.train, seed=run.config.train.seed),
    )
    return _find_difference(asdict(run.config), asdict(alike))


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
    if all(one.cam_able for one in ours) and not any(one.cam_able for one in theirs):
        return
    pairs = zip([*first.runs, *second.runs], [*ours, *theirs], strict=True)
    able = [str(run.path) for run, explanation in pairs if explanation.cam_able]
    raise CamcoreError(
        "What CAM's architecture costs shows beside a run without it, so CAM must apply to"
        f" {' and '.join(str(run.path) for run in first.runs)} alone; it applies to {' and '.join(able) or 'neither'}."
        " Name a run of another head with --against."
    )
