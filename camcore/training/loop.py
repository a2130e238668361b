"""The training loop, to be read from top to bottom."""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Subset

from camcore.config import TrainConfig
from camcore.data.dataset import Dataset
from camcore.errors import CamcoreError
from camcore.models.classifier import Classifier
from camcore.runs.run import Run
from camcore.system.collectives import from_first, reduce_any, reduce_gradients, reduce_sums, wait_for_all
from camcore.system.devices import autocast, choose_precision
from camcore.system.progress import show_progress
from camcore.system.ranks import current_rank
from camcore.system.signals import StoppedTraining, StopRequest, stop_between_steps
from camcore.training.augmentation import BatchMixing, count_right
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
)
from camcore.training.synced_norm import sync_batch_norm


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

    def share_of_loss(self, logits: Tensor, labels: Tensor, batch: int) -> Tensor:
        """Return what the images of this rank add to the mean loss of a batch of so many images."""
        if not len(labels):
            return logits.sum()  # nothing, in which every weight takes part
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=self.config.label_smoothing)
        return loss * (len(labels) / batch)


def build_trainer(config: TrainConfig, model: Classifier, num_classes: int, device: torch.device) -> Trainer:
    """Return what trains a model; it moves to the device, and its frozen part gets no gradients any more.

    All ranks start from the model of the first one.
    """
    model.load_state_dict(from_first(model.state_dict))
    if config.frozen == "none":  # else all of it keeps its statistics
        sync_batch_norm(model)
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    freeze(model, config.frozen)
    average = average_weights(model, config.ema) if config.ema else None
    state = TrainingState(model, average, build_optimizer(model, config))
    mix = BatchMixing(config.mixing, num_classes)
    return Trainer(config, state, mix, device, choose_precision(config.precision, device))


@torch.no_grad()
def evaluate(trainer: Trainer, judged: EvalData, split: str) -> dict[str, float]:
    """Return `<split>_loss` (without smoothing) and `<split>_accuracy` on what the training does not see."""
    model = trainer.state.kept.eval()
    count, mine = len(judged.labels), current_rank().share(len(judged.labels))
    loss = right = 0.0
    if mine:
        batches = _read_batches(judged.inputs, mine, trainer.config.batch_size)
        logits = torch.cat([trainer.logits(model, batch).cpu() for batch in batches])
        labels = judged.labels[mine.start : mine.stop]
        loss = float(nn.functional.cross_entropy(logits, labels))
        right = float((logits.argmax(1) == labels).sum())
    loss, right = reduce_sums(loss * len(mine), right)
    return {f"{split}_loss": loss / count, f"{split}_accuracy": right / count}


def _read_batches(inputs: TorchDataset[Tensor] | Tensor, rows: range, size: int) -> Iterable[Tensor]:
    if isinstance(inputs, Tensor):
        return torch.split(inputs[rows.start : rows.stop], size)
    return make_loader(Subset(inputs, rows), size, 0)


@contextmanager
def rank_rng(seed: int) -> Iterator[None]:
    """Let each of several ranks draw numbers of its own, for dropout; those for mixing stay the same on all."""
    with torch.random.fork_rng(devices=[], enabled=not current_rank().is_only):
        if not current_rank().is_only:
            torch.manual_seed(seed)
        yield


MOST_NAMED = 3


