"""The training loop; read it from top to bottom."""

import math
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Subset

from camcore.config import TrainConfig
from camcore.data.dataset import Dataset
from camcore.errors import CamcoreError
from camcore.models.classifier import Classifier
from camcore.runs.run import Run
from camcore.system.collectives import (
    from_first,
    gpu_group,
    reduce_any,
    reduce_sums,
    translate_lost_ranks,
    wait_for_all,
)
from camcore.system.devices import autocast, choose_precision
from camcore.system.progress import show_progress
from camcore.system.ranks import current_rank
from camcore.system.signals import StoppedTraining, StopRequest, stop_between_steps
from camcore.training.augmentation import BatchMixing, count_correct
from camcore.training.checkpoint import (
    TrainingProgress,
    TrainingState,
    finish,
    keep_epoch,
    load_progress,
    save_progress,
)
from camcore.training.data import EvalData, TrainingData, load_training_data
from camcore.training.loading import (
    EpochBatches,
    choose_workers,
    find_sampler,
    make_loader,
    mix_seed,
    plain_worker_errors,
)
from camcore.training.optimization import (
    RATE_SHARE,
    average_weights,
    build_optimizer,
    build_schedule,
    freeze,
    set_training,
    sync_batch_norm,
)

MOST_NAMED = 3


class Forward(nn.Module):
    """A classifier's training forward pass: trunk in the chosen precision, head in float32.

    DistributedDataParallel wraps this module to reduce the gradients of all ranks.
    """

    def __init__(self, model: Classifier, config: TrainConfig, device: torch.device) -> None:
        super().__init__()
        self.model, self.device = model, device
        self.precision = choose_precision(config.precision, device)
        self.trunk_learns = config.frozen != "trunk"

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, classes) of images (N, 3, side, side) or pooled features (N, K)."""
        if images.ndim == 2:
            return self.model.classify_pooled(images.to(self.device)[..., None, None])
        learns = torch.is_grad_enabled() and self.trunk_learns
        with autocast(self.device, self.precision), torch.set_grad_enabled(learns):
            features = self.model.features(images.to(self.device).contiguous(memory_format=torch.channels_last))
        return self.model.classify(features.float())


@dataclass(frozen=True)
class Trainer:
    """What stays the same in all epochs, and the state that changes. `forward` reduces gradients over all ranks."""

    config: TrainConfig
    state: TrainingState
    mix: BatchMixing
    device: torch.device
    forward: nn.Module

    def mean_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean training loss of some images, with label smoothing."""
        return nn.functional.cross_entropy(logits, labels, label_smoothing=self.config.label_smoothing)

    @property
    def norm_is_local(self) -> bool:
        """Whether each rank normalises its own part: trainable batch norm on CPU ranks."""
        if current_rank().is_only or self.config.frozen != "none":
            return False
        return any(isinstance(module, nn.BatchNorm2d) for module in self.state.model.modules())


def build_trainer(config: TrainConfig, model: Classifier, num_classes: int, device: torch.device) -> Trainer:
    """Return what trains a model. The model moves to the device; its frozen part gets no gradients.

    All ranks start from the model of rank 0.
    """
    model.load_state_dict(from_first(model.state_dict))
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    freeze(model, config.frozen)
    average = average_weights(model, config.ema) if config.ema else None
    forward = _distribute(Forward(model, config, device), config)
    state = TrainingState(model, average, build_optimizer(model, config))
    return Trainer(config, state, BatchMixing(config.mixing, num_classes), device, forward)


