"""Finds the head of a checkpoint: one or more linear layers or 1×1 convolutions after the trunk."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from camcore.errors import CamcoreError
from camcore.models.trunk_search import COUNTERS, PROFILING, FileTensor, Tensors, Trunk

# Parts of a training that are no classifier, by a word in their name.
OTHERS = re.compile(
    r"(^|[._])(aux|proj\w*|ssl|loss\w*|criterion\w*|center\w*|domain\w*|rot\w*|contrast\w*|queue|metric\w*)"
)


@dataclass(frozen=True)
class Widths:
    """Inputs of the first layer of a head, by what precedes it: a name of `ModelConfig.head_layers`."""

    by_start: Mapping[str, int]
    class_layer: str  # torchvision's name of the class layer
    native: Mapping[str, tuple[int, ...]]  # the native head's other tensors, by torchvision's names


@dataclass(frozen=True)
class Head:
    """A head: `layers` as in `ModelConfig.head_layers`; the plain name of each layer with tensors, by its place."""

    layers: tuple[str, ...]
    places: Mapping[int, str]
    classes: int

    @property
    def assumes_relu(self) -> bool:
        """Whether an activation is between its layers, which a file of weights does not name."""
        return "relu" in self.layers


Modules = Mapping[str, Mapping[str, FileTensor]]  # a module's tensors by their own names, by its plain name


def find_head(trunk: Trunk, others: Iterable[Trunk], widths: Widths) -> list[Head]:
    """Return the heads that may follow a trunk: those in its own dictionary, else in the ones around it.

    A projection or loss beside a classifier is left out.
    """
    prefixes = [other.prefix for other in others if other.prefix != trunk.prefix and other.is_complete]
    elsewhere = [prefix for prefix in prefixes if not trunk.prefix.startswith(prefix)]
    lies_inside = len(elsewhere) < len(prefixes)  # another network is around this one, which has a head of its own
    for depth in range(len(trunk.keys), -1, -1):
        modules = _find_modules(trunk, trunk.keys[:depth], elsewhere)
        heads = _find_chains(trunk, modules, widths)
        if lies_inside:
            heads = [head for head in heads if all(name.startswith(trunk.prefix) for name in head.places.values())]
        plain = [head for head in heads if not any(OTHERS.search(name) for name in head.places.values())]
        if heads:
            return plain or heads
    return []


def list_beside(trunk: Trunk) -> list[FileTensor]:
    """Return the tensors beside a trunk that could be of a head."""
    modules = _find_modules(trunk, trunk.keys, [])
    return [tensor for module in modules.values() for tensor in module.values() if tensor.value.ndim > 1]


def _find_modules(trunk: Trunk, keys: tuple[str, ...], elsewhere: list[str]) -> Modules:
    """Return the modules in a dictionary and those inside it, without trunks."""
    used = set(trunk.names.values())
    modules: dict[str, dict[str, FileTensor]] = {}
    for plain, tensor in trunk.tensors.items():
        inside = tensor.keys[: len(keys)] == keys
        if inside and plain not in used and not plain.startswith(tuple(elsewhere)):
            name, _, own = plain.rpartition(".")
            if own not in PROFILING and not own.endswith(COUNTERS):
                modules.setdefault(name, {})[own] = tensor
    return modules


def _is_linear(module: Mapping[str, FileTensor]) -> bool:
    shape = module["weight"].shape if "weight" in module else ()
    return len(shape) == 2 or (len(shape) == 4 and shape[2:] == (1, 1))


def _find_chains(trunk: Trunk, modules: Modules, widths: Widths) -> list[Head]:
    heads: list[Head] = []
    for name, module in modules.items():
        if not _is_linear(module):
            continue
        for start, width in widths.by_start.items():
            if module["weight"].shape[1] == width and _may_start(name, start, trunk, widths):
                heads.append(_follow(name, modules, start, width))
                break
    heads = [head for head in heads if head.layers[0] != "concat" or head.layers[1] == "batchnorm"]  # as in fastai
    # A layer in the middle of a head may have the width of a first one.
    later = {place for head in heads for place in list(head.places.values())[1:]}
    return [head for head in heads if not set(head.places.values()) <= later]


def _may_start(name: str, start: str, trunk: Trunk, widths: Widths) -> bool:
    """Whether a layer may be the first: of the class layer's place if the native head's other layers are there."""
    native = {trunk.prefix + own: shape for own, shape in widths.native.items()}
    has_native = bool(native) and all(
        own in trunk.tensors and trunk.tensors[own].shape == shape for own, shape in native.items()
    )
    if start == "native":
        return has_native and f"{name}.".startswith(f"{trunk.prefix}{widths.class_layer}.")
    return not (has_native and f"{name}.weight" in native)


def _follow(first: str, modules: Modules, start: str, width: int) -> Head:
    """Return the head that begins with a layer: the layers around it whose widths continue, in order.

    Layers of an `nn.Sequential` are numbered. If a number is missing after a linear layer, an activation is there.
    """
    parent = first.rpartition(".")[0]
    while True:
        around = [name for name in modules if name.startswith(f"{parent}.") or not parent]
        head = _chain(sorted(around, key=_natural) if _are_numbered(around) else around, first, modules, start, width)
        ends = [name for name in modules if _is_linear(modules[name]) and name not in head.places.values()]
        goes_on = any(modules[name]["weight"].shape[1] == head.classes for name in ends)
        if not parent or not goes_on:
            return head
        parent = parent.rpartition(".")[0]


def _chain(around: list[str], first: str, modules: Modules, start: str, width: int) -> Head:
    layers, places, current = [start], {}, width
    is_active, last = True, ""  # nothing to activate before the first linear layer
    for name in around:
        linear = _is_linear(modules[name]) and modules[name]["weight"].shape[1] == current
        if last == "" and linear and name != first:
            continue
        norm = _name_norm(modules[name], current)
        if not linear and norm is None:
            continue
        if not is_active and _has_gap(last, name, linear):
            layers.append("relu")
            is_active = True
        if linear:
            current, is_active, last = modules[name]["weight"].shape[0], False, name
        elif last == "" and name.rpartition(".")[0] != first.rpartition(".")[0]:
            continue  # a norm before the first layer belongs to it only if it lies beside it
        else:
            last = name if last else ""
        places[len(layers)] = name
        layers.append(f"linear {current}" if linear else str(norm))
    end = max(at for at, layer in enumerate(layers) if layer.startswith("linear"))
    places = {at: name for at, name in places.items() if at <= end}
    return Head((*layers[:end], "linear"), places, int(layers[end].removeprefix("linear ")))


def _has_gap(last: str, name: str, linear: bool) -> bool:
    """Whether a module without tensors lies between two, as far as their names tell."""
    before, _, low = last.rpartition(".")
    parent, _, high = name.rpartition(".")
    if before == parent and low.isdecimal() and high.isdecimal():
        return int(high) - int(low) > 1
    return linear


def _name_norm(module: Mapping[str, FileTensor], width: int) -> str | None:
    if "weight" not in module or module["weight"].shape != (width,):
        return None
    return "batchnorm" if "running_mean" in module else "layernorm"


def _are_numbered(names: list[str]) -> bool:
    return all(name.rpartition(".")[2].isdecimal() for name in names)


def _natural(name: str) -> list[tuple[bool, int, str]]:
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in name.split(".")]


def require_whole(head: Head, trunk: Trunk, widths: Widths, origin: str) -> None:
    """Raise if the head's part of the file holds tensors that the head does not use, or that do not fit.

    Raises:
        CamcoreError: Names the first such tensor.
    """
    for name in head.places.values():
        rows = trunk.tensors[f"{name}.weight"].shape[:1]
        bias = trunk.tensors.get(f"{name}.bias")
        if bias is not None and bias.shape != rows:
            raise CamcoreError(f"{origin} does not fit: its {bias.name!r} is {bias.shape}, not {rows}.")
    parents = {name.rpartition(".")[0] for name in head.places.values()} - {"", trunk.prefix.rstrip(".")}
    parents |= set(head.places.values())
    native = {trunk.prefix + name for name in widths.native} if head.layers[0] == "native" else set()
    for module, tensors in _find_modules(trunk, trunk.keys[:1], []).items():
        used = {"weight", "bias", "running_mean", "running_var"} if module in head.places.values() else set()
        used |= {own for own in tensors if f"{module}.{own}" in native}
        inside = any(module == parent or module.startswith(f"{parent}.") for parent in parents)
        surplus = [tensor for own, tensor in tensors.items() if own not in used]
        if inside and surplus:
            raise CamcoreError(
                f"{origin} has a head that can't be imported: it holds {surplus[0].name!r} {surplus[0].shape}. Heads"
                " that can be imported consist of linear layers, 1×1 convolutions, ReLU and normalisation."
            )


def read_layers(head: Head, tensors: Tensors) -> dict[str, Tensor]:
    """Return a head's tensors by place and own name, such as `2.weight`; missing biases are zero."""
    state: dict[str, Tensor] = {}
    for place, name in head.places.items():
        weight = tensors[f"{name}.weight"].value
        bias = tensors[f"{name}.bias"].value if f"{name}.bias" in tensors else weight.new_zeros(len(weight))
        state[f"{place}.weight"] = weight.flatten(1) if weight.ndim > 1 else weight
        state[f"{place}.bias"] = bias
        for own in ("running_mean", "running_var"):
            if f"{name}.{own}" in tensors:
                state[f"{place}.{own}"] = tensors[f"{name}.{own}"].value
    return state
