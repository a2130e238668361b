"""The part of a verdict that runs the model: faithfulness and randomisation."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from camcore.data.dataset import Dataset
from camcore.data.model_input import SeenImages
from camcore.geometry import FloatArray, round_maps
from camcore.heatmaps.sources import Source
from camcore.measures.disagreement import rank_correlation
from camcore.models.classifier import Classifier
from camcore.runs.run import Run
from camcore.stats.paired import Estimate, mean_interval
from camcore.system.collectives import gather
from camcore.system.progress import show_progress
from camcore.system.ranks import here
from camcore.verdict.faithfulness import insertion_deletion, maps_for_targets, order_pixels, randomize_from_the_head

FLOATING_POINT_BUDGET = 5e13  # about four minutes on two CPU cores
FEWEST_IMAGES, MOST_IMAGES = 32, 200
RANDOMIZED_IMAGES = 48
ALIKE = 0.5  # a map that keeps half of its rank order without the learned weights does not come from them


def choose_images(count: int, wanted: int, seed: int) -> NDArray[np.int64]:
    """Return which of `count` images are measured, sorted: a seeded sample without repetition."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:wanted])


def affordable_images(model: Classifier, size: int, passes_per_image: int) -> int:
    """Return how many images the default verdict can run, by the network's arithmetic, so the same on every machine."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(1, 3, size, size, dtype=torch.uint8))
    affordable = FLOATING_POINT_BUDGET / (passes_per_image * counter.get_total_flops())
    return int(min(MOST_IMAGES, max(FEWEST_IMAGES, affordable)))


def load_seen(dataset: Dataset, run: Run, indices: NDArray[np.int64]) -> Tensor:
    """Return what the model sees of validation images, uint8 (n, 3, size, size)."""
    images = SeenImages(dataset, dataset.val, run.config.view.kind, run.config.view.size)
    return torch.stack([images[int(index)] for index in indices])


def measure_faithfulness(
    model: Classifier, images: Tensor, maps: Mapping[str, FloatArray], targets: Tensor, steps: int, seed: int
) -> dict[str, NDArray[np.float32]]:
    """Return the insertion and deletion curves of each source, (n, 2, steps + 1).

    Sources whose maps order the pixels alike share their passes through the model. Several ranks share the images.
    """
    mine = here().share(len(images))
    rows = slice(mine.start, mine.stop)
    curves: dict[str, NDArray[np.float32]] = {}
    known: list[tuple[NDArray[np.int64], str]] = []
    with show_progress(len(maps), "insertion and deletion", unit="source") as bar:
        for name, raw in maps.items():
            orders = order_pixels(round_maps(raw), images.shape[-1], seed)
            twin = next((other for other_orders, other in known if np.array_equal(orders, other_orders)), None)
            if twin is None:
                own = insertion_deletion(model, images[rows], orders[rows], targets[rows], steps)
                curves[name] = np.concatenate(gather(own))
                known.append((orders, name))
            else:
                curves[name] = curves[twin]
            bar.update()
    return curves


def measure_randomization(
    model: Classifier, images: Tensor, targets: Tensor, sources: Sequence[Source], seed: int
) -> dict[str, Any]:
    """Return how alike each source's maps stay as weights become random from the head down, by Spearman's rho.

    A source passes when, with all weights random, the upper end of the mean's interval is below `ALIKE`.
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
    return {
        "steps": steps,
        "similarity": {name: [estimate.value for estimate in column] for name, column in columns.items()},
        "low": {name: [estimate.low for estimate in column] for name, column in columns.items()},
        "high": {name: [estimate.high for estimate in column] for name, column in columns.items()},
        "passes": {name: high is not None and high < ALIKE for name, high in last.items()},
    }
