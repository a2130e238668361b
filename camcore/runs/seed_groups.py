"""Runs that differ only in their seed: mean histories, and groups to compare."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from camcore.errors import CamcoreError, RunError
from camcore.runs.run import Run, describe_listing, list_runs, open_run


@dataclass(frozen=True)
class Course:
    """Mean, lowest and highest value of several histories, per epoch and column."""

    mean: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame


def average_histories(histories: Sequence[pd.DataFrame]) -> Course:
    """Return mean and range of histories over the epochs that all of them have."""
    # The mean would jump at an epoch that some histories lack.
    rows = pd.concat(histories)
    shared = rows[rows["epoch"].map(rows["epoch"].value_counts()) == len(histories)].groupby("epoch")
    return Course(shared.mean().reset_index(), shared.min().reset_index(), shared.max().reset_index())


@dataclass(frozen=True)
class Side:
    """A run, or a group's finished runs by seed; `unfinished` are the other names."""

    name: str
    runs: tuple[Run, ...]
    unfinished: tuple[str, ...] = ()


def find_sides(run: Run, against: Path) -> tuple[Side, Side]:
    """Return the sides to compare: two runs, or groups if both have two finished seeds.

    Args:
        run: A run that CAM applies to.
        against: A run that CAM does not apply to, or the path that its group of seeds would have as a run.

    Raises:
        CamcoreError: The groups can't be compared, or only one of them is a group.
        RunError: `against` is neither a run nor a group.
    """
    other = open_run(against) if against.is_dir() else None
    name = against.name if other is None else other.group
    theirs = None if name is None else _find_group(against.parent, name)
    if other is None and (theirs is None or not (theirs.runs or theirs.unfinished)):
        raise RunError(f"There is no run at {against}, and no group of that name. {describe_listing(against)}")
    ours = None if run.group is None else _find_group(run.path.parent, run.group)
    short = [side for side in (ours, theirs) if side is not None and len(side.runs) < 2]
    if ours is not None and theirs is not None and not short:
        _require_alike(ours, theirs)
        return ours, theirs
    if other is not None:
        return Side(run.name, (run,)), Side(other.name, (other,))
    if ours is None:
        raise CamcoreError(
            f"{against} is a group of seeds, but {run.path} is a single run. Train it with --seeds too, or name one run"
            " of the group."
        )
    raise CamcoreError(
        f"The group {short[0].name!r} has too few finished runs ({len(short[0].runs)}); the spread over seeds"
        " needs two or more. Train more of them with --seeds, or name one run with --against."
    )


def _find_group(folder: Path, name: str) -> Side:
    runs = [run for run in list_runs(folder) if isinstance(run, Run) and run.group == name]
    runs.sort(key=lambda run: run.config.train.seed)
    finished = tuple(run for run in runs if run.finished)
    return Side(name, finished, tuple(run.name for run in runs if not run.finished))


def _require_alike(first: Side, second: Side) -> None:
    """Refuse groups with differences other than seeds, or with another data set or view."""
    for side in (first, second):
        for before, run in zip(side.runs, side.runs[1:], strict=False):
            _require_other_seed_alone(side, before, run)
    run = first.runs[0]
    for other in (*first.runs[1:], *second.runs):
        data, other_data = (each.info["dataset"].get("fingerprint") for each in (run, other))
        if data != other_data:
            raise CamcoreError(
                f"{other.path} was trained on other data than {run.path} (fingerprint {str(other_data)[:12]}, not"
                f" {str(data)[:12]}), so their accuracies can't be compared. Train all on the same data set."
            )
        if difference := find_difference(asdict(run.config.view), asdict(other.config.view), "view"):
            raise CamcoreError(
                f"{other.path} has another view than {run.path} ({difference}), so their accuracies can't be"
                " compared. Train all with the same view."
            )


def _require_other_seed_alone(side: Side, before: Run, run: Run) -> None:
    if before.config.train.seed == run.config.train.seed:
        raise CamcoreError(
            f"{before.path} and {run.path} of the group {side.name!r} have the same seed,"
            f" {run.config.train.seed}, which would count twice. Move one of them elsewhere."
        )
    alike = replace(run.config, train=replace(run.config.train, seed=before.config.train.seed))
    if difference := find_difference(asdict(before.config), asdict(alike)):
        raise CamcoreError(
            f"{run.path} differs from {before.path} in more than its seed ({difference}), so they are not a group."
            " Train it again with --overwrite, or move it elsewhere."
        )


def find_difference(expected: dict[str, Any], actual: dict[str, Any], name: str = "") -> str:
    """Return the first difference of two configurations, e.g. `train.epochs is 9, not 3`; empty if equal."""
    for key, value in expected.items():
        path, other = f"{name}.{key}".lstrip("."), actual[key]
        if isinstance(value, dict):
            if difference := find_difference(value, other, path):
                return difference
        elif value != other:
            return f"{path} is {other}, not {value}"
    return ""
