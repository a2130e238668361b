"""Which way the trunk runs: measured on this machine, and checked against float32 on the run's own images."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from camcore.attribution import RunLayers, explain_targets, run_forward
from camcore.config import EXPLAIN_PRECISIONS, ViewConfig
from camcore.datasets.sample import Dataset, Sample
from camcore.decoding import Decoder
from camcore.devices import bf16_is_fast
from camcore.disagreement import rank_correlation
from camcore.errors import unknown_choice
from camcore.fast_trunk import BF16, BF16_COMPILED, EXACT, FUSED, FUSED_COMPILED, FastTrunk, TrunkPath
from camcore.heatmaps import Source
from camcore.models import Classifier

CHECKED_IMAGES = 64
WORTH_PROBING = 15.0  # seconds that float32 would take; below, choosing costs as much as it saves
WORTH_COMPILING = 60.0  # seconds without compiling
CLEAR_MARGIN = 0.02  # between the two largest float32 logits, as a share of the range of an image's logits
LEAST_MEDIAN = 0.999  # of Spearman's rho between maps
KEPT = TrunkPath("kept features")  # of a frozen trunk, which need not run again

TrunkFor = Callable[[Sequence[int]], RunLayers]  # the rows of a batch in the validation split -> what runs its layers


@dataclass(frozen=True)
class Agreement:
    """How a faster way agrees with float32 on `images`: changed predictions, and Spearman's rho per source.

    `clear_flips` counts those whose float32 margin is clear; `flips` all of them.
    """

    images: int
    clear_flips: int
    flips: int
    median_rho: dict[str, float]
    lowest_rho: dict[str, float]

    @property
    def holds(self) -> bool:
        """Whether the faster way may be taken."""
        return self.clear_flips == 0 and min(self.median_rho.values()) >= LEAST_MEDIAN


@dataclass(frozen=True)
class PathChoice:
    """The way that was chosen, what runs the trunk of some rows on it, and what the manifest says of the choice."""

    path: TrunkPath
    trunk_for: TrunkFor
    report: dict[str, Any]


@dataclass(frozen=True)
class _Probe:
    """What all ways are tried on: images for float32, the same ones decoded the fast way, and the reference."""

    model: Classifier
    sources: Sequence[Source]
    rows: list[Sequence[int]]
    exact: list[Tensor]
    fast: list[Tensor]
    logits: Tensor
    maps: dict[str, Tensor]


def choose_path(
    model: Classifier,
    dataset: Dataset,
    view: ViewConfig,
    sources: Sequence[Source],
    batch_size: int,
    precision: str,
    lanes: int = 1,
    kept: TrunkFor | None = None,
) -> PathChoice:
    """Return how to run the trunk over the validation images.

    `exact` is float32, layer by layer. `auto` takes the fastest way that this machine has, where the work is long
    enough to pay for finding it out and the results agree with float32. `kept` gives features that there are already;
    nothing is faster. To be called in one of the `lanes` that the work will be done in.

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
    first = _decode(Decoder(dataset, view.kind, view.size, exact=True), samples[:batch_size], batch_size, device)
    seconds = {EXACT.name: _measure(model, first, sources, exact) / lanes}
    total = len(dataset.val)
    if seconds[EXACT.name] * total < WORTH_PROBING:
        reason = f"float32 takes {seconds[EXACT.name] * total:.0f} s"
        return PathChoice(EXACT, _for_all(exact), {"path": EXACT.name, "asked": precision, "reason": reason})
    probe = _make_probe(model, dataset, view, sources, rows, batch_size, exact)
    if kept is not None and (agreement := _compare(probe, kept)).holds:
        return PathChoice(KEPT, kept, {"path": KEPT.name, "asked": precision, "check": asdict(agreement)})
    trunks: dict[TrunkPath, FastTrunk] = {}
    refused: dict[str, Any] = {}
    for path in _candidates(device):
        if path.compiled and min(seconds.values()) * total < WORTH_COMPILING:
            continue
        trunk = FastTrunk(model, path, batch_size)
        try:
            seconds[path.name] = _measure(model, probe.fast, sources, trunk) / lanes
            trunks[path] = trunk
        except (RuntimeError, NotImplementedError) as error:  # a compiler that is there and does not work
            refused[path.name] = str(error).strip().splitlines()[0]
    rates = {name: 1 / value for name, value in seconds.items()}
    report: dict[str, Any] = {"asked": precision, "images_per_second": rates, "refused": refused}
    for path in sorted(trunks, key=lambda path: seconds[path.name]):
        if seconds[path.name] >= seconds[EXACT.name]:
            break
        agreement = _compare(probe, _for_all(trunks[path]))
        if agreement.holds:
            return PathChoice(path, _for_all(trunks[path]), report | {"path": path.name, "check": asdict(agreement)})
        refused[path.name] = asdict(agreement)
    return PathChoice(EXACT, _for_all(exact), report | {"path": EXACT.name})


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


