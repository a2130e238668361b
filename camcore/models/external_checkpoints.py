"""Reads a classifier that was trained elsewhere: weights in torchvision's layout, each tensor checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from camcore.backbones import BACKBONES
from camcore.config import ModelConfig, ViewConfig
from camcore.data.class_names import find_class_names
from camcore.errors import CamcoreError
from camcore.models.classifier import Classifier
from camcore.models.weights import match_names, read_weights_file

COUNTER = "num_batches_tracked"  # of batch normalisation; nothing depends on it, and older files lack it
DEEP_STEM = "conv1.0.weight"

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Layout:
    """Torchvision's names of a network's tensors, by our names, and their shapes by torchvision's names.

    The last two are weight and bias of the class layer, which has one row per class, here one.
    """

    names: Mapping[str, str]
    shapes: Shapes

    @property
    def class_weight(self) -> str:
        """The name of the class layer's weight."""
        return list(self.shapes)[-2]

    def shapes_for(self, shapes: Shapes) -> dict[str, tuple[int, ...]]:
        """Return the layout's shapes for the number of classes that `shapes` has."""
        rows = shapes.get(self.class_weight, ())[:1] or (1,)
        return {**self.shapes, **{name: (*rows, *self.shapes[name][1:]) for name in list(self.shapes)[-2:]}}


@dataclass(frozen=True)
class Misfits:
    """A file's tensors that don't fit a network: missing, surplus, or of another shape."""

    missing: list[str]
    surplus: list[str]
    wrong: list[str]


@dataclass(frozen=True)
class Checkpoint:
    """A classifier from a file, which fits its backbone: `state` has torchvision's names.

    `wrapper` is its key in the file, `prefix` what all names began with. `class_names` are the file's own, in the order
    of the logits.
    """

    path: Path
    backbone: str
    state: Mapping[str, Tensor]
    classes: int
    wrapper: str | None
    prefix: str
    class_names: tuple[str, ...] | None


def read_checkpoint(path: Path, backbone: str) -> Checkpoint:
    """Read a classifier's weights, without executing anything in the file.

    Raises:
        CamcoreError: The file can't be read, or is not a classifier of this backbone.
    """
    file = read_weights_file(path)
    layout = read_layout(backbone)
    state, prefix = match_names(file.state, layout.shapes.keys())
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    misfits = find_misfits(shapes, layout)
    if misfits != Misfits([], [], []):
        raise CamcoreError(f"{path} {_describe(misfits, shapes, layout, backbone)}")
    for name, tensor in state.items():
        if not name.endswith(COUNTER):
            _require_numbers(path, name, tensor)
    classes = shapes[layout.class_weight][0]
    return Checkpoint(path, backbone, state, classes, file.wrapper, prefix, find_class_names(file.beside))


def build_classifier(checkpoint: Checkpoint, view: ViewConfig) -> Classifier:
    """Return a checkpoint's network with its own classifier, on the CPU, in evaluation mode."""
    model = Classifier(ModelConfig(checkpoint.backbone, "native"), view, checkpoint.classes)
    names = read_layout(checkpoint.backbone).names
    state = {ours: checkpoint.state[theirs] for ours, theirs in names.items() if theirs in checkpoint.state}
    model.load_state_dict(state, strict=False)  # the counters may be missing
    return model.eval()


@cache  # a file that fits none is compared with every network
def read_layout(backbone: str) -> Layout:
    """Return torchvision's layout of a network."""
    with torch.device("meta"):  # names and shapes alone
        model = Classifier(ModelConfig(backbone, "native"), ViewConfig(), 1)
    state = model.state_dict()
    names = {ours: _name_in_torchvision(model, ours) for ours in state}
    return Layout(names, {names[ours]: tuple(tensor.shape) for ours, tensor in state.items()})


def find_misfits(shapes: Shapes, layout: Layout) -> Misfits:
    """Return which shapes do not fit a layout, with any number of classes."""
    wanted = layout.shapes_for(shapes)
    return Misfits(
        [name for name in wanted if name not in shapes and not name.endswith(COUNTER)],
        [name for name in shapes if name not in wanted],
        [name for name in wanted if name in shapes and shapes[name] != wanted[name]],
    )


def _name_in_torchvision(model: Classifier, name: str) -> str:
    part, _, rest = name.partition(".")
    if part == "trunk":
        return rest
    place, _, tensor = rest.partition(".")
    before = 1 + isinstance(model.head[1], nn.Flatten)  # modules of the head before torchvision's classifier
    is_alone = len(model.head) == before + 1
    return f"{model.classifier_name}.{tensor if is_alone else f'{int(place) - before}.{tensor}'}"


def _describe(misfits: Misfits, shapes: Shapes, layout: Layout, backbone: str) -> str:
    missing, surplus, wrong = misfits.missing, misfits.surplus, misfits.wrong
    classifier = {theirs for ours, theirs in layout.names.items() if ours.startswith("head.")}
    if set(missing) == classifier and not (surplus or wrong):
        return f"has no classifier ({missing[0]!r} is missing), so it knows no classes. Train one with camcore train."
    if DEEP_STEM in surplus:
        return (
            f"begins with several convolutions, first {DEEP_STEM!r} {shapes[DEEP_STEM]}, like timm's resnet50d and its"
            " relatives; torchvision's networks begin with one, and only they can be imported. timm's plain resnet18,"
            " resnet34 and resnet50 are such."
        )
    wanted = layout.shapes_for(shapes)
    facts = []
    if missing:
        facts.append(f"it lacks {_count(missing)} {missing[0]!r} {wanted[missing[0]]}")
    if surplus:
        facts.append(f"it has {_count(surplus)} {surplus[0]!r} {shapes[surplus[0]]}, which {backbone} has not")
    if wrong:
        facts.append(f"its {wrong[0]!r} is {shapes[wrong[0]]}, not {wanted[wrong[0]]}")
    return f"is no {backbone} of torchvision's layout: {'; '.join(facts)}. {_suggest_backbone(shapes)}"


def _count(names: list[str]) -> str:
    return "the tensor" if len(names) == 1 else f"{len(names)} tensors, first"


def _suggest_backbone(shapes: Shapes) -> str:
    for name in BACKBONES:
        layout = read_layout(name)
        if find_misfits(shapes, layout) == Misfits([], [], []):
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
