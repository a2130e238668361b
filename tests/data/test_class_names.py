"""Class names from files and checkpoints, and the data set's labels among them."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from camcore.data.class_names import (
    find_class_names,
    find_labels,
    read_class_names,
    relabel,
    require_distinct,
)
from camcore.data.paper_dogs import open_paper_dogs
from camcore.errors import CamcoreError

ORDER = "Expected one class name per line, in the order of the logits."


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    ["a b\nc\n한글", "a b\nc\n한글\n\n\n", "\ufeffa b\nc\n한글", "a b\r\nc\r\n한글\r\n", "  a b \nc\t\n한글"],
    ids=["plain", "empty lines at the end", "byte order mark", "Windows", "spaces"],
)
def test_names_are_read_in_their_order(content: str, tmp_path: Path) -> None:
    assert read_class_names(write(tmp_path / "names.txt", content)) == ("a b", "c", "한글")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no file of class names {path}. Correct --classes."),
        ("", f"{{path}} is empty. {ORDER}"),
        ("\n \n", f"{{path}} is empty. {ORDER}"),
        ("a\n\nb\n", f"Line 2 of {{path}} is empty. {ORDER}"),
    ],
)
def test_what_names_no_class_is_refused(content: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    if content is not None:
        write(path, content)
    with pytest.raises(CamcoreError) as caught:
        read_class_names(path)
    assert str(caught.value) == message.format(path=path)


def test_what_is_no_text_is_refused_in_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "names.txt", b"a\n\xff\xfe")
    with pytest.raises(CamcoreError) as caught:
        read_class_names(path)
    assert str(caught.value).startswith(f"{path} can't be read as UTF-8 text (")
    assert str(caught.value).endswith("). Expected one class name per line.")


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ({"class_to_idx": {"cat": 1, "ape": 0, "bee": 2}}, ("ape", "cat", "bee")),
        ({"classes": ["cat", "ape"]}, ("cat", "ape")),
        ({"classes": ["ape", "cat"], "class_to_idx": {"cat": 0, "ape": 1}}, ("cat", "ape")),
        ({"class_to_idx": {"cat": 1, "ape": 2}}, None),
        ({"class_to_idx": {"cat": 0, "ape": 0}}, None),
        ({"class_to_idx": {"cat": "0"}}, None),
        ({"class_to_idx": {0: 0}}, None),
        ({"classes": 10}, None),
        ({"classes": []}, None),
        ({"classes": [0, 1]}, None),
        ({"epoch": 3}, None),
    ],
)
def test_only_certain_class_names_are_taken(content: dict[str, object], names: tuple[str, ...] | None) -> None:
    assert find_class_names(content, 2) == names


PETS = ("dog", "cat")


@pytest.mark.parametrize(
    "content",
    [
        {"class_names": ["dog", "cat"]},
        {"names": {0: "dog", 1: "cat"}},
        {"idx_to_class": {"1": "cat", "0": "dog"}},
        {"meta": {"CLASSES": 3, "classes": PETS}},
        {"hyper_parameters": {"data": {"class_to_idx": {"cat": 1, "dog": 0}}}},
        {"args": Namespace(class_names=["dog", "cat"])},
        {"classes": ["a", "b", "c"], "names": ["dog", "cat"]},
        {"config": {"id2label": {0: "dog", 1: "cat"}}},
    ],
)
def test_names_are_found_under_the_usual_keys(content: dict[str, object]) -> None:
    assert find_class_names(content, 2) == PETS


def test_names_that_are_numbers_stay_names() -> None:
    assert find_class_names({"class_to_idx": {"0": 1, "1": 0}}, 2) == ("1", "0")


def test_names_must_differ() -> None:
    require_distinct(("a", "b"), "names.txt")
    with pytest.raises(CamcoreError) as caught:
        require_distinct(("a", "b", "a"), "names.txt")
    assert str(caught.value) == (
        "names.txt names 'a' twice, as class 1 and as class 3 (counted from 1). Class names must be unique:"
        " change one of them."
    )


def test_labels_go_by_the_names() -> None:
    assert find_labels(("pug", "beagle"), ("beagle", "collie", "pug"), "names.txt") == [2, 0]


@pytest.mark.parametrize(
    ("wanted", "fact"),
    [
        (("Siberian_husky",), "'Siberian_husky'. The closest names are 'Siberian husky'"),
        (("n02110185-siberian_husky",), "'n02110185-siberian_husky'. The closest names are 'Siberian husky'"),
        (("zebra",), "'zebra'. No name is similar"),
        (
            ("pug", "husky", "zebra"),
            "'husky' and 1 more of the data set's classes. The closest names are 'Siberian husky'",
        ),
    ],
)
def test_an_unknown_class_is_named_with_the_closest(wanted: tuple[str, ...], fact: str) -> None:
    with pytest.raises(CamcoreError) as caught:
        find_labels(wanted, ("Siberian husky", "pug", "tench"), "names.txt")
    assert str(caught.value) == (
        f"names.txt does not name {fact}. Names must agree to the letter: correct its line, or the class's name in the"
        " data set."
    )


def test_relabelling_changes_labels_only() -> None:
    dataset = open_paper_dogs(train_images=8, val_images=40)
    names = tuple(f"other {index}" for index in range(3)) + dataset.class_names[::-1]
    labels = [names.index(name) for name in dataset.class_names]
    changed = relabel(dataset, labels, names)
    assert changed.class_names == names
    assert changed.fingerprint == dataset.fingerprint
    assert any(sample.other_label >= 0 for sample in dataset.val)
    for split in ("train", "val"):
        for old, new in zip(getattr(dataset, split), getattr(changed, split), strict=True):
            assert names[new.label] == dataset.class_names[old.label]
            assert [names[box.label] for box in new.boxes] == [dataset.class_names[box.label] for box in old.boxes]
            assert (new.other_label < 0) == (old.other_label < 0)
            assert replace(new, label=old.label, boxes=old.boxes) == old
    assert changed.load_masks is not None
    assert changed.load_masks(changed.val[0])["object"].any()


def test_a_box_of_no_known_class_stays_one() -> None:
    dataset = open_paper_dogs(train_images=8, val_images=8)
    sample = dataset.val[0]
    unknown = replace(sample, boxes=tuple(replace(box, label=-1) for box in sample.boxes))
    changed = relabel(replace(dataset, val=(unknown,)), list(range(1, 9)), ("x", *dataset.class_names))
    assert [box.label for box in changed.val[0].boxes] == [-1]


def test_two_unicode_spellings_are_one_name() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert find_labels([decomposed], ["tea", composed], "names.txt") == [1]
    assert find_labels([composed], ["tea", decomposed], "names.txt") == [1]
    with pytest.raises(CamcoreError, match="twice, as class 1 and as class 2"):
        require_distinct([composed, decomposed], "names.txt")
