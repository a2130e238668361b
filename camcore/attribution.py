"""One batch through a model: logits, features and the raw heatmaps of all sources. No hooks, no `.grad` touched.

The trunk runs without autograd up to the first explained layer. The tensor there is detached, and one call of
`torch.autograd.grad` per target goes through the rest, for all layers at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from camcore.errors import CamcoreError
from camcore.heatmaps import METHODS, Source
from camcore.models import Classifier, class_layer
from camcore.score_cam import score_cam, score_channels


@dataclass(frozen=True)
class Pass:
    """What a forward pass left: `layers` holds the explained layers' tensors by name, the last layer's under None."""

    logits: Tensor
    layers: dict[str | None, Tensor]

    @property
    def features(self) -> Tensor:
        """The tensor that enters pooling, (N, K, h, w)."""
        return self.layers[None]


def run_forward(model: Classifier, images: Tensor, sources: Sequence[Source]) -> Pass:
    """Run a batch (N, 3, size, size) and keep what the sources need."""
    last = len(model.layers)
    names = model.layer_names
    stops = {names.index(source.layer) + 1: source.layer for source in sources if source.layer is not None}
    needs_gradients = any(METHODS[source.method].needs == "gradients" for source in sources)
    first = min(stops, default=last)
    with torch.no_grad():
        values = model.run_layers(model.normalize(images), 0, first)
    layers: dict[str | None, Tensor] = {}
    with torch.set_grad_enabled(needs_gradients):
        values = values.detach().requires_grad_(needs_gradients)
        position = first
        for stop in sorted({*stops, last}):
            values = model.run_layers(values, position, stop)
            layers[stops.get(stop)] = values
            position = stop
        if last in stops:
            layers[None] = values
        return Pass(model.classify(values.float()), layers)


def explain_targets(
    model: Classifier, images: Tensor, done: Pass, targets: Tensor, sources: Sequence[Source]
) -> dict[str, Tensor]:
    """Return the raw signed maps by source id, (N, T, h, w), float32; NaN where a target is -1.

    Args:
        model: In evaluation mode.
        images: The batch (N, 3, size, size), for methods that run the model again.
        done: The forward pass with these sources.
        targets: Class ids (N, T), -1 for none.
        sources: What to compute.

    Raises:
        CamcoreError: A source needs class weights, and the head has no linear layer for the trunk's channels.
    """
    columns: dict[str, list[Tensor]] = {source.id: [] for source in sources}
    needed = sorted({source.layer for source in sources if METHODS[source.method].needs == "gradients"}, key=str)
    scored = {source.layer for source in sources if METHODS[source.method].needs == "passes"}
    scores = {layer: score_channels(model, images, done.layers[layer]) for layer in scored}
    for column in targets.T:
        gradients = _gradients(done, column, needed)
        for source in sources:
            raw = _raw_map(model, done, column, source, gradients, scores).float()
            raw[column < 0] = torch.nan
            columns[source.id].append(raw)
    return {name: torch.stack(maps, dim=1) for name, maps in columns.items()}


def _gradients(done: Pass, target: Tensor, layers: Sequence[str | None]) -> dict[str | None, Tensor]:
    """Return d logit_target / d layer for each layer. Images of a batch do not mix, so their sum serves all of them."""
    if not layers:
        return {}
    chosen = done.logits.gather(1, target.clamp_min(0)[:, None]).sum()
    found = torch.autograd.grad(chosen, [done.layers[layer] for layer in layers], retain_graph=True)
    return dict(zip(layers, found, strict=True))


def _raw_map(
    model: Classifier,
    done: Pass,
    target: Tensor,
    source: Source,
    gradients: dict[str | None, Tensor],
    scores: dict[str | None, Tensor],
) -> Tensor:
    method = METHODS[source.method]
    features = done.layers[source.layer].detach().float()
    if method.compute is None:
        return score_cam(features, scores[source.layer], target)
    if method.needs == "gradients":
        return method.compute(features, gradients[source.layer].float())  # type: ignore[no-any-return]
    if method.needs == "features":
        return method.compute(features, None)  # type: ignore[no-any-return]
    layer = class_layer(model)
    if layer is None:
        raise CamcoreError(
            f"{method.title} needs one linear layer directly behind mean pooling; head {model.config.head!r} has none."
        )
    weights = layer.weight.detach().float()[target.clamp_min(0)]
    return method.compute(features, weights)  # type: ignore[no-any-return]
