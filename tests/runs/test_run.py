"""A run folder: round trip, no accidental overwriting, and damage is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from camcore.config import ModelConfig, RunConfig, TrainConfig
from camcore.errors import CamcoreError, NoRunError, RunError
from camcore.runs.create import create_run
from camcore.runs.run import HISTORY_COLUMNS, Run, list_runs, open_run, runs_folder

CONFIG = RunConfig(model=ModelConfig("vgg16", "mlp"), train=TrainConfig(epochs=3))
CLASSES = ("Bär", "collie")
DATASET = {"kind": "image-folder", "fingerprint": "ab12", "train_images": 8, "val_images": 2}


def make_run(path: Path) -> Run:
    return create_run(path, CONFIG, CLASSES, DATASET)


def edit_run_json(run: Run, **values: Any) -> None:
    path = run.path / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


def history_rows(count: int) -> list[dict[str, float]]:
    random = np.random.default_rng(0)
    return [
        {name: epoch if name == "epoch" else float(random.random() / 3) for name in HISTORY_COLUMNS}
        for epoch in range(1, count + 1)
    ]


def test_a_created_run_opens_as_it_was_made(tmp_path: Path) -> None:
    run = make_run(tmp_path / "deep" / "one")
    opened = open_run(tmp_path / "deep" / "one")
    assert opened == run
    assert (opened.name, opened.config, opened.class_names) == ("one", CONFIG, CLASSES)
    assert opened.info["dataset"] == DATASET
    assert opened.info["created"].endswith("+00:00")
    versions = opened.info["environment"]["versions"]
    assert set(versions) == {"python", "torch", "torchvision", "numpy", "pillow"}
    assert versions["numpy"] == np.__version__


@pytest.mark.parametrize(("written", "group"), [({}, None), ({"group": "dogs"}, "dogs"), ({"group": ""}, None)])
def test_a_run_knows_which_others_differ_in_their_seed_alone(
    written: dict[str, Any], group: str | None, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "one")
    edit_run_json(run, **written)
    assert open_run(run.path).group == group


def test_run_json_holds_no_place_on_this_machine(tmp_path: Path) -> None:
    run = make_run(tmp_path / "one")
    run.remember_places(root=tmp_path / "photographs", weights=tmp_path / "weights.pth")
    assert str(tmp_path) not in (run.path / "run.json").read_text(encoding="utf-8")


def test_an_empty_folder_becomes_a_run(tmp_path: Path) -> None:
    assert make_run(tmp_path).path == tmp_path


def test_an_existing_run_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    run = make_run(tmp_path / "one")
    (run.path / "model.safetensors").write_bytes(b"weights")
    with pytest.raises(CamcoreError) as caught:
        make_run(run.path)
    assert str(caught.value) == (f"{run.path} exists already. Replace it with --overwrite, or name another.")
    assert run.weights_path.read_bytes() == b"weights"


def test_an_unfinished_run_is_not_replaced(tmp_path: Path) -> None:
    run = make_run(tmp_path / "one")
    with pytest.raises(CamcoreError) as caught:
        make_run(run.path)
    assert str(caught.value) == (
        f"{run.path} exists already. Resume it: camcore train --run {run.path} --resume. Or: Replace it with"
        " --overwrite, or name another."
    )


def test_a_folder_of_other_files_is_no_place_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "photograph.jpg").write_bytes(b"pixels")
    for path, message in (
        (tmp_path, f"{tmp_path} holds other files and no run. Name a new folder, for example --run {tmp_path}/run."),
        (tmp_path / "photograph.jpg", f"{tmp_path / 'photograph.jpg'} is a file. Name a folder with --run."),
    ):
        with pytest.raises(CamcoreError) as caught:
            make_run(path)
        assert str(caught.value) == message


def test_what_is_no_run_is_answered_with_what_it_is(tmp_path: Path) -> None:
    run = make_run(tmp_path / "dogs")
    lists = f"`camcore runs --runs {tmp_path}` lists what is there."
    (tmp_path / "empty").mkdir()
    for path, message in {
        tmp_path / "none": f"There is no run at {tmp_path / 'none'}. {lists}",
        tmp_path / "dog": f"There is no run at {tmp_path / 'dog'}. Did you mean {run.path}? {lists}",
        tmp_path / "empty": f"{tmp_path / 'empty'} is not a run: it has no run.json. {lists}",
        tmp_path: f"{tmp_path} is a folder of runs, not a run. Name one of them, for example {run.path}.",
        run.path / "run.json": f"{run.path / 'run.json'} is a file. Name the run's folder, {run.path}.",
    }.items():
        with pytest.raises(NoRunError) as caught:
            open_run(path)
        assert str(caught.value) == message


def test_a_bare_name_is_looked_up_in_the_runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "checkpoints" / "dogs")
    with pytest.raises(NoRunError) as caught:
        open_run(Path("dogs"))
    assert str(caught.value) == (
        "There is no run at dogs. Did you mean checkpoints/dogs? `camcore runs` lists what is there."
    )


def test_a_run_is_no_folder_of_runs(tmp_path: Path) -> None:
    run = make_run(tmp_path / "dogs")
    with pytest.raises(CamcoreError, match=r"is a run, not a folder of runs\. Name the folder that holds it"):
        list_runs(run.path)
    with pytest.raises(CamcoreError, match=r"is a file\. Name the folder that holds the runs"):
        list_runs(run.path / "run.json")


def test_a_run_without_run_json_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("epoch")
    with pytest.raises(RunError) as caught:
        open_run(tmp_path)
    assert str(caught.value) == (f"{tmp_path / 'run.json'} is missing. Restore it from a copy, or recreate the run.")


@pytest.mark.parametrize("version", [2, None, "1"])
def test_an_unknown_format_version_is_refused(version: object, tmp_path: Path) -> None:
    run = make_run(tmp_path / "one")
    edit_run_json(run, format_version=version)
    with pytest.raises(RunError) as caught:
        open_run(run.path)
    assert str(caught.value) == (
        f"{run.path / 'run.json'} has format version {version!r}; this camcore reads 1."
        f" {'Update camcore.' if version == 2 else 'Restore it from a copy, or recreate the run.'}"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"config": None},
        {"config": []},
        {"config": {"train": 3}},
        {"config": {"train": {"epochs": "three"}}},
        {"config": {"train": {"epochs": 0}}},
        {"config": {"model": {"backbone": "resnet19"}}},
        {"config": {"surprise": {}}},
        {"class_names": None},
        {"dataset": None},
        {"dataset": []},
    ],
)
def test_damaged_contents_name_the_file_and_the_remedy(values: dict[str, Any], tmp_path: Path) -> None:
    run = make_run(tmp_path / "one")
    edit_run_json(run, **values)
    with pytest.raises(RunError) as caught:
        open_run(run.path)
    message = str(caught.value)
    assert message.startswith(f"{run.path / 'run.json'} is damaged (")
    assert message.endswith("). Restore it from a copy, or train again.")
    assert "\n" not in message


def test_damaged_runs_are_listed_with_the_reason(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden"):
        make_run(tmp_path / name)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "run.json").write_text("{")
    (tmp_path / "notes.txt").write_text("not a folder")
    first, second, damaged = list_runs(tmp_path)
    assert isinstance(first, Run)
    assert isinstance(second, Run)
    assert (first.name, second.name) == ("a", "b")
    assert isinstance(damaged, RunError)
    assert str(tmp_path / "c" / "run.json") in str(damaged)
    assert list_runs(tmp_path / "nowhere") == []


def test_history_goes_there_and_back_to_the_bit(tmp_path: Path) -> None:
    run = make_run(tmp_path / "one")
    assert run.history().empty
    assert tuple(run.history().columns) == HISTORY_COLUMNS
    rows = history_rows(3)
    run.write_history(rows)
    assert run.history().to_dict("records") == rows
    assert run.history()["epoch"].dtype == int
    assert (run.path / "history.csv").read_bytes().startswith(",".join(HISTORY_COLUMNS).encode() + b"\n1,")


@pytest.mark.parametrize(
    "content",
    [b"", b"epoch,loss\n1,2\n", ",".join(HISTORY_COLUMNS).encode() + b"\n1,a,b,c,d,e,f,g\n", b"\xff\xfe\x00"],
)
def test_a_damaged_history_names_the_file_and_the_remedy(content: bytes, tmp_path: Path) -> None:
    run = make_run(tmp_path / "one")
    (run.path / "history.csv").write_bytes(content)
    with pytest.raises(RunError) as caught:
        run.history()
    assert str(caught.value).startswith(f"{run.path / 'history.csv'} is damaged (")
    assert str(caught.value).endswith("Restore it from a copy, or train the run again.")


def test_a_history_with_a_cut_off_row_is_damaged(tmp_path: Path) -> None:
    run = make_run(tmp_path / "one")
    run.write_history(history_rows(2))
    path = run.path / "history.csv"
    path.write_text(path.read_text().rpartition(",")[0])
    with pytest.raises(RunError) as caught:
        run.history()
    assert str(caught.value) == (
        f"{path} is damaged (a row is cut off). Restore it from a copy, or train the run again."
    )


def test_a_finished_run_has_weights_and_no_state(tmp_path: Path) -> None:
    run = make_run(tmp_path / "one")
    assert not run.finished
    assert run.state_path == run.resume_path / "state.pt"
    run.resume_path.mkdir()
    run.weights_path.write_bytes(b"weights")
    assert not run.finished
    run.resume_path.rmdir()
    assert run.finished


def test_data_set_folders_are_stored_as_full_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path / "one")
    assert run.place("root") is None
    run.remember_places(root=None, weights=None)
    assert not (run.path / "local.json").exists()
    monkeypatch.chdir(tmp_path)
    run.remember_places(root=Path("data"))
    run.remember_places(root=None, weights=Path("weights.pth"))
    assert run.place("root") == tmp_path / "data", "what is not said again stays known"
    assert run.place("weights") == tmp_path / "weights.pth"
    run.remember_places(root=Path("moved"))
    assert (run.place("root"), run.place("weights")) == (tmp_path / "moved", tmp_path / "weights.pth")
    (run.path / "local.json").write_text('{"root": 3}')
    assert run.place("root") is None


def test_what_is_known_already_is_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path / "one")
    run.remember_places(root=tmp_path)
    monkeypatch.setattr("camcore.runs.run.write_json", lambda *_: pytest.fail("a shared run may be read-only"))
    run.remember_places(root=tmp_path)


def test_the_runs_folder_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAMCORE_RUNS", raising=False)
    assert runs_folder() == Path("checkpoints")
    monkeypatch.setenv("CAMCORE_RUNS", "elsewhere")
    assert runs_folder() == Path("elsewhere")
