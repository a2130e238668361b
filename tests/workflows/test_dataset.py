"""The data set of a run: what is said of it before a training, and what has changed since."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import parquet

from camcore.config import DatasetConfig, RunConfig
from camcore.data.dataset import Dataset
from camcore.data.paper_dogs import open_paper_dogs
from camcore.data.paper_dogs.dogs import BREEDS
from camcore.data.registry import open_dataset
from camcore.errors import CamcoreError, RunError
from camcore.runs.create import create_run
from camcore.runs.images import MOST_NAMED, read_images
from camcore.runs.run import Run, open_run
from camcore.system.checksums import RUN_FILES, write_sums
from camcore.workflows.dataset import announce_dataset, describe_dataset, list_files, open_run_dataset
from tests.support.image_trees import join_paths, write_images

Make = Callable[..., Run]
CONFIG = DatasetConfig("image-folder")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return an image folder with two classes in two splits."""
    return write_images(tmp_path / "data", *join_paths("train val", "a b"))


@pytest.fixture
def make_run(tmp_path: Path) -> Make:
    """Return a function that makes a run folder of a data set, without training."""

    def make(root: Path, config: DatasetConfig = CONFIG, **info: object) -> Run:
        dataset = open_dataset(config, root)
        run = create_run(tmp_path / "run", RunConfig(config), dataset.class_names, describe_dataset(dataset) | info)
        run.remember_places(root=root)
        list_files(run, dataset)
        write_sums(run.path, RUN_FILES)
        return run

    return make


def open_changed(run: Run, capsys: pytest.CaptureFixture[str], **options: bool) -> tuple[Dataset, str]:
    dataset = open_run_dataset(run, None, **options)
    return dataset, capsys.readouterr().out


def test_a_training_says_what_it_trains_on(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_images(root, "train/b/@eaDir/1.png", "train/c/1.png", "val/c/1.png")
    shutil.copy(root / "train/a/1.png", root / "val/b/same.png")
    announce_dataset(open_dataset(CONFIG, root))
    assert capsys.readouterr().out.splitlines() == [
        "Classes: 3 (a, b, c). Images: 5 training, 6 validation.",
        "Training images: train/. Validation images: val/.",
        "Ignored files and folders that are not data: @eaDir (1).",
        "Warning: 1 validation file is identical to a training file (val/b/same.png = train/a/1.png), so the validation"
        " accuracy is too high. Delete one of each pair.",
    ]
    names = ", ".join(sorted(breed.name for breed in BREEDS)[:5])
    announce_dataset(open_paper_dogs(0, 8, 8))
    assert capsys.readouterr().out == f"Classes: 8 ({names}, ...). Images: 8 training, 8 validation.\n"


def test_a_run_keeps_its_images(root: Path, make_run: Make) -> None:
    run = make_run(root)
    rows = parquet.read_table(run.path / "images.parquet").to_pylist()
    assert rows[0] == {
        "split": "train",
        "path": "train/a/1.png",
        "bytes": (root / "train/a/1.png").stat().st_size,
        "width": 5,
        "height": 4,
        "label": 0,
        "boxes": "[]",
    }
    assert [row["split"] for row in rows] == ["train"] * 4 + ["val"] * 4
    assert open_run(run.path).info["dataset"]["notes"] == ["Training images: train/. Validation images: val/."]


def test_what_changed_is_counted_and_named(root: Path, make_run: Make) -> None:
    run = make_run(root)
    write_images(root, *(f"train/a/new{number}.png" for number in range(MOST_NAMED + 1)))
    (root / "train/b/2.png").unlink()
    with (root / "val/a/1.png").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(CamcoreError) as caught:
        open_run_dataset(run, None)
    assert str(caught.value) == (
        f"The data set at {root.resolve()} is not the one {run.path} was trained on (4 added (train/a/new0.png,"
        " train/a/new1.png, train/a/new2.png, ...), 1 removed (train/b/2.png), 1 changed (val/a/1.png)). Name the right"
        " folder with --root, or train again."
    )


def test_a_deleted_training_image_leaves_the_validation_images(
    root: Path, make_run: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(root)
    whole = open_run_dataset(run, None)
    (root / "train/a/2.png").unlink()
    dataset, said = open_changed(run, capsys)
    assert (dataset.val, dataset.fingerprint) == (whole.val, whole.fingerprint)
    assert said == (
        f"The data set has changed (1 removed (train/a/2.png)), but not the validation images of {run.path}.\n"
    )
    with pytest.raises(CamcoreError, match=r"was trained on \(1 removed \(train/a/2\.png\)\)\."):
        open_run_dataset(run, None, needs_train=True)
    shutil.rmtree(root / "train")
    assert open_changed(run, capsys)[0].val == whole.val


def test_a_drawn_split_stays_if_training_images_change(
    tmp_path: Path, make_run: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_images(tmp_path / "data", *(f"{name}/{number}.png" for name in "ab" for number in range(6)))
    run = make_run(root, replace(CONFIG, val_fraction=0.5))
    whole = open_run_dataset(run, None)
    for sample in whole.train[:2]:
        (root / sample.path).unlink()
    write_images(root, *(f"a/new{number}.png" for number in range(20)))
    dataset, said = open_changed(run, capsys)
    assert dataset.val == whole.val
    assert said.startswith("The data set has changed (20 added (a/new0.png, ")
    (root / whole.val[0].path).unlink()
    with pytest.raises(CamcoreError, match="is not the one"):
        open_run_dataset(run, None)


def test_other_classes_are_another_data_set(root: Path, make_run: Make) -> None:
    run = make_run(root)
    write_images(root, "train/0/1.png", "val/0/1.png")
    with pytest.raises(CamcoreError, match=r"\(2 added \(train/0/1\.png, val/0/1\.png\)\)"):
        open_run_dataset(run, None)


def test_a_run_of_an_earlier_version_only_says_that_it_differs(root: Path, make_run: Make) -> None:
    run = make_run(root)
    (run.path / "SHA256SUMS").unlink()
    (run.path / "images.parquet").unlink()
    assert read_images(run) is None
    (root / "train/a/2.png").unlink()
    with pytest.raises(CamcoreError, match=r"was trained on \(fingerprint [0-9a-f]{12}, not [0-9a-f]{12}\)\."):
        open_run_dataset(run, None)


@pytest.mark.parametrize(
    ("paths", "reading"),
    [
        (join_paths("Training Testing", "a b"), "none"),
        (join_paths("cats dogs", "indoor"), "none"),
        (join_paths("train dev test", "a b"), "train=train,val=test"),
    ],
)
def test_a_run_of_an_earlier_version_is_read_as_it_was(paths: list[str], reading: str, tmp_path: Path) -> None:
    root = write_images(tmp_path / "data", *paths)
    dataset = open_dataset(replace(CONFIG, split_folders=reading), root)
    run = create_run(tmp_path / "run", RunConfig(CONFIG), dataset.class_names, describe_dataset(dataset))
    run.remember_places(root=root)
    assert open_run_dataset(run, None).val == dataset.val


def test_a_damaged_list_of_images_is_named(root: Path, make_run: Make) -> None:
    run = make_run(root)
    (root / "train/a/2.png").unlink()
    (run.path / "images.parquet").write_bytes(b"PAR1")
    with pytest.raises(RunError, match=r"images\.parquet is damaged"):
        open_run_dataset(run, None)
    (run.path / "SHA256SUMS").unlink()
    with pytest.raises(RunError, match=r"images\.parquet is damaged"):
        open_run_dataset(run, None)
