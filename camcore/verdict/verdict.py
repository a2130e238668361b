"""Which heatmap is the most meaningful, with numbers: measures, differences, curves, costs and claims of one run."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

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
from camcore.heatmaps.drawing import is_finite
from camcore.heatmaps.methods import METHODS, describe_freedom
from camcore.heatmaps.sources import Source, identical_by_theory, parse_source
from camcore.models.classifier import Classifier
from camcore.runs.run import FORMAT_VERSION, Run
from camcore.system.checksums import atomic_listed, remove_listed
from camcore.system.files import write_json
from camcore.verdict.claims import make_claims
from camcore.verdict.comparison import (
    PER_IMAGE_MEASURES,
    correct_for_all,
    summarize_box_acc,
    summarize_measure,
    summarize_pixels,
)
from camcore.verdict.document import VALUES_FILE
from camcore.verdict.faithfulness import area_under, measure_faithfulness
from camcore.verdict.randomization import measure_randomization
from camcore.verdict.scoring import Scores, Truth, read_baselines, read_truth, score_maps
from camcore.verdict.timing import measure_cost

FLOATING_POINT_BUDGET = 5e13  # about four minutes on two CPU cores
FEWEST_IMAGES, MOST_IMAGES = 32, 200
RANDOMIZED_IMAGES = 48


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
    images = ViewedImages(dataset, dataset.val, run.config.view.kind, run.config.view.size)
    return torch.stack([images[int(index)] for index in indices])


STEPS = 12
CURVES = ("insertion", "deletion")


@dataclass(frozen=True)
class VerdictInput:
    """What a verdict is about: a run, its maps in force, its data and its model on the CPU in evaluation mode."""

    run: Run
    explanation: Explanation
    dataset: Dataset
    model: Classifier


def verdict_sources(explanation: Explanation, methods: Sequence[str] | None) -> list[Source]:
    """Return what a verdict compares: all methods that apply, and the earlier layers that are explained already.

    Score-CAM takes part only when it is named, because it runs the model once per channel.
    """
    wanted = [name for name in METHODS if METHODS[name].needs != "passes"] if methods is None else list(methods)
    applicable = [name for name in wanted if explanation.cam_able or METHODS[name].needs != "class_weights"]
    earlier = [source for source in explanation.sources if source.layer is not None and source.method in applicable]
    return [Source(name) for name in applicable] + earlier


def make_verdict(
    subject: VerdictInput,
    sources: Sequence[Source],
    price: dict[str, Any] | None = None,
    images: int | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure, compare and write `verdict.json`, and the values per image beside it, into the explanation.

    Args:
        subject: A run whose maps in force are of all these sources.
        sources: What to compare, of `verdict_sources`.
        price: What CAM's architecture costs in accuracy, of `measure_price`; None where that is not asked.
        images: How many images insertion and deletion run on; None for what a few minutes allow.
        seed: Of every choice that is left to chance.

    Raises:
        CamcoreError: There is nothing finite to compare with.
    """
    started = time.perf_counter()
    explanation, names = subject.explanation, [source.id for source in sources]
    reference = "cam" if "cam" in names else names[0]
    if not is_finite(explanation.maps(reference)).any():
        raise CamcoreError(
            f"No heatmap of {reference!r}, which the others are compared with, is finite, so {subject.run.path} gets no"
            f" verdict. Make the heatmaps anew: {shell_command('explain', subject.run.path, '--force')}"
        )
    truth = read_truth(subject.run, subject.dataset, explanation.samples)
    last = explanation.manifest["layers"][-1]
    grid = (last["height"], last["width"])
    baselines = read_baselines(subject.dataset, truth, *grid, seed)
    scores = score_maps(explanation, names, baselines, truth)
    subset, curves = measure_curves(subject, names, baselines, images, seed)
    few = subset[:RANDOMIZED_IMAGES]
    seen, targets = (
        load_seen(subject.dataset, subject.run, few),
        torch.from_numpy(np.array(explanation.targets[few, 0])),
    )
    check = explanation.manifest["cam_check"]
    verdict: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": subject.run.name,
        "generation": explanation.id,
        "seed": seed,
        "reference": reference,
        "images": {
            "all": len(truth.samples),
            "faithfulness": len(subset),
            "two_class": int((~counts_in_accuracy(truth.samples)).sum()),
            "randomization": len(few),
        },
        "steps": STEPS,
        "sources": names,
        "baselines": list(baselines),
        "not_applicable": {} if check["holds"] else {"cam": {"max_error": check["max_error"]}},
        "curves": describe_curves(curves),
        "randomization": measure_randomization(subject.model, seen, targets, sources, seed),
        "cost": measure_cost(subject.model, seen[:16], sources),
        "freedom": describe_freedom(),
        "price": price,
    }
    add_areas(scores, curves, subset, len(truth.samples))
    verdict["measures"] = summarize(scores, truth, reference, _same_as(reference, names, explanation), seed)
    correct_for_all(verdict["measures"], names)
    verdict["claims"] = make_claims(verdict)
    verdict["seconds"] = time.perf_counter() - started
    write_verdict(explanation, verdict, scores)
    return verdict


