"""Images that both splits hold."""

import shutil
from pathlib import Path

import pytest

from camcore.data import leakage
from camcore.data.image_folder import open_image_folder
from camcore.data.leakage import find_leaks
from camcore.data.paper_dogs import open_paper_dogs
from tests.support.image_trees import join_paths, write_images


def test_identical_files_are_found_under_other_names(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("train val", "a b"))
    assert find_leaks(open_image_folder(tmp_path)) == []
    shutil.copy(tmp_path / "train/a/1.png", tmp_path / "train/b/copy.jpg")
    shutil.copy(tmp_path / "train/a/1.png", tmp_path / "val/b/other.png")
    assert find_leaks(open_image_folder(tmp_path)) == [("val/b/other.png", "train/a/1.png")]


def test_files_of_other_sizes_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_images(tmp_path, *join_paths("train val", "a b"))
    for number, path in enumerate(sorted(tmp_path.rglob("*.png"))):
        with path.open("ab") as file:
            file.write(bytes(number))
    dataset = open_image_folder(tmp_path)
    monkeypatch.setattr(leakage, "_read_tail", lambda path: pytest.fail(f"{path} was read"))
    assert find_leaks(dataset) == []


def test_equal_sizes_and_ends_are_not_enough(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("train val", "a b"))
    paths = sorted(tmp_path.rglob("*.png"))
    length = 2 * leakage.TAIL_BYTES
    for path in paths:
        path.write_bytes(path.read_bytes() + bytes(length - path.stat().st_size))
    assert len({path.read_bytes() for path in paths}) == len(paths)
    assert {path.read_bytes()[-leakage.TAIL_BYTES :] for path in paths} == {bytes(leakage.TAIL_BYTES)}
    assert find_leaks(open_image_folder(tmp_path)) == []


def test_generated_images_have_no_files() -> None:
    assert find_leaks(open_paper_dogs(0, 8, 8)) == []
