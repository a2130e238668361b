"""Litter beside the images, and names in two Unicode spellings."""

import unicodedata
from pathlib import Path

import pytest

from camcore.data.folder_listing import FolderListing
from camcore.data.image_folder import open_image_folder
from camcore.errors import CamcoreError
from tests.support.image_trees import join_paths, write_images

LITTER = [
    "@eaDir",
    "#recycle",
    "#snapshot",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "__MACOSX",
    ".Trash-1000",
    "FOUND.000",
    "@Recently-Snapshot",
    "Thumbs.db",
    "._1.png",
]


def test_litter_of_systems_and_shares_is_no_data(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("train val", "a b"))
    before = open_image_folder(tmp_path)
    for name in LITTER:
        write_images(tmp_path, f"{name}/1.png", f"train/{name}/1.png", f"val/a/{name}/1.png")
    after = open_image_folder(tmp_path)
    assert (after.train, after.val, after.skipped) == (before.train, before.val, ())
    assert after.fingerprint == before.fingerprint
    assert before.notes == ()
    (note,) = after.notes
    assert note.startswith("Ignored files and folders that are not data: ")
    assert "#recycle (3), #snapshot (3), " in note
    assert note.endswith(f" and {len(LITTER) - 6} more names.")


def test_thumbnails_are_known_by_the_name_of_their_original(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("a b"))
    write_images(tmp_path, "a/thumb_1.png", "a/1-150x150.png", "a/1_thumbnail.webp", "a/SYNOFILE_THUMB_M.jpg")
    write_images(tmp_path, "a/thumbs/1.png", "b/Thumbnails/tn_2.png")
    kept = ["b/thumb_7.png", "b/7-64x64.png", "b/01_tn.png", "b/thumbs/9.png"]
    write_images(tmp_path, "b/01.png", *kept)
    dataset = open_image_folder(tmp_path)
    paths = {sample.path for sample in (*dataset.train, *dataset.val)}
    assert paths == {"a/1.png", "a/2.png", "b/1.png", "b/2.png", "b/01.png", "b/thumbs/9.png", *kept}


def test_classes_are_never_thumbnails_of_each_other(tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("left left_thumb thumbs"))
    assert open_image_folder(tmp_path).class_names == ("left", "left_thumb", "thumbs")


def test_two_spellings_across_splits_are_one_class(tmp_path: Path) -> None:
    composed, decomposed = (unicodedata.normalize(form, "강아지") for form in ("NFC", "NFD"))
    write_images(tmp_path, *join_paths("train", f"{decomposed} b"), *join_paths("val", f"{composed} b"))
    dataset = open_image_folder(tmp_path)
    assert dataset.class_names == ("b", decomposed)
    assert [sample.path for sample in dataset.train if sample.label] == [f"train/{decomposed}/{n}.png" for n in (1, 2)]
    assert [sample.path for sample in dataset.val if sample.label] == [f"val/{composed}/{n}.png" for n in (1, 2)]
    assert dataset.load_image(dataset.val[-1]).size == (5, 4)


@pytest.mark.parametrize("place", ["", "a"])
def test_two_spellings_in_one_folder_are_refused(place: str, tmp_path: Path) -> None:
    write_images(tmp_path, *join_paths("a b"))
    for form in ("NFC", "NFD"):
        write_images(tmp_path, f"{place or '.'}/{unicodedata.normalize(form, 'é')}/1.png")
    with pytest.raises(CamcoreError) as caught:
        open_image_folder(tmp_path)
    assert str(caught.value) == (
        f"'{tmp_path / place}' holds 'e\\u0301' and '\\xe9', which are one name in two Unicode spellings. Rename one,"
        " or move its files into the other."
    )


def test_a_folder_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_images(tmp_path, "1.png", ".hidden.png")
    listing = FolderListing(tmp_path)
    assert listing.entries(tmp_path) == [tmp_path / "1.png"]
    monkeypatch.setattr(Path, "iterdir", lambda _: pytest.fail("read again"))
    assert listing.look(tmp_path).has_images
    assert listing.describe_ignored() == "Ignored files and folders that are not data: .hidden.png (1)."
