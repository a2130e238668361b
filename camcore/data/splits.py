"""Parts of the training split: folds for cross-validation, and a held-out part."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from camcore.config import parse_fold
from camcore.data.dataset import Dataset, Sample
from camcore.errors import CamcoreError

HELD_OUT_PARTS = 10


def take_fold(dataset: Dataset, fold: str, seed: int) -> Dataset:
    """Return fold `K/N`: part K of N of the training images becomes the validation split.

    Each class is spread evenly over the parts. An image's part depends only on its id and the seed.

    Raises:
        CamcoreError: A class has fewer than N training images.
    """
    number, count = parse_fold(fold)
    by_label = _by_label(dataset.train)
    smallest = min(by_label, key=lambda label: len(by_label[label]))
    if (least := len(by_label[smallest])) < count:
        raise CamcoreError(
            f"Class {dataset.class_names[smallest]!r} has {least} training images, too few for {count} parts."
            f" {f'Choose --fold K/{least} or fewer, or add' if least > 1 else 'Add'} images."
        )
    part = set(_draw_part(by_label, number, count, seed))
    return replace(
        dataset,
        train=tuple(sample for row, sample in enumerate(dataset.train) if row not in part),
        val=tuple(sample for row, sample in enumerate(dataset.train) if row in part),
        split_note=f"Fold {fold}: a part of the training images is for validation, drawn by --data-seed {seed}.",
        fingerprint=hashlib.sha256(f"{dataset.fingerprint}:{fold}:{seed}".encode()).hexdigest(),
    )


def take_all(dataset: Dataset) -> Dataset:
    """Return all images as validation split, sorted by class and path, for models that are only explained."""
    return replace(
        dataset,
        train=(),
        split_note="All images are for validation, none for training.",
        val=tuple(sorted((*dataset.train, *dataset.val), key=lambda sample: (sample.label, sample.path))),
        fingerprint=hashlib.sha256(f"{dataset.fingerprint}:all".encode()).hexdigest(),
    )


def hold_out(dataset: Dataset, seed: int) -> tuple[list[int], list[int]]:
    """Return the training rows and the held-out rows: a tenth of each class.

    Raises:
        CamcoreError: A class has only one training image.
    """
    by_label = _by_label(dataset.train)
    count = min(HELD_OUT_PARTS, *(len(rows) for rows in by_label.values()))
    if count < 2:
        alone = next(dataset.class_names[label] for label, rows in by_label.items() if len(rows) < 2)
        raise CamcoreError(f"Class {alone!r} has only one training image, so none can be held out. Use --keep last.")
    part = set(_draw_part(by_label, 1, count, seed))
    return [row for row in range(len(dataset.train)) if row not in part], sorted(part)


def _by_label(samples: Sequence[Sample]) -> dict[int, list[tuple[str, int]]]:
    rows_by_class: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row, sample in enumerate(samples):
        rows_by_class[sample.label].append((sample.id, row))
    return rows_by_class


def _draw_part(by_label: dict[int, list[tuple[str, int]]], number: int, count: int, seed: int) -> list[int]:
    """Return the rows of part `number` of `count`."""
    rows = []
    for samples in by_label.values():
        drawn = sorted(samples, key=lambda sample: hashlib.sha256(f"{seed}:{sample[0]}".encode()).digest())
        rows += [row for _, row in drawn[number - 1 :: count]]
    return rows
