"""Reads a classifier that was trained elsewhere: trunk and head in a file of weights, each tensor checked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from camcore.backbones import BACKBONES
from camcore.config import ModelConfig, ViewConfig
from camcore.data.class_names import find_class_names
from camcore.errors import CamcoreError
from camcore.models.checkpoint_files import read_content, refuse_content
from camcore.models.classifier import Classifier
from camcore.models.head_search import Head, Widths, find_head, list_beside, read_layers, require_whole
from camcore.models.trunk_search import (
    COUNTERS,
    Shapes,
    Tensors,
    Trunk,
    choose_trunk,
    describe_trunk,
    find_tensors,
    find_trunks,
)

DEEP_STEM = "conv1.0.weight"
MOST_LISTED = 3


@dataclass(frozen=True)
class Layout:
    """Torchvision's names of a network's tensors, by our names, and their shapes by torchvision's names.

    The last two are weight and bias of the class layer, which has one row per class, here one. `widths` are the inputs
    that a head's first layer may have.
    """

    names: Mapping[str, str]
    shapes: Shapes
    widths: Widths

    @property
    def trunk(self) -> Shapes:
        """The shapes of the trunk's tensors."""
        return {theirs: self.shapes[theirs] for ours, theirs in self.names.items() if ours.startswith("trunk.")}

    @property
    def class_weight(self) -> str:
        """The name of the class layer's weight."""
        return list(self.shapes)[-2]


@dataclass(frozen=True)
class Checkpoint:
    """A classifier from a file: `state` has our names and fits `model`.

    `class_names` are the file's own, in the order of the logits. `notes` say what was taken from the file, and what
    was left.
    """

    path: Path
    model: ModelConfig
    state: Mapping[str, Tensor]
    classes: int
    class_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


def read_checkpoint(path: Path, backbone: str, key: str | None = None) -> Checkpoint:
    """Read a classifier's weights, without executing anything in the file.

    Args:
        path: A .pth or .safetensors file.
        backbone: The network, one of `BACKBONES`.
        key: Which weights to take if the file holds several; else averaged ones if there are any.

    Raises:
        CamcoreError: The file can't be read, or is not a classifier of this backbone.
    """
    content = read_content(path)
    tensors = find_tensors(content)
    if not tensors:
        raise refuse_content(path, content)
    layout = read_layout(backbone)
    trunks = find_trunks(tensors, layout.trunk)
    trunk = choose_trunk(str(path), backbone, trunks, key)
    if trunk is None or not trunk.is_complete:
        raise CamcoreError(f"{path} {_describe(trunk, tensors, layout, backbone)}")
    head = _choose_head(path, trunk, trunks, layout)
    require_whole(head, trunk, layout.widths, str(path))
    model = _name_head(head, layout, ModelConfig(backbone, "native"))
    state = _collect(path, trunk, head, layout, model)
    notes = (
        *describe_trunk(trunk, trunks),
        *_describe_head(head, trunk),
        *_describe_leftover(head, trunk, trunks, layout),
    )
    classes = max(2, head.classes)
    return Checkpoint(path, model, state, classes, find_class_names(content, classes), notes)


def build_classifier(checkpoint: Checkpoint, view: ViewConfig) -> Classifier:
    """Return a checkpoint's network with its own classifier, on the CPU, in evaluation mode."""
    model = Classifier(checkpoint.model, view, checkpoint.classes)
    model.load_state_dict(checkpoint.state, strict=False)  # the counters may be missing
    return model.eval()


@cache  # a file that fits none is compared with every network
def read_layout(backbone: str) -> Layout:
    """Return torchvision's layout of a network."""
    with torch.device("meta"):  # names and shapes alone
        model = Classifier(ModelConfig(backbone, "native"), ViewConfig(), 1)
    state = model.state_dict()
    names = {ours: _name_in_torchvision(model, ours) for ours in state}
    shapes = {names[ours]: tuple(tensor.shape) for ours, tensor in state.items()}
    *native, class_weight, _ = [names[ours] for ours in state if ours.startswith("head.")]
    starts = {"native": shapes[class_weight][1]} if native else {}
    starts["mean"] = model.channels
    if native and not model.pools_first:
        starts["pool"] = shapes[native[0]][1]  # of VGG: all cells of its pooling
    starts["concat"] = 2 * model.channels
    widths = Widths(starts, class_weight.removesuffix(".weight"), {name: shapes[name] for name in native})
    return Layout(names, shapes, widths)


