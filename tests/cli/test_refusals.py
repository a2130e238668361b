"""Refusals of commands: one line with the remedy; Ctrl-C prints how to resume."""

import errno
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from camcore.config import ModelConfig, RunConfig
from camcore.explained.explanation import open_explanation
from camcore.heatmaps.methods import METHODS
from camcore.models.classifier import Classifier
from camcore.runs.create import create_run
from camcore.runs.run import Run
from camcore.runs.weights import save_weights
from camcore.workflows import explain, train
from tests.support.command_line import ON_CPU, run_camcore


def refuse(*arguments: object) -> str:
    """Return the one line that a refusing command prints."""
    result = run_camcore(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    "arguments",
    [
        ("train",),
        ("train", "--run", "x", "--backbone", "resnet19"),
        ("train", "--run", "x", "--head", "fc"),
        ("train", "--run", "x", "--epochs", "many"),
        ("train", "--run", "x", "--dataset", "cats"),
        ("train", "--run", "x", "--workers", "-1"),
        ("explain",),
        ("explain", "x", "--source", "cam"),
        ("unknown",),
    ],
)
def test_what_can_not_be_understood_exits_with_2(arguments: tuple[str, ...]) -> None:
    result = run_camcore(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_training_into_an_existing_run_is_refused(trained_run: Run, tiny_folder: Path) -> None:
    arguments = ("train", "--run", trained_run.path, "--dataset", "image-folder", "--root", tiny_folder, *ON_CPU)
    assert refuse(*arguments) == (
        f"Error: {trained_run.path} exists already. Replace it with --overwrite, or name another."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--resume", "--overwrite"), "--resume and --overwrite exclude each other. Choose one."),
        (("--download",), "paper-dogs has nothing to download; --download is for stanford-dogs."),
        (("--size", "8"), "size is 8; it must be from 32 to 2048."),
        (("--dataset", "image-folder"), "The data set 'image-folder' needs --root DIR, the folder that holds it."),
        (("--device", "tpu"), "Device 'tpu' is not on this machine. There is: {devices}, or auto."),
    ],
)
def test_training_refuses_in_one_line(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    line = refuse("train", "--run", tmp_path / "new", *arguments)
    if "{devices}" in message:
        assert re.fullmatch(re.escape(f"Error: {message}").replace(r"\{devices\}", "cpu.*"), line)
    else:
        assert line == f"Error: {message}"


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ("gradcam", "Unknown source 'gradcam'. Did you mean grad_cam? Choose from: " + ", ".join(METHODS) + "."),
        (",", "No source in ','. Choose from: " + ", ".join(METHODS) + "."),
    ],
)
def test_explaining_refuses_in_one_line(sources: str, message: str, trained_run: Run) -> None:
    assert refuse("explain", trained_run.path, "--sources", sources) == f"Error: {message}"


def test_refused_cam_keeps_the_old_maps(
    tmp_path: Path, tiny_config: RunConfig, trained_run: Run, tiny_folder: Path
) -> None:
    config = replace(tiny_config, model=ModelConfig("resnet10_narrow", "mlp"))
    run = create_run(tmp_path / "mlp", config, trained_run.class_names, trained_run.info["dataset"])
    run.remember_places(root=tiny_folder)
    save_weights(run, Classifier(config.model, config.view, 3), 1)
    assert run_camcore("explain", run.path, *ON_CPU).exit_code == 0
    before = open_explanation(run).id
    line = refuse("explain", run.path, "--sources", "cam", *ON_CPU)
    assert line.startswith("Error: CAM needs one linear layer directly after mean pooling; with head 'mlp' ")
    assert line.endswith(" Use --sources grad_cam, or train with --head gap.")
    assert open_explanation(run).id == before


LACKS = [
    MemoryError(),
    RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB"),
]


@pytest.mark.parametrize("error", LACKS)
def test_too_little_memory_is_one_line(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "explain_run", raise_it(error))
    assert refuse("explain", "x") == (
        "Error: There is too little memory. Close other programs, or use fewer --workers. Finished work is kept."
    )


def test_a_forbidden_folder_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    error = PermissionError(errno.EACCES, "Permission denied", "/data/dogs/Images")
    monkeypatch.setattr(explain, "explain_run", raise_it(error))
    assert refuse("explain", "x") == (
        "Error: /data/dogs/Images can't be opened (Permission denied). Fix its permissions, or choose another path."
    )


def test_a_defect_is_no_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "explain_run", raise_it(RuntimeError("shapes do not match")))
    with pytest.raises(RuntimeError, match="shapes"):
        run_camcore("explain", "x")


def raise_it(error: Exception) -> Callable[..., None]:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


def press_ctrl_c(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def stop_training(path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the output of `camcore train` after Ctrl-C."""
    monkeypatch.setattr(train, "train_run", press_ctrl_c)
    result = run_camcore("train", "--run", path)
    assert result.exit_code == 130
    assert result.stdout == ""
    return result.stderr


def test_ctrl_c_while_training_says_how_to_go_on(own_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    own_run.resume_path.mkdir()
    assert stop_training(own_run.path, monkeypatch) == (
        f"\nStopped. 2 finished epochs are kept. Resume: camcore train --run {own_run.path} --resume\n"
    )


def test_ctrl_c_before_the_run_exists_names_no_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stop_training(tmp_path / "none", monkeypatch) == "\nStopped. There is nothing to keep yet.\n"


def test_ctrl_c_does_not_advise_to_resume_a_finished_run(trained_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stop_training(trained_run.path, monkeypatch) == (
        f"\nStopped. {trained_run.path} holds a finished run, which is unchanged.\n"
    )


def test_ctrl_c_while_explaining_says_how_to_go_on(trained_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "explain_run", press_ctrl_c)
    result = run_camcore("explain", trained_run.path)
    assert result.exit_code == 130
    assert result.stderr == "\nStopped. The current heatmaps are kept. Run the same command again to continue.\n"


def test_a_defect_is_not_dressed_up_as_a_user_s_mistake(trained_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(explain, "explain_run", fail)
    with pytest.raises(ZeroDivisionError):
        run_camcore("explain", trained_run.path)
