"""Find the training and validation folders of an image folder; refuse folders that can be read in two ways."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from shlex import quote
from typing import NamedTuple

from camcore.config import parse_split_folders
from camcore.data.folder_listing import FolderListing, Spellings, is_folder
from camcore.errors import CamcoreError
from camcore.system.names import nfc

# Beside these words a name may hold only WORDS, digits and signs: Training, test_set, seg_train, val2017.
ROLES = {
    "train": "train|training|학습|훈련",
    "val": "val|valid|validation|validate|eval|evaluation|dev|development|검증",
    "test": "test|testing|시험|평가|테스트",
}
WORDS = "set|data|dataset|image|images|img|imgs|photos|samples|split|folder|seg|데이터|셋|세트|이미지|용"
ORDER = ("train", "val", "valid", "validation", "test")  # of several folders with one role the first is taken
MOST_NAMED = 3
AS_CLASSES = "To read the top folders as classes: --split-folders none."


class Splits(NamedTuple):
    """The folders of the splits; `train` is None if only a validation folder is there."""

    train: Path | None
    val: Path


def find_splits(listing: FolderListing, named: str | None, needs_train: bool) -> Splits | None:
    """Return the folders of the splits, or None if the top folders are classes.

    Args:
        listing: The data set's folder.
        named: `train=FOLDER,val=FOLDER` or `none`; None to go by the folders' names.
        needs_train: A validation folder alone is not enough.

    Raises:
        CamcoreError: A folder is missing, or the folders can be read in two ways.
    """
    if named is not None:
        return _find_all_named(listing.root, named)
    by_role = _sort_by_role(listing)
    train, val = by_role["train"], by_role["val"] or by_role["test"]
    if train and val:
        return Splits(_pick(listing, "training", train), _pick(listing, "validation", val))
    top = [path for path in listing.entries(listing.root) if is_folder(path)]
    known = [path for paths in by_role.values() for path in paths]
    if any(listing.look(path).is_nested for path in known) or (top and all(path.name in ORDER for path in top)):
        if val and not needs_train:
            return Splits(None, _pick(listing, "validation", val))
        raise CamcoreError(_describe_lone(listing.root, known, top))
    _refuse_two_readings(listing)
    return None


def require_class_folders(listing: FolderListing, splits: Splits | None) -> None:
    """Refuse folders of which the class folders are one folder deeper.

    Raises:
        CamcoreError: It names the folders to give instead.
    """
    deeper = {folder: _go_deeper(listing, folder) for folder in splits or (listing.root,) if folder is not None}
    if not any(len(listing.look(inner).folders) > 1 for folder, inner in deeper.items() if inner != folder):
        return
    outer, inner = next((folder, inner) for folder, inner in deeper.items() if inner != folder)
    below = f"{inner.relative_to(outer).as_posix()}/"
    fact = f"{str(outer)!r} holds images only in {below}, which has {_name_all(listing.look(inner).folders)}."
    if splits is None or splits.train is None:
        raise CamcoreError(f"{fact} If these are the classes or splits: --root {quote(str(inner))}.")
    train, val = (deeper[folder].relative_to(listing.root).as_posix() for folder in (splits.train, splits.val))
    raise CamcoreError(f"{fact} If these are the classes: --split-folders {quote(f'train={train},val={val}')}.")


def require_classes_in_both(listing: FolderListing, train: Path, val: Path) -> None:
    """Refuse a validation folder without class folders, as of a contest, if the training folder has some.

    Raises:
        CamcoreError: It names the training folder, which can be split.
    """
    if listing.look(train).is_nested and not any(map(is_folder, listing.entries(val))):
        raise CamcoreError(
            f"{str(val)!r} has no class folders. It must hold one folder of images per class. To split the training"
            f" images instead: --root {quote(str(train))}."
        )


def describe_splits(listing: FolderListing, splits: Splits) -> str:
    """Return which folders are used, and which with the name of a split are not."""
    train, val = (path and f"{path.relative_to(listing.root).as_posix()}/" for path in splits)
    unused = [
        f"{path.name}/"
        for paths in _sort_by_role(listing).values()
        for path in paths
        if not any(folder and folder.is_relative_to(path) for folder in splits)
    ]
    left = f" Not used: {', '.join(unused)}." if unused else ""
    return (f"Training images: {train}. " if train else "No training images. ") + f"Validation images: {val}.{left}"


def _find_role(name: str) -> str | None:
    letters = "".join(filter(str.isalpha, nfc(name).casefold()))
    match = re.fullmatch(
        rf"(?:{WORDS})*(?:{'|'.join(f'(?P<{role}>{words})' for role, words in ROLES.items())})(?:{WORDS})*", letters
    )
    return match and match.lastgroup


def _sort_by_role(listing: FolderListing) -> dict[str, list[Path]]:
    folders = [path for path in listing.entries(listing.root) if _find_role(path.name) and is_folder(path)]
    return {role: [path for path in folders if _find_role(path.name) == role] for role in ROLES}


def _pick(listing: FolderListing, split: str, paths: Sequence[Path]) -> Path:
    usual = sorted((path for path in paths if path.name in ORDER), key=lambda path: ORDER.index(path.name))
    if usual or len(paths) == 1:
        return _enter(listing, next(iter((*usual, *paths))))
    raise CamcoreError(
        f"{str(listing.root)!r} has {len(paths)} folders that can be the {split} split: {_name_all(paths)}. Name two:"
        f" --split-folders train=FOLDER,val=FOLDER. {AS_CLASSES}"
    )


def _enter(listing: FolderListing, folder: Path) -> Path:
    """Return the folder of the same role inside a split folder, as in training_set/training_set/<class>."""
    contents = listing.look(folder)
    while contents.is_nested and len(contents.folders) == 1:
        if _find_role(contents.folders[0].name) != _find_role(folder.name):
            break
        folder = contents.folders[0]
        contents = listing.look(folder)
    return folder


def _go_deeper(listing: FolderListing, folder: Path) -> Path:
    """Return the first folder below that holds images in anything but a single folder of folders."""
    inner = listing.find_image_folders(folder)
    while len(inner) == 1 and listing.look(inner[0]).is_nested and not listing.look(folder).has_images:
        folder = inner[0]
        inner = listing.find_image_folders(folder)
    return folder


def _find_all_named(root: Path, named: str) -> Splits | None:
    names = parse_split_folders(named)
    if names is None:
        return None
    train, val = (_find_named(root, name) for name in names)
    if train.is_relative_to(val) or val.is_relative_to(train):
        raise CamcoreError(f"--split-folders is {named!r}, but one folder holds the other. Name two separate ones.")
    return Splits(train, val)


def _find_named(root: Path, name: str) -> Path:
    path = PurePosixPath(name)
    folder = root / Spellings(root).find(path)
    if path.is_absolute() or ".." in path.parts or not is_folder(folder):
        raise CamcoreError(f"{str(root)!r} has no folder {name!r}. Correct --split-folders, which names folders in it.")
    return folder


def _describe_lone(root: Path, known: Sequence[Path], top: Sequence[Path]) -> str:
    paths = sorted(known, key=lambda path: path.name)
    more = f"; or name two folders: --split-folders train=FOLDER,val=FOLDER. {AS_CLASSES}" if len(top) > 1 else "."
    return (
        f"{str(root)!r} has only {', '.join(f'{path.name}/' for path in paths)}. Add the missing one of train/ and"
        f" val/, or point --root at the folder that holds the classes, which is then split{more}"
    )


def _refuse_two_readings(listing: FolderListing) -> None:
    """Refuse top folders that hold the same subfolders and no images: splits, or classes with parts."""
    top = listing.find_image_folders(listing.root)
    contents = [listing.look(path) for path in top]
    nested = [
        (path, {nfc(inner.name) for inner in each.folders})
        for path, each in zip(top, contents, strict=True)
        if each.is_nested
    ]
    if len(nested) < 2 or any(each.has_images for each in contents):
        return
    shared = set.intersection(*(names for _, names in nested))
    if 2 * len(shared) < len(set.union(*(names for _, names in nested))):
        return
    paths, parts = [path for path, _ in nested], [Path(name) for name in sorted(shared)]
    fact = f"{str(listing.root)!r} can be read in two ways: {_name_all(paths)} all hold {_name_all(parts)}."
    if all(map(_find_role, shared)):
        raise CamcoreError(
            f"{fact} Splits inside classes are not read: use <split>/<class>/, or read the top folders as classes and"
            " split their images anew: --split-folders none."
        )
    raise CamcoreError(
        f"{fact} If the top folders are splits: --split-folders"
        f" {quote(f'train={paths[0].name},val={paths[1].name}')}, in this order or the other. {AS_CLASSES}"
    )


def _name_all(paths: Iterable[Path]) -> str:
    names = [f"{path.name}/" for path in paths]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
