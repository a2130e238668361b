"""Make a run's verdict: measures, differences, curves, costs and claims."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from camcore.data.dataset import Dataset
from camcore.data.model_input import ViewedImages
from camcore.errors import CamcoreError, shell_command
from camcore.explained.explanation import Explanation, counts_in_accuracy, is_correct
from camcore.geometry import FloatArray
from camcore.heatmaps.drawing import describe_finer_settings, is_finite, is_too_coarse, keep_measured, map_status
from camcore.heatmaps.methods import METHODS, describe_requirements
from camcore.heatmaps.sources import Source, identical_by_theory, parse_source
from camcore.models.classifier import Classifier
from camcore.runs.run import Run
from camcore.system.checksums import atomic_listed, remove_listed
from camcore.system.files import write_json
from camcore.verdict.claims import make_claims
from camcore.verdict.comparison import (
    PER_IMAGE_MEASURES,
    Comparison,
    ComparisonSetup,
    correct_for_all,
    summarize_box_acc,
    summarize_measure,
    summarize_pixels,
)
from camcore.verdict.document import (
    FORMAT_VERSION,
    AccuracyPrice,
    Curves,
    ImageCounts,
    NotApplicable,
    Randomization,
    Requirements,
    Timing,
    VerdictDocument,
)
from camcore.verdict.faithfulness import area_under, measure_faithfulness
from camcore.verdict.randomization import measure_randomization
from camcore.verdict.scoring import Scores, Truth, read_baselines, read_truth, score_maps
from camcore.verdict.timing import measure_timing

FLOATING_POINT_BUDGET = 5e13  # about four minutes on two CPU cores
FEWEST_IMAGES, MOST_IMAGES = 32, 200
RANDOMIZED_IMAGES = 48
TIMED_IMAGES = 16
STEPS = 12
CURVES = ("insertion", "deletion")


@dataclass(frozen=True)
class VerdictInput:
    """A run with current heatmaps, data set and model (on CPU, in evaluation mode)."""

    run: Run
    explanation: Explanation
    dataset: Dataset
    model: Classifier


@dataclass(frozen=True)
class VerdictPlan:
    """The sources, reference, baselines, and the boxes and masks to score against."""

    subject: VerdictInput
    sources: Sequence[Source]
    reference: str
    truth: Truth
    baselines: Mapping[str, FloatArray]
    seed: int

    @property
    def names(self) -> list[str]:
        """The ids of the sources."""
        return [source.id for source in self.sources]


@dataclass(frozen=True)
class FaithfulnessCurves:
    """Insertion and deletion curves (n, 2, STEPS + 1) per source, of images `subset` (n,)."""

    subset: NDArray[np.int64]
    by_source: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Measurements:
    """Everything that is measured, before methods are compared."""

    scores: Scores
    curves: FaithfulnessCurves
    randomized: int
    randomization: Randomization
    timing: Timing


def verdict_sources(run: Run, explanation: Explanation, methods: Sequence[str] | None) -> list[Source]:
    """Return a verdict's sources: all applicable methods, and the earlier layers already explained.

    Score-CAM is included only if it is named, because it runs the model once per channel. Layers whose maps have too
    few cells are left out.

    Raises:
        CamcoreError: No layer is left.
    """
    wanted = [name for name in METHODS if METHODS[name].needs != "passes"] if methods is None else list(methods)
    applicable = [name for name in wanted if explanation.cam_able or METHODS[name].needs != "class_weights"]
    earlier = [source for source in explanation.sources if source.layer is not None and source.method in applicable]
    sources = [
        source for source in [*map(Source, applicable), *earlier] if not is_too_coarse(*explanation.grid(source))
    ]
    if applicable and not sources:
        raise CamcoreError(
            f"The heatmaps of {run.path} have too few cells to say where evidence lies, so it gets no verdict. Use"
            f" {describe_finer_settings(run.config, run.imported_from is not None)}; or explain an earlier layer, as"
            f" listed by {shell_command('layers', run.path)}"
        )
    return sources


def make_verdict(
    subject: VerdictInput,
    sources: Sequence[Source],
    accuracy_price: AccuracyPrice | None = None,
    images: int | None = None,
    seed: int = 0,
) -> VerdictDocument:
    """Measure, compare, and write `verdict.json` and the values per image into the explanation.

    Args:
        subject: A run whose current heatmaps include all these sources.
        sources: What to compare, see `verdict_sources`.
        accuracy_price: What CAM's architecture costs in accuracy, if that was measured.
        images: The number of images for insertion and deletion; None: as many as a few minutes allow.
        seed: For every random choice.

    Raises:
        CamcoreError: No map of the reference is finite.
    """
    started = time.perf_counter()
    plan = plan_verdict(subject, sources, seed)
    measured = measure_sources(plan, images)
    verdict = compare_sources(plan, measured, accuracy_price)
    verdict = verdict.model_copy(update={"seconds": time.perf_counter() - started})
    return write_verdict(subject.explanation, verdict, measured.scores)


def plan_verdict(subject: VerdictInput, sources: Sequence[Source], seed: int) -> VerdictPlan:
    """Choose the reference; load baselines and what the maps are scored against.

    Raises:
        CamcoreError: No map of the reference is finite, or none shows where evidence lies.
    """
    explanation, names = subject.explanation, [source.id for source in sources]
    reference = "cam" if "cam" in names else names[0]
    if not is_finite(explanation.maps(reference)).any():
        raise CamcoreError(
            f"No heatmap of {reference!r}, which the others are compared with, is finite, so {subject.run.path} gets no"
            f" verdict. Recreate the heatmaps: {shell_command('explain', subject.run.path, '--force')}"
        )
    if not (map_status(explanation.maps(reference)) == "ok").any():
        raise CamcoreError(
            f"No heatmap of {reference!r}, which the others are compared with, shows where evidence lies, so"
            f" {subject.run.path} gets no verdict. Name other methods with --methods, or train the network further."
        )
    truth = read_truth(subject.run, subject.dataset, explanation.samples)
    height, width = explanation.maps(reference).shape[-2:]
    baselines = read_baselines(subject.dataset, truth, height, width, seed)
    return VerdictPlan(subject, sources, reference, truth, baselines, seed)


def measure_sources(plan: VerdictPlan, images: int | None) -> Measurements:
    """Measure all sources and baselines; for `images` see `make_verdict`."""
    subject, explanation = plan.subject, plan.subject.explanation
    scores = score_maps(explanation, plan.names, plan.baselines, plan.truth)
    curves = measure_curves(plan, images)
    add_areas(scores, curves, len(plan.truth.samples))
    few = curves.subset[:RANDOMIZED_IMAGES]
    views = load_views(subject.dataset, subject.run, few)
    targets = torch.from_numpy(np.array(explanation.targets[few, 0]))
    return Measurements(
        scores,
        curves,
        randomized=len(few),
        randomization=measure_randomization(subject.model, views, targets, plan.sources, plan.seed),
        timing=measure_timing(subject.model, views[:TIMED_IMAGES], plan.sources),
    )


def compare_sources(plan: VerdictPlan, measured: Measurements, accuracy_price: AccuracyPrice | None) -> VerdictDocument:
    """Compare the sources in every measure and derive the claims."""
    samples = plan.truth.samples
    check = plan.subject.explanation.manifest.cam_check
    identical = find_identical(plan)
    comparisons = summarize(measured.scores, plan.truth, plan.reference, identical, plan.seed)
    verdict = VerdictDocument(
        format_version=FORMAT_VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        run=plan.subject.run.name,
        explanation=plan.subject.explanation.id,
        seed=plan.seed,
        reference=plan.reference,
        images=ImageCounts(
            all=len(samples),
            faithfulness=len(measured.curves.subset),
            two_class=int((~counts_in_accuracy(samples)).sum()),
            randomization=measured.randomized,
        ),
        steps=STEPS,
        sources=tuple(plan.names),
        baselines=tuple(plan.baselines),
        not_applicable={} if check.holds else {"cam": NotApplicable(max_error=check.max_error)},
        curves=describe_curves(measured.curves),
        randomization=measured.randomization,
        timing=measured.timing,
        requirements={name: Requirements(**values) for name, values in describe_requirements().items()},
        accuracy_price=accuracy_price,
        measures=correct_for_all(comparisons, plan.names, identical),
        claims=(),
        seconds=0,
    )
    return verdict.model_copy(update={"claims": make_claims(verdict)})


def choose_images(count: int, wanted: int, seed: int) -> NDArray[np.int64]:
    """Return which of `count` images are measured, sorted: a seeded sample without repetition."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:wanted])