def _decode(decoder: Decoder, samples: Sequence[Sample], batch_size: int, device: torch.device) -> list[Tensor]:
    parts = [samples[start : start + batch_size] for start in range(0, len(samples), batch_size)]
    return [decoder.decode_batch(part).images.to(device) for part in parts]


def _make_probe(
    model: Classifier,
    dataset: Dataset,
    view: ViewConfig,
    sources: Sequence[Source],
    rows: Sequence[int],
    batch_size: int,
    trunk: RunLayers,
) -> _Probe:
    device = model.mean.device
    samples = [dataset.val[row] for row in rows]
    exact, fast = (
        _decode(Decoder(dataset, view.kind, view.size, way), samples, batch_size, device) for way in (True, False)
    )
    by_batch = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
    logits, maps = _explain(model, exact, sources, [trunk] * len(exact), None)
    return _Probe(model, sources, by_batch, exact, fast, logits, maps)


def _explain(
    model: Classifier,
    batches: Sequence[Tensor],
    sources: Sequence[Source],
    trunks: Sequence[RunLayers],
    labels: Tensor | None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return logits and maps of the given classes, of the predicted ones where none are given; a trunk per batch."""
    logits: list[Tensor] = []
    maps: dict[str, list[Tensor]] = {source.id: [] for source in sources}
    done_before = 0
    for images, trunk in zip(batches, trunks, strict=True):
        done = run_forward(model, images, sources, trunk)
        said = done.logits.detach()
        chosen = said.argmax(1) if labels is None else labels[done_before : done_before + len(images)]
        for name, raw in explain_targets(model, images, done, chosen[:, None], sources).items():
            maps[name].append(raw[:, 0])
        logits.append(said)
        done_before += len(images)
    return torch.cat(logits), {name: torch.cat(made) for name, made in maps.items()}


def _compare(probe: _Probe, trunk_for: TrunkFor) -> Agreement:
    labels = probe.logits.argmax(1)
    trunks = [trunk_for(rows) for rows in probe.rows]
    logits, maps = _explain(probe.model, probe.fast, probe.sources, trunks, labels)
    best = probe.logits.topk(2, dim=1).values
    span = probe.logits.amax(1) - probe.logits.amin(1)
    clear = best[:, 0] - best[:, 1] > CLEAR_MARGIN * span
    flipped = logits.argmax(1) != labels
    rho = {
        name: rank_correlation(probe.maps[name].double().cpu().numpy(), made.double().cpu().numpy())
        for name, made in maps.items()
    }
    return Agreement(
        images=len(labels),
        clear_flips=int((flipped & clear).sum()),
        flips=int(flipped.sum()),
        median_rho={name: float(np.median(values)) for name, values in rho.items()},
        lowest_rho={name: float(values.min()) for name, values in rho.items()},
    )


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
