"""An image folder with and without splits, and common behaviour of file data sets."""

import os
import pickle
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from camcore.config import DatasetConfig
from camcore.data.dataset import Dataset, Sample, Skipped, assemble_dataset
from camcore.data.image_folder import open_image_folder
from camcore.data.registry import DATASETS, open_dataset
from camcore.errors import CamcoreError
from tests.support.image_trees import write_images


def list_ids(dataset: Dataset) -> tuple[list[str], list[str]]:
    return [sample.id for sample in dataset.train], [sample.id for sample in dataset.val]


@pytest.mark.parametrize("val", ["val", "valid", "validation", "test"])
def test_given_splits_are_kept(val: str, tmp_path: Path) -> None:
    # One name in both splits, and one name with two endings: ids must tell them apart.
    train = ["train/Zebra/1.png", "train/ant/deep/er/2.gif", "train/ant/1.jpg", "train/ant/1.png"]
    write_images(tmp_path, *train, f"{val}/ant/1.jpg", f"{val}/Zebra/9.bmp")
    dataset = open_image_folder(tmp_path)
    assert dataset.class_names == ("Zebra", "ant")  # by code point: capital letters first, as in torchvision
    assert list_ids(dataset) == (
        ["train/Zebra/1.png", "train/ant/1.jpg", "train/ant/1.png", "train/ant/deep/er/2.gif"],
        [f"{val}/Zebra/9.bmp", f"{val}/ant/1.jpg"],
    )
    assert [sample.label for sample in dataset.train] == [0, 1, 1, 1]
    assert all(sample.path == sample.id for sample in dataset.train)
    assert (dataset.train[0].width, dataset.train[0].height) == dataset.load_image(dataset.train[0]).size == (5, 4)


def test_val_goes_before_test_and_the_rest_is_listed(tmp_path: Path) -> None:
    write_images(tmp_path, *(f"{split}/{name}/1.png" for split in ("train", "test", "val") for name in "ab"))
    write_images(tmp_path, "train/loose.png", "more/c/1.png")
    (tmp_path / "readme.txt").write_text("text")
    dataset = open_image_folder(tmp_path)
    assert list_ids(dataset)[1] == ["val/a/1.png", "val/b/1.png"]
    assert dataset.skipped == (
        Skipped("more", "in neither split"),
        Skipped("readme.txt", "in neither split"),
        Skipped("test", "in neither split"),
        Skipped("train/loose.png", "in no class folder"),
    )


@pytest.mark.parametrize(
    ("folders", "fingerprint"),
    [
        ("train/Zebra train/ant val/ant val/Zebra", "ab3f7ca77d26eabe"),
        ("b a", "7ee551f3b13edf6b"),
        ("train/a train/b valid/a valid/b test/a test/b", "e5db34f4a772b5ff"),
        ("train car", "00c8dd86dbf631ed"),
        ("a/x b/y", "1939e4c0dfc8b270"),
    ],
)
def test_fingerprints_are_those_of_earlier_versions(folders: str, fingerprint: str, tmp_path: Path) -> None:
    for folder in folders.split():
        (tmp_path / folder).mkdir(parents=True)
        for number in range(3):
            (tmp_path / folder / f"{number}.ppm").write_bytes(b"P6\n5 4\n255\n" + bytes(60))
    (tmp_path / folders.split()[0] / "x.txt").write_text("t")
    assert open_image_folder(tmp_path).fingerprint.startswith(fingerprint)


def test_split_by_seed_is_stratified_and_known(tmp_path: Path) -> None:
    write_images(tmp_path, *(f"a/{n}.png" for n in range(10)), *(f"b/{n}.png" for n in range(5)), "c/0.png", "c/1.png")
    dataset = open_image_folder(tmp_path, seed=0, val_fraction=0.2)
    train, val = list_ids(dataset)
    # By `printf '0/a/1.png' | sha256sum` and so on: the least of each class, whatever the order on disk.
    assert val == ["a/1.png", "a/5.png", "b/2.png", "c/1.png"]
    assert len(train) == 13
    assert not set(train) & set(val)
    assert list_ids(open_image_folder(tmp_path, seed=1))[1] != val
    assert len(open_image_folder(tmp_path, val_fraction=0.99).val) == 9 + 4 + 1
    assert len(open_image_folder(tmp_path, val_fraction=0.01).val) == 3


def test_split_does_not_depend_on_the_order_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_images(tmp_path, *(f"{name}/{n}.png" for name in "ab" for n in range(6)))
    first = open_image_folder(tmp_path)
    in_order = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: sorted(in_order(path), reverse=True))
    second = open_image_folder(tmp_path)
    assert (second.train, second.val, second.fingerprint) == (first.train, first.val, first.fingerprint)


