"""Explains the validation split in one pass: predictions and raw maps of all sources."""

import time
from collections.abc import Sequence
from typing import Any, cast

import torch
from numpy.typing import NDArray
from torch import Tensor

from camcore.data.dataset import Sample
from camcore.data.model_input import Decoder
from camcore.explained.explanation import Explanation
from camcore.explained.job import ExplainJob
from camcore.explained.resume import ExplainedBatch, FinishedParts, find_report, open_parts
from camcore.explained.trunk_choice import TrunkChoice, choose_trunk, describe_choice, restore_choice
from camcore.explained.writer import write_explanation
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.cam_check import all_class_cam, class_layer
from camcore.models.fast_trunk import VARIANTS, StoredTrunk, Trunk
from camcore.system.collectives import from_first, gather, wait_for_all
from camcore.system.progress import show_progress
from camcore.system.ranks import current_rank
from camcore.system.threads import OrderedThreads, choose_threads
from camcore.training.frozen_features import FrozenTrunk


def explain(job: ExplainJob, workers: int | None = None, precision: str = "auto") -> Explanation:
    """Explain every validation image, and make the new explanation the current one.

    If it is stopped, its finished parts are kept, and the same explain resumes from them. Several ranks share the
    parts, and the first one puts them together.

    Args:
        job: What to compute.
        workers: How many threads work at once. 0 means the caller's alone.
        precision: One of `EXPLAIN_PRECISIONS`.

    Raises:
        CamcoreError: An image can't be decoded, or the disk is full. The old explanation stays current.
    """
    threads = OrderedThreads(choose_threads() if workers is None else workers)
    key = job.describe(precision)
    with threads, show_progress(job.images, "explaining") as bar:
        choice = _choose_or_restore(job, precision, threads, key)
        if line := describe_choice(choice.report):
            bar.write(line)
        with open_parts(job.run, key, job.images, choice.report) as parts:
            compute_parts(job, choice, parts, threads, bar)
            wait_for_all()
            return from_first(lambda: _put_together(job, parts))


def compute_parts(
    job: ExplainJob, choice: TrunkChoice, parts: FinishedParts, threads: OrderedThreads, bar: Any
) -> None:
    """Compute the parts that are missing, several batches at once. Each rank takes its share of them."""
    ranks = current_rank()
    missing = from_first(parts.missing)[ranks.rank :: ranks.count]
    left = sum(len(parts.rows(start)) for start in missing)
    if ranks.is_only:
        bar.update(parts.images - left)
    else:
        bar.reset(left)
    decoder = job.decoder(choice.is_exact)
    rows = [batch for start in missing for batch in job.split(parts.rows(start))]
    batches = threads.map_ordered(lambda batch: explain_batch(job, decoder, choice.trunk, batch), rows)
    started = time.perf_counter()
    for start in missing:
        part = []
        for _ in job.split(parts.rows(start)):
            part.append(next(batches))
            bar.update(len(part[-1].targets))
        now = time.perf_counter()
        parts.write(start, part, (now - started) / ranks.count)
        started = now


def explain_batch(job: ExplainJob, decoder: Decoder, trunk: Trunk, rows: Sequence[int]) -> ExplainedBatch:
    """Return the stored results of a batch. Several threads may call it at once."""
    model, samples = job.model, [job.dataset.val[row] for row in rows]
    decoded = decoder.decode_batch(samples)
    images = decoded.images.to(job.device)
    forward = run_forward(model, images, job.sources, trunk, rows)
    targets = choose_targets(forward.logits.detach(), samples)
    maps = explain_targets(model, images, forward, targets, job.sources)
    features, layer = forward.features.detach().float(), class_layer(model)
    every_class = all_class_cam(features, layer) if job.all_classes and layer is not None else None
    return ExplainedBatch(
        logits=_to_numpy(forward.logits),
        pooled=_to_numpy(features.mean((2, 3))),
        targets=_to_numpy(targets),
        maps={name: _to_numpy(values) for name, values in maps.items()},
        all_classes=None if every_class is None else _to_numpy(every_class.half()),
        thumbnails=decoded.thumbnails,
    )


def choose_targets(logits: Tensor, samples: Sequence[Sample]) -> Tensor:
    """Return the classes to explain, (N, T), in the order of `TARGETS`; -1 for none.

    Args:
        logits: (N, classes).
        samples: The N samples, which know their class and that of a second object.
    """
    best = logits.topk(2, dim=1).indices
    known = best.new_tensor([[sample.label, sample.other_label] for sample in samples])
    return torch.stack([best[:, 0], known[:, 0], best[:, 1], known[:, 1]], dim=1)


def _choose_or_restore(job: ExplainJob, precision: str, threads: OrderedThreads, key: dict[str, Any]) -> TrunkChoice:
    """Return the trunk to run: the stopped explain's, else the fastest that rank 0 measures."""
    stored = _find_stored(job) if all(source.layer is None for source in job.sources) else None
    stored = stored if all(gather(stored is not None)) else None

    def choose() -> TrunkChoice:
        before = find_report(job.run, key)
        if before is not None and (before.path in VARIANTS or stored is not None):
            return threads.run(lambda: restore_choice(job, before, stored))
        count = max(1, threads.count) * current_rank().count
        return threads.run(lambda: choose_trunk(job, precision, count, stored))

    choice = choose() if current_rank().is_first else None
    report = from_first(lambda: cast(TrunkChoice, choice).report)
    return choice or threads.run(lambda: restore_choice(job, report, stored))


def _find_stored(job: ExplainJob) -> StoredTrunk | None:
    """Return the features that the training of a frozen trunk stored, or None."""
    config = job.run.config
    if not config.train.views:
        return None
    features = FrozenTrunk(job.model, job.dataset, config, OrderedThreads(0)).stored_maps(job.dataset.val)
    return None if features is None else StoredTrunk(features, job.device)


def _put_together(job: ExplainJob, parts: FinishedParts) -> Explanation:
    """Make one explanation of all parts."""
    started, seconds = time.perf_counter(), 0.0
    parts.wait()
    with write_explanation(job) as writer:
        for start in parts.starts:
            batch, took = parts.read(start)
            writer.write(batch)
            seconds += took
        writer.finish(seconds + time.perf_counter() - started, parts.report)
    return writer.explanation


def _to_numpy(values: Tensor) -> NDArray[Any]:
    return values.detach().cpu().numpy()