def _distribute(forward: Forward, config: TrainConfig) -> nn.Module:
    """Return a forward pass with gradients averaged over ranks; unchanged for one process."""
    if current_rank().is_only:
        return forward
    group = gpu_group() if forward.device.type == "cuda" else None
    if group is not None and config.frozen == "none":  # else all batch norm keeps its statistics
        sync_batch_norm(forward.model, group)
    with translate_lost_ranks(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch 2.15 renames the option, torch 2.11 has no other name
        return DistributedDataParallel(forward, process_group=group, broadcast_buffers=False)


@plain_worker_errors()
def train(
    run: Run,
    dataset: Dataset,
    model: Classifier,
    device: torch.device,
    resume: bool = False,
    workers: int | None = None,
) -> TrainingProgress:
    """Train a model into its run folder. Each finished epoch is saved.

    The first Ctrl-C or SIGTERM stops after the current step and saves what was done; the second one stops at once.

    Args:
        run: A run made by `create_run`.
        dataset: Its data set.
        model: The initial model; trained in place.
        device: Where to compute.
        resume: Continue after the last saved epoch or step.
        workers: Processes that decode and augment (for features: threads). None: to decode one per core, to augment as
            many as the first epoch shows to be worth it.

    Raises:
        CamcoreError: The loss is not finite, an image can't be decoded, the disk is full, or there is nothing to
            resume.
        StoppedTraining: A signal stopped it.
    """
    config = run.config.train
    trainer = build_trainer(config, model, len(dataset.class_names), device)
    progress = load_progress(run, trainer.state) if resume else TrainingProgress(keep=config.keep)
    data = load_training_data(run, dataset, model, workers)
    loader = data.make_batches(workers or 0)
    images = len(find_sampler(loader))
    batches = EpochBatches(loader, progress.epoch, progress.begun.steps * config.batch_size)
    with (
        show_progress(config.epochs * images, "training", done=progress.epoch * images + progress.begun.seen) as bar,
        stop_between_steps() as stop_request,
    ):
        if trainer.norm_is_local:
            bar.write("Batch norm on CPU ranks: each uses its own part of a batch; the statistics of rank 0 are saved.")
        while progress.epoch < config.epochs and not _has_run_out_of_patience(config, progress, bar):
            before = progress.begun.seconds
            for count in train_steps(trainer, data, batches, progress):
                _show_step(bar, count, progress, config)
                _stop_if_requested(stop_request, run, trainer.state, progress)
            if workers is None:
                workers = choose_workers(batches.waited, progress.begun.seconds - before)
                loader = data.make_batches(workers)
            if progress.epoch + 1 < config.epochs:
                batches = EpochBatches(loader, progress.epoch + 1)  # reads ahead during the evaluation
            row = summarize_epoch(config, progress, len(loader)) | _evaluate_epoch(trainer, data, progress)
            row |= {"seconds": progress.begun.seconds, "images_per_second": images / progress.begun.seconds}
            keep_epoch(run, trainer.state, progress, row)
            bar.write(describe_epoch(row, config.epochs))
            _stop_if_requested(stop_request, run, trainer.state, progress)
    finish(run, trainer.state, progress)
    wait_for_all()
    return progress


def train_steps(
    trainer: Trainer, data: TrainingData, batches: EpochBatches, progress: TrainingProgress
) -> Iterator[int]:
    """Train the rest of an epoch. Yield the number of images after each step, which `progress.begun` counts."""
    config, loader, epoch, begun = trainer.config, batches.loader, progress.epoch, progress.begun
    share_of_peak = build_schedule(config, len(loader))
    sampler = find_sampler(loader)
    started = time.perf_counter() - begun.seconds
    torch.manual_seed(mix_seed(config.seed, epoch, -2))  # dropout and mixing; the images have seeds of their own
    if begun.random is not None:
        torch.set_rng_state(begun.random)
    set_training(trainer.state.model, config.frozen)
    for step, (images, labels) in enumerate(batches, begun.steps):
        rate = config.learning_rate * share_of_peak(epoch * len(loader) + step)
        batch = min(config.batch_size, len(sampler) - step * config.batch_size)
        images, labels = trainer.mix(images, labels)
        with translate_lost_ranks(), rank_rng(mix_seed(config.seed, epoch, step, current_rank().rank)):
            logits, labels = trainer.forward(images), labels.to(trainer.device)
        # DistributedDataParallel averages gradients over ranks: this weight makes that the gradient of the batch's mean
        loss = trainer.mean_loss(logits, labels) * (current_rank().count * len(images) / batch)
        loss_sum, right = reduce_sums(
            float(loss.detach()) * batch / current_rank().count, count_correct(logits, labels)
        )
        if not math.isfinite(loss_sum):
            ids = [data.ids[index] for index in sampler.order()[step * config.batch_size :][:batch]]
            raise _divergence(loss_sum / batch, epoch, step, rate, ids)
        _update_weights(trainer.state, loss, rate)
        begun.add_step(batch, loss_sum, int(right), time.perf_counter() - started)
        yield batch


@contextmanager
def rank_rng(seed: int) -> Iterator[None]:
    """Give each of several ranks its own dropout seed. Mixing uses the generator that is the same on all ranks."""
    with torch.random.fork_rng(devices=[], enabled=not current_rank().is_only):
        if not current_rank().is_only:
            torch.manual_seed(seed)
        yield


def _update_weights(state: TrainingState, loss: Tensor, rate: float) -> None:
    for group in state.optimizer.param_groups:
        group["lr"] = rate * group[RATE_SHARE]
    state.optimizer.zero_grad(set_to_none=True)
    with translate_lost_ranks():
        loss.backward()  # type: ignore[no-untyped-call]
    state.optimizer.step()
    if state.average is not None:
        state.average.update_parameters(state.model)


def _evaluate_epoch(trainer: Trainer, data: TrainingData, progress: TrainingProgress) -> dict[str, float]:
    """Return loss and accuracy on validation images and, if any, on held-out images."""
    buffers = from_first(lambda: [buffer.cpu() for buffer in trainer.state.kept.buffers()])
    for buffer, of_first in zip(trainer.state.kept.buffers(), buffers, strict=True):
        buffer.copy_(of_first)  # all ranks evaluate the batch norm statistics that are saved
    row = evaluate(trainer, data.val, "val")
    row |= evaluate(trainer, data.held_out, "held_out") if data.held_out else {}
    _require_finite_losses(row, progress.epoch)
    return row


@torch.no_grad()
def evaluate(trainer: Trainer, judged: EvalData, split: str) -> dict[str, float]:
    """Return `<split>_loss` (without label smoothing) and `<split>_accuracy` on images that are not trained on."""
    forward = Forward(trainer.state.kept.eval(), trainer.config, trainer.device)
    count, mine = len(judged.labels), current_rank().share(len(judged.labels))
    loss = right = 0.0
    if mine:
        logits = torch.cat([forward(batch).cpu() for batch in _read_batches(judged.inputs, mine, trainer.config)])
        labels = judged.labels[mine.start : mine.stop]
        loss = float(nn.functional.cross_entropy(logits, labels))
        right = float((logits.argmax(1) == labels).sum())
    loss, right = reduce_sums(loss * len(mine), right)
    return {f"{split}_loss": loss / count, f"{split}_accuracy": right / count}


def _read_batches(inputs: TorchDataset[Tensor] | Tensor, rows: range, config: TrainConfig) -> Iterable[Tensor]:
    if isinstance(inputs, Tensor):
        return torch.split(inputs[rows.start : rows.stop], config.batch_size)
    return make_loader(Subset(inputs, rows), config.batch_size, 0)


def summarize_epoch(config: TrainConfig, progress: TrainingProgress, steps: int) -> dict[str, float]:
    """Return an epoch's training figures; the learning rate is the last step's."""
    begun, epoch = progress.begun, progress.epoch
    rate = config.learning_rate * build_schedule(config, steps)(epoch * steps + steps - 1)
    return {
        "epoch": epoch + 1,
        "train_loss": begun.mean_loss,
        "train_accuracy": begun.right / begun.seen,
        "learning_rate": rate,
    }


def describe_epoch(row: dict[str, float], epochs: int) -> str:
    """Return one line about a finished epoch."""
    return (
        f"epoch {row['epoch']:>3}/{epochs}  train loss {row['train_loss']:.3f}  accuracy {row['train_accuracy']:.3f}"
        f"  val loss {row['val_loss']:.3f}  accuracy {row['val_accuracy']:.3f}"
        f"  {row['seconds']:.1f} s  {row['images_per_second']:.0f} images/s"
    )


def _show_step(bar: Any, images: int, progress: TrainingProgress, config: TrainConfig) -> None:
    bar.update(images)
    epoch, loss = f"{progress.epoch + 1}/{config.epochs}", progress.begun.mean_loss
    bar.set_postfix_str(f"epoch {epoch}, loss {loss:.3f}", refresh=False)


def _has_run_out_of_patience(config: TrainConfig, progress: TrainingProgress, bar: Any) -> bool:
    if not config.patience or progress.epochs_since_best < config.patience:
        return False
    bar.write(f"No better epoch than {progress.best_epoch} for {config.patience}: the training ends.")
    return True


def _stop_if_requested(stop_request: StopRequest, run: Run, state: TrainingState, progress: TrainingProgress) -> None:
    """Save the current epoch's steps and raise StoppedTraining if any rank got a signal."""
    if reduce_any(stop_request.requested):
        if progress.begun.steps:
            progress.begun.random = torch.get_rng_state()
            save_progress(run, state, progress)
        wait_for_all()
        raise StoppedTraining(progress.begun.steps)


def _divergence(loss: float, epoch: int, step: int, rate: float, ids: Sequence[str]) -> CamcoreError:
    named = ", ".join(ids[:MOST_NAMED]) + (f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else "")
    return CamcoreError(
        f"The loss is {loss} in epoch {epoch + 1}, batch {step + 1} ({named}), at learning rate {rate:.2g}."
        " Nothing of this epoch is kept. Train again with a lower --learning-rate."
    )


def _require_finite_losses(row: dict[str, float], epoch: int) -> None:
    for split, title in (("val", "validation"), ("held_out", "held-out")):
        loss = row.get(f"{split}_loss", 0.0)
        if not math.isfinite(loss):
            raise CamcoreError(
                f"The {title} loss is {loss} after epoch {epoch + 1}: the training diverges."
                " Nothing of this epoch is kept. Train again with a lower --learning-rate."
            )
