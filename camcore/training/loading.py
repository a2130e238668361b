"""Load training images: decode them once, cache their bytes, augment them by seed."""

import hashlib
import math
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, Sampler
from torch.utils.data import Dataset as TorchDataset
from torchvision.transforms import v2

from camcore.config import ViewConfig
from camcore.data.dataset import Dataset, Sample
from camcore.data.model_input import ViewedImages
from camcore.errors import CamcoreError
from camcore.system.collectives import local_first
from camcore.system.environment import count_cores
from camcore.system.files import atomic_path, cache_folder
from camcore.system.progress import show_progress
from camcore.system.ranks import current_rank

CACHE_BYTES = 2 * 1024**3
LITTLE_WAITING = 0.05  # as a share of the computing time


class MappedImages(TorchDataset[Tensor]):
    """Images (N, 3, size, size), uint8, in a file that each process maps into memory."""

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self.path, self.shape = path, shape
        self._mapped: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int) -> Tensor:
        if self._mapped is None:
            self._mapped = np.memmap(self.path, np.uint8, "r", shape=self.shape)
        return torch.from_numpy(np.array(self._mapped[index]))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_mapped": None}


def find_cache(dataset: Dataset, samples: Sequence[Sample], view: str, size: int) -> Path:
    """Return the cache file for the viewed images of these samples."""
    digest = hashlib.sha256(dataset.fingerprint.encode())
    for sample in samples:
        digest.update(f"{sample.id}\n".encode())
    return cache_folder() / f"{digest.hexdigest()[:24]}-{view}-{size}.u8"


def open_cache(path: Path, shape: tuple[int, ...], decode: Callable[[], Iterable[Tensor]]) -> MappedImages | None:
    """Return the images of a cache file, created if missing; None without disk space.

    Args:
        path: From `find_cache`.
        shape: (N, 3, size, size).
        decode: Returns batches of images, uint8, in order.
    """
    bytes_needed = int(np.prod(shape))
    if path.exists() and path.stat().st_size == bytes_needed:
        return MappedImages(path, shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(path.parent).free < 1.1 * bytes_needed:
        return None
    with atomic_path(path) as part, part.open("wb") as file:
        for batch in decode():
            file.write(batch.numpy().tobytes())
    return MappedImages(path, shape)


class TrainingImages(TorchDataset[tuple[Tensor, int]]):
    """Augmented images and labels, by (epoch, index).

    The augmentation of an image depends only on seed, epoch and index, not on workers or order.
    """

    def __init__(self, images: TorchDataset[Tensor] | Tensor, labels: Sequence[int], augment: v2.Transform, seed: int):
        self.images, self.labels, self.augment, self.seed = images, labels, augment, seed

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, int]:
        epoch, index = key
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(mix_seed(self.seed, epoch, index))
            return self.augment(self.images[index]), self.labels[index]


class EpochSampler(Sampler[tuple[int, int]]):
    """The shuffled (epoch, index) pairs of one epoch, without the first `passed`."""

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed, self.epoch, self.passed = count, seed, 0, 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter([(self.epoch, index) for index in self.order()[self.passed :]])

    def order(self) -> list[int]:
        """Return all indices in the epoch's order."""
        generator = torch.Generator().manual_seed(mix_seed(self.seed, self.epoch, -1))
        order: list[int] = torch.randperm(self.count, generator=generator).tolist()
        return order


class RankBatches(Sampler[list[tuple[int, int]]]):
    """This rank's share of an `EpochSampler`'s batches; `batch_size` is for all ranks together."""

    def __init__(self, sampler: EpochSampler, batch_size: int, drop_last: bool) -> None:
        self.sampler = sampler
        self._whole = BatchSampler(cast(Sampler[int], sampler), batch_size, drop_last)

    def __len__(self) -> int:
        return len(self._whole)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for batch in cast(Iterator[list[tuple[int, int]]], iter(self._whole)):
            yield [batch[at] for at in current_rank().share(len(batch))]