def affordable_images(model: Classifier, size: int, passes_per_image: int) -> int:
    """Return how many images the default verdict uses. It depends on the network's FLOPs, not on the machine."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(1, 3, size, size, dtype=torch.uint8))
    affordable = FLOATING_POINT_BUDGET / (passes_per_image * counter.get_total_flops())
    return int(min(MOST_IMAGES, max(FEWEST_IMAGES, affordable)))


def load_views(dataset: Dataset, run: Run, indices: NDArray[np.int64]) -> Tensor:
    """Return the view of validation images, uint8 (n, 3, size, size)."""
    images = ViewedImages(dataset, dataset.val, run.config.view.kind, run.config.view.size)
    return torch.stack([images[int(index)] for index in indices])


def measure_curves(plan: VerdictPlan, images: int | None) -> FaithfulnessCurves:
    """Return the predicted class's curves on a seeded subset; NaN for maps that do not count."""
    subject, explanation, size = plan.subject, plan.subject.explanation, plan.subject.run.config.view.size
    passes = (len(plan.names) + len(plan.baselines)) * len(CURVES) * (STEPS + 1)
    wanted = images or affordable_images(subject.model, size, passes)
    subset = choose_images(len(explanation.samples), wanted, plan.seed)
    maps = {name: keep_measured(explanation.maps(name)[subset]) for name in plan.names}
    maps |= {name: raw[subset] for name, raw in plan.baselines.items()}
    targets = torch.from_numpy(np.array(explanation.targets[subset, 0]))
    views = load_views(subject.dataset, subject.run, subset)
    curves = measure_faithfulness(subject.model, views, maps, targets, STEPS, plan.seed)
    usable = {name: is_finite(raw)[:, None, None] for name, raw in maps.items()}
    by_source = {name: np.where(usable[name], values, np.float32("nan")) for name, values in curves.items()}
    return FaithfulnessCurves(subset, by_source)


