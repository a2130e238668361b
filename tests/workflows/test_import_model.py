"""Importing: a finished run with the original network's logits and matched class names."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from camcore.config import DatasetConfig, ModelConfig, RunConfig, ViewConfig
from camcore.data.registry import open_dataset
from camcore.errors import CamcoreError, RunError
from camcore.explained.explanation import Explanation, open_explanation
from camcore.explained.queries import name_samples
from camcore.heatmaps.sources import CamCheck
from camcore.models.classifier import Classifier
from camcore.presentation.report.report import make_report
from camcore.runs.run import Run, open_run
from camcore.runs.weights import load_model
from camcore.system.checksums import SUMS
from camcore.verdict.verdict import load_views
from camcore.workflows import train
from camcore.workflows.dataset import open_run_dataset
from camcore.workflows.explain import explain_run
from camcore.workflows.import_model import (
    OF_DATASET,
    OF_DATASET_NATURAL,
    FirstLook,
    Imported,
    OtherWay,
    describe_import,
    import_run,
    look_first,
)
from camcore.workflows.verdict import verdict_run
from tests.support.command_line import CPU
from tests.support.foreign_networks import State, build_network, logits_of, save_network
from tests.support.kill_process import KILLED, Killer
from tests.support.pickle_payload import Trap

CLASS_NAMES = ("bar", "disc", "frame")  # of the tiny folder
MEAN, STD = (0.48, 0.44, 0.4), (0.25, 0.5, 0.2)
# Six classes: the data set's three among others, in an order of their own.
NAMES = ("zebra", "frame", "bar", "ape", "disc", "bee")
FAILURES = (KeyboardInterrupt, CamcoreError("a full disk"), RuntimeError("out of memory"))
STEPS = ("look_first", "create_run", "list_files", "save_weights", "Run.write_history", "replacing")


def configure(backbone: str, size: int = 64, **view: Any) -> RunConfig:
    return RunConfig(
        DatasetConfig("image-folder"), ViewConfig(size=size, **view), ModelConfig(backbone, "native", weights="weights")
    )


def write_names(path: Path, names: tuple[str, ...]) -> str:
    path.write_text("\n".join(names) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def known_state(trained_run: Run) -> State:
    """The shared trained run's weights in torchvision's layout, with rows for three more classes, in `NAMES`' order.

    The others' biases are so low that they are never predicted.
    """
    model = load_model(trained_run)
    weight, bias = torch.randn(6, model.channels) / 100, torch.full((6,), -1000.0)
    for label, name in enumerate(trained_run.class_names):
        weight[NAMES.index(name)] = model.head[-1].weight.detach()[label]
        bias[NAMES.index(name)] = model.head[-1].bias.detach()[label]
    return dict(model.trunk.state_dict()) | {"fc.weight": weight, "fc.bias": bias}


Import = Callable[..., Imported]


@pytest.fixture
def import_known(known_state: State, tiny_folder: Path, tmp_path: Path) -> Import:
    """Return a function that imports `known_state` into `tmp_path / "run"`."""
    weights = save_network(tmp_path / "weights.pth", known_state)
    names = write_names(tmp_path / "names.txt", NAMES)

    def run(path: Path = tmp_path / "run", classes: str | None = names, size: int = 64, **options: Any) -> Imported:
        arguments = {"weights": weights, "classes": classes, "root": tiny_folder} | options
        return import_run(path, configure("resnet10_narrow", size), **arguments)

    return run


def explain(run: Run, sources: str | None = None) -> Explanation:
    explain_run(run.path, CPU, sources, precision="exact")
    return open_explanation(run)


@pytest.mark.parametrize(
    ("maker", "name", "ending", "wrapper"),
    [
        ("torchvision", "resnet50", "pth", None),
        ("torchvision", "resnet18", "safetensors", None),
        ("torchvision", "mobilenet_v3_small", "pth", "model"),
        ("timm", "resnet34", "safetensors", None),
        ("timm", "resnet18", "pth", "state_dict"),
    ],
)
def test_an_imported_network_gives_the_same_logits(
    maker: str, name: str, ending: str, wrapper: str | None, tiny_folder: Path, tmp_path: Path, single_thread: None
) -> None:
    theirs = build_network(maker, name, len(NAMES))
    state = theirs.state_dict()
    if wrapper is not None:
        state = {wrapper: {f"module.{key}": tensor for key, tensor in state.items()}}
    weights = save_network(tmp_path / f"weights.{ending}", state)
    names = write_names(tmp_path / "names.txt", NAMES)
    config = configure(name, mean=MEAN, std=STD)
    imported = import_run(tmp_path / "run", config, weights, names, tiny_folder)
    explanation = explain(imported.run)
    pictures = [Image.open(tiny_folder / path) for path in explanation.samples["path"]]
    expected = torch.stack([logits_of(theirs, picture, 64, MEAN, STD) for picture in pictures])
    seen = load_views(open_run_dataset(imported.run, None), imported.run, np.arange(len(pictures)))
    with torch.no_grad():
        logits_by_side = {
            "stored": torch.from_numpy(np.array(explanation.logits)),
            "model": load_model(imported.run)(seen),
        }
    difference = max(float((logits - expected).abs().max()) for logits in logits_by_side.values())
    largest = float(expected.abs().max())
    print(f"{maker} {name}: logits up to {largest:.2f} differ by {difference:.1e} at most")  # for pytest -rP
    assert difference < 1e-5 * max(1, largest)
    assert explanation.cam_able == imported.look.check.holds == (name != "mobilenet_v3_small")
    if explanation.cam_able:
        assert imported.look.check.max_error is not None and imported.look.check.max_error < 1e-5
        cam, grad_cam = (np.array(explanation.maps(source)) for source in ("cam", "grad_cam"))
        positive = np.maximum(cam, 0) / cam[0].size
        assert np.abs(np.maximum(grad_cam, 0) - positive).max() < 1e-5 * positive.max()


def test_data_set_classes_match_the_checkpoint_s(import_known: Import, trained_run: Run) -> None:
    imported = import_known()
    assert imported.labels == [NAMES.index(name) for name in CLASS_NAMES] == [2, 4, 1]
    assert imported.run.class_names == NAMES
    explanation = explain(imported.run)
    samples = name_samples(imported.run, explanation)
    assert list(samples["label_name"]) == [path.split("/")[1] for path in samples["path"]]
    # An imported network has its maker's map stride, 32.
    model = Classifier(replace(trained_run.config.model, map_stride=32), trained_run.config.view, 3).eval()
    model.load_state_dict(load_model(trained_run).state_dict())
    dataset = open_run_dataset(trained_run, None)
    with torch.no_grad():
        answers = model(load_views(dataset, trained_run, np.arange(6))).argmax(1).tolist()
    assert list(samples["predicted_name"]) == [trained_run.class_names[label] for label in answers]
    assert explanation.accuracy == np.mean([a == one.label for a, one in zip(answers, dataset.val, strict=True)])
    assert imported.look.right == round(explanation.accuracy * len(samples))
    true = explanation.logits[np.arange(len(samples)), samples["label"]]
    assert true.min() > -100, "the logit of a class that is never meant"
    assert list(explanation.targets[:, 1]) == list(samples["label"])


def test_a_network_that_is_always_right_is_right_here_too(
    tiny_folder: Path, import_known: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head returns the class of the file's folder, so wrong labels would show."""
    imported = import_known()
    dataset = open_run_dataset(imported.run, None)
    answers = iter([NAMES.index(sample.path.split("/")[1]) for sample in dataset.val])
    monkeypatch.setattr(
        "camcore.models.classifier.Classifier.classify",
        lambda self, features: torch.nn.functional.one_hot(torch.tensor([next(answers) for _ in features]), 6).float(),
    )
    look = look_first(load_model(imported.run), dataset, imported.run.config, CLASS_NAMES)
    assert (look.images, look.right, look.may_be_guessing) == (6, 6, False)


