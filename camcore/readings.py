"""What pages and the report read of an explained run: named samples, distances, heat off the object. No model."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from camcore.calibration import Calibration, find_confidence, measure_calibration
from camcore.disagreement import MEASURES, compare, object_cover, off_object_heat
from camcore.drawing import CONVENTIONS, draw
from camcore.environment import count_cores
from camcore.errors import RunError
from camcore.generations import Generation
from camcore.heatmaps import identical_by_theory, parse_source
from camcore.runs import Run

FloatArray = NDArray[np.float64]
BLOCK = 10_000  # images compared at once


def name_samples(run: Run, generation: Generation) -> pd.DataFrame:
    """Return a row per image: `Generation.samples`, and index, objects, label_name, predicted_name, right."""
    names = np.array(run.class_names)
    samples = generation.samples
    return samples.assign(
        index=np.arange(len(samples)),
        objects=samples["boxes"].map(len),
        label_name=names[samples["label"]],
        predicted_name=names[samples["predicted"]],
        # An image of two classes is recognised when either is; it does not count in the accuracy.
        right=(samples["predicted"] == samples["label"]) | (samples["predicted"] == samples["other_label"]),
    )


def epochs_apart(run: Run, generation: Generation) -> tuple[int, int] | None:
    """Return the epoch that the maps are of and that of the weights, where the training has gone on between them."""
    made = generation.manifest.get("weights_epoch")
    try:
        now = run.kept_epoch()
    except RunError:
        return None  # damaged weights do no harm to maps that are there
    return (made, now) if isinstance(made, int) and now is not None and made != now else None


def top_classes(run: Run, generation: Generation, index: int, count: int = 5) -> list[tuple[str, float]]:
    """Return the most probable classes of an image with their probabilities, from the most probable."""
    logits = np.asarray(generation.logits[index], dtype=np.float64)
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    return [(run.class_names[label], float(shares[label])) for label in np.argsort(-shares, kind="stable")[:count]]


def read_calibration(generation: Generation) -> Calibration | None:
    """Return how sure the network is beside how often it is right, None where no image counts in the accuracy."""
    samples, confidence = generation.samples, find_confidence(generation.logits)
    counted = (samples["other_label"] < 0).to_numpy() & np.isfinite(confidence)
    right = (samples["predicted"] == samples["label"]).to_numpy()
    return measure_calibration(confidence[counted], right[counted]) if counted.any() else None


def measure_pair(
    generation: Generation,
    first: str,
    second: str,
    indices: Sequence[int] | None = None,
    measures: Collection[str] = tuple(MEASURES),
    conventions: Collection[str] = CONVENTIONS,
) -> pd.DataFrame:
    """Return the distances between two sources' maps of the predicted class; columns `<measure>_<convention>`.

    Of all images, or of some, a row each in their order. Images are taken in blocks, a few at once, so that memory
    grows with the number of distances alone.
    """
    methods = parse_source(first).method, parse_source(second).method

    def measure(block: Any) -> pd.DataFrame:
        # Opened for each block: what is mapped of a file counts as this process's memory until it is closed.
        a, b = (np.array(generation.maps(source)[block]) for source in (first, second))
        return compare(a, methods[0], b, methods[1], measures, conventions)

    if indices is not None:
        return measure(list(indices))
    blocks = [slice(at, at + BLOCK) for at in range(0, max(len(generation.maps(first)), 1), BLOCK)]
    with ThreadPoolExecutor(count_cores()) as pool:
        return pd.concat(pool.map(measure, blocks), ignore_index=True)


def measure_range(generation: Generation, source: str) -> tuple[float, float]:
    """Return the lowest and the highest raw value of a source over all images, for the predicted class."""
    raw = np.asarray(generation.maps(source))
    finite = raw[np.isfinite(raw)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def measure_cover(run: Run, generation: Generation, height: int, width: int) -> FloatArray:
    """Return the share of each cell that an image's boxes cover, (N, height, width); NaN where it has no box."""
    return np.asarray(object_cover(generation.samples, run.config.view.kind, height, width), dtype=np.float64)


def measure_off_object(generation: Generation, source: str, convention: str, cover: FloatArray) -> FloatArray:
    """Return per image the share of a source's heat outside the boxes, for the predicted class; NaN without boxes."""
    raw = np.asarray(generation.maps(source))
    return off_object_heat(draw(raw, convention, parse_source(source).method), cover)


def measure_off_object_of(
    run: Run, generation: Generation, samples: pd.DataFrame, sources: Sequence[str], indices: Sequence[int]
) -> dict[str, FloatArray]:
    """Return what `measure_off_object` says of a few images per source: (len(indices), 2), in `CONVENTIONS`' order."""
    cover = cache(partial(object_cover, samples.iloc[list(indices)], run.config.view.kind))  # one per grid
    shares = {}
    for source in sources:
        raw, method = np.asarray(generation.maps(source)[list(indices)]), parse_source(source).method
        of_each = [off_object_heat(draw(raw, name, method), cover(*raw.shape[-2:])) for name in CONVENTIONS]
        shares[source] = np.stack(of_each, -1)
    return shares


def same_by_theory(generation: Generation, first: str, second: str) -> bool:
    """Whether two sources of a run must give the same map, up to a positive factor."""
    return identical_by_theory(parse_source(first), parse_source(second), generation.cam_able)


def gradient_source(sources: Sequence[str]) -> str:
    """Return the source that exists for every network and that people know: Grad-CAM, else one of the last layer."""
    last = [source for source in sources if parse_source(source).layer is None]
    return "grad_cam" if "grad_cam" in sources else (*last, *sources)[0]


def default_pair(sources: Sequence[str]) -> tuple[str, str]:
    """Return what to compare at first: CAM and Grad-CAM, else Grad-CAM and an earlier layer, else the first twice."""
    if {"cam", "grad_cam"} <= set(sources):
        return "cam", "grad_cam"
    last = next((source for source in sources if parse_source(source).layer is None), sources[0])
    other = next((source for source in sources if source != last), last)
    return last, other
