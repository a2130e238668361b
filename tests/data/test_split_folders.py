"""Which folders of an image folder are the splits."""

import re
from pathlib import Path

import pytest

from camcore.config import DatasetConfig
from camcore.data.dataset import Dataset
from camcore.data.image_folder import open_image_folder
from camcore.data.registry import open_dataset
from camcore.errors import CamcoreError
from tests.support.image_trees import join_paths, write_images


def find_folders(dataset: Dataset) -> tuple[set[str], set[str]]:
    """Return the folders that the images of each split are in."""
    train, val = ({str(Path(sample.path).parents[1]) for sample in part} for part in (dataset.train, dataset.val))
    return train, val


def open_with(root: Path, split_folders: str | None = None, needs_train: bool = True) -> Dataset:
    return open_image_folder(root, split_folders=split_folders, needs_train=needs_train)


@pytest.mark.parametrize(
    ("folders", "train", "val"),
    [
        ("Training Testing", "Training", "Testing"),
        ("TRAIN Valid test", "TRAIN", "Valid"),
        ("training_set test_set", "training_set", "test_set"),
        ("train dev test", "train", "dev"),
        ("train eval", "train", "eval"),
        ("seg_train seg_test seg_pred", "seg_train", "seg_test"),
        ("train2017 val2017 test2017", "train2017", "val2017"),
        ("trainset Validation-Data", "trainset", "Validation-Data"),
        ("훈련 검증", "훈련", "검증"),
        ("train Train val", "train", "val"),
        ("train val valid", "train", "val"),
    ],
)
def test_usual_names_are_splits(folders: str, train: str, val: str, tmp_path: Path) -> None:
    dataset = open_with(write_images(tmp_path, *join_paths(folders, "cat dog")))
    assert dataset.class_names == ("cat", "dog")
    assert find_folders(dataset) == ({train}, {val})
    unused = [f"{name}/" for name in folders.split() if name not in (train, val, "seg_pred")]
    left = f" Not used: {', '.join(unused)}." if unused else ""
    assert dataset.split_note == f"Training images: {train}/. Validation images: {val}/.{left}"


@pytest.mark.parametrize("classes", ["train car bus", "valid invalid", "dev eval", "untested tested", "trainer coach"])
def test_classes_that_sound_like_splits_stay_classes(classes: str, tmp_path: Path) -> None:
    dataset = open_with(write_images(tmp_path, *join_paths(classes)))
    assert dataset.class_names == tuple(sorted(classes.split()))
    assert dataset.split_note == "No split folders: 20% of each class is for validation, drawn by --data-seed 0."


def test_a_split_folder_may_be_packed_twice(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("training_set", "training_set", "cat dog"))
    write_images(tmp_path, *join_paths("test_set", "test_set", "cat dog"))
    assert find_folders(open_with(tmp_path)) == ({"training_set/training_set"}, {"test_set/test_set"})


def test_a_test_folder_without_classes_names_the_training_folder(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("Train", "0 1"), "Test/00000.png")
    with pytest.raises(CamcoreError, match=r"/Test' has no class folders\.") as caught:
        open_with(tmp_path)
    assert str(caught.value).endswith(f"To split the training images instead: --root {tmp_path / 'Train'}.")
    assert open_with(tmp_path / "Train").class_names == ("0", "1")


def test_other_names_are_given(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("A,1 B", "cat dog"))
    assert find_folders(open_with(tmp_path, "train=A,1,val=B")) == ({"A,1"}, {"B"})
    assert find_folders(open_with(tmp_path, "val=A,1,train=B")) == ({"B"}, {"A,1"})
    dataset = open_dataset(DatasetConfig("image-folder", split_folders="none"), tmp_path)
    assert dataset.class_names == ("A,1", "B")


def test_what_can_be_read_in_two_ways_is_refused(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("one two", "cat dog"), *join_paths("two", "emu"))
    (tmp_path / "notes").mkdir()
    with pytest.raises(CamcoreError) as caught:
        open_with(tmp_path)
    assert str(caught.value) == (
        f"'{tmp_path}' can be read in two ways: one/, two/ all hold cat/, dog/. If the top folders are splits:"
        " --split-folders train=one,val=two, in this order or the other. To read the top folders as classes:"
        " --split-folders none."
    )
    (tmp_path / "notes").rmdir()
    assert open_with(tmp_path, "none").class_names == ("one", "two")


def test_splits_inside_classes_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("cat dog", "train test"))
    with pytest.raises(CamcoreError, match=r"cat/, dog/ all hold test/, train/\. Splits inside classes are not read"):
        open_with(tmp_path)


