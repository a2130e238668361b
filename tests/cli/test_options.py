"""Paths and names as people type them."""

import os
from pathlib import Path

import click
import pytest

from camcore.cli.options import PATH, RUN_PATH, Names
from tests.support.command_line import run_camcore


@pytest.mark.parametrize("command", [("train", "--run"), ("explain",), ("train", "--run", "x", "--root"), ("check",)])
@pytest.mark.parametrize("text", ["", " "])
def test_an_unset_variable_is_refused(command: tuple[str, ...], text: str) -> None:
    result = run_camcore(*command, text)
    assert result.exit_code == 2
    assert "It is empty. Name a file or a folder." in result.stderr


@pytest.mark.parametrize("command", [("train", "--run"), ("explain",), ("report",)])
def test_the_root_folder_is_no_run(command: tuple[str, ...]) -> None:
    result = run_camcore(*command, "/")
    assert result.exit_code == 2
    assert "'/' has no name, so it can't be a run. Name a folder in it." in result.stderr


def test_the_current_folder_is_a_run_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "runs" / "mine")
    assert RUN_PATH.convert(".", None, None) == tmp_path / "runs" / "mine"
    assert RUN_PATH.convert("..", None, None) == tmp_path / "runs"
    assert RUN_PATH.convert("../other/", None, None) == Path("../other")


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    assert PATH.convert("~/dogs", None, None) == tmp_path / "dogs"
    assert PATH.convert("~nobody-of-this-name/dogs", None, None) == Path("~nobody-of-this-name/dogs")


def test_a_misspelt_choice_gets_a_suggestion() -> None:
    with pytest.raises(click.BadParameter, match=r"Did you mean 'resnet18'\?"):
        Names(("resnet18", "vgg16")).convert("ResNet-18", None, None)
    with pytest.raises(click.BadParameter, match=r"'vgg16'\.$"):
        Names(("resnet18", "vgg16")).convert("densenet", None, None)
