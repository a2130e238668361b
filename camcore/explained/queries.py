"""Query an explanation without a model: named samples, distances between maps, off-object heat."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from camcore.errors import RunError
from camcore.explained.explanation import Explanation, is_correct
from camcore.heatmaps.drawing import CONVENTIONS, draw, keep_measured
from camcore.heatmaps.sources import identical_by_theory, parse_source
from camcore.measures.disagreement import MEASURES, compare
from camcore.measures.localization import count_boxes, object_cover, off_object_heat
from camcore.measures.similarity import similarity
from camcore.runs.run import Run
from camcore.system.environment import count_cores

T = TypeVar("T")
BLOCK = 2500  # images at once; fits a core's cache
USUAL_CELLS = 64  # of a map
MOST_THREADS = 8  # each holds its block


def name_samples(run: Run, explanation: Explanation) -> pd.DataFrame:
    """Return a row per image: `Explanation.samples`, and index, objects, label_name, predicted_name, right.

    Columns of few values (class names, status) are categories.
    """
    places, names = pd.factorize(np.array(run.class_names, dtype=object))  # two classes may have one name
    samples = explanation.samples
    named = {
        name: pd.Categorical.from_codes(places[samples[column]], pd.Index(names))
        for name, column in (("label_name", "label"), ("predicted_name", "predicted"))
    }
    status = {name: samples[name].astype("category") for name in map(str, samples) if name.startswith("status_")}
    return samples.assign(
        index=np.arange(len(samples)),
        objects=count_boxes(samples["boxes"]),
        **named,
        **status,
        right=is_correct(samples),
    )


def find_blank(samples: pd.DataFrame) -> dict[str, str]:
    """Return the sources without any map that shows where, each with the commonest status of its maps."""
    names = [column.removeprefix("status_") for column in samples.columns if column.startswith("status_")]
    counts = {name: samples[f"status_{name}"].value_counts() for name in names}
    return {name: str(count.idxmax()) for name, count in counts.items() if len(count) and "ok" not in count}


def epochs_apart(run: Run, explanation: Explanation) -> tuple[int, int] | None:
    """Return the epochs of the maps' and the run's weights; None if equal or unknown."""
    explained = explanation.manifest.weights_epoch
    try:
        current = run.kept_epoch()
    except RunError:
        return None  # stored maps are usable with damaged weights
    if explained is None or current is None or explained == current:
        return None
    return explained, current


def top_classes(run: Run, explanation: Explanation, index: int, count: int = 5) -> list[tuple[str, float]]:
    """Return the most probable classes of an image with their probabilities, the most probable first."""
    logits = np.asarray(explanation.logits[index], dtype=np.float64)
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    return [(run.class_names[label], float(shares[label])) for label in np.argsort(-shares, kind="stable")[:count]]


def measure_pair(
    explanation: Explanation,
    first: str,
    second: str,
    indices: Sequence[int] | None = None,
    measures: Collection[str] = tuple(MEASURES),
    conventions: Collection[str] = CONVENTIONS,
) -> pd.DataFrame:
    """Return the distances between two sources' maps of the predicted class; columns `<measure>_<convention>`.

    One row per image: all images, or those in `indices`, in their order.
    """
    methods = parse_source(first).method, parse_source(second).method

    def measure(opened: Explanation, rows: Any) -> pd.DataFrame:
        a, b = (np.array(opened.maps(source)[rows]) for source in (first, second))
        return compare(a, methods[0], b, methods[1], measures, conventions)

    if indices is not None:
        return measure(explanation, list(indices))
    return pd.concat(_map_blocks(explanation, measure), ignore_index=True)


def measure_range(explanation: Explanation, source: str) -> tuple[float, float]:
    """Return a source's lowest and highest raw value over all images, for the predicted class."""

    def measure(opened: Explanation, rows: slice) -> tuple[float, float] | None:
        raw = opened.maps(source)[rows]
        finite = raw[np.isfinite(raw)]
        return (float(finite.min()), float(finite.max())) if finite.size else None

    ranges = [ends for ends in _map_blocks(explanation, measure) if ends is not None]
    return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else (0.0, 0.0)


def measure_off_object(
    run: Run, explanation: Explanation, samples: pd.DataFrame, source: str, indices: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Return per image a source's share of heat outside the boxes, for the predicted class. NaN without boxes.

    Shape (n, 2), in the order of `CONVENTIONS`: for all images, or those in `indices`. `samples` are the explanation's,
    of all images.
    """
    method, boxes = parse_source(source).method, samples[["boxes", "width", "height"]]

    def measure(opened: Explanation, rows: Any) -> NDArray[np.float64]:
        raw = keep_measured(opened.maps(source)[rows])
        cover = object_cover(boxes.iloc[rows], run.config.view.kind, *raw.shape[-2:])
        return np.stack([off_object_heat(draw(raw, name, method), cover) for name in CONVENTIONS], -1)

    if indices is not None:
        return measure(explanation, list(indices))
    return np.concatenate(_map_blocks(explanation, measure))


def measure_similarity(explanation: Explanation, index: int) -> NDArray[np.float64]:
    """Return each image's feature similarity to image `index`, -1 to 1."""
    return similarity(lambda rows: replace(explanation).pooled[rows], explanation.manifest.images, index)


def _map_blocks(explanation: Explanation, work: Callable[[Explanation, slice], T]) -> list[T]:
    """Apply `work` to all images in blocks, several at once. Memory grows only with the results."""
    size = rows_at_once(explanation, BLOCK)
    blocks = [slice(at, at + size) for at in range(0, max(explanation.manifest.images, 1), size)]
    with ThreadPoolExecutor(min(MOST_THREADS, count_cores())) as pool:
        # Each block opens the explanation again: mapped pages count as this process's memory until a file is closed.
        return list(pool.map(lambda rows: work(replace(explanation), rows), blocks))


def rows_at_once(explanation: Explanation, most: int) -> int:
    """Return the number of images to take at once: fewer for large maps."""
    cells = max(layer.height * layer.width for layer in explanation.manifest.layers)
    return max(1, most * USUAL_CELLS // max(USUAL_CELLS, cells))


def same_by_theory(explanation: Explanation, first: str, second: str) -> bool:
    """Return whether two sources are equal by theory, up to a positive factor."""
    return identical_by_theory(parse_source(first), parse_source(second), explanation.cam_able)