def _name_in_torchvision(model: Classifier, name: str) -> str:
    part, _, rest = name.partition(".")
    if part == "trunk":
        return rest
    place, _, tensor = rest.partition(".")
    before = 1 + isinstance(model.head[1], nn.Flatten)  # modules of the head before torchvision's classifier
    is_alone = len(model.head) == before + 1
    return f"{model.classifier_name}.{tensor if is_alone else f'{int(place) - before}.{tensor}'}"


def _choose_head(path: Path, trunk: Trunk, trunks: list[Trunk], layout: Layout) -> Head:
    heads = find_head(trunk, trunks, layout.widths)
    if len(heads) == 1:
        return heads[0]
    if heads:
        names = [next(iter(head.places.values())) for head in heads]
        raise CamcoreError(
            f"{path} has several layers that could be the classifier: {', '.join(map(repr, names))}. Save a state dict"
            " without the others."
        )
    if not (beside := list_beside(trunk)):
        raise CamcoreError(
            f"{path} has no classifier ({layout.class_weight!r} is missing), so it knows no classes. Train one with"
            " camcore train."
        )
    width = layout.shapes[layout.class_weight][1]
    raise CamcoreError(
        f"{path} has no class layer that can be imported, a weight (classes, {width}): beside the trunk it holds"
        f" {beside[0].name!r} {beside[0].shape}."
    )


def _name_head(head: Head, layout: Layout, model: ModelConfig) -> ModelConfig:
    """Return the settings of a network with a head; those that are ours or torchvision's have a name."""
    is_native = head.layers == (("native" if layout.widths.native else "mean"), "linear")
    if is_native:
        return model
    named = {("mean", "linear"): "gap", ("mean", "linear 256", "relu", "linear"): "mlp"}
    if head.layers in named:
        return replace(model, head=named[head.layers])
    return replace(model, head_layers=", ".join(head.layers))


def _collect(path: Path, trunk: Trunk, head: Head, layout: Layout, model: ModelConfig) -> dict[str, Tensor]:
    """Return a checkpoint's tensors by our names. A single output becomes two: half of it with either sign."""
    ours = {theirs: name for name, theirs in layout.names.items()}
    tensors = trunk.tensors
    state = {ours[name]: tensors[place].value for name, place in trunk.names.items() if place in tensors}
    if head.layers[0] == "native":
        state |= {ours[name]: tensors[trunk.prefix + name].value for name in layout.widths.native}
    layers = read_layers(head, tensors)
    if head.classes == 1:
        last = max(head.places)
        # The sigmoid of z is the softmax of -z / 2 and z / 2.
        layers |= {
            name: torch.cat([-layers[name] / 2, layers[name] / 2]) for name in (f"{last}.weight", f"{last}.bias")
        }
    native = int(ours[layout.class_weight].split(".")[1])
    start = {"concat": 1, "mean": 2, "pool": 2, "native": native}[head.layers[0]]  # modules before the first layer
    if (model.head, model.head_layers) == ("native", None):
        start = native
    for name, tensor in layers.items():
        place, _, own = name.partition(".")
        state[f"head.{start + int(place) - 1}.{own}"] = tensor
    for name, tensor in state.items():
        if not name.endswith(COUNTERS):
            _require_numbers(path, _find_name(name, layout, head), tensor)
    return state


def _find_name(ours: str, layout: Layout, head: Head) -> str:
    """Return a tensor's name for messages: torchvision's, or of an own head the layer's in the file."""
    return layout.names.get(ours) or f"{list(head.places.values())[-1]}.{ours.rpartition('.')[2]}"


