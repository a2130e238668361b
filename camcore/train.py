"""The training loop, to be read from top to bottom."""

import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from camcore.config import TrainConfig
from camcore.datasets.sample import Dataset
from camcore.devices import autocast, choose_precision
from camcore.errors import CamcoreError
from camcore.loading import (
    EpochSampler,
    TrainingImages,
    build_augmentation,
    choose_workers,
    crop_side,
    make_loader,
    mix_seed,
    plain_worker_errors,
    read_images,
)
from camcore.models import Classifier
from camcore.progress import show_progress
from camcore.runs import Run
from camcore.training_state import Progress, keep_epoch, load_progress


@dataclass(frozen=True)
class Trainer:
    """What stays the same from the first epoch to the last."""

    config: TrainConfig
    model: Classifier
    optimizer: torch.optim.Optimizer
    device: torch.device
    precision: str

    def logits(self, images: Tensor) -> Tensor:
        """Return logits (N, classes): the trunk in the chosen precision, from the features on float32."""
        with autocast(self.device, self.precision):
            features = self.model.features(images.to(self.device).contiguous(memory_format=torch.channels_last))
        return self.model.classify(features.float())


@plain_worker_errors()
def train(
    run: Run,
    dataset: Dataset,
    model: Classifier,
    device: torch.device,
    resume: bool = False,
    workers: int | None = None,
) -> Progress:
    """Train a model into its run folder, an epoch at a time; each finished epoch is kept.

    Args:
        run: A run made by `create_run`.
        dataset: Its data set.
        model: As it starts; trained in place.
        device: Where to compute.
        resume: Go on behind the last finished epoch.
        workers: Processes that decode and augment.

    Raises:
        CamcoreError: The loss is not finite, an image can't be decoded, or there is nothing to resume.
    """
    config = run.config.train
    workers = choose_workers() if workers is None else workers
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    trainer = Trainer(config, model, build_optimizer(model, config), device, choose_precision(config.precision, device))
    progress = load_progress(run, model, trainer.optimizer) if resume else Progress()
    loader = load_training_images(run, dataset, workers)
    counted = [sample for sample in dataset.val if sample.other_label < 0]
    if not counted:
        raise CamcoreError(
            "Every validation image shows two classes, so there is no accuracy. Add images of one class."
        )
    val_images = read_images(dataset, counted, run.config.view, run.config.view.size, workers, "reading validation")
    val_labels = torch.tensor([sample.label for sample in counted])
    images_per_epoch = len(dataset.train)
    done = progress.epoch * images_per_epoch
    with show_progress(config.epochs * images_per_epoch, "training", done=done) as bar:
        for epoch in range(progress.epoch, config.epochs):
            started = time.perf_counter()
            row = train_epoch(trainer, loader, epoch, bar)
            seconds = time.perf_counter() - started
            row |= evaluate(trainer, val_images, val_labels)
            if not math.isfinite(row["val_loss"]):
                raise CamcoreError(
                    f"The validation loss is {row['val_loss']} after epoch {epoch + 1}: the training diverges."
                    " Nothing of this epoch is kept. Train anew with a lower --learning-rate."
                )
            row |= {"seconds": seconds, "images_per_second": images_per_epoch / seconds}
            keep_epoch(run, model, trainer.optimizer, progress, row)
            bar.write(describe_epoch(row, config.epochs))
    shutil.rmtree(run.resume_path, ignore_errors=True)
    return progress


def load_training_images(run: Run, dataset: Dataset, workers: int) -> DataLoader[Any]:
    """Return the loader of augmented training batches; its sampler's `epoch` decides shuffling and augmentation."""
    config, view = run.config.train, run.config.view
    images = read_images(dataset, dataset.train, view, crop_side(view.size), workers, "reading training images")
    labels = [sample.label for sample in dataset.train]
    augmented = TrainingImages(images, labels, build_augmentation(config.augmentation, view.size), config.seed)
    sampler = EpochSampler(len(labels), config.seed)
    drop_last = len(labels) % config.batch_size == 1  # one image alone has no batch statistics
    return make_loader(augmented, config.batch_size, workers, sampler=sampler, drop_last=drop_last)


def train_epoch(trainer: Trainer, loader: DataLoader[Any], epoch: int, bar: Any) -> dict[str, float]:
    """Train one epoch; return its row of the history as far as training knows it."""
    config = trainer.config
    share_of_peak = build_schedule(config, len(loader))
    loader.sampler.epoch = epoch  # type: ignore[attr-defined]
    torch.manual_seed(mix_seed(config.seed, epoch, -2))  # dropout; the images have seeds of their own
    trainer.model.train()
    loss_sum, right, seen = 0.0, 0, 0
    for step, (images, labels) in enumerate(loader):
        rate = config.learning_rate * share_of_peak(epoch * len(loader) + step)
        for group in trainer.optimizer.param_groups:
            group["lr"] = rate
        logits, labels = trainer.logits(images), labels.to(trainer.device)
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
        _require_finite(loss, epoch, step, rate)
        trainer.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        trainer.optimizer.step()
        loss_sum += float(loss.detach()) * len(labels)
        right += int((logits.argmax(1) == labels).sum())
        seen += len(labels)
        bar.update(len(labels))
        bar.set_postfix_str(f"epoch {epoch + 1}/{config.epochs}, loss {loss_sum / seen:.3f}", refresh=False)
    return {"epoch": epoch + 1, "train_loss": loss_sum / seen, "train_accuracy": right / seen, "learning_rate": rate}


@torch.no_grad()
def evaluate(trainer: Trainer, images: Any, labels: Tensor) -> dict[str, float]:
    """Return loss (without smoothing) and accuracy on images that the training does not see."""
    trainer.model.eval()
    batches = make_loader(images, trainer.config.batch_size, 0)
    logits = torch.cat([trainer.logits(batch).cpu() for batch in batches])
    loss = nn.functional.cross_entropy(logits, labels)
    return {"val_loss": float(loss), "val_accuracy": float((logits.argmax(1) == labels).float().mean())}


def build_optimizer(model: Classifier, config: TrainConfig) -> torch.optim.Optimizer:
    """Return the optimizer; weight decay is for matrices and kernels, not for biases and normalisation."""
    decayed = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.learning_rate, momentum=0.9, nesterov=True)
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def build_schedule(config: TrainConfig, steps_per_epoch: int) -> Callable[[int], float]:
    """Return the share of the peak learning rate at a step: linear warm-up, then half a cosine to zero."""
    total = config.epochs * steps_per_epoch
    warmup = min(config.warmup_epochs, config.epochs / 2) * steps_per_epoch

    def share(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))

    return share


def describe_epoch(row: dict[str, float], epochs: int) -> str:
    """Return one line about a finished epoch."""
    return (
        f"epoch {row['epoch']:>3}/{epochs}  train loss {row['train_loss']:.3f}  accuracy {row['train_accuracy']:.3f}"
        f"  val loss {row['val_loss']:.3f}  accuracy {row['val_accuracy']:.3f}"
        f"  {row['seconds']:.1f} s  {row['images_per_second']:.0f} images/s"
    )


def _require_finite(loss: Tensor, epoch: int, step: int, rate: float) -> None:
    if not torch.isfinite(loss):
        raise CamcoreError(
            f"The loss is {float(loss.detach())} in epoch {epoch + 1}, batch {step + 1}, at learning rate {rate:.2g}."
            " Nothing of this epoch is kept. Train anew with a lower --learning-rate."
        )
