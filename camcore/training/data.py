"""The data of a training: augmented batches, and images or features to evaluate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from camcore.config import TrainConfig
from camcore.data.dataset import Dataset, Sample
from camcore.data.splits import hold_out
from camcore.errors import CamcoreError, count_of
from camcore.models.classifier import Classifier
from camcore.runs.run import Run
from camcore.system.ranks import current_rank
from camcore.system.threads import OrderedThreads, choose_threads
from camcore.training.augmentation import build_augmentation, kept_side
from camcore.training.frozen_features import FeatureViews, FrozenTrunk
from camcore.training.loading import (
    EpochSampler,
    RankBatches,
    TrainingImages,
    choose_decoders,
    make_loader,
    read_images,
)

IMAGES_PER_RANK = 2  # at least, in each batch: one image has no batch statistics


def require_batch(config: TrainConfig, images: int, model: Classifier) -> None:
    """Refuse batches that are too small for the number of ranks, or for batch normalisation.

    Raises:
        CamcoreError: They are.
    """
    ranks = current_rank()
    if not ranks.is_only and min(config.batch_size, images) < IMAGES_PER_RANK * ranks.count:
        larger = ", or train with a larger --batch-size" if images >= IMAGES_PER_RANK * ranks.count else ""
        raise CamcoreError(
            f"batch_size is {config.batch_size}, for all {ranks.count} ranks together, of"
            f" {count_of(images, 'training image')}, and each rank needs {IMAGES_PER_RANK} images of a batch. Start"
            f" fewer ranks{larger}."
        )
    learns = config.frozen == "none" and any(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    if config.batch_size < IMAGES_PER_RANK and learns:
        raise CamcoreError(
            f"batch_size is {config.batch_size}, but batch normalisation learns from {IMAGES_PER_RANK} images or more."
            " Use a larger --batch-size, --frozen batchnorm, or a --backbone without batch normalisation."
        )


@dataclass(frozen=True)
class EvalData:
    """Evaluation data: images (N, 3, size, size) or pooled features (N, K), and labels (N,)."""

    inputs: TorchDataset[Tensor] | Tensor
    labels: Tensor


@dataclass(frozen=True)
class TrainingData:
    """What a training reads.

    `make_batches` returns the loader of training batches for a number of workers, which does not change the batches:
    the sampler's `epoch` decides shuffling and augmentation. `ids` are the image ids by the sampler's indices.
    `held_out` is the part of the training images that chooses the epoch to keep, with `--keep held-out`.
    """

    make_batches: Callable[[int], DataLoader[Any]]
    ids: Sequence[str]
    val: EvalData
    held_out: EvalData | None


def load_training_data(run: Run, dataset: Dataset, model: Classifier, workers: int | None) -> TrainingData:
    """Return a run's training data, decoded once; with `--views`, pooled features instead of images.

    Args:
        run: A run; its configuration decides.
        dataset: Its data set.
        model: The initial model, on the device that computes.
        workers: Processes that decode (for features: threads that compute); None for as many as suit the cores.

    Raises:
        CamcoreError: An image can't be decoded, there is none to evaluate, or the head does not begin with pooling.
    """
    evaluated = [row for row, sample in enumerate(dataset.val) if sample.other_label < 0]
    if not evaluated:
        raise CamcoreError(
            "Every validation image shows two classes, so there is no accuracy. Add images of one class."
        )
    trained, held_out = list(range(len(dataset.train))), list[int]()
    if run.config.train.keep == "held-out":
        trained, held_out = hold_out(dataset, run.config.dataset.seed)
    rows = _Rows(trained, held_out, evaluated)
    if run.config.train.views:
        return _load_features(run, dataset, model, workers, rows)
    return _load_images(run, dataset, choose_decoders() if workers is None else workers, rows)


@dataclass(frozen=True)
class _Rows:
    """Training rows to train on and held out, and validation rows to evaluate."""

    trained: list[int]
    held_out: list[int]
    evaluated: list[int]


def _load_images(run: Run, dataset: Dataset, workers: int, rows: _Rows) -> TrainingData:
    config, view = run.config.train, run.config.view
    size = config.train_size or view.size
    trained = [dataset.train[row] for row in rows.trained]
    side = kept_side(config.augmentation, size)
    images = read_images(dataset, trained, view, side, workers, "reading training images")
    augmented = TrainingImages(images, _labels(trained), build_augmentation(config.augmentation, size), config.seed)

    def read(samples: list[Sample], title: str) -> EvalData:
        return EvalData(read_images(dataset, samples, view, view.size, workers, title), torch.tensor(_labels(samples)))

    held_out = [dataset.train[row] for row in rows.held_out]
    held_out_data = read(held_out, "reading held-out images") if held_out else None
    val = read([dataset.val[row] for row in rows.evaluated], "reading validation images")
    return TrainingData(partial(_make_batches, run, augmented, len(trained)), _ids(trained), val, held_out_data)


def _load_features(run: Run, dataset: Dataset, model: Classifier, workers: int | None, rows: _Rows) -> TrainingData:
    config = run.config.train
    if not model.pools_first:
        raise CamcoreError(
            f"{run.config.model.backbone} with head {run.config.model.head!r} does not begin with mean pooling, so"
            " there are no pooled features to keep. Use --head gap, or --views 0."
        )
    trained, held_out = ([dataset.train[row] for row in part] for part in (rows.trained, rows.held_out))
    with OrderedThreads(choose_threads() if workers is None else workers) as threads:
        trunk = FrozenTrunk(model, dataset, run.config, threads)
        copies = trunk.pooled(dataset.train, config.views, "computing training features")
        is_plain = config.augmentation == "none" and config.train_size in (None, run.config.view.size)
        if held_out and not is_plain:
            of_held_out = trunk.pooled(held_out, 0, "computing held-out features")[0]
        else:
            of_held_out = copies[0, rows.held_out]  # without augmentation, copies are what is evaluated
        of_val = trunk.pooled(dataset.val, 0, "computing validation features", with_maps=True)[0, rows.evaluated]
    features = FeatureViews(copies, rows.trained, _labels(trained))
    val = EvalData(torch.from_numpy(of_val), torch.tensor(_labels([dataset.val[row] for row in rows.evaluated])))
    held_out_data = None
    if held_out:
        held_out_data = EvalData(torch.from_numpy(np.array(of_held_out)), torch.tensor(_labels(held_out)))
    return TrainingData(lambda _: _make_batches(run, features, len(trained), 0), _ids(trained), val, held_out_data)


def _make_batches(run: Run, images: TorchDataset[Any], count: int, workers: int) -> DataLoader[Any]:
    config = run.config.train
    drop_last = count % config.batch_size < IMAGES_PER_RANK * current_rank().count
    batches = RankBatches(EpochSampler(count, config.seed), config.batch_size, drop_last)
    return make_loader(images, 1, workers, batch_sampler=batches)


def _labels(samples: Sequence[Sample]) -> list[int]:
    return [sample.label for sample in samples]


def _ids(samples: Sequence[Sample]) -> list[str]:
    return [sample.id for sample in samples]
