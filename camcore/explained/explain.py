"""A model over the validation split: predictions and the raw maps of all sources, into the run folder, in one pass."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from numpy.typing import NDArray
from torch import Tensor

import camcore
from camcore.data.dataset import Dataset, Sample
from camcore.data.model_input import Decoder
from camcore.errors import CamcoreError
from camcore.explained.autotune import PathChoice, choose_path, describe_choice, take_path
from camcore.explained.explanation import Explanation, TrunkReport, find_current, new_explanation, open_explanation
from camcore.explained.resume import ExplainedBatch, Shards, find_report, open_shards
from camcore.explained.writer import ExplanationWriter
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.cam_check import all_class_cam, check_cam, class_layer
from camcore.heatmaps.sources import CamCheck, Source, needs_class_weights
from camcore.models.classifier import Classifier
from camcore.models.fast_trunk import EXACT, PATHS, TrunkFor
from camcore.runs.run import Run
from camcore.system.checksums import sha256_of
from camcore.system.collectives import from_first, gather, wait_for_all
from camcore.system.progress import show_progress
from camcore.system.ranks import current_rank
from camcore.system.threads import OrderedThreads, choose_threads
from camcore.training.frozen_features import FrozenTrunk, replay

BATCH_SIZE = 16


def explain(
    run: Run,
    dataset: Dataset,
    model: Classifier,
    sources: Sequence[Source] | None,
    device: torch.device,
    all_classes: bool = False,
    workers: int | None = None,
    precision: str = "auto",
) -> Explanation:
    """Explain every validation image and put the new explanation into force.

    What is finished of it is kept where it is stopped, and the same explain goes on from there. Several ranks compute
    parts of it, and the first one puts them together.

    Args:
        run: A trained run.
        dataset: Its data set.
        model: Its model.
        sources: What to compute; None for CAM, where it applies, and Grad-CAM.
        device: Where to compute.
        all_classes: Also keep CAM for every class.
        workers: Threads that work at once; 0: none beside the caller's.
        precision: One of `EXPLAIN_PRECISIONS`.

    Raises:
        CamcoreError: A source does not apply to the model, or an image can't be decoded; the old maps stay in force.
    """
    model.eval().to(device)
    view = run.config.view
    check = from_first(partial(measure_cam, model, Decoder(dataset, view.kind, view.size, exact=True), device))
    if sources is None:
        sources = [Source(name) for name in ("cam", "grad_cam") if check.holds or name != "cam"]
    require_sources(model, check, sources, all_classes)
    threads = OrderedThreads(choose_threads() if workers is None else workers)
    key = _describe(run, dataset, sources, all_classes, precision, device)
    with threads, show_progress(len(dataset.val), "explaining") as bar:
        choice = _choose_path(run, dataset, model, sources, precision, threads, key)
        if said := describe_choice(choice.report):
            bar.write(said)
        work = _Work(dataset, model, sources, all_classes, Decoder(dataset, view.kind, view.size, choice.path == EXACT))
        with open_shards(run, key, len(dataset.val), choice.report) as shards:
            work.fill(shards, choice.trunk_for, threads, bar)
            wait_for_all()
            made = from_first(lambda: _put_together(run, work, shards, check))
    return open_explanation(run, made)


@dataclass(frozen=True)
class _Work:
    """What is computed of each image, and how it is decoded."""

    dataset: Dataset
    model: Classifier
    sources: Sequence[Source]
    all_classes: bool
    decoder: Decoder

    def fill(self, shards: Shards, trunk_for: TrunkFor, threads: OrderedThreads, bar: Any) -> None:
        """Compute the parts that are missing, of several ranks each its own; several batches at once."""
        ranks = current_rank()
        missing = from_first(shards.missing)[ranks.rank :: ranks.count]
        left = sum(len(shards.rows(start)) for start in missing)
        if ranks.is_only:
            bar.update(shards.images - left)
        else:
            bar.reset(left)
        starts = [row for start in missing for row in shards.rows(start)[::BATCH_SIZE]]
        batches = threads.map_ordered(lambda start: self.explain_batch(start, trunk_for), starts)
        began = time.perf_counter()
        for start in missing:
            part = []
            for _ in shards.rows(start)[::BATCH_SIZE]:
                part.append(next(batches))
                bar.update(len(part[-1].targets))
            now = time.perf_counter()
            shards.write(start, part, (now - began) / ranks.count)
            began = now

    def explain_batch(self, start: int, trunk_for: TrunkFor) -> ExplainedBatch:
        """Return what is stored of a batch. Several threads may compute batches at once."""
        model = self.model
        rows = range(start, min(start + BATCH_SIZE, len(self.dataset.val)))
        samples = self.dataset.val[rows.start : rows.stop]
        decoded = self.decoder.decode_batch(samples)
        images = decoded.images.to(model.mean.device)
        done = run_forward(model, images, self.sources, trunk_for(rows))
        targets = choose_targets(done.logits.detach(), samples)
        maps = explain_targets(model, images, done, targets, self.sources)
        features, layer = done.features.detach().float(), class_layer(model)
        of_all = all_class_cam(features, layer) if self.all_classes and layer is not None else None
        return ExplainedBatch(
            logits=_to_numpy(done.logits),
            pooled=_to_numpy(features.mean((2, 3))),
            targets=_to_numpy(targets),
            maps={name: _to_numpy(values) for name, values in maps.items()},
            all_classes=None if of_all is None else _to_numpy(of_all.half()),
            thumbnails=decoded.thumbnails,
        )


def _put_together(run: Run, work: _Work, shards: Shards, check: CamCheck) -> str:
    """Make one explanation of all parts, put it into force, and return its name."""
    began, seconds = time.perf_counter(), 0.0
    shards.wait()
    with new_explanation(run) as folder:
        writer = ExplanationWriter(folder, run, work.dataset, work.model, work.sources, check, work.all_classes)
        for start in shards.starts:
            part, took = shards.read(start)
            writer.write(part)
            seconds += took
        report = TrunkReport.model_validate_json(json.dumps(shards.report))
        writer.finish(seconds + time.perf_counter() - began, report)
    return find_current(run)


def _to_numpy(values: Tensor) -> NDArray[Any]:
    return values.detach().cpu().numpy()


def _describe(
    run: Run, dataset: Dataset, sources: Sequence[Source], all_classes: bool, precision: str, device: torch.device
) -> dict[str, Any]:
    """Return all that decides what the maps become; a stopped explain is gone on with where it is the same."""
    return {
        "weights": sha256_of(run.weights_path),
        "dataset": dataset.fingerprint,
        "images": len(dataset.val),
        "sources": [source.id for source in sources],
        "all_classes": all_classes,
        "precision": precision,
        "device": device.type,
        "batch_size": BATCH_SIZE,
        "versions": [camcore.__version__, torch.__version__],
    }


def _choose_path(
    run: Run,
    dataset: Dataset,
    model: Classifier,
    sources: Sequence[Source],
    precision: str,
    threads: OrderedThreads,
    key: dict[str, Any],
) -> PathChoice:
    """Return how to run the trunk: as before where an explain was stopped, else as the first rank measures now."""
    view = run.config.view
    kept = _find_kept(run, dataset, model) if all(source.layer is None for source in sources) else None
    kept = kept if all(gather(kept is not None)) else None

    def take(report: dict[str, Any]) -> PathChoice:
        return threads.run(lambda: take_path(model, dataset, view, sources, BATCH_SIZE, report, kept))

    def choose() -> PathChoice:
        before = find_report(run, key)
        if before is not None and (before["path"] in PATHS or kept is not None):
            return take(before)
        count = max(1, threads.count) * current_rank().count
        return threads.run(lambda: choose_path(model, dataset, view, sources, BATCH_SIZE, precision, count, kept))

    choice = choose() if current_rank().is_first else None
    report = from_first(lambda: cast(PathChoice, choice).report)
    return choice or take(report)


def _find_kept(run: Run, dataset: Dataset, model: Classifier) -> TrunkFor | None:
    """Return what replays the features that a training of a frozen trunk has kept, where it has."""
    if not run.config.train.views:
        return None
    maps = FrozenTrunk(model, dataset, run.config, OrderedThreads(0)).stored_maps(dataset.val)
    return None if maps is None else partial(replay, maps, model.mean.device)


def measure_cam(model: Classifier, decoder: Decoder, device: torch.device) -> CamCheck:
    """Return whether CAM applies, measured on the first images."""
    images = decoder.decode_batch(decoder.dataset.val[:BATCH_SIZE]).images
    with torch.no_grad():
        features = model.features(images.to(device))
        return check_cam(model, features, model.classify(features))


def require_sources(model: Classifier, check: CamCheck, sources: Sequence[Source], all_classes: bool) -> None:
    """Refuse what needs CAM where CAM does not apply.

    Raises:
        CamcoreError: With what was measured, and the way out.
    """
    if check.holds or not (all_classes or needs_class_weights(sources)):
        return
    raise CamcoreError(
        f"CAM needs one linear layer directly behind mean pooling; with head {model.config.head!r} {check.reason}."
        " Use --sources grad_cam, or train with --head gap."
    )


def choose_targets(logits: Tensor, samples: Sequence[Sample]) -> Tensor:
    """Return the classes to explain, (N, T), in the order of `TARGETS`; -1 where there is none.

    Args:
        logits: (N, classes).
        samples: The N samples, which know their class and that of a second object.
    """
    best = logits.topk(2, dim=1).indices
    known = best.new_tensor([[sample.label, sample.other_label] for sample in samples])
    return torch.stack([best[:, 0], known[:, 0], best[:, 1], known[:, 1]], dim=1)