def test_the_run_is_finished_and_says_that_it_was_imported(import_known: Import, tmp_path: Path) -> None:
    imported = import_known()
    run = open_run(tmp_path / "run")
    assert run == imported.run
    assert run.finished
    assert run.history().empty
    assert (run.kept_epoch(), run.kept_row()) == (None, None)
    assert run.imported_from == "weights.pth"
    assert run.dataset_labels == [2, 4, 1]
    document = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert "train" not in document["config"], "nothing is known of the training"
    assert document["imported"]["class_names"] == "names.txt"
    assert len(document["imported"]["sha256"]) == 64
    assert str(tmp_path) not in json.dumps(document), "a run is shared, a place is not"
    assert sorted(path.name for path in run.path.iterdir()) == [
        SUMS,
        "history.csv",
        "images.parquet",
        "local.json",
        "model.safetensors",
        "run.json",
    ]
    with pytest.raises(CamcoreError, match="is finished; there is nothing to resume"):
        train.resume_run(run.path, CPU)


def test_a_reopened_data_set_has_the_checkpoint_s_labels(
    import_known: Import, tiny_folder: Path, tmp_path: Path
) -> None:
    run = import_known().run
    dataset = open_run_dataset(run, None)
    assert dataset.class_names == NAMES
    assert {sample.path.split("/")[1]: sample.label for sample in dataset.val} == {"bar": 2, "disc": 4, "frame": 1}
    assert dataset.fingerprint == run.info["dataset"]["fingerprint"]
    other = Path(shutil.copytree(tiny_folder, tmp_path / "other"))
    (other / "val" / "bar" / "4.png").unlink()
    with pytest.raises(CamcoreError) as caught:
        open_run_dataset(run, other)
    assert str(caught.value).startswith(
        f"The data set at {other} is not the one {run.path} was imported for (1 removed"
    )
    assert str(caught.value).endswith("Name the right folder with --root, or import again.")