def test_content_decides_and_what_is_left_out_is_listed(tmp_path: Path) -> None:
    write_images(tmp_path, "a/1.png", "a/2.png", "b/1.png", "b/2.png")
    (tmp_path / "a/2.png").rename(tmp_path / "a/2.txt")
    (tmp_path / "a/3.jpg").write_text("text named .jpg")
    (tmp_path / "a/4.png").touch()
    for litter in (".DS_Store", "Thumbs.db", "desktop.ini", "._1.png"):
        (tmp_path / "b" / litter).write_text("litter")
    for folder in (".ipynb_checkpoints", "__MACOSX"):
        write_images(tmp_path, f"{folder}/1.png")
    dataset = open_image_folder(tmp_path, val_fraction=0.5)
    assert {sample.id for sample in [*dataset.train, *dataset.val]} == {"a/1.png", "a/2.txt", "b/1.png", "b/2.png"}
    assert dataset.skipped == (
        Skipped("a/3.jpg", "not an image that Pillow can read"),
        Skipped("a/4.png", "the file is empty"),
    )


def test_size_is_that_of_the_upright_image(tmp_path: Path) -> None:
    write_images(tmp_path, "a/1.png", "a/2.png", "b/1.png", "b/2.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in "ab":
        for number in (1, 2):
            Image.new("RGB", (5, 4)).save(tmp_path / f"{name}/{number}.png", exif=exif)
    dataset = open_image_folder(tmp_path)
    assert {(sample.width, sample.height) for sample in dataset.train} == {(4, 5)}
    assert dataset.load_image(dataset.train[0]).size == (4, 5)


def test_odd_names(tmp_path: Path) -> None:
    names = ["Zebra", "강아지", 'it\'s "a" dog', "line\nbreak", "dot.folder"]
    write_images(tmp_path, *(f"{name}/{file}.png" for name in names for file in ("사진 1", "a\nb")))
    dataset = open_image_folder(tmp_path)
    assert dataset.class_names == tuple(sorted(names))
    assert len(dataset.train) == len(dataset.val) == 5
    assert dataset.load_image(dataset.val[0]).size == (5, 4)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stores names that are no text")
def test_names_that_are_no_text_are_skipped(tmp_path: Path) -> None:
    write_images(tmp_path, *(f"{name}/{n}.png" for name in "ab" for n in (1, 2)))
    (tmp_path / os.fsdecode(b"\xff")).mkdir()
    (tmp_path / "a" / os.fsdecode(b"\xff.png")).write_bytes(b"")
    dataset = open_image_folder(tmp_path)
    assert dataset.skipped == (
        Skipped("\\udcff", "in no class folder"),
        Skipped("a/\\udcff.png", "its name is not valid Unicode"),
    )


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    write_images(tmp_path, "away/1.png", "away/2.png", "root/a/1.png", "root/a/2.png")
    (tmp_path / "root" / "b").symlink_to(tmp_path / "away")
    (tmp_path / "root" / "a" / "circle").symlink_to(tmp_path / "root")
    dataset = open_image_folder(tmp_path / "root")
    assert {sample.id for sample in [*dataset.train, *dataset.val]} == {"a/1.png", "a/2.png", "b/1.png", "b/2.png"}
    assert dataset.skipped == (Skipped("a/circle", "Is a directory"),)


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([], "'ROOT' has no class folders. It must hold one folder of images per class."),
        (["a/1.png", "a/2.png"], "'ROOT' has 1 class, 'a'. Two are needed."),
        (["a/1.png", "a/2.png", "b/1.png"], "No usable validation image of: 'b'. Every class needs at least one"),
        (
            ["train/a/1.png", "train/b/1.png"],
            "'ROOT' has only train/. Add the missing one of train/ and val/, or point",
        ),
        (
            ["val/a/1.png", "test/b/1.png"],
            "'ROOT' has only test/, val/. Add the missing one of train/ and val/, or point",
        ),
        (["train/a/1.png", "train/b/1.png", "val/a/1.png"], "No usable validation image of: 'b'. Every class needs"),
        (["train/a/1.png", "val/a/1.png", "val/b/1.png"], "No usable training image of: 'b'. Every class needs"),
        (["train/a/1.png", "val/loose.png"], "'ROOT/val' has no class folders."),
    ],
)
def test_folders_that_do_not_work_say_why(paths: list[str], message: str, tmp_path: Path) -> None:
    write_images(tmp_path, *paths)
    with pytest.raises(CamcoreError, match=re.escape(message.replace("ROOT", str(tmp_path)))) as caught:
        open_image_folder(tmp_path)
    assert "\n" not in str(caught.value)


