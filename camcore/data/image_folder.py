"""Open a folder of images with one subfolder per class, with or without split folders."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from camcore.data.dataset import Dataset, Sample, Skipped, assemble_dataset, require_samples
from camcore.data.image_check import CheckResult, check_images, is_text
from camcore.errors import CamcoreError

VAL_FOLDERS = ("val", "valid", "validation", "test")
# Files that operating systems create. Only these and hidden files are ignored without a row in `Dataset.skipped`.
LITTER = ("thumbs.db", "desktop.ini", "__macosx")


def open_image_folder(
    root: Path,
    seed: int = 0,
    val_fraction: float = 0.2,
    split_folders: str | None = None,
    needs_train: bool = True,
) -> Dataset:
    """Open `train/<class>/...` with `val/<class>/...`, or `<class>/...`, which is split by `seed`.

    The first of val/, valid/, validation/ and test/ is the validation split. Classes are sorted by code point, as in
    torchvision's ImageFolder, so its checkpoints fit. Subfolders of a class are searched. A file is an image if its
    content is. Other files, and images that can't be decoded to the end, are listed in `skipped`, except LITTER and
    hidden files. A sample's id is its path.

    The split takes round(val_fraction * n) of a class's n images, at least 1 and at most n - 1: those with the smallest
    seeded hash of their path, so that it depends neither on the order on disk nor on the platform.

    Raises:
        CamcoreError: No class folders, only one class, or a class without a usable image in a split.
    """
    if not 0 < val_fraction < 1:
        raise CamcoreError(f"val_fraction is {val_fraction!r}; it must be between 0 and 1.")
    if not _is_folder(root):
        raise CamcoreError(f"No folder {str(root)!r}. Correct --root.")
    skipped: list[Skipped] = []
    splits = None if split_folders == "none" else _find_splits(root, needs_train)
    if splits is not None:
        skipped += [Skipped(_to_text(root, path), "in neither split") for path in _list(root) if path not in splits]
    folders = splits or (root,)
    class_names = sorted({name for folder in folders for name in _find_classes(root, folder, skipped)})
    files = [_find_labelled(root, folder, class_names) for folder in folders]
    checked = check_images(root, [path for part in files for path in part])
    samples = [_make_samples(part, checked, skipped) for part in files]
    if splits is None:
        train, val = _split_by_seed(samples[0], seed, val_fraction)
    else:
        train, val = samples if len(splits) == 2 else ([], samples[0])
    dataset = assemble_dataset("image-folder", root, class_names, train, val, skipped)
    return require_samples(dataset, needs_train)


def _find_splits(root: Path, needs_train: bool) -> tuple[Path, ...] | None:
    """Return the train and val folders, the val folder alone if that is enough, or None if the folders are classes."""
    folders = {path.name: path for path in _list(root) if _is_folder(path)}
    val = next((folders[name] for name in VAL_FOLDERS if name in folders), None)
    if "train" in folders and val:
        return folders["train"], val
    if folders and folders.keys() <= {"train", *VAL_FOLDERS}:
        if val and not needs_train:
            return (val,)
        raise CamcoreError(
            f"{str(root)!r} has only {', '.join(f'{name}/' for name in folders)}. Add the missing one of train/ and "
            "val/, or point --root at the folder that holds the classes, which is then split."
        )
    return None


def _find_classes(root: Path, folder: Path, skipped: list[Skipped]) -> list[str]:
    paths = _list(folder)
    class_names = [path.name for path in paths if _is_folder(path) and is_text(path.name)]
    if not class_names:
        raise CamcoreError(f"{str(folder)!r} has no class folders. It must hold one folder of images per class.")
    others = [path for path in paths if path.name not in class_names]
    skipped += [Skipped(_to_text(root, path), "in no class folder") for path in others]
    return class_names


def _find_labelled(root: Path, folder: Path, class_names: Sequence[str]) -> dict[str, int]:
    """Return a split's files, relative to the root, with labels, sorted by label and path."""
    labels: dict[str, int] = {}
    for label, name in enumerate(class_names):
        if _is_folder(folder / name):
            labels |= dict.fromkeys(
                sorted(path.relative_to(root).as_posix() for path in _find_files(folder / name)), label
            )
    return labels


def _make_samples(labels: dict[str, int], checked: dict[str, CheckResult], skipped: list[Skipped]) -> list[Sample]:
    samples: list[Sample] = []
    for path, label in labels.items():
        size = checked[path]
        if isinstance(size, str):
            skipped.append(Skipped(_to_storable(path), size))
        else:
            samples.append(Sample(path, path, label, *size))
    return samples


def _find_files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and its subfolders, following links to folders."""
    waiting = [(folder, [folder.resolve()])]
    while waiting:
        folder, real_folders = waiting.pop()
        for path in _list(folder):
            if not _is_folder(path):
                yield path
            elif not path.is_symlink():
                waiting.append((path, real_folders))
            elif any(real.is_relative_to(path.resolve()) for real in real_folders):
                yield path  # a link to a parent folder would never end; as a file it is skipped
            else:
                waiting.append((path, [*real_folders, path.resolve()]))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # in a folder that may be listed but not entered
        return False


def _list(folder: Path) -> list[Path]:
    """Return a folder's entries, sorted by code point, without LITTER and hidden files."""
    try:
        paths = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise CamcoreError(f"Cannot read the folder {str(folder)!r}: {error.strerror}. Correct --root.") from error
    return [path for path in paths if not path.name.startswith(".") and path.name.casefold() not in LITTER]


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
