"""Time per image of each source, compared with the forward pass alone."""

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.sources import Source
from camcore.models.classifier import Classifier
from camcore.verdict.document import MethodTiming, Timing


def measure_timing(model: Classifier, images: Tensor, sources: Sequence[Source], rounds: int = 5) -> Timing:
    """Return milliseconds per image of each source for one class, and of the forward pass.

    The median of `rounds` rounds, after one warm-up. Sources take turns, so a machine that slows down affects all of
    them.
    """
    targets = torch.zeros(len(images), 1, dtype=torch.int64, device=images.device)

    def run_source(source: Source) -> None:
        explain_targets(model, images, run_forward(model, images, [source]), targets, [source])

    def run_bare() -> None:
        with torch.no_grad():
            model(images)

    contenders: dict[str, Callable[[], None]] = {"forward": run_bare}
    contenders |= {source.id: partial(run_source, source) for source in sources}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, run in contenders.items():
            started = time.perf_counter()
            run()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    milliseconds = {name: 1000 * statistics.median(times) / len(images) for name, times in seconds.items()}
    forward = milliseconds.pop("forward")
    return Timing(
        forward_milliseconds=forward,
        methods={
            name: MethodTiming(milliseconds=value, times_forward=value / forward)
            for name, value in milliseconds.items()
        },
    )