def mix_seed(*parts: int) -> int:
    """Return a seed from several numbers, the same on every machine."""
    return int(np.random.SeedSequence([part % 2**32 for part in parts]).generate_state(1, np.uint64)[0] >> 1)


def choose_decoders() -> int:
    """Return how many workers decode images while nothing else runs."""
    return min(8, count_cores())


def choose_workers(waited: float, seconds: float) -> int:
    """Return how many workers should augment, measured in an epoch without any.

    Args:
        waited: Seconds of the epoch that were spent on making batches.
        seconds: Seconds of the epoch.
    """
    computed = max(seconds - waited, 1e-9)
    if waited < LITTLE_WAITING * computed:
        return 0  # a worker would slow the computing as much as it saves
    return min(count_cores(), math.ceil(waited / computed))


class EpochBatches:
    """The batches of an epoch, read ahead; `waited` counts the seconds spent waiting."""

    def __init__(self, loader: DataLoader[Any], epoch: int, passed: int = 0) -> None:
        """Start after `passed` images of an epoch. Earlier batches of the same loader must be exhausted."""
        self.loader, self.waited = loader, 0.0
        sampler = find_sampler(loader)
        sampler.epoch, sampler.passed = epoch, passed
        self._batches = iter(loader)

    def __iter__(self) -> Iterator[Any]:
        while True:
            started = time.perf_counter()
            batch = next(self._batches, None)
            self.waited += time.perf_counter() - started
            if batch is None:
                return
            yield batch


def make_loader(images: TorchDataset, batch_size: int, workers: int, **options: object) -> DataLoader:  # type: ignore[type-arg]
    """Return a loader with its own random generator; its workers ignore Ctrl-C.

    How many numbers a loader draws from its generator depends on the number of workers.
    """
    return DataLoader(
        images,
        generator=torch.Generator(),
        batch_size=batch_size,
        num_workers=workers,
        persistent_workers=workers > 0,
        worker_init_fn=_ignore_interrupt,
        **options,  # type: ignore[arg-type]
    )


def find_sampler(loader: DataLoader[Any]) -> EpochSampler:
    """Return the sampler that decides the order of the training images."""
    return cast(RankBatches, loader.batch_sampler).sampler


@contextmanager
def plain_worker_errors() -> Iterator[None]:
    """Reduce a worker's error, which includes its traceback, to the original line."""
    try:
        yield
    except CamcoreError as error:
        _, from_worker, message = str(error).rstrip().rpartition("CamcoreError: ")
        raise CamcoreError(message) if from_worker else error from error


@plain_worker_errors()
def read_images(
    dataset: Dataset, samples: Sequence[Sample], view: ViewConfig, size: int, workers: int, title: str
) -> TorchDataset[Tensor] | Tensor:
    """Return samples' viewed images, decoded once, in memory if possible. Memory needs a single process and enough
    room.

    Otherwise they are in a cache file that the ranks of a machine share. If the disk has no space for it, images are
    decoded at each access.

    Raises:
        CamcoreError: An image can't be decoded.
    """
    images = ViewedImages(dataset, samples, view.kind, size)
    shape = (len(samples), 3, size, size)

    def decode() -> Iterator[Tensor]:
        with show_progress(len(samples), title) as bar:
            for batch in make_loader(images, 32, workers):
                yield batch
                bar.update(len(batch))

    if math.prod(shape) > CACHE_BYTES or not current_rank().is_only:
        with local_first():
            kept = open_cache(find_cache(dataset, samples, view.kind, size), shape, decode)
        return images if kept is None else kept
    cache = torch.empty(shape, dtype=torch.uint8)
    cache.share_memory_()  # type: ignore[no-untyped-call]
    position = 0
    for batch in decode():
        cache[position : position + len(batch)] = batch
        position += len(batch)
    return cache


def _ignore_interrupt(_worker: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not current_rank().is_only:  # torchrun sends it to workers, too; a rank ends its workers itself
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(1)