def _describe_head(head: Head, trunk: Trunk) -> list[str]:
    lines = []
    if len(head.places) > 1 or head.layers[0] == "concat":
        layers = (
            ", ".join(head.layers)
            .replace("concat", "maximum and mean pooling")
            .replace("mean,", "mean pooling,")
            .replace("relu", "ReLU")
        )
        assumed = " A file of weights does not name the activation: ReLU is assumed." if head.assumes_relu else ""
        lines.append(f"Head: {layers} {head.classes}.{assumed}")
    last = list(head.places.values())[-1]
    if f"{last}.bias" not in trunk.tensors:
        lines.append(f"The class layer {last!r} has no bias: it is zero.")
    if head.classes == 1:
        lines.append(
            "The network has one output: it is read as two classes, the second if the output is above 0 (sigmoid above"
            " 0.5)."
        )
    return lines


def _describe_leftover(head: Head, trunk: Trunk, trunks: list[Trunk], layout: Layout) -> list[str]:
    """Return a line on tensors beside the network that were not used: loss weights, metrics, other heads."""
    used = {*trunk.names.values(), *(trunk.prefix + name for name in layout.widths.native)}
    layers = {*head.places.values()}
    elsewhere = tuple(
        other.prefix for other in trunks if other.is_complete and not trunk.prefix.startswith(other.prefix)
    )
    left = [
        (tensor.name, tensor.shape)
        for plain, tensor in trunk.tensors.items()
        if tensor.keys == trunk.keys
        and not (plain in used or plain.rpartition(".")[0] in layers)
        and not plain.endswith(COUNTERS)
        and not plain.startswith(elsewhere)
    ]
    if not left:
        return []
    few = ", ".join(f"{name!r} {shape}" for name, shape in left[:MOST_LISTED])
    more = ", ..." if len(left) > MOST_LISTED else ""
    return [f"Not used: {len(left)} {'tensor' if len(left) == 1 else 'tensors'} beside the network: {few}{more}."]


def _describe(trunk: Trunk | None, tensors: Tensors, layout: Layout, backbone: str) -> str:
    """Return why a file is refused: what its fullest trunk lacks, and which network it is."""
    missing = trunk.missing if trunk else tuple(name for name in layout.trunk if not name.endswith(COUNTERS))
    wrong = [(tensors[trunk.names[name]], layout.shapes[name]) for name in trunk.wrong] if trunk else []
    surplus = [tensors[place] for place in trunk.surplus] if trunk else []
    if trunk and trunk.prefix + DEEP_STEM in trunk.surplus:
        return (
            f"begins with several convolutions, first {DEEP_STEM!r} {tensors[trunk.prefix + DEEP_STEM].shape}, like"
            " timm's resnet50d and its relatives; torchvision's networks begin with one, and only they can be imported."
            " timm's plain resnet18, resnet34 and resnet50 are such."
        )
    facts = []
    if missing:
        facts.append(f"it lacks {_count(len(missing))} {missing[0]!r} {layout.shapes[missing[0]]}")
    if surplus:
        facts.append(f"it has {_count(len(surplus))} {surplus[0].name!r} {surplus[0].shape}, which {backbone} has not")
    if wrong:
        facts.append(f"its {wrong[0][0].name!r} is {wrong[0][0].shape}, not {wrong[0][1]}")
    if trunk is None:
        first = next(iter(tensors.values()))
        facts.append(f"its first tensor is {first.name!r} {first.shape}")
    return f"is no {backbone} of torchvision's layout: {'; '.join(facts)}. {_suggest_backbone(tensors)}"


def _count(count: int) -> str:
    return "the tensor" if count == 1 else f"{count} tensors, first"


def _suggest_backbone(tensors: Tensors) -> str:
    for name in BACKBONES:
        trunks = find_trunks(tensors, read_layout(name).trunk)
        if trunks and trunks[0].is_complete:
            return f"It is a {name}: name that with --backbone."
    return f"Networks that can be imported: {', '.join(BACKBONES)}."


def _require_numbers(path: Path, name: str, tensor: Tensor) -> None:
    if not tensor.is_floating_point():
        kind = str(tensor.dtype).removeprefix("torch.")
        raise CamcoreError(f"{path} has {name!r} as {kind}. Save the weights as floating-point numbers, not quantized.")
    if not torch.isfinite(tensor).all():
        raise CamcoreError(
            f"{path} has values in {name!r} that are not finite: the training diverged. Take a checkpoint from before."
        )