def test_verdict_and_report_work_on_it(import_known: Import) -> None:
    run = import_known(size=128).run
    explain(run, "cam,grad_cam,grad_cam@layer3")
    verdict = verdict_run(run.path, CPU, methods="cam,grad_cam", images=2)
    assert {"cam", "grad_cam"} <= set(verdict.sources)
    page = make_report(run)
    assert "Its weights were imported from weights.pth, which has no training history." in page
    assert "elsewhere, on 6 classes; imported" in page
    assert "image folder, 3 classes" in page
    assert "epochs" not in page.partition('<section id="about">')[2].partition("</section>")[0]


@pytest.mark.parametrize("labels", [[2, 4], [2, 4, 6], [2, 4, "1"], [2, 2, 1], "abc", 3])
def test_labels_that_can_not_be_are_damage(labels: object, import_known: Import) -> None:
    path = import_known().run.path
    document = json.loads((path / "run.json").read_text(encoding="utf-8"))
    document["dataset"]["labels"] = labels
    (path / "run.json").write_text(json.dumps(document))
    (path / SUMS).unlink()
    with pytest.raises(RunError, match="is damaged"):
        open_run_dataset(open_run(path), None)


def test_a_checkpoint_s_own_names_need_no_file(
    known_state: State, tiny_folder: Path, tmp_path: Path, import_known: Import
) -> None:
    content = {"state_dict": known_state, "class_to_idx": {name: label for label, name in enumerate(NAMES)}}
    imported = import_known(weights=save_network(tmp_path / "own.pth", content), classes=None)
    assert imported.run.class_names == NAMES
    assert imported.named_by == "own.pth"


def test_names_that_contradict_the_file_are_warned_of(known_state: State, tmp_path: Path, import_known: Import) -> None:
    content = {"state_dict": known_state, "class_to_idx": {name: label for label, name in enumerate(NAMES)}}
    weights = save_network(tmp_path / "own.pth", content)
    other = write_names(tmp_path / "other.txt", ("zebra", "bar", "frame", "ape", "disc", "bee"))
    warning = (
        "Warning: own.pth itself calls class 1 'frame', other.txt calls it 'bar'. To use the names in the file, leave"
        " out --classes."
    )
    assert warning in describe_import(import_known(weights=weights, classes=other))
    known = import_known(path=tmp_path / "known", weights=weights)
    assert not any(line.startswith("Warning") for line in describe_import(known))


def test_what_was_taken_and_the_order_are_said_and_kept(
    import_known: Import, known_state: State, tmp_path: Path
) -> None:
    content = {"model": known_state, "model_ema": known_state}
    imported = import_known(weights=save_network(tmp_path / "own.pth", content))
    note = (
        "Weights taken from 'model_ema' in the file (averaged weights). It also holds: model; take another with"
        " --weights-key NAME."
    )
    look = replace(imported.look, order=("'bar' is answered as 'disc' on 5 of 5 images.",))
    lines = describe_import(replace(imported, look=look))
    assert lines[0] == note
    assert look.order[0] in lines
    assert imported.run.info["imported"]["weights"] == note


