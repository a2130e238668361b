"""What CAM's architecture costs in accuracy: a run beside one without it, or all seeds of both."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from camcore.config import to_json
from camcore.errors import CamcoreError, RunError
from camcore.explained.explanation import Generation, open_generation
from camcore.runs.run import Run, list_runs, open_run
from camcore.stats.crossed import crossed_difference
from camcore.stats.paired import compare_accuracy


@dataclass(frozen=True)
class Side:
    """What is compared: one run, or the finished runs of a group by seed; `unfinished` are the names of the others."""

    name: str
    runs: tuple[Run, ...]
    unfinished: tuple[str, ...] = ()


def find_sides(run: Run, against: Path) -> tuple[Side, Side]:
    """Return what the price is measured on: two runs, or their groups where both have two finished seeds or more.

    Args:
        run: With the architecture that CAM needs.
        against: A run without it, or the name of a group of such runs beside which it would lie.

    Raises:
        CamcoreError: The groups can't be compared, or only one of both is a group.
        RunError: There is neither a run nor a group.
    """
    other = open_run(against) if against.is_dir() else None
    name = against.name if other is None else other.group
    theirs = None if name is None else _find_group(against.parent, name)
    if other is None and (theirs is None or not (theirs.runs or theirs.unfinished)):
        raise RunError(f"There is no run at {against}, and no group of that name. `camcore runs` lists what is there.")
    ours = None if run.group is None else _find_group(run.path.parent, run.group)
    short = [side for side in (ours, theirs) if side is not None and len(side.runs) < 2]
    if ours is not None and theirs is not None and not short:
        _require_alike(ours, theirs)
        return ours, theirs
    if other is not None:
        return Side(run.name, (run,)), Side(other.name, (other,))
    if ours is None:
        raise CamcoreError(
            f"{against} is a group of seeds and {run.path} a run by itself. Train it with --seeds too, or name one run"
            " of the group."
        )
    raise CamcoreError(
        f"The group {short[0].name!r} has too few finished runs ({len(short[0].runs)}); the spread of seeds shows in"
        " two or more. Train more of them with --seeds, or name one run with --against."
    )


def measure_price(first: Side, second: Side) -> dict[str, Any]:
    """Return the accuracy with CAM and without it, with the interval of the difference: `price` of a verdict.

    Of two runs the interval is for other images; of two groups for other seeds as well, and `seeds` holds the accuracy
    of every run.

    Raises:
        CamcoreError: They were explained on different images, or CAM does not apply to the first side alone.
        RunError: One was never explained.
    """
    ours, theirs = ([open_generation(run) for run in side.runs] for side in (first, second))
    _require_same_images([*first.runs, *second.runs], [*ours, *theirs])
    _require_cam_for_first_alone(first, second, ours, theirs)
    counted = (ours[0].samples["other_label"] < 0).to_numpy()
    right, right_against = (
        np.stack([(one.samples["label"] == one.samples["predicted"]).to_numpy()[counted] for one in side])
        for side in (ours, theirs)
    )
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


def _find_group(folder: Path, name: str) -> Side:
    found = [run for run in list_runs(folder) if isinstance(run, Run) and run.group == name]
    found.sort(key=lambda run: run.config.train.seed)
    finished = tuple(run for run in found if run.finished)
    return Side(name, finished, tuple(run.name for run in found if not run.finished))


def _list_members(side: Side, accuracies: Sequence[float]) -> list[dict[str, Any]]:
    return [
        {"run": run.name, "seed": run.config.train.seed, "accuracy": float(accuracy)}
        for run, accuracy in zip(side.runs, accuracies, strict=True)
    ]


def _require_alike(first: Side, second: Side) -> None:
    """Refuse groups whose runs differ in more than their seeds, or that saw other data in another way."""
    for side in (first, second):
        for before, run in zip(side.runs, side.runs[1:], strict=False):
            _require_other_seed_alone(side, before, run)
    run = first.runs[0]
    for other in (*first.runs[1:], *second.runs):
        data, other_data = (one.info["dataset"].get("fingerprint") for one in (run, other))
        if data != other_data:
            raise CamcoreError(
                f"{other.path} was trained on other data than {run.path} (fingerprint {str(other_data)[:12]}, not"
                f" {str(data)[:12]}), so their accuracies can't be compared. Train all on the same data set."
            )
        if difference := _find_difference(to_json(run.config.view), to_json(other.config.view), "view"):
            raise CamcoreError(
                f"{other.path} sees images in another way than {run.path} ({difference}), so their accuracies can't be"
                " compared. Train all with the same view."
            )


def _require_other_seed_alone(side: Side, before: Run, run: Run) -> None:
    if before.config.train.seed == run.config.train.seed:
        raise CamcoreError(
            f"{before.path} and {run.path} of the group {side.name!r} are of the same seed,"
            f" {run.config.train.seed}, and would count twice. Move one of them elsewhere."
        )
    alike = replace(run.config, train=replace(run.config.train, seed=before.config.train.seed))
    if difference := _find_difference(to_json(before.config), to_json(alike)):
        raise CamcoreError(
            f"{run.path} differs from {before.path} in more than its seed ({difference}), so that they are no group."
            " Train it anew with --overwrite, or move it elsewhere."
        )


def _find_more_than_head(run: Run, other: Run) -> str:
    """Return what two runs differ in beside head and seed, empty where in nothing."""
    alike = replace(
        other.config,
        model=replace(other.config.model, head=run.config.model.head),
        train=replace(other.config.train, seed=run.config.train.seed),
    )
    return _find_difference(to_json(run.config), to_json(alike))


def _find_difference(wanted: dict[str, Any], found: dict[str, Any], name: str = "") -> str:
    """Return the first value in which two configurations differ, empty without one: `train.epochs is 9, not 3`."""
    for key, value in wanted.items():
        path, other = f"{name}.{key}".lstrip("."), found[key]
        if isinstance(value, dict):
            if difference := _find_difference(value, other, path):
                return difference
        elif value != other:
            return f"{path} is {other}, not {value}"
    return ""


def _require_same_images(runs: Sequence[Run], generations: Sequence[Generation]) -> None:
    ids = list(generations[0].samples["id"])
    for run, generation in zip(runs, generations, strict=True):
        if list(generation.samples["id"]) != ids:
            raise CamcoreError(
                f"{runs[0].path} and {run.path} were explained on different images, so their accuracies can't be"
                " compared image by image. Train both on the same data set."
            )


def _require_cam_for_first_alone(
    first: Side, second: Side, ours: Sequence[Generation], theirs: Sequence[Generation]
) -> None:
    if all(one.cam_able for one in ours) and not any(one.cam_able for one in theirs):
        return
    pairs = zip([*first.runs, *second.runs], [*ours, *theirs], strict=True)
    able = [str(run.path) for run, generation in pairs if generation.cam_able]
    raise CamcoreError(
        "What CAM's architecture costs shows beside a run without it, so CAM must apply to"
        f" {' and '.join(str(run.path) for run in first.runs)} alone; it applies to {' and '.join(able) or 'neither'}."
        " Name a run of another head with --against."
    )
