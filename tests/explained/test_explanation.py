"""An explanation becomes current completely or not at all."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from camcore.config import RunConfig, ViewConfig
from camcore.errors import CamcoreError, ReplacedError, RunError
from camcore.explained import explanation
from camcore.explained.explanation import (
    TARGETS,
    Explanation,
    Manifest,
    TrunkReport,
    counts_in_accuracy,
    is_correct,
    new_explanation,
    open_explanation,
)
from camcore.explained.queries import name_samples
from camcore.geometry import LayerGrid
from camcore.heatmaps.sources import CamCheck, Source
from camcore.runs.create import create_run
from camcore.runs.run import Run, open_run
from camcore.system.files import write_json

SHIPPED = Path(__file__).parents[2] / "checkpoints"
MANIFEST = Manifest(
    format_version=1,
    camcore_version="0.1.0",
    created="2026-01-01T00:00:00+00:00",
    images=2,
    sources=("cam", "grad_cam@layer3"),
    layers=(LayerGrid("layer3", 3, 3, 4), LayerGrid("layer4", 3, 3, 8)),
    targets=TARGETS,
    all_classes=False,
    precision=TrunkReport(path="fp32"),
    weights_sha256="0" * 64,
    dataset_fingerprint="two images",
    cam_check=CamCheck(True, 0.0, "mean(CAM_c) + b_c gives back every logit"),
    accuracy=0.5,
    seconds=1.0,
    images_per_second=2.0,
    view=ViewConfig(),
)


def make_run(path: Path) -> Run:
    return create_run(path, RunConfig(), ("a", "b"), {})


def write_generation(run: Run, value: float = 1.0) -> Explanation:
    """Make an explanation of two images, each with its own maps, current."""
    with new_explanation(run) as folder:
        maps = np.full((2, len(TARGETS), 3, 3), value, dtype=np.float32)
        maps += np.arange(len(TARGETS), dtype=np.float32)[:, None, None]
        for source in MANIFEST.sources:
            np.save(folder / f"{source}.npy", maps)
        (folder / "thumbnails.bin").write_bytes(b"firstsecond!")
        np.save(folder / "thumbnails.npy", np.array([0, 5, 12]))
        write_json(folder / "manifest.json", MANIFEST.to_json())
    return open_explanation(run)


def folders_in(run: Run) -> list[str]:
    return sorted(path.name for path in (run.path / "explained").iterdir() if path.is_dir())


def test_a_generation_opens_as_it_was_written(tmp_path: Path) -> None:
    explanation = write_generation(make_run(tmp_path))
    assert explanation.sources == (Source("cam"), Source("grad_cam", "layer3"))
    assert (explanation.cam_able, explanation.accuracy) == (True, 0.5)
    assert explanation.id == (tmp_path / "explained" / "current").read_text().strip()
    assert [explanation.thumbnail(index) for index in range(2)] == [b"first", b"second!"]
    assert explanation.all_class_maps() is None


@pytest.mark.parametrize("target", TARGETS)
def test_maps_are_those_of_the_target_asked_for(target: str, tmp_path: Path) -> None:
    explanation = write_generation(make_run(tmp_path))
    np.testing.assert_array_equal(explanation.maps("cam", target), np.full((2, 3, 3), 1 + TARGETS.index(target)))


def test_maps_are_read_lazily_and_read_only(tmp_path: Path) -> None:
    maps = write_generation(make_run(tmp_path)).maps("cam")
    assert isinstance(maps, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        maps[0] = 0


def test_a_new_explanation_replaces_the_old_one(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    old = write_generation(run, 1)
    new = write_generation(run, 2)
    assert old.id != new.id
    assert folders_in(run) == [new.id]
    assert open_explanation(run).maps("cam")[0, 0, 0] == 2


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, CamcoreError("a damaged image")])
def test_an_interrupted_explain_keeps_the_old_maps(
    interruption: BaseException | type[BaseException], tmp_path: Path
) -> None:
    run = make_run(tmp_path)
    old = write_generation(run)

    def write_half() -> None:
        with new_explanation(run) as folder:
            (folder / "cam.npy").write_bytes(b"half")
            assert open_explanation(run).id == old.id, "nothing changes while the new one is written"
            raise interruption

    with pytest.raises((KeyboardInterrupt, CamcoreError)):
        write_half()
    assert open_explanation(run).id == old.id
    assert folders_in(run) == [old.id]


def test_a_failed_switch_keeps_the_old_explanation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path)
    old = write_generation(run)

    def fail(path: Path, text: str) -> None:
        raise CamcoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("camcore.explained.explanation.write_text", fail)
        with pytest.raises(CamcoreError, match="full"):
            write_generation(run, 2)
    assert open_explanation(run).id == old.id
    assert open_explanation(run).maps("cam")[0, 0, 0] == 1
    new = write_generation(run, 3)
    assert folders_in(run) == [new.id], "what the failure left behind is swept up"


def test_the_current_name_is_replaced_atomically(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path)
    old = write_generation(run)
    seen: list[str] = []
    replace = Path.replace

    def watch(self: Path, target: Path) -> Path:
        if target.name == "current":
            seen.append(target.read_text().strip())
            seen.append(self.read_text().strip())
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watch)
    new = write_generation(run)
    assert seen == [old.id, new.id], "the old name stands until the new one is written in full"


def test_a_run_without_maps_is_answered_with_the_command(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    with pytest.raises(RunError) as caught:
        open_explanation(run)
    assert str(caught.value) == f"{tmp_path} has no heatmaps yet. Make them: camcore explain {tmp_path}"


@pytest.mark.parametrize("name", ["", ".", "..", "../../elsewhere", "/etc", "a/b", "\n"])
def test_a_current_name_outside_the_run_is_refused(name: str, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    write_generation(run)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write_json(elsewhere / "manifest.json", MANIFEST.to_json())
    (run.path / "explained" / "current").write_text(name)
    with pytest.raises(RunError) as caught:
        open_explanation(run)
    assert str(caught.value) == (
        f"{run.path / 'explained' / 'current'} is damaged (it says {name.strip()!r})."
        f" Recreate the heatmaps: camcore explain {run.path} --force"
    )


@pytest.mark.parametrize("name", ["gone", "nul\0byte", "\ufffd"])
def test_a_current_name_without_folder_is_reported(name: str, tmp_path: Path) -> None:
    run = make_run(tmp_path)
    write_generation(run)
    current = run.path / "explained" / "current"
    current.write_text(name, encoding="utf-8")
    with pytest.raises(RunError) as caught:
        open_explanation(run)
    assert str(caught.value) == (
        f"{current} is damaged (it names {name!r}, which is not there)."
        f" Recreate the heatmaps: camcore explain {run.path} --force"
    )


def test_without_a_current_name_the_only_explanation_counts(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    explanation = write_generation(run)
    (run.path / "explained" / "current").unlink()
    assert open_explanation(run).id == explanation.id, "whoever made it was stopped before it said so"
    shutil.copytree(explanation.path, explanation.path.with_name("another"))
    with pytest.raises(RunError, match=r"current is damaged \(it is missing\)"):
        open_explanation(run)


def test_a_replacement_while_reading_is_not_damage(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    old = write_generation(run, 1)
    new = write_generation(run, 2)
    with pytest.raises(ReplacedError) as caught:
        old.maps("cam")
    assert str(caught.value) == (
        f"The heatmaps of {run.path} were recreated or removed while they were read. Run the command, or load the page,"
        " once more."
    )
    assert new.maps("cam")[0, 0, 0] == 2


def test_a_replaced_explanation_is_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path)
    old = write_generation(run, 1)
    new = write_generation(run, 2)
    names = [old.id, new.id]
    monkeypatch.setattr(explanation, "find_current", lambda _: names.pop(0))
    assert open_explanation(run).id == new.id


def test_either_of_two_classes_is_correct_outside_accuracy() -> None:
    samples = pd.DataFrame({"label": [0, 0, 0, 0], "predicted": [0, 1, 1, 2], "other_label": [-1, -1, 1, 1]})
    assert is_correct(samples).tolist() == [True, False, True, False]
    assert counts_in_accuracy(samples).tolist() == [True, True, False, False]


@pytest.mark.parametrize(("name", "wrong"), [("paper-dogs-gap", 20), ("paper-dogs-mlp", 26)])
def test_the_gallery_counts_incorrect_predictions(name: str, wrong: int) -> None:
    run = open_run(SHIPPED / name)
    explanation = open_explanation(run)
    assert int((~is_correct(explanation.samples)).sum()) == wrong
    assert int((~name_samples(run, explanation)["right"]).sum()) == wrong


def test_an_unknown_source_or_target_lists_the_stored(trained_run: Run) -> None:
    explanation = open_explanation(trained_run)
    with pytest.raises(CamcoreError) as caught:
        explanation.maps("grad_cam@layer1")
    assert str(caught.value) == "Unknown source 'grad_cam@layer1'. Choose from: cam, grad_cam, grad_cam@layer3."
    with pytest.raises(CamcoreError) as caught:
        explanation.maps("cam", "second")
    assert str(caught.value) == "Unknown target 'second'. Choose from: predicted, true, runner_up, other."
