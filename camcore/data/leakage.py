"""Find files that are identical in the training and the validation split."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from camcore.data.dataset import Dataset

TAIL_BYTES = 4096  # differs in nearly all images of one size, which then need not be read in full


def find_leaks(dataset: Dataset) -> list[tuple[str, str]]:
    """Return validation images that are also training images: paths of both, validation first.

    Files are compared by size, then by their last bytes, then by SHA-256. Files that can't be read equal no other.
    """
    if dataset.root is None:
        return []
    val, train = ([sample.path for sample in samples] for samples in (dataset.val, dataset.train))
    val_keys, train_keys = dict[str, object](), dict[str, object]()
    keys: tuple[Callable[[Path], object], ...] = (_count_bytes, _read_tail, _hash)
    for find_key in keys:
        val_keys, train_keys = ({path: find_key(dataset.root / path) for path in paths} for paths in (val, train))
        shared = {*val_keys.values()} & {*train_keys.values()} - {None}
        val, train = ([path for path, key in part.items() if key in shared] for part in (val_keys, train_keys))
    first = {train_keys[path]: path for path in reversed(train)}
    return [(path, first[val_keys[path]]) for path in val]


def _count_bytes(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _read_tail(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES))
            return file.read()
    except OSError:
        return None


def _hash(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