def test_a_hidden_layer_is_kept_with_the_run(known_state: State, tmp_path: Path, import_known: Import) -> None:
    tensors = {name: tensor for name, tensor in known_state.items() if not name.startswith("fc.")}
    tensors |= {"fc.0.weight": torch.eye(256)[:64], "fc.0.bias": torch.zeros(64), "fc.2.weight": torch.ones(6, 64)}
    run = import_known(weights=save_network(tmp_path / "own.pth", {"model_ema": tensors, "model": tensors})).run
    assert open_run(run.path).config.model.head_layers == "mean, linear 64, relu, linear"
    assert load_model(run).head[2].out_features == 64
    assert "cam" not in explain(run).sources


def test_a_network_of_one_output_is_a_run_of_two_classes(
    known_state: State, tiny_folder: Path, tmp_path: Path, import_known: Import
) -> None:
    root = Path(shutil.copytree(tiny_folder, tmp_path / "folder"))
    for split in ("train", "val"):
        shutil.rmtree(root / split / "frame")
    one = known_state | {"fc.weight": known_state["fc.weight"][:1], "fc.bias": torch.zeros(1)}
    imported = import_known(weights=save_network(tmp_path / "one.pth", one), classes=OF_DATASET, root=root)
    assert imported.run.class_names == ("bar", "disc")
    assert imported.look.check.holds


def test_validation_images_of_one_class_are_enough(tiny_folder: Path, tmp_path: Path, import_known: Import) -> None:
    root = tmp_path / "folder"
    shutil.copytree(tiny_folder / "val" / "bar", root / "val" / "bar")
    imported = import_known(root=root)
    assert (imported.labels, imported.look.images, imported.look.classes) == ([2], 2, 6)
    assert len(explain(imported.run).samples) == 2


def test_natural_order_is_an_option_of_its_own(
    known_state: State, tiny_folder: Path, tmp_path: Path, import_known: Import
) -> None:
    root = Path(shutil.copytree(tiny_folder, tmp_path / "folder"))
    for split in ("train", "val"):
        for number, name in zip((1, 10, 2), CLASS_NAMES, strict=True):
            (root / split / name).rename(root / split / f"c{number}")
    weights = save_network(tmp_path / "three.pth", three_classes(known_state))
    assert import_known(weights=weights, root=root, classes=OF_DATASET).run.class_names == ("c1", "c10", "c2")
    natural = import_known(weights=weights, root=root, classes=OF_DATASET_NATURAL, overwrite=True)
    assert natural.run.class_names == ("c1", "c2", "c10")
    assert natural.labels == [0, 2, 1]


def refuse(import_known: Import, **options: Any) -> str:
    with pytest.raises(CamcoreError) as caught:
        import_known(**options)
    return str(caught.value)


def three_classes(state: State) -> State:
    return state | {"fc.weight": state["fc.weight"][:3], "fc.bias": state["fc.bias"][:3]}


