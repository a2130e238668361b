"""Do maps change when the network is randomised from the head down? Source: Adebayo et al. 2018, arXiv 1810.03292."""

import copy
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from camcore.backbones import BACKBONES
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.sources import Source
from camcore.measures.disagreement import rank_correlation
from camcore.models.classifier import Classifier
from camcore.stats.paired import Estimate, mean_interval
from camcore.verdict.document import Randomization

ALIKE = 0.5  # a map that keeps half of its rank order without the learned weights does not come from them


def measure_randomization(
    model: Classifier, images: Tensor, targets: Tensor, sources: Sequence[Source], seed: int
) -> Randomization:
    """Return Spearman's rho between maps before and after each step of weight randomisation.

    A source passes if, with all weights random, the upper end of the mean's interval is below `ALIKE`.
    """
    originals = maps_for_targets(model, images, targets, sources)
    steps = ["original"]
    columns: dict[str, list[Estimate]] = {
        source.id: [mean_interval(np.ones(len(images)), "continuous")] for source in sources
    }
    for step, broken in randomize_from_the_head(model, seed):
        steps.append(step)
        for name, maps in maps_for_targets(broken, images, targets, sources).items():
            columns[name].append(mean_interval(rank_correlation(originals[name], maps), "continuous", seed))
    last = {name: column[-1].high for name, column in columns.items()}
    return Randomization(
        steps=tuple(steps),
        similarity={name: tuple(estimate.value for estimate in column) for name, column in columns.items()},
        low={name: tuple(estimate.low for estimate in column) for name, column in columns.items()},
        high={name: tuple(estimate.high for estimate in column) for name, column in columns.items()},
        passes={name: high is not None and high < ALIKE for name, high in last.items()},
    )


def randomize_from_the_head(model: Classifier, seed: int) -> Iterator[tuple[str, Classifier]]:
    """Yield each step's name and a model copy, randomised from the head down.

    Source: Adebayo et al. 2018, arXiv 1810.03292, section 3.2 (cascading randomisation).
    """
    names = model.layer_names
    ends = [names.index(stage) + 1 for stage in BACKBONES[model.config.backbone].stages]
    spans = list(zip([0, *ends[:-1]], ends, BACKBONES[model.config.backbone].stages, strict=True))
    broken = copy.deepcopy(model)
    torch.manual_seed(seed)
    _reset(broken.head)
    yield "head", broken
    for start, end, stage in reversed(spans):
        for _, layer in broken.layers[start:end]:
            _reset(layer)
        yield stage, broken


def maps_for_targets(
    model: Classifier, images: Tensor, targets: Tensor, sources: Sequence[Source]
) -> dict[str, NDArray[np.float32]]:
    """Return the raw maps (N, h, w) of sources for given classes (N,)."""
    parts: dict[str, list[NDArray[np.float32]]] = {source.id: [] for source in sources}
    for batch, wanted in zip(torch.split(images, 16), torch.split(targets, 16), strict=True):
        forward = run_forward(model, batch, sources)
        for name, maps in explain_targets(model, batch, forward, wanted[:, None], sources).items():
            parts[name].append(maps[:, 0].numpy())
    return {name: np.concatenate(maps) for name, maps in parts.items()}


def _reset(module: nn.Module) -> None:
    for child in module.modules():
        reset = getattr(child, "reset_parameters", None)
        if callable(reset):
            reset()
        elif list(child.parameters(recurse=False)):
            for parameter in child.parameters(recurse=False):
                nn.init.normal_(parameter, std=0.02)
