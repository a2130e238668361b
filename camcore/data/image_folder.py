"""Open a folder of images with one subfolder per class, with or without split folders."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from camcore.data.dataset import Dataset, Sample, Skipped, assemble_dataset, require_samples
from camcore.data.folder_listing import FolderListing, is_folder
from camcore.data.image_check import CheckResult, check_images, is_text
from camcore.data.split_folders import describe_splits, find_splits, require_class_folders, require_classes_in_both
from camcore.errors import CamcoreError
from camcore.system.names import nfc


def open_image_folder(
    root: Path,
    seed: int = 0,
    val_fraction: float = 0.2,
    split_folders: str | None = None,
    needs_train: bool = True,
) -> Dataset:
    """Open `train/<class>/...` with `val/<class>/...`, or `<class>/...`, which is split by `seed`.

    `split_folders.py` says which folders are the splits. Classes are sorted by code point, as in torchvision's
    ImageFolder, so its checkpoints fit. A class may have another Unicode spelling in each split; the training split's
    is its name. Subfolders of a class are searched. A file is an image if its content is. Other files, and images that
    can't be decoded to the end, are listed in `skipped`, except litter, see `folder_listing.py`. Ids are paths.

    The split takes round(val_fraction * n) of a class's n images, at least 1 and at most n - 1: those with the smallest
    seeded hash of their path, so that it depends neither on the order on disk nor on the platform.

    Raises:
        CamcoreError: No class folders, only one class, or a class without a usable image in a split.
    """
    if not 0 < val_fraction < 1:
        raise CamcoreError(f"val_fraction is {val_fraction!r}; it must be between 0 and 1.")
    if not is_folder(root):
        raise CamcoreError(f"No folder {str(root)!r}. Correct --root.")
    skipped: list[Skipped] = []
    listing = FolderListing(root)
    splits = find_splits(listing, split_folders, needs_train)
    folders = [root] if splits is None else [folder for folder in splits if folder is not None]
    if splits is not None:
        unused = [path for path in listing.entries(root) if not any(folder.is_relative_to(path) for folder in folders)]
        skipped += [Skipped(_to_text(root, path), "in neither split") for path in unused]
    if split_folders is None:
        require_class_folders(listing, splits)
    if splits is not None and splits.train is not None:
        require_classes_in_both(listing, splits.train, splits.val)
    classes = [_find_classes(listing, folder, skipped) for folder in folders]
    spelled = {key: path.name for part in reversed(classes) for key, path in part.items()}
    class_names = sorted(spelled.values())
    files = [_find_labelled(listing, part, class_names) for part in classes]
    checked = check_images(root, [path for part in files for path in part])
    samples = [_make_samples(part, checked, skipped) for part in files]
    if splits is None:
        train, val = _split_by_seed(samples[0], seed, val_fraction)
        note = f"No split folders: {val_fraction:.0%} of each class is for validation, drawn by --data-seed {seed}."
    else:
        train, val = samples if len(samples) == 2 else ([], samples[0])
        note = describe_splits(listing, splits)
    dataset = assemble_dataset("image-folder", root, class_names, train, val, skipped)
    ignored = listing.describe_ignored()
    return require_samples(replace(dataset, split_note=note, notes=(ignored,) if ignored else ()), needs_train)


def _find_classes(listing: FolderListing, folder: Path, skipped: list[Skipped]) -> dict[str, Path]:
    """Return the class folders by name in Unicode's normal form C."""
    paths = listing.entries(folder)
    classes = {nfc(path.name): path for path in paths if is_folder(path) and is_text(path.name)}
    if not classes:
        raise CamcoreError(f"{str(folder)!r} has no class folders. It must hold one folder of images per class.")
    others = [path for path in paths if path not in classes.values()]
    skipped += [Skipped(_to_text(listing.root, path), "in no class folder") for path in others]
    return classes


def _find_labelled(listing: FolderListing, classes: dict[str, Path], class_names: Sequence[str]) -> dict[str, int]:
    """Return a split's files, relative to the root, with labels, sorted by label and path."""
    labels: dict[str, int] = {}
    for label, name in enumerate(class_names):
        if folder := classes.get(nfc(name)):
            paths = sorted(path.relative_to(listing.root).as_posix() for path in _find_files(listing, folder))
            labels |= dict.fromkeys(paths, label)
    return labels


def _make_samples(labels: dict[str, int], checked: dict[str, CheckResult], skipped: list[Skipped]) -> list[Sample]:
    samples: list[Sample] = []
    for path, label in labels.items():
        size = checked[path]
        if isinstance(size, str):
            skipped.append(Skipped(_to_storable(path), size))
        else:
            samples.append(Sample(path, path, label, *size.upright, orientation=size.orientation))
    return samples


def _find_files(listing: FolderListing, folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and its subfolders, following links to folders."""
    waiting = [(folder, [folder.resolve()])]
    while waiting:
        folder, real_folders = waiting.pop()
        for path in listing.entries(folder):
            if not is_folder(path):
                yield path
            elif not path.is_symlink():
                waiting.append((path, real_folders))
            elif any(real.is_relative_to(path.resolve()) for real in real_folders):
                yield path  # a link to a parent folder would never end; as a file it is skipped
            else:
                waiting.append((path, [*real_folders, path.resolve()]))


def _to_text(root: Path, path: Path) -> str:
    return _to_storable(path.relative_to(root).as_posix())


def _to_storable(path: str) -> str:
    return path.encode(errors="backslashreplace").decode()


def _split_by_seed(samples: Sequence[Sample], seed: int, val_fraction: float) -> tuple[list[Sample], list[Sample]]:
    def draw(sample: Sample) -> bytes:
        return hashlib.sha256(f"{seed}/{sample.path}".encode()).digest()

    val_ids: set[str] = set()
    for label in {sample.label for sample in samples}:
        drawn = sorted((sample for sample in samples if sample.label == label), key=draw)
        count = min(max(1, round(val_fraction * len(drawn))), len(drawn) - 1)
        val_ids.update(sample.id for sample in drawn[:count])
    train = [sample for sample in samples if sample.id not in val_ids]
    return train, [sample for sample in samples if sample.id in val_ids]
