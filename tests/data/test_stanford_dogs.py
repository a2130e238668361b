"""The official layout in miniature with every fault, and three real breeds if available."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from camcore.data.dataset import Box, Dataset, Skipped
from camcore.data.stanford_dogs import open_stanford_dogs
from camcore.errors import CamcoreError
from tests.support.tiny_stanford_dogs import BEAGLE, HUSKY, SIZE, write_annotation, write_dogs, write_list, write_object

PHOTOGRAPHS = Path(__file__).parents[3] / "shared" / "stanford-dogs-3"
needs_photographs = pytest.mark.skipif(
    not PHOTOGRAPHS.is_dir(), reason="the photographs of stanford-dogs-3 are not beside the repository"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_dogs(tmp_path)


def test_lists_give_order_labels_and_names(root: Path) -> None:
    dataset = open_stanford_dogs(root)
    assert dataset.kind == "stanford-dogs"
    assert dataset.class_names == ("Siberian husky", "beagle")
    assert [(sample.id, sample.label) for sample in dataset.train] == [
        (f"{HUSKY}/b2", 0),
        (f"{BEAGLE}/a2", 1),
        (f"{BEAGLE}/a1", 1),
    ]
    assert [sample.id for sample in dataset.val] == [f"{BEAGLE}/a3", f"{HUSKY}/b3", f"{HUSKY}/b1"]
    first = dataset.train[0]
    assert (first.path, first.width, first.height) == (f"Images/{HUSKY}/b2.jpg", 10, 8)
    assert dataset.skipped == ()
    assert dataset.load_image(first).size == (10, 8)
    assert pickle.loads(pickle.dumps(dataset)).train == dataset.train  # noqa: S301 - one's own bytes


def test_labels_are_in_the_order_of_the_lists_labels(root: Path) -> None:
    write_list(root / "train_list.mat", [f"{BEAGLE}/a1.jpg", f"{HUSKY}/b2.jpg"], [7, 3])
    dataset = open_stanford_dogs(root)
    assert dataset.class_names == ("Siberian husky", "beagle")
    assert [sample.label for sample in dataset.train] == [1, 0]


def test_boxes_have_exclusive_far_edges_are_clipped_and_named(root: Path) -> None:
    write_annotation(
        root,
        f"{BEAGLE}/a1",
        write_object("beagle", 0, 0, 9, 7),  # the whole image, counted from 0 with inclusive far edges
        write_object("Siberian_husky", 2, 3, 2, 3),  # one pixel
        write_object("wolf", -4, -1, 99, 10),
    )
    sample = open_stanford_dogs(root).train[2]
    assert sample.boxes == (Box(0, 0, 10, 8, label=1), Box(2, 3, 3, 4, label=0), Box(0, 0, 10, 8, label=-1))
    assert sample.other_label == 0


def open_with_skipped(root: Path) -> tuple[Dataset, Skipped]:
    dataset = open_stanford_dogs(root)
    assert [sample.id for sample in dataset.train] == [f"{HUSKY}/b2", f"{BEAGLE}/a1"]
    assert len(dataset.val) == 3
    (skipped,) = dataset.skipped
    return dataset, skipped


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "no such file"), (b"", "the file is empty"), (b"text", "not an image that Pillow can read")],
)
def test_an_unusable_image_is_skipped(content: bytes | None, reason: str, root: Path) -> None:
    path = f"Images/{BEAGLE}/a2.jpg"
    (root / path).unlink()
    if content is not None:
        (root / path).write_bytes(content)
    assert open_with_skipped(root)[1] == Skipped(path, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no such file"),
        ("<annotation>", "no element found: line 1, column 12"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>', "a DOCTYPE is not accepted in an annotation"),
        ("<object/>", "an object without a finite xmin, ymin, xmax and ymax"),
        (write_object("beagle", 10, 0, 20, 5), "box 10, 0, 20, 5 lies outside 10x8 pixels or is empty"),
        (write_object("beagle", 5, 0, 3, 5), "box 5, 0, 3, 5 lies outside 10x8 pixels or is empty"),
        (write_object("beagle", 1, 1, 3, 5).replace(">5<", ">five<"), "could not convert string to float: 'five'"),
    ],
)
def test_a_malformed_annotation_is_skipped(text: str | None, reason: str, root: Path) -> None:
    path = root / "Annotation" / BEAGLE / "a2"
    path.unlink()
    if text is not None:
        is_whole = text.startswith("<!") or "annotation" in text
        path.write_text(text if is_whole else f"<annotation>{SIZE}{text}</annotation>")
    assert open_with_skipped(root)[1] == Skipped(f"Annotation/{BEAGLE}/a2", reason)


def test_an_encoding_does_not_hide_a_doctype(root: Path) -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>'
    (root / "Annotation" / BEAGLE / "a2").write_bytes(text.encode("utf-16"))
    assert "utf-8" in open_with_skipped(root)[1].reason


def test_an_image_without_objects_stays(root: Path) -> None:
    write_annotation(root, f"{BEAGLE}/a2")
    assert open_stanford_dogs(root).train[1].boxes == ()


def test_fingerprint_follows_boxes_and_lists(root: Path) -> None:
    first = open_stanford_dogs(root).fingerprint
    assert open_stanford_dogs(root).fingerprint == first
    write_annotation(root, f"{BEAGLE}/a1", write_object("beagle", 2, 1, 5, 5))
    second = open_stanford_dogs(root).fingerprint
    write_list(root / "train_list.mat", [f"{HUSKY}/b2.jpg", f"{BEAGLE}/a1.jpg", f"{BEAGLE}/a2.jpg"], [3, 7, 7])
    assert len({first, second, open_stanford_dogs(root).fingerprint}) == 3


def expect_error(root: Path, message: str) -> None:
    with pytest.raises(CamcoreError, match=f"^{re.escape(message)}") as caught:
        open_stanford_dogs(root)
    assert "\n" not in str(caught.value)


def test_missing_parts_are_named_with_the_remedy(root: Path) -> None:
    expect_error(
        root / "absent",
        f"No folder {str(root / 'absent')!r}. Correct --root, or add --download to download Stanford Dogs into it.",
    )
    (root / "test_list.mat").unlink()
    (root / "Annotation").rename(root / "annotations")
    expect_error(
        root,
        f"{str(root)!r} lacks Annotation, test_list.mat of Stanford Dogs. Add --download to download what is missing, "
        "or point --root at the folder that holds Images/.",
    )


@pytest.mark.parametrize(
    "content", [b"", b"no MATLAB file", b"MATLAB 5.0 MAT-file".ljust(126) + b"\1\0" + b"\xff" * 99]
)
def test_a_damaged_list_is_an_error(content: bytes, root: Path) -> None:
    (root / "train_list.mat").write_bytes(content)
    expect_error(root, f"Cannot read the list {str(root / 'train_list.mat')!r}: ")


def test_a_list_of_another_structure_is_an_error(root: Path) -> None:
    savemat(root / "train_list.mat", {"files": np.zeros(3)})
    expect_error(root, f"Cannot read the list {str(root / 'train_list.mat')!r}: KeyError('file_list').")


@pytest.mark.parametrize("file", ["../a.jpg", "/etc/a.jpg", "/a.jpg", "a.jpg", "a/b/c.jpg"])
def test_a_list_names_class_and_image(file: str, root: Path) -> None:
    write_list(root / "train_list.mat", [file], [3])
    expect_error(root, f"train_list.mat names {file!r}; a list names <class>/<image>.jpg.")


def test_lists_that_do_not_fit_together_are_errors(root: Path) -> None:
    write_list(root / "test_list.mat", [f"{BEAGLE}/a3.jpg"], [3])
    expect_error(root, f"The lists give label 3 to {HUSKY!r} and to {BEAGLE!r}.")
    write_list(root / "test_list.mat", [f"{BEAGLE}/a1.jpg"], [7])
    expect_error(root, f"The lists name '{BEAGLE}/a1.jpg' 2 times.")


def test_a_class_without_images_in_a_split_is_named(root: Path) -> None:
    (root / "Images" / HUSKY / "b2.jpg").unlink()
    expect_error(
        root,
        "No usable training image of: 'Siberian husky' (1 skipped, the first: "
        f"'Images/{HUSKY}/b2.jpg', no such file). Every class needs at least one in each split",
    )
    for path in root.glob("Images/*/*3.jpg"):
        path.unlink()
    (root / "Images" / HUSKY / "b1.jpg").unlink()
    Image.new("RGB", (10, 8)).save(root / "Images" / HUSKY / "b2.jpg")
    expect_error(root, "The validation split is empty (3 skipped, ")


def test_empty_lists_are_an_error(root: Path) -> None:
    for name in ("train_list.mat", "test_list.mat"):
        write_list(root / name, [], [])
    expect_error(root, f"{str(root)!r} has 0 classes. Two are needed.")


@needs_photographs
def test_real_photographs() -> None:
    dataset = open_stanford_dogs(PHOTOGRAPHS)
    assert (len(dataset.train), len(dataset.val), len(dataset.skipped)) == (323, 108, 0)
    assert dataset.class_names == ("beagle", "Siberian husky", "toy poodle")
    samples = [*dataset.train, *dataset.val]
    assert sum(len(sample.boxes) for sample in samples) == 467
    assert all(box.label == sample.label for sample in samples for box in sample.boxes)
    assert dataset.train[0].boxes == (Box(240, 140, 500, 369, label=0),)
    assert dataset.load_image(dataset.val[-1]).size == (dataset.val[-1].width, dataset.val[-1].height)


@needs_photographs
def test_real_boxes_are_counted_from_0_with_inclusive_far_edges() -> None:
    samples = [*(dataset := open_stanford_dogs(PHOTOGRAPHS)).train, *dataset.val]
    near = [edge for sample in samples for box in sample.boxes for edge in (box.x0, box.y0)]
    gaps = [
        gap for sample in samples for box in sample.boxes for gap in (sample.width - box.x1, sample.height - box.y1)
    ]
    # Dozens touch each border and, before any clipping, none reaches beyond: off by one, one of the two would be 0.
    assert (min(near), min(gaps)) == (0, 0)
    assert (near.count(0), gaps.count(0)) == (69, 126)


def test_lists_and_annotations_may_spell_names_otherwise(tmp_path: Path) -> None:
    write_dogs(tmp_path)
    composed, decomposed = "n02099712-r\u00e9triever", "n02099712-re\u0301triever"
    for folder, name in (("Images", decomposed), ("Annotation", composed)):
        (tmp_path / folder / BEAGLE).rename(tmp_path / folder / name)
    for number in (1, 2, 3):
        write_annotation(tmp_path, f"{composed}/a{number}", write_object("r\u00e9triever", 2, 1, 5, 4))
    write_list(tmp_path / "train_list.mat", [f"{HUSKY}/b2.jpg", f"{composed}/a2.jpg"], [3, 7])
    write_list(tmp_path / "test_list.mat", [f"{decomposed}/a3.jpg", f"{HUSKY}/b3.jpg"], [7, 3])
    dataset = open_stanford_dogs(tmp_path)
    assert dataset.skipped == ()
    assert [sample.id for sample in dataset.train] == [f"{HUSKY}/b2", f"{decomposed}/a2"]
    assert [box.label for box in dataset.train[1].boxes] == [dataset.train[1].label]
