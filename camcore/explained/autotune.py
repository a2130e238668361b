"""Which way the trunk runs: measured on this machine, and checked against float32 on the run's own images."""

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from camcore.config import EXPLAIN_PRECISIONS, ViewConfig
from camcore.data.dataset import Dataset
from camcore.data.model_input import Decoder
from camcore.errors import unknown_choice
from camcore.explained.agreement import compare_with, decode_batches, make_probe
from camcore.heatmaps.attribution import run_forward
from camcore.heatmaps.sources import Source
from camcore.models.classifier import Classifier
from camcore.models.fast_trunk import (
    BF16,
    BF16_COMPILED,
    EXACT,
    FUSED,
    FUSED_COMPILED,
    PATHS,
    FastTrunk,
    RunLayers,
    TrunkFor,
    TrunkPath,
)
from camcore.system.devices import bf16_is_fast

CHECKED_IMAGES = 64
WORTH_PROBING = 15.0  # seconds that float32 would take; below, choosing costs as much as it saves
WORTH_COMPILING = 60.0  # seconds without compiling
KEPT = TrunkPath("kept features")  # of a frozen trunk, which need not run again


@dataclass(frozen=True)
class PathChoice:
    """The way that was chosen, what runs the trunk of some rows on it, and what the manifest says of the choice."""

    path: TrunkPath
    trunk_for: TrunkFor
    report: dict[str, Any]


def choose_path(
    model: Classifier,
    dataset: Dataset,
    view: ViewConfig,
    sources: Sequence[Source],
    batch_size: int,
    precision: str,
    threads: int = 1,
    kept: TrunkFor | None = None,
) -> PathChoice:
    """Return how to run the trunk over the validation images.

    `exact` is float32, layer by layer. `auto` takes the fastest way that this machine has, where the work is long
    enough to pay for finding it out and the results agree with float32. `kept` gives features that there are already;
    nothing is faster. To be called in one of the `threads` that the work will be done in.

    Raises:
        CamcoreError: The precision is unknown, or an image can't be decoded.
    """
    if precision not in EXPLAIN_PRECISIONS:
        raise unknown_choice("precision", precision, EXPLAIN_PRECISIONS)
    exact = FastTrunk(model, EXACT, batch_size)
    if precision == "exact":
        return PathChoice(EXACT, _for_all(exact), {"path": EXACT.name, "asked": precision})
    rows = _spread(len(dataset.val), CHECKED_IMAGES)
    samples = [dataset.val[row] for row in rows]
    device = model.mean.device
    first = decode_batches(Decoder(dataset, view.kind, view.size, exact=True), samples[:batch_size], batch_size, device)
    seconds = {EXACT.name: _measure(model, first, sources, exact) / threads}
    total = len(dataset.val)
    if seconds[EXACT.name] * total < WORTH_PROBING:
        reason = f"float32 takes {seconds[EXACT.name] * total:.0f} s"
        return PathChoice(EXACT, _for_all(exact), {"path": EXACT.name, "asked": precision, "reason": reason})
    probe = make_probe(model, dataset, view, sources, rows, batch_size, exact)
    if kept is not None and (agreement := compare_with(probe, kept)).holds:
        return PathChoice(KEPT, kept, {"path": KEPT.name, "asked": precision, "check": asdict(agreement)})
    trunks: dict[TrunkPath, FastTrunk] = {}
    refused: dict[str, Any] = {}
    for path in _candidates(device):
        if path.compiled and min(seconds.values()) * total < WORTH_COMPILING:
            continue
        trunk = FastTrunk(model, path, batch_size)
        try:
            seconds[path.name] = _measure(model, probe.fast, sources, trunk) / threads
            trunks[path] = trunk
        except (RuntimeError, NotImplementedError) as error:  # a compiler that is there and does not work
            refused[path.name] = str(error).strip().splitlines()[0]
    rates = {name: 1 / value for name, value in seconds.items()}
    report: dict[str, Any] = {"asked": precision, "images_per_second": rates, "refused": refused}
    for path in sorted(trunks, key=lambda path: seconds[path.name]):
        if seconds[path.name] >= seconds[EXACT.name]:
            break
        agreement = compare_with(probe, _for_all(trunks[path]))
        if agreement.holds:
            return PathChoice(path, _for_all(trunks[path]), report | {"path": path.name, "check": asdict(agreement)})
        refused[path.name] = asdict(agreement)
    return PathChoice(EXACT, _for_all(exact), report | {"path": EXACT.name})


def take_path(
    model: Classifier,
    dataset: Dataset,
    view: ViewConfig,
    sources: Sequence[Source],
    batch_size: int,
    report: dict[str, Any],
    kept: TrunkFor | None = None,
) -> PathChoice:
    """Return the way that an earlier choice, whose report is given, has come to; arguments as of `choose_path`."""
    if report["path"] == KEPT.name and kept is not None:
        return PathChoice(KEPT, kept, report)
    path = PATHS[report["path"]]
    trunk = FastTrunk(model, path, batch_size)
    decoder = Decoder(dataset, view.kind, view.size, exact=path == EXACT)
    images = decode_batches(decoder, dataset.val[:batch_size], batch_size, model.mean.device)
    run_forward(model, images[0], sources, trunk)  # builds the trunk before several threads run it
    return PathChoice(path, _for_all(trunk), report)


def describe_choice(report: dict[str, Any]) -> str:
    """Return a line on which way was chosen and why; nothing where there was nothing to choose."""
    if rates := report.get("images_per_second"):
        rate, plain = rates[report["path"]], rates[EXACT.name]
        parts = [f"Computing in {report['path']} ({rate:.0f} images/s, plain fp32 {plain:.0f})"]
    elif report["path"] == KEPT.name:
        parts = ["Computing from the features that the training kept"]
    else:
        return ""
    if check := report.get("check"):
        median, lowest = min(check["median_rho"].values()), min(check["lowest_rho"].values())
        parts.append(
            f"checked on {check['images']} images: {check['flips']} predictions differ, {check['clear_flips']} of them"
            f" clear ones; Spearman's rho of maps median {median:.5f}, lowest {lowest:.3f}"
        )
    if refused := report.get("refused"):
        parts.append(f"refused: {', '.join(refused)}")
    return "; ".join(parts) + "."


def _for_all(trunk: RunLayers) -> TrunkFor:
    return lambda rows: trunk


def _candidates(device: torch.device) -> list[TrunkPath]:
    """Return the faster ways that there are, those that need no compiling first."""
    fast_bf16 = bf16_is_fast(device)
    compiler = device.type == "cuda" or shutil.which(os.environ.get("CXX", "g++")) is not None
    plain = [FUSED, *([BF16] if fast_bf16 else [])]
    return plain + ([BF16_COMPILED if fast_bf16 else FUSED_COMPILED] if compiler else [])


def _spread(total: int, count: int) -> list[int]:
    """Return rows from everywhere in a split, because it is often sorted by class."""
    return [int(row) for row in np.linspace(0, total - 1, min(count, total)).round()]


def _measure(model: Classifier, batches: Sequence[Tensor], sources: Sequence[Source], trunk: RunLayers) -> float:
    """Return the seconds per image of a forward pass, the fastest of a few after a warm-up."""
    best = float("inf")
    for turn in range(4):
        images = batches[turn % len(batches)]
        started = time.perf_counter()
        done = run_forward(model, images, sources, trunk)
        done.logits.sum().item()  # waits for a GPU
        if turn:
            best = min(best, (time.perf_counter() - started) / len(images))
    return best
