"""Does a faster way to run the trunk agree with float32? Tried on a run's own images: predictions and maps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from camcore.config import ViewConfig
from camcore.data.dataset import Dataset, Sample
from camcore.data.model_input import Decoder
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.sources import Source
from camcore.measures.disagreement import rank_correlation
from camcore.models.classifier import Classifier
from camcore.models.fast_trunk import RunLayers, TrunkFor

CLEAR_MARGIN = 0.02  # between the two largest float32 logits, as a share of the range of an image's logits
LEAST_MEDIAN = 0.999  # of Spearman's rho between maps


@dataclass(frozen=True)
class Agreement:
    """How a faster way agrees with float32 on `images`: changed predictions, and Spearman's rho per source.

    `clear_flips` counts those whose float32 margin is clear; `flips` all of them.
    """

    images: int
    clear_flips: int
    flips: int
    median_rho: dict[str, float]
    lowest_rho: dict[str, float]

    @property
    def holds(self) -> bool:
        """Whether the faster way may be taken."""
        return self.clear_flips == 0 and min(self.median_rho.values()) >= LEAST_MEDIAN


@dataclass(frozen=True)
class Probe:
    """What all ways are tried on: images for float32, the same ones decoded the fast way, and the reference."""

    model: Classifier
    sources: Sequence[Source]
    rows: list[Sequence[int]]
    exact: list[Tensor]
    fast: list[Tensor]
    logits: Tensor
    maps: dict[str, Tensor]


def make_probe(
    model: Classifier,
    dataset: Dataset,
    view: ViewConfig,
    sources: Sequence[Source],
    rows: Sequence[int],
    batch_size: int,
    trunk: RunLayers,
) -> Probe:
    """Return what ways are tried on: images of some rows of the validation split, and what float32 makes of them.

    Args:
        model: On the device that computes.
        dataset: The data set.
        view: What the model sees of an image.
        sources: What is compared.
        rows: Which images.
        batch_size: As in the work to come.
        trunk: Runs the layers in float32.
    """
    device = model.mean.device
    samples = [dataset.val[row] for row in rows]
    decoders = [Decoder(dataset, view.kind, view.size, exact) for exact in (True, False)]
    exact, fast = (decode_batches(decoder, samples, batch_size, device) for decoder in decoders)
    by_batch = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
    logits, maps = _explain(model, exact, sources, [trunk] * len(exact), None)
    return Probe(model, sources, by_batch, exact, fast, logits, maps)


def compare_with(probe: Probe, trunk_for: TrunkFor) -> Agreement:
    """Return how a way to run the trunk agrees with float32."""
    labels = probe.logits.argmax(1)
    trunks = [trunk_for(rows) for rows in probe.rows]
    logits, maps = _explain(probe.model, probe.fast, probe.sources, trunks, labels)
    best = probe.logits.topk(2, dim=1).values
    span = probe.logits.amax(1) - probe.logits.amin(1)
    clear = best[:, 0] - best[:, 1] > CLEAR_MARGIN * span
    flipped = logits.argmax(1) != labels
    rho = {
        name: rank_correlation(probe.maps[name].double().cpu().numpy(), made.double().cpu().numpy())
        for name, made in maps.items()
    }
    return Agreement(
        images=len(labels),
        clear_flips=int((flipped & clear).sum()),
        flips=int(flipped.sum()),
        median_rho={name: float(np.median(values)) for name, values in rho.items()},
        lowest_rho={name: float(values.min()) for name, values in rho.items()},
    )


def decode_batches(decoder: Decoder, samples: Sequence[Sample], batch_size: int, device: torch.device) -> list[Tensor]:
    """Return what the model sees of samples, uint8 (n, 3, size, size) each."""
    parts = [samples[start : start + batch_size] for start in range(0, len(samples), batch_size)]
    return [decoder.decode_batch(part).images.to(device) for part in parts]


def _explain(
    model: Classifier,
    batches: Sequence[Tensor],
    sources: Sequence[Source],
    trunks: Sequence[RunLayers],
    labels: Tensor | None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return logits and maps of the given classes, of the predicted ones where none are given; a trunk per batch."""
    logits: list[Tensor] = []
    maps: dict[str, list[Tensor]] = {source.id: [] for source in sources}
    done_before = 0
    for images, trunk in zip(batches, trunks, strict=True):
        done = run_forward(model, images, sources, trunk)
        said = done.logits.detach()
        chosen = said.argmax(1) if labels is None else labels[done_before : done_before + len(images)]
        for name, raw in explain_targets(model, images, done, chosen[:, None], sources).items():
            maps[name].append(raw[:, 0])
        logits.append(said)
        done_before += len(images)
    return torch.cat(logits), {name: torch.cat(made) for name, made in maps.items()}
