"""What a training does with one batch: the model in the chosen precision, its loss, and what it is judged by."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Subset

from camcore.config import TrainConfig
from camcore.models.classifier import Classifier
from camcore.system.collectives import from_first, reduce_sums
from camcore.system.devices import autocast, choose_precision
from camcore.system.ranks import here
from camcore.training.augmentation import BatchMixing
from camcore.training.checkpoint import TrainingState
from camcore.training.data import Judged
from camcore.training.loading import make_loader
from camcore.training.optimization import average_weights, build_optimizer, freeze
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
def evaluate(trainer: Trainer, judged: Judged, split: str) -> dict[str, float]:
    """Return `<split>_loss` (without smoothing) and `<split>_accuracy` on what the training does not see."""
    model = trainer.state.kept.eval()
    count, mine = len(judged.labels), here().share(len(judged.labels))
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
def own_noise(seed: int) -> Iterator[None]:
    """Let each of several ranks draw numbers of its own, for dropout; those for mixing stay the same on all."""
    with torch.random.fork_rng(devices=[], enabled=not here().alone):
        if not here().alone:
            torch.manual_seed(seed)
        yield
