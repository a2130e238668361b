"""Runs that differ only in their seed: trained, kept, resumed, and reported together."""

import shutil
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from camcore.config import RunConfig
from camcore.errors import CamcoreError
from camcore.runs.run import open_run
from camcore.workflows.machine import Machine
from camcore.workflows.train import train_run, train_seeds
from tests.support.command_line import ON_CPU, run_camcore


@pytest.fixture
def config(tiny_config: RunConfig) -> RunConfig:
    return replace(tiny_config, view=replace(tiny_config.view, size=32), train=replace(tiny_config.train, epochs=1))


def train(path: Path, config: RunConfig, root: Path, seeds: tuple[int, ...] = (3, 5), overwrite: bool = False) -> None:
    train_seeds(path, config, seeds, Machine(root, "cpu", 0), overwrite=overwrite)


def test_each_seed_gives_the_run_it_gives_alone(
    tmp_path: Path, config: RunConfig, tiny_folder: Path, single_thread: None, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path / "dogs", config, tiny_folder)
    assert (
        "Warning: at --size 32 the heatmaps of the last layer have 2 x 2 cells. Fewer than 4 x 4 do not show where"
        " evidence lies, so they will be neither drawn nor measured. Use --size 64 or more.\n"
    ) in capsys.readouterr().out
    three, five = (open_run(tmp_path / f"dogs-seed{seed}") for seed in (3, 5))
    assert (three.group, five.group) == ("dogs", "dogs")
    assert (three.config.train.seed, five.config.train.seed) == (3, 5)
    alone = replace(config, train=replace(config.train, seed=5))
    train_run(tmp_path / "alone", alone, Machine(tiny_folder, "cpu", 0))
    assert open_run(tmp_path / "alone").group is None
    assert (tmp_path / "alone" / "model.safetensors").read_bytes() == five.weights_path.read_bytes()
    assert not (load_file(three.weights_path)["head.2.weight"] == load_file(five.weights_path)["head.2.weight"]).all()


def test_the_same_command_resumes(
    tmp_path: Path, config: RunConfig, tiny_folder: Path, single_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(config, train=replace(config.train, epochs=2))
    train(tmp_path / "whole", config, tiny_folder)
    from camcore.training import loop

    evaluate, calls = loop.evaluate, []

    def stop_in_second_run(*arguments: object) -> dict[str, float]:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return evaluate(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(loop, "evaluate", stop_in_second_run)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "dogs", config, tiny_folder)
    first = open_run(tmp_path / "dogs-seed3")
    assert first.finished
    assert len(open_run(tmp_path / "dogs-seed5").history()) == 1
    written = first.weights_path.stat().st_mtime_ns
    train(tmp_path / "dogs", config, tiny_folder)
    assert first.weights_path.stat().st_mtime_ns == written, "what is finished is left alone"
    for seed in (3, 5):
        ours, theirs = (tmp_path / f"{name}-seed{seed}" / "model.safetensors" for name in ("dogs", "whole"))
        assert ours.read_bytes() == theirs.read_bytes()


def test_a_member_that_is_configured_otherwise_is_refused(
    tmp_path: Path, config: RunConfig, tiny_folder: Path, single_thread: None
) -> None:
    train(tmp_path / "dogs", config, tiny_folder, (3, 5))
    other = replace(config, train=replace(config.train, batch_size=6))
    with pytest.raises(CamcoreError) as caught:
        train(tmp_path / "dogs", other, tiny_folder)
    assert str(caught.value) == (
        f"{tmp_path / 'dogs-seed3'} is there already, configured otherwise. Replace it with --overwrite, or name"
        " another --run."
    )
    train(tmp_path / "dogs", other, tiny_folder, overwrite=True)
    assert open_run(tmp_path / "dogs-seed5").config.train.batch_size == 6


def test_the_command_says_mean_and_spread(tmp_path: Path, tiny_folder: Path, single_thread: None) -> None:
    path = tmp_path / "dogs"
    root = Path(shutil.copytree(tiny_folder, tmp_path / "folder"))
    (root / "train" / "bar" / "broken.png").write_bytes(b"not an image")
    arguments = ["--dataset", "image-folder", "--root", root, "--backbone", "resnet10_narrow", "--size", 32]
    result = run_camcore("train", "--run", path, *arguments, "--epochs", 1, "--seeds", "1,2,3", *ON_CPU)
    accuracies = [open_run(tmp_path / f"dogs-seed{seed}").history()["val_accuracy"].iloc[-1] for seed in (1, 2, 3)]
    *lines, summary, spread_line, _ = result.stdout.splitlines()[-6:]
    assert summary == f"1 file was skipped; {path}-seed1/skipped.csv lists it with the reason."
    assert lines[:3] == [
        f"Trained: {path}-seed{seed}, validation accuracy {accuracy:.3f}."
        for seed, accuracy in zip((1, 2, 3), accuracies, strict=True)
    ]
    mean, spread = statistics.mean(accuracies), statistics.stdev(accuracies)
    assert spread_line == f"Mean of 3 seeds {mean:.3f}, standard deviation {spread:.3f}."


@pytest.mark.parametrize("text", ["1", "1,1", "1,x", "1,-2", "", "1,2,"])
def test_seeds_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    result = run_camcore("train", "--run", tmp_path / "dogs", "--seeds", text)
    assert result.stderr == (
        f"Error: --seeds is {text!r}; it must be two or more different whole numbers, like 1,2,3.\n"
    )


def test_one_seed_and_several_exclude_each_other(tmp_path: Path) -> None:
    result = run_camcore("train", "--run", tmp_path / "dogs", "--seeds", "1,2", "--seed", 3)
    assert result.stderr == "Error: --seed and --seeds exclude each other. Choose one.\n"