@pytest.mark.parametrize("parts", [("cats/indoor", "dogs"), ("cats/indoor", "dogs/garden")])
def test_classes_with_parts_of_their_own_are_read(parts: tuple[str, str], tmp_path: Path) -> None:
    write_images(tmp_path, *(f"{part}/{number}.png" for part in parts for number in (1, 2)))
    assert open_with(tmp_path).class_names == ("cats", "dogs")


@pytest.mark.parametrize(
    ("folders", "advice"),
    [
        (("dogs", "a b"), "--root ROOT/dogs"),
        (("archive", "data", "train val", "a b"), "--root ROOT/archive/data"),
        (("Images", "a b"), "--root ROOT/Images"),
        (("Training", "dogs", "a b"), None),
    ],
)
def test_one_folder_too_deep_names_the_folder(folders: tuple[str, ...], advice: str | None, tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths(*folders))
    for name in "ab":  # annotations have the same folders
        (tmp_path / "Annotation" / name).mkdir(parents=True)
        (tmp_path / "Annotation" / name / "1.xml").touch()
    with pytest.raises(CamcoreError) as caught:
        open_with(tmp_path)
    if advice is None:
        assert "has only Training/" in str(caught.value)
        return
    assert f"{advice.replace('ROOT', str(tmp_path))}." in str(caught.value)
    root = Path(str(caught.value).partition("--root ")[2].removesuffix("."))
    assert open_with(root).class_names == ("a", "b")


def test_too_deep_inside_the_splits_names_both(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("train val", "my_dogs", "a b"))
    with pytest.raises(CamcoreError, match="holds images only in my_dogs/, which has a/, b/") as caught:
        open_with(tmp_path)
    named = str(caught.value).partition("--split-folders ")[2].removesuffix(".")
    assert named == "train=train/my_dogs,val=val/my_dogs"
    assert open_with(tmp_path, named).class_names == ("a", "b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train=a", "split_folders is 'train=a'; it must be train=FOLDER,val=FOLDER with two folders, or none."),
        ("train=a,val=a", "split_folders is 'train=a,val=a'; it must be"),
        ("train=a,test=b", "split_folders is 'train=a,test=b'; it must be"),
        ("train=a,val=z", "has no folder 'z'. Correct --split-folders, which names folders in it."),
        ("train=a,val=../a", "has no folder '../a'. Correct --split-folders"),
        ("train=a,val=a/x", "but one folder holds the other. Name two separate ones."),
    ],
)
def test_wrong_names_are_refused(text: str, message: str, tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("a b", "x y"))
    with pytest.raises(CamcoreError, match=re.escape(message)):
        open_dataset(DatasetConfig("image-folder", split_folders=text), tmp_path)


def test_two_folders_for_one_split_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("Train-1 Train-2 Test", "a b"))
    with pytest.raises(CamcoreError, match=r"has 2 folders that can be the training split: Train-1/, Train-2/\. Name"):
        open_with(tmp_path)


def test_a_split_alone_can_only_be_explained(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("Val labels", "a b"))
    with pytest.raises(CamcoreError, match="has only Val/"):
        open_with(tmp_path)
    dataset = open_with(tmp_path, needs_train=False)
    assert (dataset.train, find_folders(dataset)[1]) == ((), {"Val"})
    assert dataset.remarks == ["No training images. Validation images: Val/."]


def test_all_images_of_a_folder_are_explained(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("b a"))
    config = DatasetConfig("image-folder", all_images=True)
    dataset = open_dataset(config, tmp_path, needs_train=False)
    assert [sample.path for sample in dataset.val] == ["a/1.png", "a/2.png", "b/1.png", "b/2.png"]
    assert (dataset.train, dataset.remarks) == ((), ["All images are for validation, none for training."])
    assert dataset.fingerprint != open_with(tmp_path).fingerprint
    with pytest.raises(CamcoreError, match=r"^all_images leaves no image to train on\."):
        open_dataset(config, tmp_path)


def test_only_a_training_needs_every_class(tmp_path: Path) -> None:
    write_images(tmp_path, "val/a/1.png")
    (tmp_path / "val/b").mkdir()
    dataset = open_with(tmp_path, needs_train=False)
    assert (dataset.class_names, len(dataset.val)) == (("a", "b"), 1)
    (tmp_path / "val/a/1.png").unlink()
    with pytest.raises(CamcoreError, match=r"^The validation split is empty\."):
        open_with(tmp_path, needs_train=False)
