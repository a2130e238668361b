"""State dicts of a tiny network in the layouts that people's checkpoints have."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from camcore.models.narrow_resnet import resnet10_narrow
from tests.support.foreign_networks import State

CHANNELS = 256
CLASSES = 4
NUMBERS = {"conv1": 0, "bn1": 1, "layer1": 4, "layer2": 5, "layer3": 6, "layer4": 7}


def make_state() -> State:
    """Return the state dict of a small network of four classes, with statistics that keep its activations apart."""
    torch.manual_seed(0)
    network = resnet10_narrow(num_classes=CLASSES)
    return dict(network.state_dict())


def prefixed(state: State, prefix: str) -> State:
    """Return a state dict with a prefix on every name."""
    return {prefix + name: tensor for name, tensor in state.items()}


def trunk_of(state: State) -> State:
    """Return the tensors before the class layer."""
    return {name: tensor for name, tensor in state.items() if not name.startswith("fc.")}


def numbered(state: State) -> State:
    """Return a trunk named by the places in `nn.Sequential(*network.children())`."""
    return {f"{NUMBERS[name.partition('.')[0]]}.{name.partition('.')[2]}": tensor for name, tensor in state.items()}


def head_of(module: nn.Module, prefix: str = "fc.") -> State:
    """Return a head's tensors, initialised from a fixed seed, batch normalisation with statistics of its own."""
    torch.manual_seed(1)
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Conv2d):
            part.reset_parameters()
        if isinstance(part, nn.BatchNorm1d) and part.running_mean is not None and part.running_var is not None:
            part.running_mean.uniform_(0, 1)
            part.running_var.uniform_(1, 2)
    return prefixed(dict(module.state_dict()), prefix)


def class_layer(state: State, name: str, change: Callable[[Tensor], Tensor] = lambda tensor: tensor) -> State:
    """Return the class layer's tensors under another name, changed."""
    return {f"{name}.{own}": change(state[f"fc.{own}"]) for own in ("weight", "bias")}
