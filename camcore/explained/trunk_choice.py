"""Chooses the trunk variant: the fastest that agrees with float32 on the run's images."""

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from camcore.config import EXPLAIN_PRECISIONS
from camcore.errors import unknown_choice
from camcore.explained.agreement import Probe, agrees, compare, make_probe
from camcore.explained.explanation import Agreement, TrunkReport
from camcore.explained.job import ExplainJob
from camcore.heatmaps.attribution import run_forward
from camcore.models.fast_trunk import (
    BF16,
    BF16_COMPILED,
    EXACT,
    FUSED,
    FUSED_COMPILED,
    VARIANTS,
    FastTrunk,
    Trunk,
    TrunkVariant,
)
from camcore.system.devices import bf16_is_fast

CHECKED_IMAGES = 64
WORTH_PROBING = 15.0  # seconds that float32 would take; below, choosing costs as much as it saves
WORTH_COMPILING = 60.0  # seconds without compiling
STORED = "kept features"  # stored when a frozen trunk was trained on; the trunk need not run again


@dataclass(frozen=True)
class TrunkChoice:
    """The chosen trunk, and the manifest's report on the choice."""

    trunk: Trunk
    report: TrunkReport

    @property
    def is_exact(self) -> bool:
        """Whether it is float32, layer by layer."""
        return self.report.path == EXACT.name


@dataclass(frozen=True)
class Candidates:
    """Faster variants that run here, failed ones with the reason, and seconds per image."""

    trunks: dict[str, FastTrunk]
    failed: dict[str, str]
    seconds: dict[str, float]  # of the exact variant too


def choose_trunk(job: ExplainJob, precision: str, threads: int = 1, stored: Trunk | None = None) -> TrunkChoice:
    """Return the trunk that computes the maps. Call it in one of the threads that will do the work.

    `exact` is float32, layer by layer. `auto` takes the fastest variant that agrees with float32, if the work is long
    enough to pay for the measurements.

    Args:
        job: The work.
        precision: One of `EXPLAIN_PRECISIONS`.
        threads: How many threads and ranks will share the work.
        stored: Gives stored features. It is faster than any variant.

    Raises:
        CamcoreError: The precision is unknown, or an image can't be decoded.
    """
    if precision not in EXPLAIN_PRECISIONS:
        raise unknown_choice("precision", precision, EXPLAIN_PRECISIONS)
    exact = FastTrunk(job.model, EXACT, job.batch_size)
    if precision == "exact":
        return TrunkChoice(exact, TrunkReport(path=EXACT.name, asked=precision))
    rows = _spread(job.images, CHECKED_IMAGES)
    first = rows[: job.batch_size]
    seconds = _measure(job, job.decode(first, exact=True), [first], exact) / threads
    if seconds * job.images < WORTH_PROBING:
        reason = f"float32 takes {seconds * job.images:.0f} s"
        return TrunkChoice(exact, TrunkReport(path=EXACT.name, asked=precision, reason=reason))
    probe = make_probe(job, rows, exact)
    if stored is not None and agrees(agreement := compare(probe, stored)):
        return TrunkChoice(stored, TrunkReport(path=STORED, asked=precision, check=agreement))
    candidates = measure_candidates(probe, seconds, threads)
    return first_that_agrees(probe, candidates, exact, precision)


def measure_candidates(probe: Probe, exact_seconds: float, threads: int) -> Candidates:
    """Measure the variants of this machine, compiled ones only if the work is long enough.

    Args:
        probe: The images to measure on.
        exact_seconds: Per image, of the exact variant.
        threads: How many threads and ranks will share the work.
    """
    job, candidates = probe.job, Candidates({}, {}, {EXACT.name: exact_seconds})
    for variant in _variants_of(job.device):
        if variant.compiled and min(candidates.seconds.values()) * job.images < WORTH_COMPILING:
            continue
        trunk = FastTrunk(job.model, variant, job.batch_size)
        try:
            candidates.seconds[variant.name] = _measure(job, probe.images, probe.rows, trunk) / threads
            candidates.trunks[variant.name] = trunk
        except (RuntimeError, NotImplementedError) as error:  # e.g. a compiler that is installed but does not work
            candidates.failed[variant.name] = str(error).strip().splitlines()[0]
    return candidates


