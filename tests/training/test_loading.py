"""Training images: equal for any reader, random only by seed, epoch and index."""

import random
import shutil
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from camcore.config import AUGMENTATIONS, ViewConfig
from camcore.data.dataset import Dataset
from camcore.data.image_folder import open_image_folder
from camcore.data.model_input import ViewedImages
from camcore.errors import CamcoreError
from camcore.geometry import apply_view
from camcore.system.ranks import current_rank
from camcore.training import loading
from camcore.training.augmentation import build_augmentation, kept_side
from camcore.training.loading import (
    EpochBatches,
    EpochSampler,
    MappedImages,
    RankBatches,
    TrainingImages,
    choose_workers,
    make_loader,
    mix_seed,
    plain_worker_errors,
    read_images,
)
from tests.support.torchrun import become_rank

VIEW = ViewConfig("center-crop", 40)
GOLDEN_SEEDS = (7896617691693857887, 4998611069227455734)


@pytest.fixture
def dataset(tiny_folder: Path) -> Dataset:
    return open_image_folder(tiny_folder)


@pytest.fixture
def augmented(dataset: Dataset) -> TrainingImages:
    images = read_images(dataset, dataset.train, VIEW, kept_side("light", 32), 0, "reading")
    labels = [sample.label for sample in dataset.train]
    return TrainingImages(images, labels, build_augmentation("standard", 32), 5)


def test_a_seen_image_has_channels_first_and_the_view_s_pixels(dataset: Dataset) -> None:
    sample = dataset.train[1]
    seen = ViewedImages(dataset, dataset.train, "center-crop", 24)[1]
    expected = np.asarray(apply_view(dataset.load_image(sample), "center-crop", 24))
    assert seen.shape == (3, 24, 24)
    assert seen.dtype == torch.uint8
    np.testing.assert_array_equal(seen.permute(1, 2, 0), expected)
    assert len(ViewedImages(dataset, dataset.train, "squash", 24)) == len(dataset.train) == 12


@pytest.mark.parametrize("workers", [0, 1])
def test_images_are_read_in_order(workers: int, dataset: Dataset) -> None:
    images = read_images(dataset, dataset.train, VIEW, 40, workers, "reading")
    assert isinstance(images, Tensor)
    direct = ViewedImages(dataset, dataset.train, VIEW.kind, 40)
    assert torch.equal(images, torch.stack([direct[index] for index in range(len(direct))]))


