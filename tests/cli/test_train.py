"""`camcore train --resume` beside the options of the first call, and what a finished run offers."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from camcore.cli.train import build_config
from camcore.models.classifier import Classifier
from camcore.models.weights import load_initial_weights
from camcore.runs.run import Run
from camcore.workflows import train
from tests.support.command_line import parse_options, run_camcore

SAME = "--dataset image-folder --backbone resnet10_narrow --size 64 --batch-size 4 --warmup-epochs 0.5 --augmentation"
SAME += " light --precision fp32"


@pytest.fixture
def unfinished(old_run: Run) -> Run:
    old_run.resume_path.mkdir()
    return old_run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, unfinished: Run) -> list[Any]:
    """The arguments of each call of `resume_run`, which does nothing."""
    calls: list[Any] = []

    def resume_run(*arguments: Any) -> Run:
        calls.append(arguments)
        return unfinished

    monkeypatch.setattr(train, "resume_run", resume_run)
    return calls


@pytest.mark.parametrize(("epochs", "expected"), [("", None), ("--epochs 2", 2), ("--epochs 9", 9)])
def test_resume_takes_the_options_of_the_first_call(
    epochs: str, expected: int | None, unfinished: Run, asked: list[Any], tiny_folder: Path
) -> None:
    options = (*SAME.split(), "--root", tiny_folder, *epochs.split())
    result = run_camcore("train", "--run", unfinished.path, "--resume", *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [(path, machine.root, count) for path, machine, count in asked] == [(unfinished.path, tiny_folder, expected)]


def test_resume_refuses_other_settings(unfinished: Run, asked: list[Any]) -> None:
    result = run_camcore("train", "--run", unfinished.path, "--resume", *SAME.split(), "--learning-rate", 1)
    assert result.stderr == (
        f"Error: {unfinished.path} was started with --learning-rate 0.001, not 1.0, and --resume keeps its settings."
        " Leave out --learning-rate (or the --recipe that sets it), or train a new run.\n"
    )
    assert not asked


def test_resume_of_nothing_says_how_to_start(tmp_path: Path) -> None:
    result = run_camcore("train", "--run", tmp_path / "none", "--resume")
    assert (
        result.stderr == f"Error: There is no run at {tmp_path / 'none'} to resume. Leave out --resume to start one.\n"
    )


def test_resume_with_seeds_is_the_same_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_run: Run) -> None:
    seeds: list[Any] = []

    def train_seeds(path: Path, config: Any, wanted: Any, *_: Any, **__: Any) -> list[Run]:
        seeds.extend(wanted)
        return [own_run, own_run]

    monkeypatch.setattr(train, "train_seeds", train_seeds)
    assert run_camcore("train", "--run", tmp_path / "dogs", "--seeds", "1,2", "--resume").exit_code == 0
    assert seeds == [1, 2]


def test_a_finished_run_offers_to_train_on(own_run: Run, tiny_folder: Path) -> None:
    result = run_camcore("train", "--run", own_run.path, "--resume", "--epochs", 7)
    fact, _, command = result.stderr.strip().partition(" To train on from its weights, with a new head: ")
    assert fact == f"Error: {own_run.path} is finished; there is nothing to resume."
    words = shlex.split(command)
    assert words[:2] == ["camcore", "train"]
    options = parse_options(*words[1:])
    assert (options["path"], options["root"]) == (own_run.path.with_name("own-2"), tiny_folder)
    config, before = build_config(options), own_run.config
    assert config.train == replace(before.train, epochs=7)
    assert (config.dataset, config.view) == (before.dataset, before.view)
    assert config.model == replace(before.model, weights=str(own_run.weights_path))
    model = Classifier(config.model, config.view, 3)
    load_initial_weights(model, str(config.model.weights))
