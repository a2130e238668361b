"""The table of networks, by their names in torchvision. It imports no torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Backbone:
    """A torchvision network, split into a trunk of consecutive layers and a head.

    `constructor` names the function in `torchvision.models` (`resnet10_narrow`: in `camcore.models.narrow_resnet`).
    `stages` are the layers to explain, in order; the output of the last one enters pooling.
    `halved` is the module whose stride is removed for a map stride of 16; None if the network can't have it.
    """

    title: str
    constructor: str
    imagenet_weights: str | None
    stages: tuple[str, ...]
    halved: str | None

    @property
    def map_strides(self) -> tuple[int, ...]:
        """The possible numbers of image pixels per cell of the last layer."""
        return (32, 16) if self.halved else (32,)


HEADS = {
    "gap": "mean pooling and one linear layer: CAM applies",
    "mlp": "mean pooling, a hidden layer, then the classes: CAM does not apply, Grad-CAM does",
    "native": "the network's own classifier, as in torchvision",
}

_RESNET_STAGES = ("maxpool", "layer1", "layer2", "layer3", "layer4")
_DENSENET_STAGES = (
    "features.pool0",
    "features.denseblock1",
    "features.denseblock2",
    "features.denseblock3",
    "features.denseblock4",
    "features.relu5",
)


def _features(*indices: int) -> tuple[str, ...]:
    return tuple(f"features.{index}" for index in indices)


BACKBONES = {
    "resnet10_narrow": Backbone("ResNet-10 (0.5×)", "resnet10_narrow", None, _RESNET_STAGES, "layer4"),
    "resnet18": Backbone("ResNet-18", "resnet18", "IMAGENET1K_V1", _RESNET_STAGES, "layer4"),
    "resnet34": Backbone("ResNet-34", "resnet34", "IMAGENET1K_V1", _RESNET_STAGES, "layer4"),
    "resnet50": Backbone("ResNet-50", "resnet50", "IMAGENET1K_V2", _RESNET_STAGES, "layer4"),
    "mobilenet_v3_small": Backbone(
        "MobileNetV3 small", "mobilenet_v3_small", "IMAGENET1K_V1", _features(0, 1, 3, 8, 12), "features.9"
    ),
    "mobilenet_v3_large": Backbone(
        "MobileNetV3 large", "mobilenet_v3_large", "IMAGENET1K_V2", _features(1, 3, 6, 12, 16), "features.13"
    ),
    "efficientnet_b0": Backbone(
        "EfficientNet-B0", "efficientnet_b0", "IMAGENET1K_V1", _features(1, 2, 3, 5, 8), "features.6"
    ),
    "densenet121": Backbone(
        "DenseNet-121", "densenet121", "IMAGENET1K_V1", _DENSENET_STAGES, "features.transition3.pool"
    ),
    "convnext_tiny": Backbone("ConvNeXt-Tiny", "convnext_tiny", "IMAGENET1K_V1", _features(1, 3, 5, 7), None),
    "vgg16": Backbone("VGG-16", "vgg16", "IMAGENET1K_V1", _features(4, 9, 16, 23, 30), "features.30"),
}
