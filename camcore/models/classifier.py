"""Classifiers: a torchvision trunk as layers that run one after another, and a head. No hooks anywhere."""

from collections.abc import Iterable, Iterator
from typing import cast

import torch
import torchvision
from torch import Tensor, nn

from camcore.backbones import BACKBONES
from camcore.config import ModelConfig, ViewConfig
from camcore.geometry import LayerGrid
from camcore.models import narrow_resnet

MLP_WIDTH = 256


class Classifier(nn.Module):
    """A network in two steps: `features(images)` is the tensor that enters pooling, `classify(features)` the logits.

    Images are uint8 (N, 3, size, size) or floats from 0 to 255; the normalisation belongs to the model.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: ModelConfig, view: ViewConfig, num_classes: int) -> None:
        super().__init__()
        network = _build_network(config)
        self.config = config
        self.classifier_name = _find_classifier(network)
        self.layers = _cut_into_layers(network)
        self.channels = _last_channels(self.layers)
        self.trunk = network
        self.head = _build_head(config, network, self.channels, num_classes)
        self.register_buffer("mean", 255 * torch.tensor(view.mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(view.std).view(3, 1, 1), persistent=False)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers in order, named as in the torchvision module; the last one enters pooling."""
        return tuple(name for name, _ in self.layers)

    def normalize(self, images: Tensor) -> Tensor:
        """Return images normalised for the first layer."""
        return (images.float() - self.mean) / self.std

    def run_layers(self, values: Tensor, start: int, stop: int) -> Tensor:
        """Run layers `start` to `stop` (exclusive)."""
        for _, layer in self.layers[start:stop]:
            values = layer(values)
        return values

    def run_from_images(self, values: Tensor, start: int, stop: int) -> Tensor:
        """Run layers; if the first is among them, `values` are images to normalise."""
        return self.run_layers(self.normalize(values) if start == 0 else values, start, stop)

    def features(self, images: Tensor) -> Tensor:
        """Return the tensor that enters pooling, (N, K, h, w)."""
        return self.run_from_images(images, 0, len(self.layers))

    @property
    def pools_first(self) -> bool:
        """Whether the head begins with mean pooling, in which all cells have the same weight."""
        return isinstance(self.head[0], nn.AdaptiveAvgPool2d) and self.head[0].output_size in (1, (1, 1))

    def classify(self, features: Tensor) -> Tensor:
        """Return logits (N, classes) of features (N, K, h, w)."""
        return cast(Tensor, self.head(features))

    def pool(self, features: Tensor) -> Tensor:
        """Return the means over all cells, (N, K, 1, 1). Only if `pools_first`."""
        return cast(Tensor, self.head[0](features))

    def classify_pooled(self, pooled: Tensor) -> Tensor:
        """Return logits (N, classes) of the output of `pool`."""
        return cast(Tensor, self.head[1:](pooled))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, classes)."""
        return self.classify(self.features(images))


def layer_grids(model: Classifier, size: int, names: Iterable[str]) -> list[LayerGrid]:
    """Return the grids of layers for images of `size` pixels, in network order."""
    wanted, grids = set(names), []
    device = model.mean.device
    was_training = model.training
    model.eval()
    with torch.no_grad():
        values = model.normalize(torch.zeros(1, 3, size, size, device=device))
        for name, layer in model.layers:
            values = layer(values)
            if name in wanted:
                channels, height, width = values.shape[1:]
                grids.append(LayerGrid(name, height, width, channels))
    model.train(was_training)
    return grids


def _build_network(config: ModelConfig) -> nn.Module:
    backbone = BACKBONES[config.backbone]
    constructor = getattr(narrow_resnet, backbone.constructor, None)
    if constructor is None:
        constructor = getattr(torchvision.models, backbone.constructor)
    network: nn.Module = constructor(weights=None)
    for module in network.modules():
        if hasattr(module, "inplace"):
            module.inplace = False  # type: ignore[assignment]  # an in-place activation would change an explained tensor
    if config.map_stride == 16 and backbone.halved is not None:
        _take_away_stride(network.get_submodule(backbone.halved), network, backbone.halved)
    return network


def _take_away_stride(module: nn.Module, network: nn.Module, name: str) -> None:
    """Give a module stride 1, so that the grid after it is twice as fine."""
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        parent, _, child = name.rpartition(".")
        setattr(network.get_submodule(parent), child, nn.Identity())
    for convolution in module.modules():
        if isinstance(convolution, nn.Conv2d):
            convolution.stride = (1, 1)


def _cut_into_layers(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the trunk's modules in the order they run in. Everything from pooling on belongs to the head."""
    if isinstance(network, torchvision.models.DenseNet):
        layers = [(f"features.{name}", module) for name, module in network.features.named_children()]
        return [*layers, ("features.relu5", nn.ReLU())]  # torchvision applies this one as a function, without a name
    if hasattr(network, "features"):
        return [(f"features.{name}", module) for name, module in network.get_submodule("features").named_children()]
    children = list(network.named_children())
    return children[: [name for name, _ in children].index("avgpool")]


