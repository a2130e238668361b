"""What the model sees of a large split, decoded once into a file that later trainings on this machine use as well."""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from camcore.data.dataset import Dataset, Sample
from camcore.system.files import atomic_path, cache_folder


class MappedImages(TorchDataset[Tensor]):
    """Images (N, 3, size, size), uint8, in a file. Each process maps the file for itself."""

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
    """Return the file for what the model sees of some samples of a data set."""
    digest = hashlib.sha256(dataset.fingerprint.encode())
    for sample in samples:
        digest.update(f"{sample.id}\n".encode())
    return cache_folder() / f"{digest.hexdigest()[:24]}-{view}-{size}.u8"


def open_cache(path: Path, shape: tuple[int, ...], decode: Callable[[], Iterable[Tensor]]) -> MappedImages | None:
    """Return the images of a cache file, after making it where it is not there; None where the disk has no room.

    Args:
        path: As of `find_cache`.
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
