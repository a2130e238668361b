"""Score stored maps and baselines per image against boxes, masks and classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from camcore.data.dataset import Dataset
from camcore.explained.explanation import Explanation
from camcore.geometry import FloatArray, apply_view, cover_cells, round_maps, upsample
from camcore.heatmaps.drawing import draw, is_finite, keep_measured
from camcore.heatmaps.sources import parse_source
from camcore.measures.baselines import BASELINES
from camcore.measures.disagreement import compare
from camcore.measures.localization import (
    apply_view_to_mask,
    energy_in_box,
    find_peaks,
    follow_class,
    off_object_heat,
    part_energy,
    pointing_game,
    pointing_game_on_masks,
)
from camcore.measures.max_box_acc import BoxOverlap, overlap_boxes, seen_boxes, to_pixel_boxes, to_score
from camcore.measures.pixel_precision import PixelCounts, count_pixels
from camcore.runs.run import Run
from camcore.system.progress import show_progress

BOX_SIDE = 112
UPSAMPLED_AT_ONCE = 256  # images, in double precision: 25 MB
BASELINE_PREFIX = "baseline_"

Values = dict[str, dict[str, NDArray[np.float64]]]


@dataclass
class Scores:
    """Values per measure and source, (N,) each; chance levels; inputs of pooled measures."""

    values: Values = field(default_factory=dict)
    chance: dict[str, float] = field(default_factory=dict)
    overlaps: dict[str, BoxOverlap] = field(default_factory=dict)
    pixels: dict[str, PixelCounts] = field(default_factory=dict)

    def add(self, measure: str, source: str, values: NDArray[Any]) -> None:
        """Add a source's values of a measure, unless no image has one."""
        if np.isfinite(values).any():
            self.values.setdefault(measure, {})[source] = np.asarray(values, dtype=np.float64)


@dataclass(frozen=True)
class Truth:
    """What the maps are measured against. Masks are (N, 0, 0) if the data set has none."""

    samples: pd.DataFrame
    view: str
    size: int
    boxes: list[FloatArray]
    other_boxes: list[FloatArray]
    objects: NDArray[np.bool_]
    parts: NDArray[np.bool_]

    @property
    def has_masks(self) -> bool:
        """Whether the data set has masks of the objects."""
        return self.objects.size > 0

    def cover(self, height: int, width: int) -> FloatArray:
        """Each cell's share covered by the true class's boxes, (N, h, w); NaN without boxes."""
        counts = np.array([len(boxes) for boxes in self.boxes], dtype=int)
        return cover_cells(np.concatenate([np.zeros((0, 4)), *self.boxes]), counts, height, width)


def read_truth(run: Run, dataset: Dataset, samples: pd.DataFrame) -> Truth:
    """Return boxes and masks of the validation images as the model sees them."""
    view, size = run.config.view.kind, run.config.view.size
    masks = {name: np.zeros((len(samples), 0, 0), dtype=bool) for name in ("object", "parts")}
    if dataset.load_masks is not None:
        loaded = [dataset.load_masks(sample) for sample in dataset.val]
        masks = {
            name: np.stack([apply_view_to_mask(sample_masks[name], view, size) for sample_masks in loaded])
            for name in masks
        }
    boxes, others = (seen_boxes(samples, samples[name].tolist(), view) for name in ("label", "other_label"))
    return Truth(samples, view, size, boxes, others, masks["object"], masks["parts"])


def read_baselines(dataset: Dataset, truth: Truth, height: int, width: int, seed: int) -> dict[str, FloatArray]:
    """Return the baselines' raw maps (N, h, w) by id, `baseline_center` and so on."""
    grey = np.empty((len(dataset.val), truth.size, truth.size), dtype=np.uint8)
    for at, sample in enumerate(dataset.val):
        grey[at] = np.asarray(apply_view(dataset.load_image(sample).convert("L"), truth.view, truth.size))
    return {
        f"{BASELINE_PREFIX}{name}": baseline.compute(grey, height, width, seed) for name, baseline in BASELINES.items()
    }


