"""Runs one batch: logits, features and the raw heatmaps of all sources. Uses no hooks, and sets no `.grad`.

The trunk runs without autograd up to the first explained layer. The tensor there is detached, and one call of
`torch.autograd.grad` per target goes through the rest, for all layers at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from camcore.errors import CamcoreError
from camcore.heatmaps.cam_check import class_layer
from camcore.heatmaps.methods import METHODS
from camcore.heatmaps.score_cam import score_cam, score_channels
from camcore.heatmaps.sources import Source
from camcore.models.classifier import Classifier
from camcore.models.fast_trunk import Trunk


@dataclass(frozen=True)
class Pass:
    """The tensors of a forward pass: `layers` by name, the last layer under None.

    `pooled` (N, K, 1, 1) is the last layer's mean over all cells if the head begins with it, else None.
    """

    logits: Tensor
    layers: dict[str | None, Tensor]
    pooled: Tensor | None

    @property
    def features(self) -> Tensor:
        """The tensor that enters pooling, (N, K, h, w)."""
        return self.layers[None]


def run_forward(
    model: Classifier,
    images: Tensor,
    sources: Sequence[Source],
    trunk: Trunk | None = None,
    rows: Sequence[int] = (),
) -> Pass:
    """Run a batch (N, 3, size, size), and return the tensors that the sources need.

    Args:
        model: In evaluation mode.
        images: uint8.
        sources: What will be computed from the pass.
        trunk: Runs the layers in place of the model.
        rows: The images' rows in the validation split, for the trunk.
    """
    run_layers = model.run_from_images if trunk is None else partial(trunk, rows=rows)
    last = len(model.layers)
    names = model.layer_names
    stops = {names.index(source.layer) + 1: source.layer for source in sources if source.layer is not None}
    needs_gradients = any(METHODS[source.method].needs == "gradients" for source in sources)
    first = min(stops, default=last)
    with torch.no_grad():
        values = run_layers(images, 0, first)
    layers: dict[str | None, Tensor] = {}
    with torch.set_grad_enabled(needs_gradients):
        values = values.detach().requires_grad_(needs_gradients)
        position = first
        for stop in sorted({*stops, last}):
            values = run_layers(values, position, stop)
            layers[stops.get(stop)] = values
            position = stop
        if last in stops:
            layers[None] = values
        if not model.pools_first:
            return Pass(model.classify(values), layers, None)
        pooled = model.pool(values)
        return Pass(model.classify_pooled(pooled), layers, pooled)


def explain_targets(
    model: Classifier, images: Tensor, forward: Pass, targets: Tensor, sources: Sequence[Source]
) -> dict[str, Tensor]:
    """Return raw signed maps by source id, (N, T, h, w), float32; NaN for target -1.

    A class that is several targets of an image is computed once.

    Args:
        model: In evaluation mode.
        images: The batch (N, 3, size, size), for methods that run the model again.
        forward: The forward pass with these sources.
        targets: Class ids (N, T), -1 for none.
        sources: What to compute.

    Raises:
        CamcoreError: A source needs class weights, and the head has no linear layer for the trunk's channels.
    """
    needed = sorted({source.layer for source in sources if METHODS[source.method].needs == "gradients"}, key=str)
    scored = {source.layer for source in sources if METHODS[source.method].needs == "passes"}
    scores = {layer: score_channels(model, images, forward.layers[layer]) for layer in scored}
    features = {layer: values.detach().contiguous() for layer, values in forward.layers.items()}
    classes, place = _distinct(targets)
    rounds: dict[str, list[Tensor]] = {source.id: [] for source in sources}
    for labels in classes.T:
        gradients = _gradients(forward, labels, needed)
        for source in sources:
            maps_so_far = rounds[source.id]
            if METHODS[source.method].needs == "features" and maps_so_far:  # the same map for every class
                maps_so_far.append(maps_so_far[0])
            else:
                maps_so_far.append(_raw_map(model, features, labels, source, gradients, scores))
    row = torch.arange(len(targets), device=targets.device)[:, None]
    maps = {name: torch.stack(raw, dim=1)[row, place].float() for name, raw in rounds.items()}
    for raw in maps.values():
        raw[targets < 0] = torch.nan
    return maps


def _distinct(targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return each image's distinct classes (N, R), padded, and each target's index in them (N, T)."""
    distinct = [list(dict.fromkeys(label for label in row if label >= 0)) or [0] for row in targets.tolist()]
    most = max(len(labels) for labels in distinct)
    classes = [labels + labels[:1] * (most - len(labels)) for labels in distinct]
    rows = zip(distinct, targets.tolist(), strict=True)
    place = [[labels.index(label) if label >= 0 else 0 for label in row] for labels, row in rows]
    return targets.new_tensor(classes), targets.new_tensor(place)


def _gradients(forward: Pass, labels: Tensor, layers: Sequence[str | None]) -> dict[str | None, Tensor]:
    """Return d logit_label / d layer per layer; (N, K, 1, 1) if equal in all cells."""
    if not layers:
        return {}
    total = forward.logits.gather(1, labels[:, None]).sum()  # one call serves all images: they do not mix in a batch
    pooled = {None: forward.pooled} if forward.pooled is not None else {}
    inputs = [(forward.layers | pooled)[layer] for layer in layers]
    gradients = dict(zip(layers, torch.autograd.grad(total, inputs, retain_graph=True), strict=True))
    if None in gradients and forward.pooled is not None:
        height, width = forward.features.shape[-2:]
        gradients[None] = gradients[None] / (height * width)
    return gradients


def _raw_map(
    model: Classifier,
    layers: dict[str | None, Tensor],
    labels: Tensor,
    source: Source,
    gradients: dict[str | None, Tensor],
    scores: dict[str | None, Tensor],
) -> Tensor:
    method, features = METHODS[source.method], layers[source.layer]
    if method.compute is None:
        return score_cam(features, scores[source.layer], labels)
    if method.needs == "gradients":
        return method.compute(features, gradients[source.layer])  # type: ignore[no-any-return]
    if method.needs == "features":
        return method.compute(features, None)  # type: ignore[no-any-return]
    layer = class_layer(model)
    if layer is None:
        raise CamcoreError(
            f"{method.title} needs one linear layer directly after mean pooling; head {model.config.head!r} has none."
        )
    return method.compute(features, layer.weight.detach().to(features)[labels])  # type: ignore[no-any-return]
