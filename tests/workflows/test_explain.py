"""All steps of a run, as the commands call them."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig
from camcore.data.registry import DATASETS
from camcore.errors import CamcoreError
from camcore.explained.explanation import open_explanation
from camcore.geometry import LayerGrid
from camcore.models.narrow_resnet import resnet10_narrow
from camcore.runs.run import Run, open_run
from camcore.runs.weights import load_model, save_weights
from camcore.workflows import demo
from camcore.workflows.dataset import download_dataset, open_run_dataset
from camcore.workflows.explain import explain_run, list_layers
from camcore.workflows.machine import Machine
from camcore.workflows.train import resume_run, train_run
from tests.support.command_line import CPU

SOURCES = "cam,grad_cam,grad_cam@layer3"


def explain(run: Run, sources: str | None = None, force: bool = False) -> tuple[str, bool]:
    explanation, is_new = explain_run(run.path, CPU, sources, force=force)
    return explanation.id, is_new


def test_training_writes_down_what_it_was_trained_on(trained_run: Run, tiny_folder: Path) -> None:
    dataset = trained_run.info["dataset"]
    assert (dataset["kind"], dataset["train_images"], dataset["val_images"]) == ("image-folder", 12, 6)
    assert trained_run.class_names == ("bar", "disc", "frame")
    assert trained_run.place("root") == tiny_folder.resolve()
    assert open_run_dataset(trained_run, None).fingerprint == dataset["fingerprint"]


def test_an_existing_run_is_not_trained_again(trained_run: Run, tiny_folder: Path) -> None:
    before = trained_run.weights_path.read_bytes()
    with pytest.raises(CamcoreError, match="exists already"):
        train_run(trained_run.path, trained_run.config, Machine(tiny_folder, "cpu", 0))
    assert trained_run.weights_path.read_bytes() == before


@pytest.fixture
def config_with_weights(tmp_path: Path, tiny_config: RunConfig, single_thread: None) -> RunConfig:
    """A configuration that starts from a file, `weights.pth`."""
    torch.manual_seed(9)
    torch.save(resnet10_narrow().state_dict(), tmp_path / "weights.pth")
    return replace(tiny_config, model=replace(tiny_config.model, weights=str(tmp_path / "weights.pth")))


def test_a_run_can_start_from_a_file_of_weights(
    tmp_path: Path, tiny_folder: Path, config_with_weights: RunConfig
) -> None:
    train = replace(config_with_weights.train, epochs=1, learning_rate=1e-30, weight_decay=0.0)
    config = replace(config_with_weights, train=train)
    run = train_run(tmp_path / "run", config, Machine(tiny_folder, "cpu", 0))
    first = torch.load(tmp_path / "weights.pth", weights_only=True)["conv1.weight"]
    assert torch.equal(load_model(run).trunk.get_submodule("conv1").weight, first)
    assert run.config.model.weights == "weights.pth"
    assert run.place("weights") == tmp_path / "weights.pth"
    assert str(tmp_path) not in (run.path / "run.json").read_text(encoding="utf-8"), "a run is shared, a place is not"


def test_resume_before_epoch_one_loads_the_given_weights(
    tmp_path: Path, tiny_folder: Path, config_with_weights: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_run(tmp_path / "whole", config_with_weights, Machine(tiny_folder, "cpu", 0))

    def press_ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("camcore.training.checkpoint.torch.save", press_ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            train_run(tmp_path / "run", config_with_weights, Machine(tiny_folder, "cpu", 0))
    assert not open_run(tmp_path / "run").state_path.exists()
    run = resume_run(tmp_path / "run", CPU)
    assert run.weights_path.read_bytes() == whole.weights_path.read_bytes()


def test_resume_restores_weights_and_finishes(
    tmp_path: Path, tiny_folder: Path, tiny_config: RunConfig, monkeypatch: pytest.MonkeyPatch, trained_run: Run
) -> None:
    calls: list[int] = []

    def stop_in_second(*_: object) -> dict[str, float]:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return {"val_loss": 1.0, "val_accuracy": 0.5}

    path = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("camcore.training.loop.evaluate", stop_in_second)
        with pytest.raises(KeyboardInterrupt):
            train_run(path, tiny_config, Machine(tiny_folder, "cpu", 0))
    assert not open_run(path).finished
    run = resume_run(path, CPU)
    assert run.finished
    assert run.weights_path.read_bytes() == trained_run.weights_path.read_bytes()


def test_finished_maps_are_not_made_again(own_run: Run) -> None:
    before = open_explanation(own_run).id
    assert explain(own_run) == (before, False)
    assert explain(own_run, SOURCES) == (before, False)
    assert explain(own_run, "grad_cam@layer4,cam") == (before, False), "the last layer by its name is the same source"


def test_force_makes_new_maps(own_run: Run) -> None:
    before = open_explanation(own_run).id
    after, is_new = explain(own_run, SOURCES, force=True)
    assert is_new
    assert after != before
    assert open_explanation(own_run).id == after


def test_other_weights_make_new_maps(own_run: Run) -> None:
    model = load_model(own_run)
    with torch.no_grad():
        model.head[-1].bias.add_(1)
    save_weights(own_run, model, 2)
    assert explain(own_run, SOURCES)[1]


def test_a_wrong_source_is_answered_before_any_work(own_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camcore.workflows.explain.explain", lambda *_: pytest.fail("the work began"))
    layers = "conv1, bn1, relu, maxpool, layer1, layer2, layer3, layer4"
    with pytest.raises(CamcoreError) as caught:
        explain(own_run, "grad_cam@layer9")
    assert str(caught.value) == f"Unknown layer 'layer9'. Choose from: {layers}."


def test_another_data_set_is_refused(own_run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(tiny_folder, tmp_path / "other"))
    shutil.copy(other / "train" / "bar" / "0.png", other / "train" / "bar" / "more.png")
    (other / "val" / "bar" / "4.png").unlink()
    with pytest.raises(CamcoreError) as caught:
        explain_run(own_run.path, Machine(other, "cpu", 0), force=True)
    message = str(caught.value)
    assert message.startswith(f"The data set at {other} is not the one {own_run.path} was trained on (1 added")
    assert message.endswith("Name the right folder with --root, or train again.")
    assert own_run.place("root") == tiny_folder.resolve(), "a wrong root is not remembered"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"dataset": {}},
            "The data set at {root} is not the one {path} was trained on (fingerprint {found}, not None).",
        ),
        (
            {"config": {"dataset": {"kind": "cats"}}},
            "Unknown dataset 'cats'. Choose from: paper-dogs, stanford-dogs, image-folder.",
        ),
    ],
)
def test_a_run_json_without_a_usable_data_set_is_refused(values: dict[str, object], message: str, old_run: Run) -> None:
    path, root = old_run.path / "run.json", old_run.place("root")
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values))
    with pytest.raises(CamcoreError) as caught:
        open_run_dataset(open_run(old_run.path), None)
    shortened = old_run.info["dataset"]["fingerprint"][:12]
    assert str(caught.value).startswith(message.format(root=root, path=old_run.path, found=shortened))


def test_a_run_from_another_machine_asks_for_the_data_folder(own_run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    (own_run.path / "local.json").unlink()
    with pytest.raises(CamcoreError) as caught:
        open_run_dataset(own_run, None)
    assert str(caught.value) == (
        f"The folder of the data set of {own_run.path} is unknown on this machine. Name it with --root."
    )
    moved = Path(shutil.copytree(tiny_folder, tmp_path / "moved"))
    open_run_dataset(own_run, moved)
    assert own_run.place("root") == moved.resolve(), "named once, it is known"


def test_a_moved_run_can_be_explained(own_run: Run, tmp_path: Path) -> None:
    moved = open_run(Path(shutil.move(own_run.path, tmp_path / "moved")))
    assert explain(moved, force=True)[1]


def test_layers_are_listed_with_grid_and_note(trained_run: Run) -> None:
    layers = list_layers(trained_run.path)
    assert [layer.name for layer, _ in layers] == [
        "conv1",
        "bn1",
        "relu",
        "maxpool",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
    ]
    assert layers[-2] == (LayerGrid("layer3", 4, 4, 128), "stage")
    assert layers[-1][1] == "last layer, enters pooling"
    assert layers[0][1] == ""


def test_only_what_can_be_downloaded_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CamcoreError) as caught:
        download_dataset("image-folder", tmp_path)
    assert str(caught.value) == "image-folder has nothing to download; --download is for stanford-dogs."
    with pytest.raises(CamcoreError) as caught:
        download_dataset("stanford-dogs", None)
    assert str(caught.value) == "--download needs --root, the folder for the data set."
    asked: list[Path] = []
    monkeypatch.setitem(DATASETS, "stanford-dogs", replace(DATASETS["stanford-dogs"], download=asked.append))
    download_dataset("stanford-dogs", tmp_path)
    assert asked == [tmp_path]


def test_the_demo_goes_the_whole_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, single_thread: None) -> None:
    small = RunConfig(
        DatasetConfig("paper-dogs", train_images=8, val_images=10),
        replace(demo.DEMO_CONFIG.view, size=32),
        ModelConfig("resnet10_narrow"),
        TrainConfig(epochs=1, batch_size=4),
    )
    monkeypatch.setattr(demo, "DEMO_CONFIG", small)
    explanation = demo.make_demo(tmp_path / "demo", CPU)
    assert [source.id for source in explanation.sources] == SOURCES.split(",")
    assert explanation.manifest.images == 10
    assert open_run(tmp_path / "demo").finished
    assert (explanation.samples["boxes"].map(len) >= 1).all()
    assert (explanation.targets[:, 3] >= 0).sum() == 1, "one image of ten holds a second dog"
    monkeypatch.setattr(demo, "train_run", lambda *_, **__: pytest.fail("it was trained again"))
    assert demo.make_demo(tmp_path / "demo", CPU).id == explanation.id, "a second call finds it finished"


def test_new_sources_join_those_that_are_there(own_run: Run) -> None:
    explain_run(own_run.path, CPU, "cam", all_classes=True, force=True)
    _, is_new = explain(own_run, "grad_cam@layer2")
    explanation = open_explanation(own_run)
    assert is_new and [source.id for source in explanation.sources] == ["cam", "grad_cam@layer2"]
    assert explanation.all_class_maps() is not None
    explain(own_run, "grad_cam", force=True)
    assert [source.id for source in open_explanation(own_run).sources] == ["grad_cam"]
    assert open_explanation(own_run).all_class_maps() is None
