"""Pooled features of a frozen trunk, computed once per augmented copy and cached."""

import hashlib
import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from camcore.config import RunConfig
from camcore.data.dataset import Dataset, Sample
from camcore.data.model_input import ViewedImages, apply_view_to_pixels, to_pixels
from camcore.errors import CamcoreError
from camcore.models.classifier import Classifier, layer_grids
from camcore.models.fast_trunk import BF16, EXACT, FUSED, FastTrunk, TrunkVariant
from camcore.system.collectives import gather, reduce_any, wait_for_all
from camcore.system.devices import choose_precision
from camcore.system.files import atomic_path, cache_folder, create_array, open_array
from camcore.system.progress import show_progress
from camcore.system.ranks import current_rank
from camcore.system.threads import OrderedThreads
from camcore.training.augmentation import build_augmentation, kept_side
from camcore.training.loading import mix_seed

BATCH_SIZE = 16


class FeatureViews(TorchDataset[tuple[Tensor, int]]):
    """Pooled features (K,) and labels by (epoch, index); each epoch uses the next copy.

    Args:
        features: (copies, N, K), of all training images.
        rows: The rows that are trained on; `index` counts in these.
        labels: The labels of these rows.
    """

    def __init__(self, features: NDArray[np.float32], rows: Sequence[int], labels: Sequence[int]) -> None:
        self.features, self.rows, self.labels = features, rows, labels

    def __getitems__(self, keys: Sequence[tuple[int, int]]) -> list[tuple[Tensor, int]]:
        """Return a batch, read at once: reading features one by one takes longer than training."""
        epochs, indices = zip(*keys, strict=True)
        views = np.array(epochs) % len(self.features)
        values = torch.from_numpy(self.features[views, [self.rows[index] for index in indices]])
        return [(of_one, self.labels[index]) for of_one, index in zip(values.unbind(), indices, strict=True)]


