"""Finds the images of a run that best illustrate its numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camcore.explained.explanation import counts_in_accuracy
from camcore.heatmaps.drawing import CONVENTIONS
from camcore.heatmaps.sources import parse_source
from camcore.presentation.sentences import NOTICEABLE
from camcore.presentation.wording import gradient_source
from dashboard.data.caching import cached_by_size
from dashboard.data.measures import load_samples, measure_off_object, measure_pair
from dashboard.data.runs import ExplainedRun


@dataclass(frozen=True)
class ExampleMap:
    """One of the two heatmaps that an example compares."""

    source: str
    convention: str
    target: str = "predicted"


@dataclass(frozen=True)
class Example:
    """An image, two of its heatmaps, and one number or one per heatmap."""

    kind: str
    index: int
    first: ExampleMap
    second: ExampleMap
    numbers: tuple[float, ...]


@cached_by_size
def find_examples(explained: ExplainedRun) -> list[Example]:
    """Return up to one example of each kind: `drawing`, `layers`, `wrong`."""
    examples = (_find_drawing(explained), _find_layers(explained), _find_wrong(explained))
    return [example for example in examples if example is not None]


def _find_drawing(explained: ExplainedRun) -> Example | None:
    """Return the correctly predicted image with the largest noticeable normalisation effect on CAM off the object."""
    if "cam" not in explained.sources:
        return None
    off_object = measure_off_object(explained, "cam")
    literature, positive = (off_object[convention].to_numpy() for convention in CONVENTIONS)
    effect = literature - positive
    index = _highest(effect, load_samples(explained)["right"].to_numpy() & (effect > NOTICEABLE))
    if index is None:
        return None
    numbers = (float(literature[index]), float(positive[index]))
    return Example("drawing", index, ExampleMap("cam", "literature"), ExampleMap("cam", "positive"), numbers)


def _find_layers(explained: ExplainedRun) -> Example | None:
    """Return the correctly predicted image with the largest distance between the last and an earlier layer."""
    last = gradient_source(explained.sources)
    earlier = next((source for source in explained.sources if parse_source(source).layer), None)
    if earlier is None or earlier == last:
        return None
    moved = measure_pair(explained, last, earlier, "heat_moved")["heat_moved_positive"].to_numpy()
    samples = load_samples(explained)
    drawn = np.logical_and.reduce([samples[f"status_{source}"] == "ok" for source in (last, earlier)])
    index = _highest(moved, drawn & samples["right"].to_numpy())
    if index is None:
        return None
    first, second = ExampleMap(last, "positive"), ExampleMap(earlier, "positive")
    return Example("layers", index, first, second, (float(moved[index]),))


def _find_wrong(explained: ExplainedRun) -> Example | None:
    """Return the most confident mistake among images of one object."""
    samples = load_samples(explained)
    source = gradient_source(explained.sources)
    wrong = ~samples["right"].to_numpy() & counts_in_accuracy(samples)
    wrong &= (samples[f"status_{source}"] == "ok").to_numpy()
    confidence = samples["confidence"].to_numpy(dtype=float)
    index = _highest(confidence, wrong)
    if index is None:
        return None
    first, second = ExampleMap(source, "positive"), ExampleMap(source, "positive", target="true")
    return Example("wrong", index, first, second, (float(confidence[index]),))


def _highest(values: NDArray[np.float64], allowed: NDArray[np.bool_]) -> int | None:
    usable = allowed & np.isfinite(values)
    return int(np.argmax(np.where(usable, values, -np.inf))) if usable.any() else None
