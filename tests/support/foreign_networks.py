"""Networks as torchvision and timm build and save them."""

from pathlib import Path
from typing import cast

import numpy as np
import timm
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

State = dict[str, Tensor]


def build_network(maker: str, name: str, classes: int, seed: int = 0) -> nn.Module:
    """Return a network in evaluation mode with stable activations."""
    torch.manual_seed(seed)
    makers = {"timm": timm.create_model, "torchvision": torchvision.models.get_model}
    network = makers[maker](name, num_classes=classes)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.randn(8, 3, 64, 64))
    return cast(nn.Module, network.eval())


def save_network(path: Path, content: object) -> Path:
    """Write a state dict or checkpoint in the format of the file's ending."""
    if path.suffix == ".safetensors":
        save_file(cast(State, content), path)
    else:
        torch.save(content, path)
    return path


def logits_of(
    network: nn.Module, image: Image.Image, size: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> Tensor:
    """Return a network's logits of a picture squashed to a square, by the usual code."""
    squashed = image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    values = torch.from_numpy(np.array(squashed)).permute(2, 0, 1)[None] / 255
    normal = (values - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    with torch.no_grad():
        return cast(Tensor, network(normal)[0])
