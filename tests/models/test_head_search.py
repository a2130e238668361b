"""Heads that people put on a trunk: their logits, or a refusal with reason."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from camcore.config import ViewConfig
from camcore.errors import CamcoreError
from camcore.heatmaps.cam_check import check_cam
from camcore.models.classifier import ConcatPool
from camcore.models.external_checkpoints import build_classifier, read_checkpoint
from tests.support.checkpoint_layouts import CHANNELS, CLASSES, class_layer, head_of, make_state, numbered, trunk_of
from tests.support.foreign_networks import State, save_network

STATE = make_state()
TRUNK = trunk_of(STATE)
RELU = " A file of weights does not name the activation: ReLU is assumed."


def linear(outputs: int, inputs: int = CHANNELS, bias: bool = True) -> nn.Linear:
    return nn.Linear(inputs, outputs, bias)


DROPOUT = nn.Sequential(nn.Dropout(), linear(CLASSES))
HIDDEN = nn.Sequential(linear(64), nn.ReLU(), nn.Dropout(), linear(CLASSES, 64))
OURS = nn.Sequential(linear(256), nn.ReLU(), linear(CLASSES))
NORMED = nn.Sequential(linear(64), nn.BatchNorm1d(64), nn.ReLU(), linear(CLASSES, 64))
LAYER_NORMED = nn.Sequential(nn.LayerNorm(CHANNELS), linear(CLASSES))
THREE = nn.Sequential(linear(CHANNELS), nn.ReLU(), linear(CHANNELS), nn.ReLU(), linear(CLASSES))
NO_ACTIVATION = nn.Sequential(linear(64), linear(CLASSES, 64))
BLOCKS = nn.Sequential(nn.Sequential(linear(64), nn.ReLU()), nn.Sequential(linear(CLASSES, 64)))
FASTAI = nn.Sequential(
    ConcatPool(),
    nn.Flatten(),
    nn.BatchNorm1d(2 * CHANNELS),
    nn.Dropout(),
    linear(64, 2 * CHANNELS, bias=False),
    nn.ReLU(),
    nn.BatchNorm1d(64),
    nn.Dropout(),
    linear(CLASSES, 64, bias=False),
)
POOLED = (nn.AdaptiveAvgPool2d(1), nn.Flatten())


# The tensors beside the trunk, the network's head, its name, its layers, and the line on it.
HEADS: dict[str, tuple[State, nn.Module, str, str | None, str]] = {
    "Dropout, Linear": (head_of(DROPOUT), nn.Sequential(*POOLED, DROPOUT), "native", None, ""),
    "a hidden layer": (
        head_of(HIDDEN),
        nn.Sequential(*POOLED, HIDDEN),
        "native",
        "mean, linear 64, relu, linear",
        f"Head: mean pooling, linear 64, ReLU, linear 4.{RELU}",
    ),
    "our own hidden layer": (
        head_of(OURS),
        nn.Sequential(*POOLED, OURS),
        "mlp",
        None,
        f"Head: mean pooling, linear 256, ReLU, linear 4.{RELU}",
    ),
    "batch normalisation": (
        head_of(NORMED),
        nn.Sequential(*POOLED, NORMED),
        "native",
        "mean, linear 64, batchnorm, relu, linear",
        f"Head: mean pooling, linear 64, batchnorm, ReLU, linear 4.{RELU}",
    ),
    "layer normalisation": (
        head_of(LAYER_NORMED, "head."),
        nn.Sequential(*POOLED, LAYER_NORMED),
        "native",
        "mean, layernorm, linear",
        "Head: mean pooling, layernorm, linear 4.",
    ),
    "three layers of one width": (
        head_of(THREE),
        nn.Sequential(*POOLED, THREE),
        "native",
        "mean, linear 256, relu, linear 256, relu, linear",
        f"Head: mean pooling, linear 256, ReLU, linear 256, ReLU, linear 4.{RELU}",
    ),
    "no activation": (
        head_of(NO_ACTIVATION),
        nn.Sequential(*POOLED, NO_ACTIVATION),
        "native",
        "mean, linear 64, linear",
        "Head: mean pooling, linear 64, linear 4.",
    ),
    "blocks": (
        head_of(BLOCKS, "head."),
        nn.Sequential(*POOLED, BLOCKS),
        "native",
        "mean, linear 64, relu, linear",
        f"Head: mean pooling, linear 64, ReLU, linear 4.{RELU}",
    ),
    "attributes": (
        head_of(HIDDEN[0], "fc1.") | head_of(HIDDEN[3], "fc2."),
        nn.Sequential(*POOLED, HIDDEN),
        "native",
        "mean, linear 64, relu, linear",
        f"Head: mean pooling, linear 64, ReLU, linear 4.{RELU}",
    ),
    "a 1x1 convolution": (
        class_layer(STATE, "head", lambda tensor: tensor[:, :, None, None] if tensor.ndim == 2 else tensor),
        nn.Sequential(*POOLED, linear(CLASSES)),
        "native",
        None,
        "",
    ),
    "no bias": (
        {"fc.weight": STATE["fc.weight"]},
        nn.Sequential(*POOLED, linear(CLASSES, bias=False)),
        "native",
        None,
        "The class layer 'fc' has no bias: it is zero.",
    ),
    "a projection beside it": (
        class_layer(STATE, "fc") | head_of(nn.Sequential(linear(128)), "projector."),
        nn.Sequential(*POOLED, linear(CLASSES)),
        "native",
        None,
        "Not used: 2 tensors beside the network: 'projector.0.weight' (128, 256), 'projector.0.bias' (128,).",
    ),
}


def give_weights(head: nn.Module, tensors: State) -> nn.Module:
    """Give the last layers of a reference head the class layer's values, if it shares them."""
    last = list(head.modules())[-1]
    if isinstance(last, nn.Linear) and ("fc.weight" in tensors or "head.weight" in tensors):
        name = "fc" if "fc.weight" in tensors else "head"
        last.weight.data = tensors[f"{name}.weight"].flatten(1)
        if last.bias is not None:
            last.bias.data = tensors[f"{name}.bias"]
    return head.eval()