def test_empty_classes_and_splits_are_named(tmp_path: Path) -> None:
    write_images(tmp_path, *(f"train/{name}/1.png" for name in "abcdefg"))
    for name in "abcdefg":
        (tmp_path / "val" / name).mkdir(parents=True)
    with pytest.raises(CamcoreError, match=r"^The validation split is empty\. Every class"):
        open_image_folder(tmp_path)
    write_images(tmp_path, "val/a/1.png")
    (tmp_path / "val/b/1.png").write_text("text")
    message = "image of: 'b', 'c', 'd', 'e', 'f' and 1 more (1 skipped, the first: 'val/b/1.png', not an image that"
    with pytest.raises(CamcoreError, match=re.escape(message)):
        open_image_folder(tmp_path)


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    with pytest.raises(CamcoreError, match=r"^No folder '.*absent'\. Correct --root\.$"):
        open_image_folder(tmp_path / "absent")
    with pytest.raises(CamcoreError, match=r"^val_fraction is 1; it must be between 0 and 1\.$"):
        open_image_folder(tmp_path, val_fraction=1)


def test_open_dataset_passes_the_configuration_on(tmp_path: Path) -> None:
    write_images(tmp_path, *(f"{name}/{n}.png" for name in "ab" for n in range(10)))
    dataset = open_dataset(DatasetConfig("image-folder", seed=3, val_fraction=0.4), tmp_path)
    assert dataset.fingerprint == open_image_folder(tmp_path, 3, 0.4).fingerprint
    assert len(dataset.val) == 8


def test_paper_dogs_get_only_the_counts_that_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = SimpleNamespace(open_paper_dogs=lambda seed, **counts: (seed, counts))
    monkeypatch.setitem(sys.modules, "camcore.data.paper_dogs", stand_in)
    assert open_dataset(DatasetConfig(seed=7, val_images=9), None) == (7, {"val_images": 9})


@pytest.mark.parametrize("kind", DATASETS)
def test_every_kind_that_needs_a_root_asks_for_it(kind: str) -> None:
    if DATASETS[kind].needs_root:
        with pytest.raises(CamcoreError, match=f"^The data set '{kind}' needs --root DIR, the folder that holds it.$"):
            open_dataset(DatasetConfig(kind), None)


def test_open_dataset_refuses_what_no_kind_takes(tmp_path: Path) -> None:
    message = "Unknown dataset 'cats'. Choose from: paper-dogs, stanford-dogs, image-folder."
    with pytest.raises(CamcoreError, match=f"^{re.escape(message)}$"):
        open_dataset(DatasetConfig("cats"), tmp_path)
    with pytest.raises(CamcoreError, match=r"^val_images is 9, but only paper-dogs has a free number of images\.$"):
        open_dataset(DatasetConfig("image-folder", val_images=9), tmp_path)


def two_classes(root: Path, color: str = "red") -> list[Sample]:
    for name in "abcd":
        Image.new("RGB", (8, 6), color).save(root / f"{name}.png")
    return [Sample(name, f"{name}.png", label, 8, 6) for label, name in ((0, "a"), (1, "b"), (0, "c"), (1, "d"))]


def test_fingerprint_is_of_everything_in_the_splits(tmp_path: Path) -> None:
    samples = two_classes(tmp_path)

    def build(names: tuple[str, ...] = ("x", "y"), order: tuple[int, ...] = (0, 1)) -> str:
        train = [samples[index] for index in order]
        return assemble_dataset("image-folder", tmp_path, names, train, samples[2:]).fingerprint

    first = build()
    assert first == build()
    (tmp_path / "unused.png").write_bytes(b"does not count")
    assert first == build()
    others = [build(names=("x", "z")), build(order=(1, 0))]
    with (tmp_path / "a.png").open("ab") as file:
        file.write(b"\0")
    others.append(build())
    assert len({first, *others}) == 4


def test_a_data_set_is_picklable_and_notices_a_changed_image(tmp_path: Path) -> None:
    samples = two_classes(tmp_path)
    dataset = pickle.loads(pickle.dumps(assemble_dataset("k", tmp_path, ["x", "y"], samples[:2], samples[2:])))  # noqa: S301
    assert dataset.load_image(dataset.train[0]).getpixel((0, 0)) == (255, 0, 0)
    Image.new("RGB", (6, 8)).save(tmp_path / "a.png")
    with pytest.raises(CamcoreError, match=r"^'a\.png' has 6x8 pixels where its header had 8x6: it changed"):
        dataset.load_image(dataset.train[0])