class FrozenTrunk:
    """A model's trunk with its current weights, which computes the features of a run's images.

    Args:
        model: The model, on the device that computes.
        dataset: The data set.
        config: The run's configuration.
        threads: Threads to compute in; cached features need none.
    """

    def __init__(self, model: Classifier, dataset: Dataset, config: RunConfig, threads: OrderedThreads) -> None:
        self.model, self.dataset, self.config, self.threads = model, dataset, config, threads
        self.device = model.mean.device
        self.variant = _choose_variant(config.train.precision, self.device)
        self._weights = _digest_weights(model)
        self._augmenting = Lock()

    def pooled(self, samples: Sequence[Sample], views: int, title: str, with_maps: bool = False) -> NDArray[np.float32]:
        """Return features (views, N, K), computed once and cached on this machine.

        Copy v is what training sees in epoch v. With `views` 0 there is one copy, without augmentation. `with_maps`
        also stores the features before pooling, for `stored_maps`, if the disk has space.

        Raises:
            CamcoreError: An image can't be decoded, or the disk has no space.
        """
        shape = (max(1, views), len(samples), self.model.channels)
        path = self._find(samples, views)
        if reduce_any(not path.exists()):
            self._write(path, shape, samples, views, title, with_maps)
        features: NDArray[np.float32] = open_array(path)
        if features.shape != shape:
            raise CamcoreError(f"{path} is damaged: it has shape {features.shape}, not {shape}. Remove it.")
        return features

    def stored_maps(self, samples: Sequence[Sample]) -> NDArray[np.float16] | None:
        """Return the features before pooling, (N, K, h, w); None if `pooled` stored none."""
        path = _maps_beside(self._find(samples, 0))
        return open_array(path) if path.exists() else None

    def _find(self, samples: Sequence[Sample], views: int) -> Path:
        """Return the features' cache file, named by a hash of everything that determines them."""
        train, view, model = self.config.train, self.config.view, self.config.model
        seen = (view.kind, view.size, view.mean, view.std)
        seed = None if train.augmentation == "none" else train.seed
        drawn = (train.augmentation, train.train_size, seed, views) if views else ()
        what = (
            self._weights,
            self.dataset.fingerprint,
            self.variant.name,
            model.backbone,
            model.map_stride,
            seen,
            drawn,
        )
        digest = hashlib.sha256(repr(what).encode())
        for sample in samples:
            digest.update(f"{sample.id}\n".encode())
        return cache_folder() / f"{digest.hexdigest()[:24]}-pooled.npy"

    def _write(
        self, path: Path, shape: tuple[int, ...], samples: Sequence[Sample], views: int, title: str, with_maps: bool
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        last = layer_grids(self.model, self.config.view.size, self.model.layer_names[-1:])[0]
        grid = (len(samples), shape[-1], last.height, last.width)
        needed, for_maps = 4 * math.prod(shape), 2 * math.prod(grid)
        free = shutil.disk_usage(path.parent).free
        if free < 1.1 * needed:
            raise CamcoreError(
                f"The features need {needed / 1e9:.1f} GB in {path.parent}, where {free / 1e9:.1f} GB are free. Make"
                " room, or name another folder in CAMCORE_CACHE."
            )
        with_maps = all(gather(with_maps and free > 1.1 * (needed + for_maps)))
        starts = range(0, len(samples), BATCH_SIZE)[current_rank().local_rank :: current_rank().local_count]
        mine = sum(len(samples[start : start + BATCH_SIZE]) for start in starts)
        with ExitStack() as stack, show_progress(mine, title) as bar:
            maps = stack.enter_context(_new_array(_maps_beside(path), grid, np.float16)) if with_maps else None
            pooled = stack.enter_context(_new_array(path, shape, np.float32))
            for start, (of_copies, features) in zip(starts, self._compute(samples, starts, views), strict=True):
                rows = slice(start, start + len(features))
                pooled[:, rows] = of_copies
                if maps is not None:
                    maps[rows] = features
                bar.update(len(features))

    def _compute(
        self, samples: Sequence[Sample], starts: Sequence[int], views: int
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Yield per batch pooled features (views, n, K) and the last copy's features (n, K, h, w)."""
        trunk = FastTrunk(self.model, self.variant, BATCH_SIZE)
        layers = len(self.model.layers)

        def compute(start: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            rows = range(start, min(start + BATCH_SIZE, len(samples)))
            of_views = zip(*(self._see(samples[row], row, views) for row in rows), strict=True)
            pooled = []
            with torch.no_grad():
                for images in of_views:
                    features = trunk(torch.stack(images).to(self.device), 0, layers)
                    pooled.append(self.model.pool(features).flatten(1).cpu().numpy())
            return np.stack(pooled), features.cpu().numpy()

        for start in starts[:1]:
            yield self.threads.run(partial(compute, start))  # builds the trunk while nothing else runs
        yield from self.threads.map_ordered(compute, starts[1:])

    def _see(self, sample: Sample, row: int, views: int) -> list[Tensor]:
        """Return a sample's augmented copies, or its view without augmentation, uint8 (3, side, side)."""
        train, view = self.config.train, self.config.view
        if not views:
            return [self._decode(sample, view.size)]
        size = train.train_size or view.size
        augment = build_augmentation(train.augmentation, size)
        pixels = self._decode(sample, kept_side(train.augmentation, size))
        copies = []
        for number in range(views):
            with self._augmenting, torch.random.fork_rng(devices=[]):  # all threads share one generator
                torch.default_generator.manual_seed(mix_seed(train.seed, number, row))
                copies.append(augment(pixels))
        return copies

    def _decode(self, sample: Sample, side: int) -> Tensor:
        if self.variant == EXACT:
            return ViewedImages(self.dataset, [sample], self.config.view.kind, side)[0]
        return apply_view_to_pixels(to_pixels(self.dataset.load_image(sample, side)), self.config.view.kind, side)


def _choose_variant(precision: str, device: torch.device) -> TrunkVariant:
    if precision == "fp32":
        return EXACT
    return BF16 if choose_precision(precision, device) == "bf16" else FUSED


def _digest_weights(model: Classifier) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(model.trunk.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _maps_beside(path: Path) -> Path:
    return path.with_name(path.name.replace("-pooled", "-maps"))


@contextmanager
def _new_array(path: Path, shape: tuple[int, ...], dtype: type) -> Iterator[NDArray[Any]]:
    """Yield a new .npy array shared by this machine's ranks. The file appears when the block succeeds."""
    with ExitStack() as stack:
        part = None
        if not current_rank().local_rank:
            part = stack.enter_context(atomic_path(path))
            create_array(part, shape, dtype)
        array = open_array(cast(Path, gather(part)[current_rank().rank - current_rank().local_rank]), "r+")
        yield array
        array.flush()
        wait_for_all()
    wait_for_all()
