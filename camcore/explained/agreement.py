"""Does a trunk variant agree with float32? Compares predictions and maps on some of a run's own images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from camcore.explained.explanation import Agreement
from camcore.explained.job import ExplainJob
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.measures.disagreement import rank_correlation
from camcore.models.fast_trunk import Trunk

CLEAR_MARGIN = 0.02  # between the two largest float32 logits, as a share of the range of an image's logits
LEAST_MEDIAN = 0.999  # of Spearman's rho between maps


@dataclass(frozen=True)
class Probe:
    """Some images, and the logits and predicted class's maps that float32 computes of them.

    `rows` and `images` are batches; the images are decoded as for every variant but the exact one.
    """

    job: ExplainJob
    rows: list[Sequence[int]]
    images: list[Tensor]
    logits: Tensor
    maps: dict[str, Tensor]


def make_probe(job: ExplainJob, rows: Sequence[int], exact: Trunk) -> Probe:
    """Run float32 on images of the validation split, as the reference for `compare`."""
    batches = job.split(rows)
    logits, maps = _explain(job, job.decode(rows, exact=True), batches, exact, None)
    return Probe(job, batches, job.decode(rows, exact=False), logits, maps)


def compare(probe: Probe, trunk: Trunk) -> Agreement:
    """Return how closely a trunk agrees with float32 on the probe's images."""
    labels = probe.logits.argmax(1)
    logits, maps = _explain(probe.job, probe.images, probe.rows, trunk, labels)
    best = probe.logits.topk(2, dim=1).values
    span = probe.logits.amax(1) - probe.logits.amin(1)
    clear = best[:, 0] - best[:, 1] > CLEAR_MARGIN * span
    flipped = logits.argmax(1) != labels
    rho = {
        name: rank_correlation(probe.maps[name].double().cpu().numpy(), raw.double().cpu().numpy())
        for name, raw in maps.items()
    }
    return Agreement(
        images=len(labels),
        clear_flips=int((flipped & clear).sum()),
        flips=int(flipped.sum()),
        median_rho={name: float(np.median(values)) for name, values in rho.items()},
        lowest_rho={name: float(values.min()) for name, values in rho.items()},
    )


def agrees(agreement: Agreement) -> bool:
    """Whether the agreement is close enough to use the trunk variant."""
    return agreement.clear_flips == 0 and min(agreement.median_rho.values()) >= LEAST_MEDIAN


def _explain(
    job: ExplainJob, images: Sequence[Tensor], rows: Sequence[Sequence[int]], trunk: Trunk, labels: Tensor | None
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return logits and maps of batches, of the classes `labels` (N,) or the predicted ones."""
    logits: list[Tensor] = []
    maps: dict[str, list[Tensor]] = {source.id: [] for source in job.sources}
    start = 0
    for batch, its_rows in zip(images, rows, strict=True):
        forward = run_forward(job.model, batch, job.sources, trunk, its_rows)
        logits.append(forward.logits.detach())
        targets = logits[-1].argmax(1) if labels is None else labels[start : start + len(batch)]
        for name, raw in explain_targets(job.model, batch, forward, targets[:, None], job.sources).items():
            maps[name].append(raw[:, 0])
        start += len(batch)
    return torch.cat(logits), {name: torch.cat(batches) for name, batches in maps.items()}