def first_that_agrees(probe: Probe, candidates: Candidates, exact: Trunk, precision: str) -> TrunkChoice:
    """Return the fastest variant that agrees with float32; the exact one if there is none."""
    seconds = candidates.seconds
    refused: dict[str, str | Agreement] = dict(candidates.failed)
    rates = {name: 1 / value for name, value in seconds.items()}

    for name in sorted(candidates.trunks, key=lambda name: seconds[name]):
        if seconds[name] >= seconds[EXACT.name]:
            break
        agreement = compare(probe, candidates.trunks[name])
        if agrees(agreement):
            report = TrunkReport(path=name, asked=precision, images_per_second=rates, refused=refused, check=agreement)
            return TrunkChoice(candidates.trunks[name], report)
        refused[name] = agreement
    report = TrunkReport(path=EXACT.name, asked=precision, images_per_second=rates, refused=refused)
    return TrunkChoice(exact, report)


def restore_choice(job: ExplainJob, report: TrunkReport, stored: Trunk | None = None) -> TrunkChoice:
    """Return the trunk that an earlier choice came to, ready for several threads."""
    if report.path == STORED and stored is not None:
        return TrunkChoice(stored, report)
    trunk = FastTrunk(job.model, VARIANTS[report.path], job.batch_size)
    choice, rows = TrunkChoice(trunk, report), range(min(job.batch_size, job.images))
    images = job.decode(rows, choice.is_exact)
    run_forward(job.model, images[0], job.sources, trunk, rows)  # builds the trunk before several threads run it
    return choice


def describe_choice(report: TrunkReport) -> str:
    """Return a line on the chosen trunk variant and why; empty if nothing was measured."""
    if rates := report.images_per_second:
        rate, plain = rates[report.path], rates[EXACT.name]
        parts = [f"Computing in {report.path} ({rate:.0f} images/s, plain fp32 {plain:.0f})"]
    elif report.path == STORED:
        parts = ["Computing from the features that the training kept"]
    else:
        return ""
    if check := report.check:
        median, lowest = min(check.median_rho.values()), min(check.lowest_rho.values())
        parts.append(
            f"checked on {check.images} images: {check.flips} predictions differ, {check.clear_flips} of them"
            f" clear ones; Spearman's rho of maps median {median:.5f}, lowest {lowest:.3f}"
        )
    if report.refused:
        parts.append(f"refused: {', '.join(report.refused)}")
    return "; ".join(parts) + "."


def _variants_of(device: torch.device) -> list[TrunkVariant]:
    """Return the faster variants for this machine, those without compiling first."""
    fast_bf16 = bf16_is_fast(device)
    compiler = device.type == "cuda" or shutil.which(os.environ.get("CXX", "g++")) is not None
    plain = [FUSED, *([BF16] if fast_bf16 else [])]
    return plain + ([BF16_COMPILED if fast_bf16 else FUSED_COMPILED] if compiler else [])


def _spread(total: int, count: int) -> list[int]:
    """Return rows from everywhere in a split, because it is often sorted by class."""
    return [int(row) for row in np.linspace(0, total - 1, min(count, total)).round()]


def _measure(job: ExplainJob, images: Sequence[Tensor], rows: Sequence[Sequence[int]], trunk: Trunk) -> float:
    """Return a forward pass's seconds per image: the best of three, after a warm-up."""
    best = float("inf")
    for turn in range(4):
        at = turn % len(images)
        started = time.perf_counter()
        forward = run_forward(job.model, images[at], job.sources, trunk, rows[at])
        forward.logits.sum().item()  # waits for a GPU
        if turn:
            best = min(best, (time.perf_counter() - started) / len(images[at]))
    return best