def measure_curves(
    subject: VerdictInput, names: Sequence[str], baselines: Mapping[str, FloatArray], images: int | None, seed: int
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float32]]]:
    """Return a seeded subset of the images, and the insertion and deletion curves of the predicted class on it.

    Those of a map that is not finite are NaN.
    """
    explanation, model, size = subject.explanation, subject.model, subject.run.config.view.size
    passes = (len(names) + len(baselines)) * len(CURVES) * (STEPS + 1)
    subset = choose_images(len(explanation.samples), images or affordable_images(model, size, passes), seed)
    maps = {name: np.asarray(explanation.maps(name)[subset]) for name in names}
    maps |= {name: raw[subset] for name, raw in baselines.items()}
    targets = torch.from_numpy(np.array(explanation.targets[subset, 0]))
    seen = load_seen(subject.dataset, subject.run, subset)
    curves = measure_faithfulness(model, seen, maps, targets, STEPS, seed)
    usable = {name: is_finite(raw)[:, None, None] for name, raw in maps.items()}
    return subset, {name: np.where(usable[name], values, np.float32("nan")) for name, values in curves.items()}


def describe_curves(curves: Mapping[str, NDArray[np.float32]]) -> dict[str, Any]:
    """Return the mean curves as the verdict stores them; sources without a finite map are left out."""
    known = {name: values[np.isfinite(values).all((1, 2))] for name, values in curves.items()}
    means = {name: values.mean(0).astype(float).round(6) for name, values in known.items() if len(values)}
    by_kind = {kind: {name: mean[at].tolist() for name, mean in means.items()} for at, kind in enumerate(CURVES)}
    return {"share": [step / STEPS for step in range(STEPS + 1)], **by_kind}


def add_areas(scores: Scores, curves: Mapping[str, NDArray[np.float32]], subset: NDArray[np.int64], count: int) -> None:
    """Add the areas under the curves to the values per image; NaN for images outside the subset."""
    for at, measure in enumerate(CURVES):
        for name, values in curves.items():
            areas = np.full(count, np.nan)
            areas[subset] = area_under(values[:, at])
            scores.add(measure, name, areas)


def summarize(
    scores: Scores, truth: Truth, reference: str, identical: Sequence[str], seed: int
) -> dict[str, dict[str, Any]]:
    """Return all measures of a verdict, p-values not yet corrected."""
    right = is_correct(truth.samples)
    measures = {
        name: summarize_measure(one, scores.values[name], reference, identical, right, scores.chance.get(name), seed)
        for name, one in PER_IMAGE_MEASURES.items()
        if reference in scores.values.get(name, {})
    }
    measures |= summarize_box_acc(scores.overlaps, reference, identical, right, seed)
    return measures | summarize_pixels(scores.pixels, reference, identical, right, seed)


def write_verdict(explanation: Explanation, verdict: dict[str, Any], scores: Scores) -> None:
    """Write the values per image under a name of their own, then the verdict, which names them.

    So there is the old verdict with its values or the new one with its, wherever this is stopped.
    """
    tables = []
    for source in [*verdict["sources"], *verdict["baselines"]]:
        columns = {name: values[source] for name, values in scores.values.items() if source in values}
        tables.append(pd.DataFrame({"index": np.arange(len(explanation.samples)), "source": source, **columns}))
    verdict[VALUES_FILE] = f"measures-{secrets.token_hex(4)}.parquet"
    with atomic_listed(explanation.path / verdict[VALUES_FILE]) as part:
        pd.concat(tables, ignore_index=True).to_parquet(part, index=False)
    with atomic_listed(explanation.path / "verdict.json") as part:
        write_json(part, verdict)
    found = explanation.path.glob("measures*.parquet")
    remove_listed([path for path in found if path.name != verdict[VALUES_FILE]])


def _same_as(reference: str, names: Sequence[str], explanation: Explanation) -> list[str]:
    first, able = parse_source(reference), explanation.cam_able
    return [name for name in names if name != reference and identical_by_theory(first, parse_source(name), able)]
