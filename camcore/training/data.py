"""What a training reads: augmented batches to learn from, images to judge by; of a frozen trunk, their features."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from camcore.config import TrainConfig
from camcore.data.dataset import Dataset, Sample
from camcore.data.splits import hold_out
from camcore.errors import CamcoreError
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


def require_batch(config: TrainConfig, images: int) -> None:
    """Refuse batches that are too small for the number of ranks.

    Raises:
        CamcoreError: They are.
    """
    ranks = current_rank()
    if not ranks.is_only and min(config.batch_size, images) < IMAGES_PER_RANK * ranks.count:
        raise CamcoreError(
            f"batch_size is {config.batch_size}, for all {ranks.count} ranks together, of {images} training images, and"
            f" each rank needs {IMAGES_PER_RANK} images of a batch. Start fewer ranks, or train with a larger"
            " --batch-size."
        )


@dataclass(frozen=True)
class EvalData:
    """What a model is judged by: images (N, 3, size, size) or pooled features (N, K), and labels (N,)."""

    inputs: TorchDataset[Tensor] | Tensor
    labels: Tensor


@dataclass(frozen=True)
class TrainingData:
    """`make_batches` returns the loader of batches to learn from, with a number of processes that augment.

    That number changes nothing; the sampler's `epoch` decides shuffling and augmentation. `ids` are those of the images
    that its indices stand for. `held_out` is the part of the training images to choose an epoch by, where that is asked
    for.
    """

    make_batches: Callable[[int], DataLoader[Any]]
    ids: Sequence[str]
    val: EvalData
    held_out: EvalData | None


def load_training_data(run: Run, dataset: Dataset, model: Classifier, workers: int | None) -> TrainingData:
    """Return what a run's training reads, decoded once; of a frozen trunk with cached views, features alone.

    Args:
        run: Its configuration decides.
        dataset: Its data set.
        model: As the training starts, on the device that computes.
        workers: Processes that decode, for features threads that compute; None for what the cores are worth.

    Raises:
        CamcoreError: An image can't be decoded, there is none to judge by, or the head takes no pooled features.
    """
    counted = [row for row, sample in enumerate(dataset.val) if sample.other_label < 0]
    if not counted:
        raise CamcoreError(
            "Every validation image shows two classes, so there is no accuracy. Add images of one class."
        )
    learned, aside = list(range(len(dataset.train))), list[int]()
    if run.config.train.keep == "held-out":
        learned, aside = hold_out(dataset, run.config.dataset.seed)
    rows = _Rows(learned, aside, counted)
    if run.config.train.views:
        return _load_features(run, dataset, model, workers, rows)
    return _load_images(run, dataset, choose_decoders() if workers is None else workers, rows)


@dataclass(frozen=True)
class _Rows:
    """Rows of the training split to learn from and to choose by, and of the validation split to judge by."""

    learned: list[int]
    aside: list[int]
    counted: list[int]


def _load_images(run: Run, dataset: Dataset, workers: int, rows: _Rows) -> TrainingData:
    config, view = run.config.train, run.config.view
    size = config.train_size or view.size
    learned = [dataset.train[row] for row in rows.learned]
    kept = read_images(dataset, learned, view, kept_side(config.augmentation, size), workers, "reading training images")
    images = TrainingImages(kept, _labels(learned), build_augmentation(config.augmentation, size), config.seed)

    def judge(samples: list[Sample], title: str) -> EvalData:
        return EvalData(read_images(dataset, samples, view, view.size, workers, title), torch.tensor(_labels(samples)))

    aside = [dataset.train[row] for row in rows.aside]
    held_out = judge(aside, "reading held-out images") if aside else None
    val = judge([dataset.val[row] for row in rows.counted], "reading validation images")
    return TrainingData(partial(_make_batches, run, images, len(learned)), _ids(learned), val, held_out)


def _load_features(run: Run, dataset: Dataset, model: Classifier, workers: int | None, rows: _Rows) -> TrainingData:
    config = run.config.train
    if not model.pools_first:
        raise CamcoreError(
            f"{run.config.model.backbone} with head {run.config.model.head!r} does not begin with mean pooling, so"
            " there are no pooled features to keep. Use --head gap, or --views 0."
        )
    aside = [dataset.train[row] for row in rows.aside]
    with OrderedThreads(choose_threads() if workers is None else workers) as threads:
        trunk = FrozenTrunk(model, dataset, run.config, threads)
        views = trunk.pooled(dataset.train, config.views, "computing training features")
        plain = config.augmentation == "none" and config.train_size in (None, run.config.view.size)
        if aside and not plain:
            of_aside = trunk.pooled(aside, 0, "computing held-out features")[0]
        else:
            of_aside = views[0, rows.aside]  # the images as they are judged
        of_val = trunk.pooled(dataset.val, 0, "computing validation features", with_maps=True)[0, rows.counted]
    samples = [dataset.train[row] for row in rows.learned]
    learned = FeatureViews(views, rows.learned, _labels(samples))
    val = EvalData(torch.from_numpy(of_val), torch.tensor(_labels([dataset.val[row] for row in rows.counted])))
    held_out = EvalData(torch.from_numpy(np.array(of_aside)), torch.tensor(_labels(aside))) if aside else None
    return TrainingData(lambda _: _make_batches(run, learned, len(samples), 0), _ids(samples), val, held_out)


def _make_batches(run: Run, images: TorchDataset[Any], count: int, workers: int) -> DataLoader[Any]:
    config = run.config.train
    drop_last = count % config.batch_size < IMAGES_PER_RANK * current_rank().count
    batches = RankBatches(EpochSampler(count, config.seed), config.batch_size, drop_last)
    return make_loader(images, 1, workers, batch_sampler=batches)


def _labels(samples: Sequence[Sample]) -> list[int]:
    return [sample.label for sample in samples]


def _ids(samples: Sequence[Sample]) -> list[str]:
    return [sample.id for sample in samples]
