"""`camcore import`: its output, and other commands on the imported run."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from camcore.cli.options import read_settings
from camcore.config import DatasetConfig, ViewConfig, read_config
from camcore.heatmaps.sources import CamCheck
from camcore.runs.run import Run, open_run
from camcore.runs.weights import load_model
from camcore.workflows import import_model
from camcore.workflows.import_model import FirstLook, OtherWay
from tests.cli.test_refusals import press_ctrl_c, refuse
from tests.support.command_line import ON_CPU, parse_options, run_camcore
from tests.support.foreign_networks import save_network


@pytest.fixture
def arguments(trained_run: Run, tiny_folder: Path, tmp_path: Path) -> tuple[object, ...]:
    """The command's options for the shared trained run, saved as by DataParallel."""
    model = load_model(trained_run)
    state = dict(model.trunk.state_dict()) | {
        "fc.weight": model.head[-1].weight.detach(),
        "fc.bias": model.head[-1].bias.detach(),
    }
    content = {"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}, "epoch": 2}
    weights = save_network(tmp_path / "weights.pth", content)
    (tmp_path / "names.txt").write_text("bar\ndisc\nframe\n")
    options = ("--run", tmp_path / "run", "--backbone", "resnet10_narrow", "--weights", weights, "--size", 64)
    return ("import", *options, "--dataset", "image-folder", "--root", tiny_folder)


def say_look(right: int, guessing: bool) -> list[str]:
    hint = (
        "Guessing could do as well. Check the order of the classes, and --view, --size, --mean and --std; then import"
        " again with --overwrite. Or the network differs from torchvision's although its weights fit (timm's"
        " resnetaa50, resnetblur50)."
    )
    return [f"Accuracy on 6 validation images: {right} correct ({right / 6:.0%}).", *([hint] if guessing else [])]


def test_it_says_what_it_found_and_what_comes_next(arguments: tuple[object, ...], tmp_path: Path) -> None:
    result = run_camcore(*arguments, "--classes", tmp_path / "names.txt")
    assert result.exit_code == 0
    wrapper, prefix, classes, cam, *look, note, last = result.stdout.splitlines()
    assert wrapper == "Weights taken from 'state_dict' in the file."
    assert prefix == "Removed the prefix 'module.' from the parameter names."
    assert classes == (
        "Classes: 3, named by names.txt; the data set has 3 of them, with logit numbers: bar (0), disc (1), frame (2)."
    )
    assert cam.startswith("CAM applies: mean(CAM_c) + b_c gives back every logit up to ")
    assert cam.endswith("e-07 of their range.") or cam.endswith("e-08 of their range.")
    assert look in [say_look(right, guessing=right < 5) for right in range(7)]
    assert note == "Training images: train/. Validation images: val/."
    assert last == f"Imported: {tmp_path / 'run'}. Next: camcore explain {tmp_path / 'run'}"


def test_exif_is_recorded_in_the_run(arguments: tuple[object, ...], tmp_path: Path) -> None:
    assert run_camcore(*arguments, "--classes", "dataset", "--exif", "ignore").exit_code == 0
    assert open_run(tmp_path / "run").config.dataset.exif == "ignore"
    document = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    del document["config"]["dataset"]["exif"]
    assert read_config(document["config"]).dataset.exif == "apply", "as earlier versions did"


def test_a_better_way_of_exif_is_told() -> None:
    look = FirstLook(64, 12, 3, CamCheck(True, 1e-7, "mean"), other_way=OtherWay("ignore", 62))
    assert import_model.describe_look(look)[2] == (
        "With --exif ignore, 62 of them are correct. If the network was trained on images read that way (torchvision's"
        " ImageFolder and timm: ignore), import again with --exif ignore --overwrite."
    )


def test_files_that_were_skipped_are_counted(arguments: tuple[object, ...], tiny_folder: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(tiny_folder, tmp_path / "folder"))
    (root / "val" / "bar" / "broken.png").write_bytes(b"not an image")
    result = run_camcore(*arguments[:-1], root, "--classes", "dataset")
    line = f"1 file was skipped; {tmp_path / 'run' / 'skipped.csv'} lists it with the reason."
    assert line in result.stdout.splitlines()


def test_the_other_commands_take_it_for_a_run(arguments: tuple[object, ...], tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert run_camcore(*arguments, "--classes", "dataset").exit_code == 0
    listed = run_camcore("runs", "--runs", tmp_path).stdout.split()
    assert listed[:4] == ["run", "image-folder", "resnet10_narrow", "native"]
    assert listed[4:6] == ["accuracy", "–"] and listed[-3:] == ["imported,", "not", "explained"]
    assert run_camcore("layers", path).stdout.splitlines()[-1].endswith("last layer, enters pooling")
    explained = run_camcore("explain", path, *ON_CPU)
    assert explained.exit_code == 0
    assert " with cam, grad_cam; accuracy " in explained.stdout
    assert "Warning: No heatmap of this run shows where evidence lies." in explained.stdout
    assert "Use --size 128 or more, or explain an earlier layer" in explained.stdout, "an import has no --map-stride"
    assert "imported, explained" in run_camcore("runs", "--runs", tmp_path).stdout
    report = run_camcore("report", path, "--out", tmp_path / "report.html")
    assert report.exit_code == 0


def test_images_to_explain_are_enough(arguments: tuple[object, ...], tiny_folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "folder"
    shutil.copytree(tiny_folder / "val", root / "val")
    for path in (root / "val" / "disc").iterdir():
        path.unlink()
    imported = run_camcore(*arguments[:-1], root, "--classes", tmp_path / "names.txt")
    assert "No training images. Validation images: val/." in imported.stdout.splitlines()
    explained = run_camcore("explain", tmp_path / "run", *ON_CPU)
    assert explained.stdout.startswith("Explained 4 images")
    flat = (*arguments[:-1], root / "val", "--classes", tmp_path / "names.txt", "--overwrite")
    assert run_camcore(*flat, "--all-images").exit_code == 0
    assert run_camcore("explain", tmp_path / "run", *ON_CPU).stdout.startswith("Explained 4 images")
    assert run_camcore(*flat).exit_code == 0
    assert run_camcore("explain", tmp_path / "run", *ON_CPU).stdout.startswith("Explained 2 images"), "one per class"


def test_options_reach_the_configuration() -> None:
    least = ("--run", "x", "--backbone", "resnet18", "--weights", "w")
    given = "--dataset image-folder --data-seed 3 --val-fraction 0.3 --fold 2/3"
    given += " --view center-crop --size 96 --mean 0.5 0.4 0.3 --std 0.1 0.2 0.3"
    options = parse_options("import", *least, *given.split())
    assert read_settings(DatasetConfig, options) == DatasetConfig("image-folder", 3, 0.3, fold="2/3")
    assert read_settings(ViewConfig, options) == ViewConfig("center-crop", 96, (0.5, 0.4, 0.3), (0.1, 0.2, 0.3))
    assert read_settings(DatasetConfig, parse_options("import", *least, "--all-images")).all_images
    plain = parse_options("import", *least)
    assert (read_settings(DatasetConfig, plain), read_settings(ViewConfig, plain)) == (DatasetConfig(), ViewConfig())


def test_the_normalisation_is_kept_with_the_run(arguments: tuple[object, ...], tmp_path: Path) -> None:
    assert run_camcore(*arguments, "--classes", "dataset", "--mean", 0.5, 0.5, 0.5, "--std", 1, 1, 1).exit_code == 0
    model = load_model(open_run(tmp_path / "run"))
    grey = model.normalize(torch.full((1, 3, 2, 2), 255, dtype=torch.uint8))
    assert torch.equal(grey, torch.full((1, 3, 2, 2), 0.5))


def test_it_refuses_in_one_line(arguments: tuple[object, ...], trained_run: Run, tmp_path: Path) -> None:
    assert refuse(*arguments).startswith(f"Error: {tmp_path / 'weights.pth'} holds no class names. ")
    again = (*arguments, "--run", trained_run.path)
    assert refuse(*again) == (
        f"Error: {trained_run.path} exists already. Replace it with --overwrite, or name another."
    )
    assert refuse(*arguments, "--std", 0, 1, 1) == "Error: std is (0.0, 1.0, 1.0); it must be three numbers above 0."
    assert refuse(*arguments, "--weights", tmp_path / "no.pth") == (
        f"Error: There is no weights file {tmp_path / 'no.pth'}. Name a .pth or .safetensors file; camcore train also"
        " knows 'imagenet'."
    )
    assert refuse(*arguments, "--download") == (
        "Error: image-folder has nothing to download; --download is for stanford-dogs."
    )


@pytest.mark.parametrize("missing", ["--run", "--backbone", "--weights"])
def test_run_backbone_and_weights_must_be_named(missing: str) -> None:
    given = {"--run": "x", "--backbone": "resnet18", "--weights": "w"}
    del given[missing]
    result = run_camcore("import", *(part for pair in given.items() for part in pair))
    assert result.exit_code == 2
    assert f"Missing option '{missing}'" in result.stderr


def test_ctrl_c_leaves_nothing(arguments: tuple[Any, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_model, "save_weights", press_ctrl_c)
    result = run_camcore(*arguments, "--classes", "dataset")
    assert result.exit_code == 130
    assert result.stderr == "\nStopped. There is nothing to keep yet.\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".run.lock", "names.txt", "weights.pth"]
