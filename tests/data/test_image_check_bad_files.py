"""Bad files never stop a training: each is read exactly or skipped with a reason."""

import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from camcore.config import DatasetConfig
from camcore.data.dataset import Dataset, Sample, Skipped
from camcore.data.image_folder import open_image_folder
from camcore.data.registry import open_dataset
from camcore.errors import CamcoreError
from tests.support.bad_files import BLOCKS, CASES, Case
from tests.support.command_line import ON_CPU, run_camcore

NOBODY = 65534
FOLDER = "train/odd"


def fill(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        BLOCKS.save(root / path)


def store(path: str) -> str:
    """Return a path as a data set stores it."""
    return path.encode(errors="backslashreplace").decode()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two classes in two splits, with all cases in one of them."""
    root = tmp_path_factory.mktemp("bad-files")
    fill(root, "train/even/1.png", "train/odd/good.png", "val/even/1.png", "val/odd/1.png")
    for case in CASES:
        case.write(root / FOLDER / case.name)
    return root


@pytest.fixture(scope="module")
def dataset(root: Path) -> Dataset:
    return open_dataset(DatasetConfig("image-folder"), root)


def require_equal(image: np.ndarray, expected: np.ndarray, worst: int) -> None:
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected.astype(int)).max() <= worst


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case.name)[1:-1][:40])
def test_a_file_is_read_right_or_skipped_with_a_reason(case: Case, dataset: Dataset) -> None:
    path = f"{FOLDER}/{case.path}"
    samples = [sample for sample in dataset.train if sample.path == path]
    reasons = [skipped.reason for skipped in dataset.skipped if skipped.path == store(path)]
    if case.image is None:
        assert samples == []
        assert re.fullmatch(case.reason, *reasons)
        return
    assert reasons == []
    (sample,) = samples
    assert (sample.width, sample.height) == case.image.size
    require_equal(np.asarray(dataset.load_image(sample)), np.asarray(case.image), case.worst)
    assert dataset.load_image(sample, 8).mode == "RGB"


def test_nothing_else_is_read_or_skipped(dataset: Dataset) -> None:
    read = {f"{FOLDER}/{case.path}" for case in CASES if case.image is not None}
    assert {sample.path for sample in dataset.train} == read | {"train/even/1.png", f"{FOLDER}/good.png"}
    skipped = sorted(store(f"{FOLDER}/{case.path}") for case in CASES if case.image is None)
    assert sorted(skipped.path for skipped in dataset.skipped) == skipped


def test_skipped_files_are_listed_and_counted(
    root: Path, dataset: Dataset, tmp_path: Path, single_thread: None
) -> None:
    path = tmp_path / "run"
    arguments = ["--dataset", "image-folder", "--root", root, "--backbone", "resnet10_narrow", "--size", 32]
    trained = run_camcore("train", "--run", path, *arguments, "--epochs", 1, *ON_CPU)
    assert trained.exit_code == 0
    count = sum(case.image is None for case in CASES)
    line = f"{count} files were skipped; {path / 'skipped.csv'} lists them with the reason."
    assert line in trained.stdout.splitlines()
    with (path / "skipped.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["path", "reason"]
    assert [Skipped(*row) for row in rows] == list(dataset.skipped)
    for _ in ("first", "second"):
        assert line in run_camcore("explain", path, *ON_CPU).stdout.splitlines()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run as another user, because root can read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_may_not_be_read_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, *(f"{name}/{number}.png" for name in "ab" for number in (1, 2, 3)), "a/deep/4.png")
    monkeypatch.chdir(tmp_path)  # the folders above are closed to others
    whole = open_image_folder(Path())  # also imports, while it may, all that decoding takes
    assert whole.skipped == ()
    Path("a/2.png").chmod(0)
    Path("a/deep").chmod(0o444)  # to be listed, not entered
    tmp_path.chmod(0o755)
    with as_nobody():
        dataset = open_image_folder(Path())
        assert [dataset.load_image(sample).size for sample in dataset.train] == [BLOCKS.size] * len(dataset.train)
        with pytest.raises(CamcoreError, match=r"^Cannot read the image 'a/2\.png': Permission denied\. Replace it"):
            whole.load_image(Sample("a/2.png", "a/2.png", 0, *BLOCKS.size))
    assert dataset.skipped == (Skipped("a/2.png", "Permission denied"), Skipped("a/deep/4.png", "Permission denied"))
    Path("a/2.png").chmod(0o644)
    Path("a/deep").chmod(0o755)
    assert open_image_folder(Path()).fingerprint == whole.fingerprint, "what may be read again is not forgotten"


def test_links_that_lead_round_are_walked_once(tmp_path: Path) -> None:
    fill(tmp_path, *(f"{name}/{number}.png" for name in "ab" for number in (1, 2)))
    (tmp_path / "a" / "to-b").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "to-a").symlink_to(tmp_path / "a")
    dataset = open_image_folder(tmp_path)
    paths = sorted(sample.path for sample in [*dataset.train, *dataset.val])
    assert paths == [
        *("a/1.png", "a/2.png", "a/to-b/1.png", "a/to-b/2.png"),
        *("b/1.png", "b/2.png", "b/to-a/1.png", "b/to-a/2.png"),
    ]
    assert dataset.skipped == (Skipped("a/to-b/to-a", "Is a directory"), Skipped("b/to-a/to-b", "Is a directory"))


def test_folders_are_walked_however_deep_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, *(f"{name}/{number}.png" for name in "ab" for number in (1, 2)))
    levels = sys.getrecursionlimit() + 100
    monkeypatch.chdir(tmp_path / "a")
    for _ in range(levels):
        Path("d").mkdir()
        os.chdir("d")
    BLOCKS.save("3.png")
    monkeypatch.chdir(tmp_path)
    try:
        dataset = open_image_folder(Path())
    finally:
        subprocess.run(["rm", "-r", "a"], check=True)  # pytest removes its folders by a function that calls itself
    assert "a/" + "d/" * levels + "3.png" in {sample.path for sample in [*dataset.train, *dataset.val]}


SPLITS = ("train/a/1.png", "train/b/1.png", "val/a/1.png", "val/b/1.png")
BROKEN = "not an image that Pillow can read"
REMEDY = "Every class needs at least one in each split: add images, or remove the class."


@pytest.mark.parametrize(
    ("broken", "absent", "message"),
    [
        (
            ["train/b/1.png"],
            [],
            f"No usable training image of: 'b' (1 skipped, the first: 'train/b/1.png', {BROKEN}). {REMEDY}",
        ),
        (
            ["val/a/1.png", "val/b/1.png"],
            [],
            f"The validation split is empty (2 skipped, the first: 'val/a/1.png', {BROKEN}). {REMEDY}",
        ),
        ([], ["val/b/1.png"], f"No usable validation image of: 'b'. {REMEDY}"),
        ([], ["train/a/1.png"], f"No usable training image of: 'a'. {REMEDY}"),
    ],
)
def test_a_class_or_split_that_is_left_empty_is_named(
    broken: list[str], absent: list[str], message: str, tmp_path: Path
) -> None:
    fill(tmp_path, *SPLITS)
    for path in broken:
        (tmp_path / path).write_bytes(b"broken")
    for path in absent:
        (tmp_path / path).unlink()
    with pytest.raises(CamcoreError, match=f"^{re.escape(message)}$"):
        open_image_folder(tmp_path)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda path: path.unlink(), "no such file"),
        (lambda path: path.write_bytes(path.read_bytes()[:60]), ".+"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "neither a file nor a folder"),
        (lambda path: (path.unlink(), path.mkdir()), "Is a directory"),
    ],
)
def test_an_image_damaged_after_the_check_is_named(harm: object, reason: str, tmp_path: Path) -> None:
    fill(tmp_path, *SPLITS)
    dataset = open_image_folder(tmp_path)
    path = tmp_path / dataset.train[0].path
    harm(path)  # type: ignore[operator]
    message = f"Cannot read the image {str(path)!r}: "
    with pytest.raises(CamcoreError, match=f"^{re.escape(message)}{reason}\\. Replace it, or remove it from the data"):
        dataset.load_image(dataset.train[0])


def test_an_image_removed_while_opening_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, *SPLITS)
    from camcore.data import image_folder

    check = image_folder.check_images

    def check_and_lose(root: Path, paths: list[str]) -> object:
        results = check(root, paths)
        (tmp_path / "val/a/1.png").unlink()
        return results

    monkeypatch.setattr(image_folder, "check_images", check_and_lose)
    message = "'val/a/1.png' disappeared while the data set was opened: No such file or directory. Open it again."
    with pytest.raises(CamcoreError, match=f"^{re.escape(message)}$"):
        open_image_folder(tmp_path)