def _last_channels(layers: list[tuple[str, nn.Module]]) -> int:
    values = torch.zeros(1, 3, 64, 64)
    with torch.no_grad():
        for _, layer in layers:
            training = layer.training
            values = layer.eval()(values)
            layer.train(training)
    return values.shape[1]


def _find_classifier(network: nn.Module) -> str:
    """Return torchvision's name of the classifier after pooling."""
    return "fc" if hasattr(network, "fc") else "classifier"


def _build_head(config: ModelConfig, network: nn.Module, channels: int, num_classes: int) -> nn.Sequential:
    """Return the head, and remove the network's own pooling and classifier."""
    classifier = network.get_submodule(_find_classifier(network))
    pooling = getattr(network, "avgpool", None)
    for name in ("fc", "classifier", "avgpool"):
        if hasattr(network, name):
            delattr(network, name)
    mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    if config.head_layers is not None:
        start, *layers = config.head_layers.split(", ")
        before, width = _start_head(start, classifier, pooling, channels)
        return nn.Sequential(*before, *_build_layers(layers, width, num_classes))
    if config.head == "gap":
        return nn.Sequential(*mean, nn.Linear(channels, num_classes))
    if config.head == "mlp":
        return nn.Sequential(*mean, nn.Linear(channels, MLP_WIDTH), nn.ReLU(), nn.Linear(MLP_WIDTH, num_classes))
    return _native_head(classifier, pooling, num_classes)


def _native_head(classifier: nn.Module, pooling: nn.Module | None, num_classes: int) -> nn.Sequential:
    modules = list(classifier.children()) or [classifier]
    last = cast(nn.Linear, modules[-1])
    modules[-1] = nn.Linear(last.in_features, num_classes)
    has_flatten = any(isinstance(module, nn.Flatten) for module in modules)
    flatten = [] if has_flatten else [nn.Flatten()]
    return nn.Sequential(pooling or nn.AdaptiveAvgPool2d(1), *flatten, *modules)


class ConcatPool(nn.Module):
    """The maximum and the mean over all cells, as channels one after another. Source: fastai's AdaptiveConcatPool2d."""

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, 2 K) of (N, K, h, w)."""
        return torch.cat([features.amax((2, 3)), features.mean((2, 3))], 1)


def _start_head(
    start: str, classifier: nn.Module, pooling: nn.Module | None, channels: int
) -> tuple[list[nn.Module], int]:
    """Return what precedes an imported head, and the number of its outputs."""
    if start == "concat":
        return [ConcatPool()], 2 * channels
    if start == "native":
        native = _native_head(classifier, pooling, 1)
        return list(native[:-1]), cast(nn.Linear, native[-1]).in_features
    if start == "pool" and pooling is not None:
        with torch.no_grad():
            return [pooling, nn.Flatten()], pooling(torch.zeros(1, channels, 8, 8)).numel()
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten()], channels


def _build_layers(layers: list[str], width: int, num_classes: int) -> Iterator[nn.Module]:
    for layer in layers:
        kind, _, outputs = layer.partition(" ")
        if kind == "linear":
            yield nn.Linear(width, int(outputs or num_classes))
            width = int(outputs or num_classes)
        else:
            yield nn.ReLU() if kind == "relu" else {"batchnorm": nn.BatchNorm1d, "layernorm": nn.LayerNorm}[kind](width)
