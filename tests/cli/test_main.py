"""The commands: their output, options and settings, and that the README lists them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import camcore
from camcore.cli.main import main
from camcore.cli.train import build_config
from camcore.config import ModelConfig, RunConfig, TrainConfig
from camcore.explained.explanation import open_explanation
from camcore.runs.create import create_run
from camcore.runs.run import Run, open_run
from camcore.workflows import demo
from tests.support.command_line import ON_CPU, parse_options, run_camcore

ROOT = Path(__file__).parents[2]
READMES = [ROOT / "README.md", *ROOT.glob("camcore/**/README.md"), ROOT / "dashboard" / "README.md"]
COMMANDS = sorted(main.commands)
OPTIONS = sorted(
    {option for command in main.commands.values() for parameter in command.params for option in parameter.opts}
)
FLAGS = [option for option in OPTIONS if option.startswith("--")]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(command: str) -> None:
    for flag in ("-h", "--help"):
        result = run_camcore(*command.split(), flag)
        assert result.exit_code == 0
        assert result.stdout.startswith("Usage: ")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_in_one_line(name: str) -> None:
    command = main.commands[name]
    assert command.help
    assert command.get_short_help_str(200) in run_camcore("--help").stdout.replace("\n" + " " * 10, " ")


def test_the_readmes_know_every_command_and_option() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in READMES if path.exists())
    missing = [f"camcore {name}" for name in COMMANDS if not re.search(rf"\bcamcore {name}\b", text)]
    missing += [flag for flag in FLAGS if not re.search(rf"(?<![\w-]){flag}(?![\w-])", text)]
    assert not missing


def test_the_version_is_that_of_the_package() -> None:
    assert run_camcore("--version").stdout == f"camcore, version {camcore.__version__}\n"


def test_python_m_camcore_is_the_same() -> None:
    command = [sys.executable, "-m", "camcore"]
    failed = subprocess.run([*command, "report", "nowhere"], capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr == "Error: There is no run at nowhere. `camcore runs` lists what is there.\n"
    wrong = subprocess.run([*command, "exlpain"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "No such command 'exlpain'" in wrong.stderr


def test_every_config_field_has_an_option_with_its_default() -> None:
    assert build_config(parse_options("train", "--run", "x")) == RunConfig()


def test_options_reach_the_configuration() -> None:
    arguments = "--run x --dataset image-folder --data-seed 3 --val-fraction 0.3 --backbone vgg16 --head mlp"
    arguments += " --map-stride 16 --weights imagenet --view center-crop --size 96 --epochs 3 --batch-size 5"
    arguments += " --optimizer sgd --learning-rate 0.1 --weight-decay 0.2 --warmup-epochs 0.5 --label-smoothing 0"
    arguments += " --augmentation none --precision fp32 --keep held-out --seed 4 --train-size 64 --ema 0.9"
    arguments += " --layer-decay 0.75 --frozen trunk --views 2 --patience 3 --fold 2/3 --split-folders train=a,val=b"
    config = build_config(parse_options("train", *arguments.split()))
    assert (config.dataset.kind, config.dataset.seed, config.dataset.val_fraction) == ("image-folder", 3, 0.3)
    assert (config.dataset.fold, config.dataset.split_folders) == ("2/3", "train=a,val=b")
    assert config.model == ModelConfig("vgg16", "mlp", 16, "imagenet")
    assert (config.view.kind, config.view.size) == ("center-crop", 96)
    settings = (3, 5, "sgd", 0.1, 0.2, 0.5, 0.0, "none", "fp32", "held-out", 4, 64, 0.0, 0.9, 0.75, "trunk", 2, 3)
    assert config.train == TrainConfig(*settings)


def test_the_whole_way_by_commands(tiny_folder: Path, tmp_path: Path, single_thread: None) -> None:
    path = tmp_path / "run"
    arguments = ["--dataset", "image-folder", "--root", tiny_folder, "--backbone", "resnet10_narrow", "--size", 32]
    trained = run_camcore("train", "--run", path, *arguments, "--epochs", 1, "--batch-size", 4, *ON_CPU)
    assert trained.exit_code == 0
    read = "Classes: 3 (bar, disc, frame). Images: 12 training, 6 validation.\nTraining images: train/. Validation"
    assert trained.stdout.startswith(read), "before the first epoch"
    assert "epoch   1/1  train loss " in trained.stdout
    assert trained.stdout.endswith(f"Trained: {path}. Next: camcore explain {path}\n")
    explained = run_camcore("explain", path, "--sources", "cam,grad_cam@layer3", *ON_CPU)
    assert explained.exit_code == 0
    accuracy = open_explanation(open_run(path)).accuracy
    expected = rf"Explained 6 images \(\d+ images/s\) with cam, grad_cam@layer3; accuracy {accuracy:.3f}\.\n"
    expected += (
        "Warning: No heatmap of this run shows where evidence lies.\n"
        "Warning: The heatmaps of CAM have 1 × 1 cells. .+\n"
        "Warning: The heatmaps of Grad-CAM at layer3 have 2 × 2 cells. .+ Use --size 128 or more, .+\n"
    )
    assert re.fullmatch(expected, explained.stdout)
    again = run_camcore("explain", path, *ON_CPU)
    first, *warnings = again.stdout.splitlines()
    assert first == f"{path} is already explained, with cam, grad_cam@layer3. Recompute with --force."
    assert warnings == explained.stdout.splitlines()[1:]


def test_files_that_were_skipped_are_counted_and_listed(tiny_folder: Path, tmp_path: Path, single_thread: None) -> None:
    root = Path(shutil.copytree(tiny_folder, tmp_path / "folder"))
    (root / "train" / "bar" / "broken.png").write_bytes(b"not an image")
    path = tmp_path / "run"
    arguments = ["--dataset", "image-folder", "--root", root, "--backbone", "resnet10_narrow", "--size", 32]
    result = run_camcore("train", "--run", path, *arguments, "--epochs", 1, *ON_CPU)
    assert f"1 file was skipped; {path / 'skipped.csv'} lists it with the reason." in result.stdout
    assert (path / "skipped.csv").read_text().startswith("path,reason\ntrain/bar/broken.png,")


def test_layers_are_listed_with_their_grids(trained_run: Run) -> None:
    lines = run_camcore("layers", trained_run.path).stdout.splitlines()
    assert lines[-2].split() == ["layer3", "4", "x", "4", "128", "channels", "stage"]
    assert lines[-1].split()[:6] == ["layer4", "4", "x", "4", "256", "channels"]
    assert lines[-1].endswith("last layer, enters pooling")


def test_runs_are_listed_with_their_state(own_run: Run, tiny_config: RunConfig) -> None:
    folder = own_run.path.parent
    create_run(folder / "begun", tiny_config, ("a", "b"), {})
    (folder / "damaged").mkdir()
    (folder / "damaged" / "run.json").write_text("{")
    today = str(own_run.info["created"])[:10]
    result = run_camcore("runs", "--runs", folder)
    assert result.exit_code == 0
    begun, damaged, own = (" ".join(line.split()) for line in result.stdout.splitlines())
    assert begun == f"begun image-folder resnet10_narrow gap accuracy – 0 of 2 epochs {today} unfinished, not explained"
    assert damaged.startswith(f"unusable: {folder / 'damaged' / 'run.json'} is damaged (")
    assert own == (
        f"own image-folder resnet10_narrow gap accuracy {open_explanation(own_run).accuracy:.3f} 2 of 2 epochs {today}"
        " trained, explained: cam, grad_cam, grad_cam@layer3"
    )


def test_an_empty_runs_folder_names_the_next_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = f"No runs in {tmp_path}. Make one: camcore demo --run {tmp_path / 'demo'}\n"
    assert run_camcore("runs", "--runs", tmp_path).stdout == expected
    monkeypatch.setenv("CAMCORE_RUNS", os.fspath(tmp_path))
    assert run_camcore("runs").stdout == expected


def test_the_demo_prints_its_folder_and_next_command(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Path] = []

    def make_demo(path: Path, *_: Any, **__: Any) -> object:
        asked.append(path)
        return open_explanation(trained_run)

    monkeypatch.setattr(demo, "make_demo", make_demo)
    monkeypatch.setenv("CAMCORE_RUNS", os.fspath(tmp_path))
    lines = run_camcore("demo").stdout.splitlines()
    accuracy = open_explanation(trained_run).accuracy
    assert asked == [tmp_path / "demo"]
    assert lines == [
        f"{tmp_path / 'demo'}: 6 images explained, accuracy {accuracy:.3f}.",
        f"Look at it: camcore dashboard {tmp_path}",
    ]