@pytest.fixture
def small_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache for images, with too little memory for the training images."""
    monkeypatch.setattr(loading, "CACHE_BYTES", 12 * 3 * 40 * 40 - 1)
    monkeypatch.setenv("CAMCORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_images_that_fit_into_memory_stay_there(dataset: Dataset, small_memory: Path) -> None:
    assert isinstance(read_images(dataset, dataset.train[:11], VIEW, 40, 0, "reading"), Tensor)
    assert not small_memory.exists()


@pytest.mark.parametrize("workers", [0, 1])
def test_images_beyond_memory_are_decoded_into_a_file(
    workers: int, dataset: Dataset, small_memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = ViewedImages(dataset, dataset.train, VIEW.kind, 40)
    expected = torch.stack([direct[index] for index in range(len(direct))])
    mapped = read_images(dataset, dataset.train, VIEW, 40, workers, "reading")
    assert isinstance(mapped, MappedImages)
    assert [path.suffix for path in small_memory.iterdir()] == [".u8"]
    monkeypatch.setattr(ViewedImages, "__getitem__", None)  # decoding again would fail
    again = read_images(dataset, dataset.train, VIEW, 40, workers, "reading")
    for images in (mapped, again):
        assert torch.equal(torch.cat(list(make_loader(images, 5, workers))), expected)


def test_other_images_and_sizes_have_files_of_their_own(dataset: Dataset, small_memory: Path) -> None:
    other = replace(dataset, fingerprint="other")
    for source, samples, size in (
        (dataset, dataset.train, 40),
        (dataset, dataset.train, 44),
        (dataset, dataset.train[::-1], 40),
        (other, dataset.train, 40),
    ):
        read_images(source, samples, VIEW, size, 0, "reading")
    assert len(list(small_memory.iterdir())) == 4


def test_an_incomplete_file_is_recreated(dataset: Dataset, small_memory: Path) -> None:
    read_images(dataset, dataset.train, VIEW, 40, 0, "reading")
    (path,) = small_memory.iterdir()
    complete = path.read_bytes()
    path.write_bytes(complete[:100])
    read_images(dataset, dataset.train, VIEW, 40, 0, "reading")
    assert path.read_bytes() == complete


def test_without_room_on_the_disk_images_are_decoded_when_needed(
    dataset: Dataset, small_memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    decoded = read_images(dataset, dataset.train, VIEW, 40, 0, "reading")
    assert isinstance(decoded, ViewedImages)
    assert list(small_memory.iterdir()) == []


def test_failed_decoding_leaves_no_file(dataset: Dataset, small_memory: Path) -> None:
    samples = [*dataset.train[:7], replace(dataset.train[7], path="train/gone.png"), *dataset.train[8:]]
    with pytest.raises(CamcoreError, match="no such file"):
        read_images(dataset, samples, VIEW, 40, 0, "reading")
    assert list(small_memory.iterdir()) == []


@pytest.mark.parametrize("workers", [0, 1])
def test_an_undecodable_image_is_named_in_one_line(workers: int, dataset: Dataset, tiny_folder: Path) -> None:
    gone = replace(dataset.train[0], path="train/bar/gone.png")
    with pytest.raises(CamcoreError) as caught:
        read_images(dataset, [gone], VIEW, 40, workers, "reading")
    path = str(tiny_folder / gone.path)
    assert str(caught.value) == (
        f"Cannot read the image {path!r}: no such file. Replace it, or remove it from the data set."
    )


def test_an_error_of_this_process_stays_as_it_is() -> None:
    error = CamcoreError("--download needs --root.")
    with pytest.raises(CamcoreError) as caught, plain_worker_errors():
        raise error
    assert caught.value is error


def test_augmentation_depends_on_seed_epoch_and_index(augmented: TrainingImages) -> None:
    first, label = augmented[3, 7]
    torch.rand(5)
    random.random()  # noqa: S311 what others draw in between must not matter
    augmented[1, 2]
    again, same_label = augmented[3, 7]
    assert torch.equal(first, again)
    assert label == same_label == augmented.labels[7]
    assert first.shape == (3, 32, 32)
    assert first.dtype == torch.uint8
    assert not torch.equal(first, augmented[4, 7][0]), "another epoch shows another crop"
    other = TrainingImages(augmented.images, augmented.labels, augmented.augment, 6)
    assert not torch.equal(first, other[3, 7][0]), "another seed as well"


def test_augmenting_leaves_the_random_numbers_of_others_alone(augmented: TrainingImages) -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    augmented[0, 0]
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_augmentation_gives_bytes_of_the_right_size(name: str) -> None:
    image = torch.randint(0, 256, (3, kept_side("light", 48), kept_side("light", 48)), dtype=torch.uint8)
    augment = build_augmentation(name, 48)
    results = [augment(image) for _ in range(6)]
    assert all(result.shape == (3, 48, 48) and result.dtype == torch.uint8 for result in results)
    same = all(torch.equal(result, results[0]) for result in results)
    assert same == (name == "none")


def test_an_epoch_shows_every_image_once_in_an_order_of_its_own() -> None:
    sampler = EpochSampler(20, seed=1)
    orders = []
    for epoch in (0, 1, 0):
        sampler.epoch = epoch
        keys = list(sampler)
        assert {key[0] for key in keys} == {epoch}
        orders.append([key[1] for key in keys])
    assert len(sampler) == 20
    assert Counter(orders[0]) == Counter(range(20))
    assert orders[0] == orders[2] != orders[1]
    assert orders[0] != [key[1] for key in EpochSampler(20, seed=2)]


def test_mixed_seeds_are_the_same_on_every_machine() -> None:
    assert (mix_seed(0, 0, 0), mix_seed(0, 1, -1)) == GOLDEN_SEEDS
    seeds = {mix_seed(seed, epoch, index) for seed in range(3) for epoch in range(3) for index in range(-2, 20)}
    assert len(seeds) == 3 * 3 * 22
    assert all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loader_gives_the_sampler_s_images(workers: int, augmented: TrainingImages) -> None:
    sampler = EpochSampler(12, seed=0)
    loader = make_loader(augmented, 5, workers, sampler=sampler)
    for epoch in (0, 1):  # workers stay for the next epoch
        sampler.epoch = epoch
        keys = list(sampler)
        batches = list(loader)
        assert [len(labels) for _, labels in batches] == [5, 5, 2]
        images = torch.cat([batch for batch, _ in batches])
        assert torch.equal(images, torch.stack([augmented[key][0] for key in keys]))
        assert torch.cat([labels for _, labels in batches]).tolist() == [augmented[key][1] for key in keys]


@pytest.mark.parametrize(
    ("waited", "seconds", "workers"), [(0.0, 10.0, 0), (0.4, 10.0, 0), (2.0, 10.0, 1), (7.5, 10.0, 3), (9.9, 10.0, 6)]
)
def test_as_many_processes_augment_as_keep_up_with_the_computing(
    waited: float, seconds: float, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "count_cores", lambda: 6)
    assert choose_workers(waited, seconds) == workers


def test_waiting_for_batches_is_timed_and_computing_is_not() -> None:
    class Slow(TorchDataset[Tensor]):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> Tensor:
            time.sleep(0.03)
            return torch.tensor(index)

    batches = EpochBatches(make_loader(Slow(), 2, 0), epoch=0)
    seen = []
    for batch in batches:
        time.sleep(0.2)
        seen += batch.tolist()
    assert seen == [0, 1, 2, 3]
    assert 0.12 <= batches.waited < 0.4


def test_the_first_batches_are_read_before_they_are_asked_for(tmp_path: Path) -> None:
    """Meanwhile the training evaluates an epoch."""

    class Told(TorchDataset[Tensor]):
        def __len__(self) -> int:
            return 8

        def __getitem__(self, index: int) -> Tensor:
            (tmp_path / str(index)).touch()
            return torch.tensor(index)

    batches = EpochBatches(make_loader(Told(), 2, 1), epoch=0)
    latest = time.monotonic() + 30
    while len(list(tmp_path.iterdir())) < 4:
        assert time.monotonic() < latest
        time.sleep(0.01)
    assert torch.cat(list(batches)).tolist() == list(range(8))


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_the_ranks_shares_of_a_batch_are_the_batch(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(RankBatches(EpochSampler(17, seed=3), 5, drop_last=False))
    assert [len(batch) for batch in whole] == [5, 5, 5, 2]
    joined: list[list[tuple[int, int]]] = [[] for _ in whole]
    for rank in range(count):
        become_rank(rank, count, monkeypatch)
        for at, share in enumerate(RankBatches(EpochSampler(17, seed=3), 5, drop_last=False)):
            assert len(share) == len(current_rank().share(len(whole[at])))
            joined[at] += share
    assert joined == whole
