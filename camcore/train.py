"""The training loop, to be read from top to bottom."""

import math
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from camcore.config import TrainConfig
from camcore.datasets.sample import Dataset
from camcore.devices import autocast, choose_precision
from camcore.errors import CamcoreError
from camcore.loading import WaitingTimer, choose_workers, make_loader, mix_seed, plain_worker_errors
from camcore.mixing import BatchMixing, count_right
from camcore.models import Classifier
from camcore.optimization import (
    RATE_SHARE,
    average_weights,
    build_optimizer,
    build_schedule,
    freeze,
    set_training,
)
from camcore.progress import show_progress
from camcore.runs import Run
from camcore.training_data import Judged, load_training_data
from camcore.training_state import Progress, TrainingState, finish, keep_epoch, load_progress


@dataclass(frozen=True)
class Trainer:
    """What stays the same from the first epoch to the last, around the state that changes."""

    config: TrainConfig
    state: TrainingState
    mix: BatchMixing
    device: torch.device
    precision: str

    def logits(self, model: Classifier, images: Tensor) -> Tensor:
        """Return logits (N, classes): the trunk in the chosen precision, from the features on float32.

        Images are (N, 3, side, side); of a frozen trunk they may be pooled features (N, K) instead.
        """
        if images.ndim == 2:
            return model.classify_pooled(images.to(self.device)[..., None, None])
        learns = torch.is_grad_enabled() and self.config.frozen != "trunk"
        with autocast(self.device, self.precision), torch.set_grad_enabled(learns):
            features = model.features(images.to(self.device).contiguous(memory_format=torch.channels_last))
        return model.classify(features.float())


def build_trainer(config: TrainConfig, model: Classifier, num_classes: int, device: torch.device) -> Trainer:
    """Return what trains a model; it moves to the device, and its frozen part gets no gradients any more."""
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    freeze(model, config.frozen)
    average = average_weights(model, config.ema) if config.ema else None
    state = TrainingState(model, average, build_optimizer(model, config))
    mix = BatchMixing(config.mixing, num_classes)
    return Trainer(config, state, mix, device, choose_precision(config.precision, device))


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
        workers: Processes that decode and augment, for features threads. None: to decode as many as there are cores, to
            augment as many as the first epoch shows to be worth it.

    Raises:
        CamcoreError: The loss is not finite, an image can't be decoded, or there is nothing to resume.
    """
    config = run.config.train
    trainer = build_trainer(config, model, len(dataset.class_names), device)
    progress = load_progress(run, trainer.state) if resume else Progress(keep=config.keep)
    data = load_training_data(run, dataset, model, workers)
    loader = data.make_batches(workers or 0)
    images_per_epoch = len(loader.sampler)  # type: ignore[arg-type]
    with show_progress(config.epochs * images_per_epoch, "training", done=progress.epoch * images_per_epoch) as bar:
        for epoch in range(progress.epoch, config.epochs):
            if config.patience and progress.epochs_since_best >= config.patience:
                bar.write(f"No better epoch than {progress.best_epoch} for {config.patience}: the training ends.")
                break
            started = time.perf_counter()
            batches = WaitingTimer(loader)
            row = train_epoch(trainer, batches, epoch, bar)
            seconds = time.perf_counter() - started
            if workers is None:
                workers = choose_workers(batches.waited, seconds)
                loader = data.make_batches(workers)
            row |= evaluate(trainer, data.val, "val") | (
                evaluate(trainer, data.held_out, "held_out") if data.held_out else {}
            )
            _require_finite_judgement(row, epoch)
            row |= {"seconds": seconds, "images_per_second": images_per_epoch / seconds}
            keep_epoch(run, trainer.state, progress, row)
            bar.write(describe_epoch(row, config.epochs))
    finish(run, trainer.state, progress)
    return progress


def train_epoch(trainer: Trainer, batches: WaitingTimer, epoch: int, bar: Any) -> dict[str, float]:
    """Train one epoch; return its row of the history as far as training knows it."""
    config, loader = trainer.config, batches.loader
    share_of_peak = build_schedule(config, len(loader))
    loader.sampler.epoch = epoch  # type: ignore[attr-defined]
    torch.manual_seed(mix_seed(config.seed, epoch, -2))  # dropout and mixing; the images have seeds of their own
    model, optimizer, average = trainer.state.model, trainer.state.optimizer, trainer.state.average
    set_training(model, config.frozen)
    loss_sum, right, seen = 0.0, 0, 0
    for step, (images, labels) in enumerate(batches):
        rate = config.learning_rate * share_of_peak(epoch * len(loader) + step)
        for group in optimizer.param_groups:
            group["lr"] = rate * group[RATE_SHARE]
        images, labels = trainer.mix(images, labels)
        logits, labels = trainer.logits(model, images), labels.to(trainer.device)
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
        _require_finite(loss, epoch, step, rate)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if average is not None:
            average.update_parameters(model)
        loss_sum += float(loss.detach()) * len(labels)
        right += count_right(logits, labels)
        seen += len(labels)
        bar.update(len(labels))
        bar.set_postfix_str(f"epoch {epoch + 1}/{config.epochs}, loss {loss_sum / seen:.3f}", refresh=False)
    return {"epoch": epoch + 1, "train_loss": loss_sum / seen, "train_accuracy": right / seen, "learning_rate": rate}


@torch.no_grad()
def evaluate(trainer: Trainer, judged: Judged, split: str) -> dict[str, float]:
    """Return `<split>_loss` (without smoothing) and `<split>_accuracy` on what the training does not see."""
    model = trainer.state.kept.eval()
    batches = make_loader(judged.inputs, trainer.config.batch_size, 0)  # type: ignore[arg-type]
    logits = torch.cat([trainer.logits(model, batch).cpu() for batch in batches])
    loss = nn.functional.cross_entropy(logits, judged.labels)
    accuracy = (logits.argmax(1) == judged.labels).float().mean()
    return {f"{split}_loss": float(loss), f"{split}_accuracy": float(accuracy)}


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


def _require_finite_judgement(row: dict[str, float], epoch: int) -> None:
    for split, title in (("val", "validation"), ("held_out", "held-out")):
        loss = row.get(f"{split}_loss", 0.0)
        if not math.isfinite(loss):
            raise CamcoreError(
                f"The {title} loss is {loss} after epoch {epoch + 1}: the training diverges."
                " Nothing of this epoch is kept. Train anew with a lower --learning-rate."
            )
