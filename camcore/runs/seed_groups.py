"""Trainings that differ in their seed alone, as one: the mean of their histories and its range."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from camcore.errors import CamcoreError, RunError
from camcore.runs.run import Run, list_runs, open_run


@dataclass(frozen=True)
class Course:
    """The mean of several histories, and per epoch and column the lowest and the highest value; rows as in each."""

    mean: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame


def average_histories(histories: Sequence[pd.DataFrame]) -> Course:
    """Return histories with the column `epoch` as one, over the epochs that all of them have.

    An epoch that some lack is left out: the mean would jump there because others are averaged.
    """
    rows = pd.concat(histories)
    shared = rows[rows["epoch"].map(rows["epoch"].value_counts()) == len(histories)].groupby("epoch")
    return Course(shared.mean().reset_index(), shared.min().reset_index(), shared.max().reset_index())


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


def _find_group(folder: Path, name: str) -> Side:
    found = [run for run in list_runs(folder) if isinstance(run, Run) and run.group == name]
    found.sort(key=lambda run: run.config.train.seed)
    finished = tuple(run for run in found if run.finished)
    return Side(name, finished, tuple(run.name for run in found if not run.finished))


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
        if difference := _find_difference(asdict(run.config.view), asdict(other.config.view), "view"):
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
    if difference := _find_difference(asdict(before.config), asdict(alike)):
        raise CamcoreError(
            f"{run.path} differs from {before.path} in more than its seed ({difference}), so that they are no group."
            " Train it anew with --overwrite, or move it elsewhere."
        )


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