def test_classes_of_unknown_order_are_not_guessed(import_known: Import, known_state: State, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    assert refuse(import_known, classes=None) == (
        f"{path} holds no class names. Name its 6 classes with --classes FILE, one per line, in the order of"
        " the logits."
    )
    save_network(path, three_classes(known_state))
    assert refuse(import_known, classes=None) == (
        f"{path} holds no class names. Name its 3 classes with --classes FILE, one per line, in the order of"
        " the logits. If it was trained on the data set's own classes in their order, which is also that of"
        " torchvision's ImageFolder (bar, disc, frame): --classes dataset."
    )
    imported = import_known(classes=OF_DATASET)
    assert (imported.run.class_names, imported.labels, imported.named_by) == (CLASS_NAMES, [0, 1, 2], "the data set")


def test_another_number_of_names_is_refused(import_known: Import, tmp_path: Path) -> None:
    expected = "{} has 6 classes, but {} names {}. Name every class, one per line, in the order of the logits:"
    for classes, by, count in (
        (write_names(tmp_path / "few.txt", CLASS_NAMES), "few.txt", 3),
        (write_names(tmp_path / "many.txt", (*NAMES, "more")), "many.txt", 7),
        (OF_DATASET, "the data set", 3),
    ):
        assert refuse(import_known, classes=classes) == (
            expected.format(tmp_path / "weights.pth", by, count) + " --classes FILE."
        )


def test_two_classes_of_one_name_are_refused(import_known: Import, known_state: State, tmp_path: Path) -> None:
    twice = ("bee", *NAMES[1:])
    expected = " names 'bee' twice, as class 1 and as class 6 (counted from 1). Class names must be unique:"
    names = write_names(tmp_path / "twice.txt", twice)
    assert refuse(import_known, classes=names) == f"twice.txt{expected} change one of them."
    own = save_network(tmp_path / "own.pth", {"state_dict": known_state, "classes": list(twice)})
    assert refuse(import_known, classes=None, weights=own) == f"own.pth{expected} change one of them."


def test_a_class_that_the_checkpoint_does_not_know_is_refused(import_known: Import, tmp_path: Path) -> None:
    names = write_names(tmp_path / "other.txt", ("zebra", "Frame", "bar", "ape", "disc", "bee"))
    assert refuse(import_known, classes=names) == (
        "other.txt does not name 'frame'. The closest names are 'Frame', 'ape'. Names must agree to the letter: correct"
        " its line, or the class's name in the data set."
    )
    assert not (tmp_path / "run").exists()


def test_what_would_run_code_is_refused_and_not_run(import_known: Import, known_state: State, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    evil = save_network(tmp_path / "evil.pth", {"state_dict": known_state, "optimizer": Trap(trace)})
    assert refuse(import_known, weights=evil).startswith(f"{evil} can't be read as weights (")
    assert not trace.exists()
    assert not (tmp_path / "run").exists()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def read_folder(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_an_existing_run_is_refused_before_any_work(
    import_known: Import, own_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_folder(own_run.path)
    monkeypatch.setattr("camcore.workflows.import_model.read_checkpoint", lambda *_: pytest.fail("the work began"))
    assert refuse(import_known, path=own_run.path) == (
        f"{own_run.path} exists already. Replace it with --overwrite, or name another."
    )
    assert read_folder(own_run.path) == before


def test_what_is_no_run_is_never_replaced(import_known: Import, tmp_path: Path) -> None:
    holiday = tmp_path / "holiday"
    holiday.mkdir()
    (holiday / "photograph.jpg").write_bytes(b"pixels")
    assert refuse(import_known, path=holiday, overwrite=True) == (
        f"{holiday} is not a run folder (no run.json), so --overwrite does not replace it. Choose another path."
    )
    assert names_in(holiday) == ["photograph.jpg"]


def test_overwrite_replaces_a_run_as_a_whole(import_known: Import, own_run: Run) -> None:
    before = names_in(own_run.path.parent)
    imported = import_known(path=own_run.path, overwrite=True)
    assert imported.run.imported_from == "weights.pth"
    assert not (own_run.path / "explained").exists(), "the old maps are not of these weights"
    assert names_in(own_run.path.parent) == before, "nothing stays aside"


def test_an_empty_folder_may_become_a_run(import_known: Import, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert import_known().run.finished


def fail_with(failure: Any) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise failure

    return fail


@pytest.mark.parametrize("failure", FAILURES, ids=["Ctrl-C", "refused", "crashed"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_failure_on_the_way_leaves_everything_as_it_was(
    overwrite: bool, step: str, failure: Any, import_known: Import, own_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = own_run.path.parent
    before, beside = read_folder(own_run.path), names_in(folder)
    monkeypatch.setattr(f"camcore.workflows.import_model.{step}", fail_with(failure))
    with pytest.raises((KeyboardInterrupt, CamcoreError, RuntimeError)):
        import_known(path=own_run.path if overwrite else folder / "run", overwrite=overwrite)
    assert names_in(folder) == beside
    assert read_folder(own_run.path) == before


KILLED_IMPORT = """
import os, signal
from pathlib import Path
from camcore.workflows import import_model
from camcore.config import DatasetConfig, ModelConfig, RunConfig, ViewConfig

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

import_model.Run.write_history = kill
config = RunConfig(DatasetConfig("image-folder"), ViewConfig(size=64), ModelConfig("resnet10_narrow", "native"))
path, weights, names, root = map(Path, {paths!r})
import_model.import_run(path, config, weights, str(names), root)
"""


def test_a_killed_import_leaves_no_run(import_known: Import, killer: Killer, tiny_folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    paths = [str(path) for path in (run, tmp_path / "weights.pth", tmp_path / "names.txt", tiny_folder)]
    outcome = killer.run(source=KILLED_IMPORT.format(paths=paths))
    assert outcome.status == KILLED, outcome.output
    assert not run.exists()
    assert ".run.importing" in names_in(tmp_path), "hidden, so that lists of runs leave it out"
    assert import_known().run.finished
    assert ".run.importing" not in names_in(tmp_path)


def test_a_run_put_aside_counts_as_existing(import_known: Import, own_run: Run) -> None:
    before = read_folder(own_run.path)
    own_run.path.rename(own_run.path.with_name(".own.replaced"))
    assert "exists already" in refuse(import_known, path=own_run.path)
    assert read_folder(own_run.path) == before


def test_skipped_files_are_listed(import_known: Import, tiny_folder: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(tiny_folder, tmp_path / "folder"))
    (root / "val" / "bar" / "broken.png").write_bytes(b"not an image")
    imported = import_known(root=root)
    assert imported.run.info["dataset"]["skipped"] == 1
    assert "val/bar/broken.png" in (imported.run.path / "skipped.csv").read_text()


@pytest.mark.parametrize(
    ("right", "images", "classes", "guessing"),
    [
        (0, 64, 3, True),
        (21, 64, 3, True),
        (32, 64, 3, False),
        (40, 64, 2, True),  # p = 0.03
        (44, 64, 2, False),  # p = 0.002
        (4, 64, 120, False),
        (1, 64, 120, True),
        (2, 2, 3, True),
    ],
)
def test_likely_guessing_is_detected(right: int, images: int, classes: int, guessing: bool) -> None:
    assert FirstLook(images, right, classes, CamCheck(True, 0.0, "")).may_be_guessing is guessing


class ShapeOfLight:
    """A network that answers 0 if the left half of its input is the brightest, 1 if the upper half is."""

    def features(self, images: torch.Tensor) -> torch.Tensor:
        return images.float()

    def classify(self, images: torch.Tensor) -> torch.Tensor:
        grey, half = images.mean(1), images.shape[-1] // 2
        return torch.stack([grey[:, :, :half].mean((1, 2)), grey[:, :half].mean((1, 2))], 1)


def write_turned(root: Path, orientation: int, images: int) -> Path:
    """Write a folder whose stored images are of the class that their light shows, turned by EXIF."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    for split in ("train", "val"):
        for name, box in (("left", (0, 0, 20, 40)), ("top", (0, 0, 40, 20))):
            (root / split / name).mkdir(parents=True)
            for number in range(images):
                picture = Image.new("RGB", (40, 40), (number, 0, 0))
                picture.paste("white", box)
                picture.save(root / split / name / f"{number}.png", exif=exif)
    return root


@pytest.mark.parametrize(
    ("orientation", "exif", "right", "other_way"),
    [
        (5, "apply", 0, OtherWay("ignore", 8)),
        (5, "ignore", 8, None),
        (1, "apply", 8, None),
        (2, "apply", 4, None),  # four more, which may be chance
    ],
)
def test_the_other_way_of_exif_is_tried_and_reported(
    orientation: int,
    exif: str,
    right: int,
    other_way: OtherWay | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("camcore.workflows.import_model.check_cam", lambda *_: CamCheck(True, 0.0, ""))
    config = RunConfig(DatasetConfig("image-folder", exif=exif), ViewConfig(size=32))
    dataset = open_dataset(config.dataset, write_turned(tmp_path, orientation, 4))
    look = look_first(ShapeOfLight(), dataset, config, dataset.class_names)  # type: ignore[arg-type]
    assert (look.images, look.right, look.other_way) == (8, right, other_way)


def test_a_network_trained_upright_on_images_read_as_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camcore.workflows.import_model.check_cam", lambda *_: CamCheck(True, 0.0, ""))
    root = write_turned(tmp_path, 1, 4)
    for path in root.rglob("*.png"):  # the same pictures as a turned camera stores them
        exif = Image.Exif()
        exif[0x0112] = 5
        Image.open(path).transpose(Image.Transpose.TRANSPOSE).save(path, exif=exif)
    config = RunConfig(DatasetConfig("image-folder", exif="ignore"), ViewConfig(size=32))
    dataset = open_dataset(config.dataset, root)
    look = look_first(ShapeOfLight(), dataset, config, dataset.class_names)  # type: ignore[arg-type]
    assert (look.right, look.other_way) == (0, OtherWay("apply", 8))


def test_the_first_look_is_spread_over_all_classes(
    import_known: Import, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = import_known().run
    dataset = open_run_dataset(run, None)
    seen: list[int] = []
    load = dataset.load_image
    watched = replace(dataset, load_image=lambda sample, *_: seen.append(sample.label) or load(sample))
    monkeypatch.setattr("camcore.workflows.import_model.LOOKED_AT", 3)
    assert look_first(load_model(run), watched, run.config, CLASS_NAMES).images == 3
    assert seen == [2, 4, 1]