def score_maps(
    explanation: Explanation, sources: Sequence[str], baselines: Mapping[str, FloatArray], truth: Truth
) -> Scores:
    """Return the values of all sources and baselines, for the maps of the true class."""
    names = [*sources, *baselines]
    scores = Scores()
    scored: dict[str, FloatArray] = {}
    with show_progress(len(names), "boxes, masks, classes", unit="source") as bar:
        for name in names:
            maps = _maps_of(explanation, name, baselines)
            method = "grad_cam" if name in baselines else parse_source(name).method
            _score_source(scores, name, method, maps, truth)
            twin = next(
                (other for other, raw in scored.items() if np.array_equal(raw, maps["true"], equal_nan=True)), None
            )
            scores.overlaps[name] = scores.overlaps[twin] if twin else _overlap(maps["true"], method, truth)
            scored[name] = maps["true"]
            bar.update()
    return scores


def _maps_of(explanation: Explanation, name: str, baselines: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    if name in baselines:
        return {"true": baselines[name], "other": baselines[name]}
    targets = ("true", "other", "predicted", "runner_up")
    return {target: round_maps(keep_measured(explanation.maps(name, target))) for target in targets}


def _score_source(scores: Scores, name: str, method: str, maps: Mapping[str, FloatArray], truth: Truth) -> None:
    raw = maps["true"]
    drawn = {convention: draw(raw, convention, method) for convention in ("positive", "literature")}
    cover = truth.cover(*raw.shape[-2:])
    peaks = find_peaks(raw, truth.size)
    hits = pointing_game(peaks, truth.boxes)
    energy = energy_in_box(drawn["positive"], cover)
    scores.add("pointing_strict", name, hits.strict)
    scores.add("pointing_15px", name, hits.tolerant)
    scores.add("energy_in_box", name, energy.share)
    _note_chance(scores, energy.chance, "energy_in_box", "pointing_strict")
    for convention, heat in drawn.items():
        scores.add(f"off_object_{convention}", name, off_object_heat(heat, cover))
        _note_chance(scores, 1 - energy.chance, f"off_object_{convention}")
    if truth.has_masks:
        _score_masks(scores, name, method, raw, truth)
    other_peaks = find_peaks(maps["other"], truth.size)
    scores.add("follows_class", name, follow_class(peaks, other_peaks, truth.boxes, truth.other_boxes))
    if "runner_up" in maps:
        moved = compare(maps["predicted"], method, maps["runner_up"], method)["heat_moved_positive"]
        scores.add("class_sensitivity", name, moved.to_numpy())


def _overlap(raw: FloatArray, method: str, truth: Truth) -> BoxOverlap:
    known = [boxes if finite else boxes[:0] for boxes, finite in zip(truth.boxes, is_finite(raw), strict=True)]
    pixels = [to_pixel_boxes(boxes, BOX_SIDE) for boxes in known]
    parts = []
    for start in range(0, len(raw), UPSAMPLED_AT_ONCE):
        rows = slice(start, start + UPSAMPLED_AT_ONCE)
        fine = draw(upsample(raw[rows], BOX_SIDE, BOX_SIDE), "positive", method)
        parts.append(overlap_boxes(to_score(fine), pixels[rows]))
    best, largest = (np.concatenate([getattr(part, name) for part in parts]) for name in ("best", "largest"))
    return BoxOverlap(best, largest)


def _score_masks(scores: Scores, name: str, method: str, raw: FloatArray, truth: Truth) -> None:
    peaks = find_peaks(raw, truth.size)
    on_parts = part_energy(draw(raw, "positive", method), truth.parts)
    scores.add("pointing_parts", name, pointing_game_on_masks(peaks, truth.parts).strict)
    scores.add("energy_in_parts", name, on_parts.share)
    _note_chance(scores, on_parts.chance, "pointing_parts", "energy_in_parts")
    scores.pixels[name] = _count_all(raw, method, truth.objects & is_finite(raw)[:, None, None])


def _count_all(raw: FloatArray, method: str, masks: NDArray[np.bool_]) -> PixelCounts:
    """Count pixels in portions, so that memory does not grow with the number of images."""
    parts = [
        count_pixels(draw(upsample(raw[rows].astype(np.float64), *masks.shape[1:]), "positive", method), masks[rows])
        for rows in (slice(start, start + 64) for start in range(0, len(raw), 64))
    ]
    return PixelCounts(
        np.concatenate([part.inside for part in parts]), np.concatenate([part.outside for part in parts])
    )


def _note_chance(scores: Scores, values: NDArray[np.float64], *measures: str) -> None:
    if np.isfinite(values).any():
        for measure in measures:
            scores.chance[measure] = float(np.nanmean(values))
