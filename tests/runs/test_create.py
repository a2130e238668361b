"""Replacing a run: the old one returns unless the new one finishes an epoch."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from camcore.config import RunConfig
from camcore.errors import CamcoreError
from camcore.explained.explanation import open_explanation
from camcore.runs import create
from camcore.runs.run import Run, open_run
from camcore.system.checksums import SUMS
from camcore.workflows import train
from camcore.workflows.machine import Machine
from tests.support.command_line import CPU

FAILURES = [KeyboardInterrupt, CamcoreError("a damaged image"), RuntimeError("out of memory")]
Failure = BaseException | type[BaseException]


def train_over(run: Run, root: Path, **changes: Any) -> Run:
    """Train a run of one epoch in place of another."""
    config = replace(run.config, train=replace(run.config.train, epochs=1, **changes))
    return train.train_run(run.path, config, Machine(root, "cpu", 0), overwrite=True)


def read_folder(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def names_beside(path: Path) -> list[str]:
    return sorted(sibling.name for sibling in path.parent.iterdir() if sibling.suffix != ".lock")


def fail_with(failure: Failure) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise failure

    return fail


def test_a_run_is_replaced_as_a_whole(own_run: Run, tiny_folder: Path) -> None:
    run = train_over(own_run, tiny_folder, seed=5)
    assert run == open_run(own_run.path)
    assert run.config.train.seed == 5
    assert run.history()["epoch"].tolist() == [1]
    assert not (run.path / "explained").exists(), "the old maps are not of these weights"
    assert names_beside(own_run.path) == ["own"], "nothing stays aside"


def test_replacing_a_missing_run_creates_it(tmp_path: Path, trained_run: Run, tiny_folder: Path) -> None:
    run = train_over(replace(trained_run, path=tmp_path / "new"), tiny_folder)
    assert run.finished
    assert names_beside(run.path) == ["new"]


@pytest.mark.parametrize("is_file", [False, True])
def test_what_is_no_run_is_refused_and_left_alone(
    is_file: bool, tmp_path: Path, tiny_folder: Path, tiny_config: RunConfig
) -> None:
    path = tmp_path / "holiday"
    photograph = path if is_file else path / "photograph.jpg"
    photograph.parent.mkdir(exist_ok=True)
    photograph.write_bytes(b"pixels")
    with pytest.raises(CamcoreError) as caught:
        train.train_run(path, tiny_config, Machine(tiny_folder, "cpu", 0), overwrite=True)
    assert str(caught.value) == (
        f"{path} is not a run folder (no run.json), so --overwrite does not replace it. Choose another path."
    )
    assert photograph.read_bytes() == b"pixels"
    assert names_beside(path) == ["holiday"]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(
    "step",
    ["camcore.workflows.train.create_run", "camcore.training.loop.train_steps", "camcore.training.loop.evaluate"],
)
def test_a_failure_in_the_first_epoch_restores_the_old_run(
    step: str, failure: Failure, own_run: Run, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_folder(own_run.path)
    monkeypatch.setattr(step, fail_with(failure))
    with pytest.raises((KeyboardInterrupt, CamcoreError, RuntimeError)):
        train_over(own_run, tiny_folder, seed=5)
    assert read_folder(own_run.path) == before
    assert names_beside(own_run.path) == ["own"]
    assert open_explanation(open_run(own_run.path)).cam_able


def test_a_stop_after_the_first_epoch_keeps_the_new_run(
    own_run: Run, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("camcore.training.loop.describe_epoch", fail_with(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        train_over(own_run, tiny_folder, seed=5)
    run = open_run(own_run.path)
    assert run.config.train.seed == 5
    assert run.history()["epoch"].tolist() == [1]
    assert not run.finished
    assert names_beside(own_run.path) == ["own"]
    assert train.resume_run(run.path, CPU).finished


@pytest.mark.parametrize("wrong", ["root", "weights"])
def test_what_can_not_begin_does_not_touch_the_old_run(
    wrong: str, own_run: Run, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "rename", fail_with(AssertionError("it was put aside")))
    root = tmp_path / "nowhere" if wrong == "root" else tiny_folder
    model = replace(own_run.config.model, weights=str(tmp_path / "no.pth") if wrong == "weights" else None)
    config = replace(own_run.config, model=model)
    before = read_folder(own_run.path)
    with pytest.raises(CamcoreError, match="Correct --root" if wrong == "root" else "no weights file"):
        train.train_run(own_run.path, config, Machine(root, "cpu", 0), overwrite=True)
    assert read_folder(own_run.path) == before


def test_without_overwrite_nothing_is_put_aside(own_run: Run) -> None:
    before = read_folder(own_run.path)
    with create.replacing(own_run.path, overwrite=False):
        assert read_folder(own_run.path) == before
    assert read_folder(own_run.path) == before


def test_the_old_run_is_hidden_during_a_replacement(own_run: Run) -> None:
    before = read_folder(own_run.path)
    with create.replacing(own_run.path, overwrite=True):
        assert not own_run.path.exists()
        (aside,) = names_beside(own_run.path)
        assert aside == ".own.replaced", "lists of runs leave hidden folders out"
        assert read_folder(own_run.path.with_name(aside)) == before
    assert read_folder(own_run.path) == before


def kill_replacement(run: Run, epochs: int) -> None:
    """Leave the state of a killed replacement: the old run aside, a begun one in its place."""
    shutil.copytree(run.path, run.path.with_name(".own.replaced"))
    lines = (run.path / "history.csv").read_text().splitlines(keepends=True)
    for name in ("history.csv", "model.safetensors", SUMS):
        (run.path / name).unlink()
    shutil.rmtree(run.path / "explained")
    if epochs:
        (run.path / "history.csv").write_text("".join(lines[: epochs + 1]))


def test_a_run_that_a_killed_replacement_left_aside_is_not_lost(own_run: Run) -> None:
    before = read_folder(own_run.path)
    kill_replacement(own_run, epochs=0)
    with create.replacing(own_run.path, overwrite=True):
        assert not own_run.path.exists()
    assert read_folder(own_run.path) == before, "the begun run without an epoch is worth less"
    assert names_beside(own_run.path) == ["own"]


def test_the_replaced_run_is_removed_after_an_epoch(own_run: Run) -> None:
    kill_replacement(own_run, epochs=1)
    newer = read_folder(own_run.path)
    with create.replacing(own_run.path, overwrite=True):
        pass
    assert read_folder(own_run.path) == newer
    assert names_beside(own_run.path) == ["own"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_run_that_was_put_aside_when_all_was_killed_comes_back(overwrite: bool, own_run: Run) -> None:
    before = read_folder(own_run.path)
    own_run.path.rename(own_run.path.with_name(".own.replaced"))
    with create.replacing(own_run.path, overwrite):
        assert own_run.path.exists() is not overwrite
    assert read_folder(own_run.path) == before
    assert names_beside(own_run.path) == ["own"]
