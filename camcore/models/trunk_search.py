"""Finds a network's trunk among the tensors of a file, wherever it lies and whatever wraps it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor

from camcore.errors import CamcoreError

Shapes = Mapping[str, tuple[int, ...]]

# Names that torch's wrappers put into parameter names; no network has a part of such a name.
WRAPPING = {"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
COUNTERS = ("num_batches_tracked", "n_averaged")  # nothing depends on them, and some files lack them
PROFILING = ("total_ops", "total_params")  # what thop adds to each layer
USUAL_KEYS = ("state_dict", "model_state_dict", "model")  # in this order, if several keys hold the network
AVERAGED = {"ema", "swa", "averaged", "avg", "shadow", "polyak"}
DEPTH = 6


@dataclass(frozen=True)
class FileTensor:
    """A tensor of a file: the keys of the dictionary that holds it, its name there, and its value."""

    keys: tuple[str, ...]
    name: str
    value: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return tuple(self.value.shape)


Tensors = Mapping[str, FileTensor]  # by their plain names: keys and name joined, without what wrappers add


@dataclass(frozen=True)
class Trunk:
    """A trunk in a file: `names` are the plain names in the file by torchvision's; `surplus` lies among its layers."""

    prefix: str
    names: Mapping[str, str]
    missing: tuple[str, ...]
    wrong: tuple[str, ...]
    surplus: tuple[str, ...]
    tensors: Tensors

    @property
    def is_complete(self) -> bool:
        """Whether all tensors fit, and none more lies among the layers."""
        return not (self.missing or self.wrong or self.surplus)

    @property
    def label(self) -> str:
        """The name under which `--weights-key` takes it; `.` if it lies at the top."""
        return self.prefix.rstrip(".") or "."

    @cached_property
    def sample(self) -> tuple[str, FileTensor]:
        """The first tensor that the file has, with torchvision's name."""
        return next((name, self.tensors[place]) for name, place in self.names.items() if place in self.tensors)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the dictionary that holds it."""
        return self.sample[1].keys

    @property
    def is_averaged(self) -> bool:
        """Whether its name says that its weights are a moving average."""
        words = re.split(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", self.label)
        return any(word.lower() in AVERAGED for word in words)


def find_tensors(content: Any) -> dict[str, FileTensor]:
    """Return all tensors in the dictionaries and lists of a file's content, by their plain names."""
    tensors: dict[str, FileTensor] = {}
    waiting: list[tuple[tuple[str, ...], Any]] = [((), content)]
    while waiting:
        keys, value = waiting.pop(0)
        if isinstance(value, list | tuple):
            value = dict(enumerate(value))
        for key, item in value.items() if isinstance(value, Mapping) else ():
            if isinstance(item, Tensor):
                full = ".".join((*keys, str(key)))
                tensors.setdefault(_simplify(full), FileTensor(keys, str(key), item))
            elif isinstance(item, Mapping | list | tuple) and len(keys) < DEPTH:
                waiting.append(((*keys, *([str(key)] if key != "" else [])), item))
    return tensors


def find_trunks(tensors: Tensors, shapes: Shapes) -> list[Trunk]:
    """Return the places in a file at which a trunk's names occur, the complete ones first, then the fullest.

    Of several complete ones, averaged weights come first, then those under `USUAL_KEYS`: what their trainer evaluates.

    Args:
        tensors: Of the file.
        shapes: Of the trunk's tensors, by torchvision's names.
    """
    trunks: dict[str, Trunk] = {}
    for spelling in _spell(shapes):
        for prefix in _find_prefixes(tensors, list(spelling.values())):
            trunk = _fit(tensors, shapes, spelling, prefix)
            kept = trunks.get(prefix)
            if kept is None or len(trunk.missing) < len(kept.missing):
                trunks[prefix] = trunk
    return sorted(trunks.values(), key=_rank)


def choose_trunk(origin: str, backbone: str, trunks: list[Trunk], key: str | None) -> Trunk | None:
    """Return the trunk that `key` names, else the best; None if there is none at all.

    Raises:
        CamcoreError: There is none under the key.
    """
    if key is None:
        return next(iter(trunks), None)
    if named := [trunk for trunk in trunks if _matches(trunk, key)]:
        return named[0]
    labels = [trunk.label for trunk in trunks if trunk.is_complete]
    there = f"It holds them under: {', '.join(labels)}." if labels else "It holds none at all."
    raise CamcoreError(f"{origin} has no weights of a {backbone} under {key!r}. {there} Correct --weights-key.")