def describe_curves(curves: FaithfulnessCurves) -> Curves:
    """Return the mean curves; sources without a finite map are left out."""
    known = {name: values[np.isfinite(values).all((1, 2))] for name, values in curves.by_source.items()}
    means = {name: values.mean(0).astype(float).round(6) for name, values in known.items() if len(values)}
    insertion, deletion = ({name: tuple(mean[at].tolist()) for name, mean in means.items()} for at in (0, 1))
    return Curves(share=tuple(step / STEPS for step in range(STEPS + 1)), insertion=insertion, deletion=deletion)


def add_areas(scores: Scores, curves: FaithfulnessCurves, count: int) -> None:
    """Add the areas under the curves to the values; NaN outside the subset."""
    for at, measure in enumerate(CURVES):
        for name, values in curves.by_source.items():
            areas = np.full(count, np.nan)
            areas[curves.subset] = area_under(values[:, at])
            scores.add(measure, name, areas)


def find_identical(plan: VerdictPlan) -> list[str]:
    """Return the sources that give the reference's map by theory."""
    reference, cam_able = parse_source(plan.reference), plan.subject.explanation.cam_able
    others = (source for source in plan.sources if source.id != plan.reference)
    return [source.id for source in others if identical_by_theory(reference, source, cam_able)]


def summarize(
    scores: Scores, truth: Truth, reference: str, identical: Sequence[str], seed: int
) -> dict[str, Comparison]:
    """Compare all sources by all measures, p-values not yet corrected."""
    setup = ComparisonSetup(reference, identical, is_correct(truth.samples), seed)
    comparisons = {
        name: summarize_measure(measure, scores.values[name], scores.chance.get(name), setup)
        for name, measure in PER_IMAGE_MEASURES.items()
        if reference in scores.values.get(name, {})
    }
    comparisons |= summarize_box_acc(scores.overlaps, setup)
    return comparisons | summarize_pixels(scores.pixels, setup)


def write_verdict(explanation: Explanation, verdict: VerdictDocument, scores: Scores) -> VerdictDocument:
    """Write the values per image under a new name, then the verdict; return it.

    A stop at any point then leaves the old verdict with its values, or the new one with its own.
    """
    tables = []
    for source in [*verdict.sources, *verdict.baselines]:
        columns = {name: values[source] for name, values in scores.values.items() if source in values}
        tables.append(pd.DataFrame({"index": np.arange(len(explanation.samples)), "source": source, **columns}))
    verdict = verdict.model_copy(update={"values_file": f"measures-{secrets.token_hex(4)}.parquet"})
    with atomic_listed(explanation.path / verdict.values_file) as part:
        pd.concat(tables, ignore_index=True).to_parquet(part, index=False)
    with atomic_listed(explanation.path / "verdict.json") as part:
        write_json(part, verdict.to_json())
    others = [path for path in explanation.path.glob("measures*.parquet") if path.name != verdict.values_file]
    remove_listed(others)
    return verdict