@pytest.mark.parametrize("kind", HEADS)
def test_a_head_gives_the_logits_it_gave_elsewhere(kind: str, tmp_path: Path, single_thread: None) -> None:
    tensors, head, name, layers, line = HEADS[kind]
    checkpoint = read_checkpoint(save_network(tmp_path / "weights.pth", TRUNK | tensors), "resnet10_narrow")
    assert (checkpoint.model.head, checkpoint.model.head_layers) == (name, layers)
    assert checkpoint.notes == ((line,) if line else ())
    model = build_classifier(checkpoint, ViewConfig(size=64))
    features = torch.rand(3, CHANNELS, 2, 2)
    with torch.no_grad():
        logits = model.classify(features)
        assert torch.allclose(logits, give_weights(head, tensors)(features), atol=1e-5)
        assert check_cam(model, features, logits).holds is (name == "native" and layers is None)


def test_fastai_s_head_is_read(tmp_path: Path, single_thread: None) -> None:
    body = {f"0.{name}": tensor for name, tensor in numbered(TRUNK).items()}
    path = save_network(tmp_path / "weights.pth", {"model": body | head_of(FASTAI, "1."), "opt": {"hypers": []}})
    checkpoint = read_checkpoint(path, "resnet10_narrow")
    assert checkpoint.model.head_layers == "concat, batchnorm, linear 64, relu, batchnorm, linear"
    features = torch.rand(3, CHANNELS, 2, 2)
    with torch.no_grad():
        logits = build_classifier(checkpoint, ViewConfig(size=64)).classify(features)
        assert torch.allclose(logits, FASTAI.eval()(features), atol=1e-5)


def test_one_output_is_two_classes_with_its_sigmoid(tmp_path: Path, single_thread: None) -> None:
    one = class_layer(STATE, "fc", lambda tensor: tensor[:1])
    checkpoint = read_checkpoint(save_network(tmp_path / "weights.pth", TRUNK | one), "resnet10_narrow")
    assert checkpoint.classes == 2
    assert checkpoint.notes == (
        "The network has one output: it is read as two classes, the second if the output is above 0 (sigmoid above"
        " 0.5).",
    )
    features = torch.rand(3, CHANNELS, 2, 2)
    with torch.no_grad():
        shares = build_classifier(checkpoint, ViewConfig(size=64)).classify(features).softmax(1)
        output = features.mean((2, 3)) @ one["fc.weight"].T + one["fc.bias"]
    assert torch.allclose(shares[:, 1], output.sigmoid()[:, 0], atol=1e-6)


def tensor(*shape: int) -> Tensor:
    return torch.zeros(shape)


REFUSED: dict[str, tuple[State, str]] = {
    "none": (
        {},
        "has no classifier ('fc.weight' is missing), so it knows no classes. Train one with camcore train.",
    ),
    "other inputs": (
        {"fc.weight": tensor(4, 512), "fc.bias": tensor(4)},
        "has no class layer that can be imported, a weight (classes, 256): beside the trunk it holds 'fc.weight' (4,"
        " 512).",
    ),
    "weight normalisation": (
        {"fc.weight_v": tensor(4, 256), "fc.weight_g": tensor(4, 1)},
        "has no class layer that can be imported, a weight (classes, 256): beside the trunk it holds 'fc.weight_v' (4,"
        " 256).",
    ),
    "a bias of other length": (
        {"fc.weight": tensor(4, 256), "fc.bias": tensor(3)},
        "does not fit: its 'fc.bias' is (3,), not (4,).",
    ),
    "PReLU": (
        {"fc.0.weight": tensor(64, 256), "fc.1.weight": tensor(1), "fc.2.weight": tensor(4, 64)},
        "has a head that can't be imported: it holds 'fc.1.weight' (1,). Heads that can be imported consist of linear"
        " layers, 1×1 convolutions, ReLU and normalisation.",
    ),
    "a head on ImageNet's classes": (
        {"fc.weight": tensor(1000, 256), "head.weight": tensor(4, 256)},
        "has several layers that could be the classifier: 'fc', 'head'. Save a state dict without the others.",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_other_heads_are_refused_with_what_they_hold(kind: str, tmp_path: Path) -> None:
    tensors, message = REFUSED[kind]
    path = save_network(tmp_path / "weights.pth", TRUNK | tensors)
    with pytest.raises(CamcoreError) as caught:
        read_checkpoint(path, "resnet10_narrow")
    assert str(caught.value) == f"{path} {message}"