def describe_trunk(trunk: Trunk, trunks: list[Trunk]) -> list[str]:
    """Return the lines that say which weights of a file were taken, and what else is there."""
    name, tensor = trunk.sample
    holder = ".".join(tensor.keys)
    others = [other.label for other in trunks if other.is_complete and other is not trunk]
    lines = []
    if holder or others:
        place = repr(holder) if holder else "the top level"
        averaged = " (averaged weights)" if trunk.is_averaged else ""
        also = f" It also holds: {', '.join(others)}; take another with --weights-key NAME." if others else ""
        lines.append(f"Weights taken from {place} in the file{averaged}.{also}")
    if tensor.name != name:
        prefix = tensor.name.removesuffix(name)
        is_prefix = tensor.name.endswith(name)
        lines.append(
            f"Removed the prefix {prefix!r} from the parameter names."
            if is_prefix
            else f"Parameter names were translated, first {tensor.name!r} to {name!r}."
        )
    return lines


def _rank(trunk: Trunk) -> tuple[bool, int, int, bool, int]:
    place = next((at for at, key in enumerate(USUAL_KEYS) if trunk.keys[:1] == (key,)), len(USUAL_KEYS))
    return not trunk.is_complete, len(trunk.missing), len(trunk.wrong), not trunk.is_averaged, place


def _simplify(name: str) -> str:
    """Return a name without wrappers. DenseNet's older names become the current ones."""
    plain = ".".join(part for part in name.split(".") if part not in WRAPPING)
    return re.sub(r"(denselayer\d+\.\w+)\.([12]\.)", r"\1\2", plain)


def _matches(trunk: Trunk, key: str) -> bool:
    """Whether `--weights-key` means this trunk: its whole name, or its beginning or end."""
    wanted = _simplify(key).strip(".") or "."
    return trunk.label == wanted or trunk.label.startswith(f"{wanted}.") or trunk.label.endswith(f".{wanted}")


def _spell(shapes: Shapes) -> list[dict[str, str]]:
    """Return the ways to name a trunk's tensors, each by torchvision's names.

    As torchvision; by the numbers of `nn.Sequential(*network.children())`, as many Lightning modules and fastai do; and
    by those inside `features` alone.
    """
    parts = list(dict.fromkeys(name.partition(".")[0] for name in shapes))
    if parts == ["features"]:
        return [
            {name: name for name in shapes},
            {name: f"0.{name.partition('.')[2]}" for name in shapes},
            {name: name.partition(".")[2] for name in shapes},
        ]
    # A ResNet's children: two more, relu and maxpool, have no tensors.
    number = {part: at if at < 2 else at + 2 for at, part in enumerate(parts)}
    numbered = {name: f"{number[name.partition('.')[0]]}.{name.partition('.')[2]}" for name in shapes}
    return [{name: name for name in shapes}, numbered]


def _find_prefixes(tensors: Tensors, names: list[str]) -> Iterable[str]:
    """Return what stands before the first, middle or last of the names, in the order of the file."""
    anchors = {names[0], names[len(names) // 2], names[-1], names[len(names) // 4]}
    return dict.fromkeys(
        plain.removesuffix(anchor)
        for plain in tensors
        for anchor in anchors
        if plain == anchor or plain.endswith(f".{anchor}")
    )


def _fit(tensors: Tensors, shapes: Shapes, spelling: Mapping[str, str], prefix: str) -> Trunk:
    names = {name: prefix + spelled for name, spelled in spelling.items()}
    counts = {name for name in shapes if name.endswith(COUNTERS)}
    parts = {spelled.partition(".")[0] for spelled in spelling.values()}
    places = set(names.values())
    return Trunk(
        prefix,
        names,
        tuple(name for name, place in names.items() if place not in tensors and name not in counts),
        tuple(
            name
            for name, place in names.items()
            if place in tensors and tensors[place].shape != shapes[name] and name not in counts
        ),
        tuple(
            plain
            for plain in tensors
            if plain.startswith(prefix)
            and plain not in places
            and plain.removeprefix(prefix).partition(".")[0] in parts
            and not plain.endswith(COUNTERS + PROFILING)
        ),
        tensors,
    )