@plain_worker_errors()
def train(
    run: Run,
    dataset: Dataset,
    model: Classifier,
    device: torch.device,
    resume: bool = False,
    workers: int | None = None,
) -> TrainingProgress:
    """Train a model into its run folder, an epoch at a time; each finished epoch is kept.

    Ctrl-C and SIGTERM are heard behind a step, and what was done up to it is kept as well; the second one breaks in.

    Args:
        run: A run made by `create_run`.
        dataset: Its data set.
        model: As it starts; trained in place.
        device: Where to compute.
        resume: Go on behind the last finished epoch, or the step that it was stopped behind.
        workers: Processes that decode and augment, for features threads. None: to decode as many as there are cores, to
            augment as many as the first epoch shows to be worth it.

    Raises:
        CamcoreError: The loss is not finite, an image can't be decoded, the disk is full, or there is nothing to
            resume.
        StoppedTraining: Somebody wanted it to stop.
    """
    config = run.config.train
    trainer = build_trainer(config, model, len(dataset.class_names), device)
    progress = load_progress(run, trainer.state) if resume else TrainingProgress(keep=config.keep)
    data = load_training_data(run, dataset, model, workers)
    loader = data.make_batches(workers or 0)
    images_per_epoch = len(find_sampler(loader))
    done = progress.epoch * images_per_epoch + progress.begun.seen
    batches = EpochBatches(loader, progress.epoch, progress.begun.steps * config.batch_size)
    with (
        show_progress(config.epochs * images_per_epoch, "training", done=done) as bar,
        stop_between_steps() as stop_request,
    ):
        while progress.epoch < config.epochs:
            if config.patience and progress.epochs_since_best >= config.patience:
                bar.write(f"No better epoch than {progress.best_epoch} for {config.patience}: the training ends.")
                break
            begun = progress.begun
            started, before = time.perf_counter(), begun.seconds
            for images in train_steps(trainer, data, batches, progress):
                begun.seconds = before + time.perf_counter() - started
                bar.update(images)
                mean_loss = begun.loss_sum / begun.seen
                bar.set_postfix_str(f"epoch {progress.epoch + 1}/{config.epochs}, loss {mean_loss:.3f}", refresh=False)
                _stop_if_wanted(stop_request, run, trainer.state, progress)
            if workers is None:
                workers = choose_workers(batches.waited, begun.seconds - before)
                loader = data.make_batches(workers)
            if progress.epoch + 1 < config.epochs:
                batches = EpochBatches(loader, progress.epoch + 1)  # read while this epoch is judged
            row = summarize_epoch(config, progress, len(loader)) | evaluate(trainer, data.val, "val")
            row |= evaluate(trainer, data.held_out, "held_out") if data.held_out else {}
            _require_finite_judgement(row, progress.epoch)
            row |= {"seconds": begun.seconds, "images_per_second": images_per_epoch / begun.seconds}
            keep_epoch(run, trainer.state, progress, row)
            bar.write(describe_epoch(row, config.epochs))
            _stop_if_wanted(stop_request, run, trainer.state, progress)
    finish(run, trainer.state, progress)
    wait_for_all()
    return progress


def train_steps(
    trainer: Trainer, data: TrainingData, batches: EpochBatches, progress: TrainingProgress
) -> Iterator[int]:
    """Train what is left of an epoch. Yield the number of images after each step, which `progress.begun` counts."""
    config, loader, epoch, begun = trainer.config, batches.loader, progress.epoch, progress.begun
    share_of_peak = build_schedule(config, len(loader))
    sampler = find_sampler(loader)
    torch.manual_seed(mix_seed(config.seed, epoch, -2))  # dropout and mixing; the images have seeds of their own
    if begun.random is not None:
        torch.set_rng_state(begun.random)
    model, optimizer, average = trainer.state.model, trainer.state.optimizer, trainer.state.average
    set_training(model, config.frozen)
    for step, (images, labels) in enumerate(batches, begun.steps):
        rate = config.learning_rate * share_of_peak(epoch * len(loader) + step)
        for group in optimizer.param_groups:
            group["lr"] = rate * group[RATE_SHARE]
        batch = min(config.batch_size, len(sampler) - step * config.batch_size)
        images, labels = (
            mixed[len(mixed) - len(current_rank().share(batch)) :] for mixed in trainer.mix(images, labels)
        )
        with rank_rng(mix_seed(config.seed, epoch, step, current_rank().rank)):
            logits, labels = trainer.logits(model, images), labels.to(trainer.device)
        loss = trainer.share_of_loss(logits, labels, batch)
        loss_sum, right = reduce_sums(float(loss.detach()) * batch, count_right(logits, labels))
        if not math.isfinite(loss_sum):
            seen = sampler.order()[step * config.batch_size :][:batch]
            raise _divergence(loss_sum / batch, epoch, step, rate, [data.ids[index] for index in seen])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        reduce_gradients(model.parameters())
        optimizer.step()
        if average is not None:
            average.update_parameters(model)
        begun.steps += 1
        begun.loss_sum += loss_sum
        begun.right += int(right)
        begun.seen += batch
        yield batch


def summarize_epoch(config: TrainConfig, progress: TrainingProgress, steps: int) -> dict[str, float]:
    """Return the row of an epoch of so many steps as far as training knows it; the rate is that of its last step."""
    begun, epoch = progress.begun, progress.epoch
    rate = config.learning_rate * build_schedule(config, steps)(epoch * steps + steps - 1)
    return {
        "epoch": epoch + 1,
        "train_loss": begun.loss_sum / begun.seen,
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


def _stop_if_wanted(stop_request: StopRequest, run: Run, state: TrainingState, progress: TrainingProgress) -> None:
    """Keep what was done so far and raise, where somebody wants to stop."""
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
