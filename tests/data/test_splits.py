"""Cross-validation parts: each training image in one, balanced classes, no validation images."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from camcore.config import DatasetConfig
from camcore.data.dataset import Dataset
from camcore.data.image_folder import open_image_folder
from camcore.data.registry import open_dataset
from camcore.data.splits import take_fold
from camcore.errors import CamcoreError


@pytest.fixture
def dataset(tiny_folder: Path) -> Dataset:
    return open_image_folder(tiny_folder)


def test_every_training_image_is_validated_on_once(dataset: Dataset) -> None:
    parts = [take_fold(dataset, f"{number}/3", seed=0) for number in (1, 2, 3)]
    kept_aside = [sample.id for part in parts for sample in part.val]
    assert sorted(kept_aside) == sorted(sample.id for sample in dataset.train)
    for part in parts:
        assert {sample.id for sample in part.train} == {sample.id for sample in dataset.train} - {
            sample.id for sample in part.val
        }
        counts = Counter(sample.label for sample in part.val)
        assert set(counts) == {0, 1, 2}
        assert max(counts.values()) - min(counts.values()) <= 1
    assert not {sample.id for sample in dataset.val} & set(kept_aside)


def test_parts_depend_on_the_seed_and_on_nothing_else(dataset: Dataset) -> None:
    first, again, other = (take_fold(dataset, "1/3", seed) for seed in (0, 0, 1))
    assert first == again
    assert first.val != other.val
    backwards = take_fold(replace(dataset, train=dataset.train[::-1]), "1/3", 0)
    assert {sample.id for sample in backwards.val} == {sample.id for sample in first.val}


def test_every_part_has_a_fingerprint_of_its_own(dataset: Dataset) -> None:
    prints = {take_fold(dataset, fold, seed).fingerprint for fold in ("1/3", "2/3", "1/4") for seed in (0, 1)}
    assert len(prints | {dataset.fingerprint}) == 7


def test_the_configuration_decides(tiny_folder: Path) -> None:
    dataset = open_dataset(DatasetConfig("image-folder", fold="2/4"), tiny_folder)
    expected = take_fold(open_image_folder(tiny_folder), "2/4", 0)
    assert (dataset.train, dataset.val, dataset.fingerprint) == (expected.train, expected.val, expected.fingerprint)


def test_a_class_too_small_for_so_many_parts_is_named(dataset: Dataset) -> None:
    with pytest.raises(CamcoreError) as caught:
        take_fold(dataset, "1/5", 0)
    assert str(caught.value) == (
        f"Class {dataset.class_names[0]!r} has 4 training images, too few for 5 parts."
        " Choose --fold K/4 or fewer, or add images."
    )
