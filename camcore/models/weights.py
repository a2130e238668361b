"""Reads weights of torchvision and of users' files, without unpickling anything."""

import argparse
import re
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
import torchvision
from safetensors.torch import load_file
from torch import Tensor

from camcore.backbones import BACKBONES
from camcore.errors import CamcoreError
from camcore.models.classifier import Classifier

WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model",
)  # usual keys of the weights; others hold e.g. epoch and optimizer


@dataclass(frozen=True)
class WeightsFile:
    """A weights file: tensors by name, their key (one of `WRAPPERS`), and other values.

    If the file holds only tensors, `wrapper` is None and `beside` is empty.
    """

    state: dict[str, Tensor]
    wrapper: str | None
    beside: dict[str, Any]


def find_not_finite(state: Mapping[str, Tensor]) -> str | None:
    """Return the name of the first tensor with NaN or infinity, or None."""
    dense = ((name, tensor) for name, tensor in state.items() if tensor.layout == torch.strided)
    return next((name for name, tensor in dense if tensor.is_floating_point() and not tensor.isfinite().all()), None)


def load_initial_weights(model: Classifier, weights: str | Path) -> None:
    """Load pretrained weights into a model's trunk: `imagenet`, or a file.

    Raises:
        CamcoreError: They can't be downloaded or read, or do not fit.
    """
    if weights == "imagenet":
        load_trunk(model, load_imagenet_weights(model.config.backbone), "the ImageNet weights")
    else:
        load_trunk(model, read_weights_file(Path(weights)).state, str(weights))


def read_weights_file(path: Path) -> WeightsFile:
    """Read a .safetensors or PyTorch file, without executing anything in it.

    Raises:
        CamcoreError: The file is missing, damaged, or holds more than tensors.
    """
    if not path.is_file():
        raise CamcoreError(
            f"There is no weights file {path}. Name a .pth or .safetensors file; camcore train also knows 'imagenet'."
        )
    try:
        if path.suffix == ".safetensors":
            return WeightsFile(load_file(path), None, {})
        # The namespace holds the arguments of a training script, torchvision's and timm's among them: plain values.
        with warnings.catch_warnings(), torch.serialization.safe_globals([argparse.Namespace]):
            warnings.simplefilter("ignore")  # about pickle protocols
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files raise nearly everything, and torch's own advice is to run their code
        raise CamcoreError(
            f"{path} can't be read as weights ({type(error).__name__}): it is damaged, or holds more than tensors. Save"
            " them again with torch.save(model.state_dict(), ...), or as .safetensors."
        ) from error
    wrapper = _find_wrapper(content)
    state = content if wrapper is None else content[wrapper]
    if not isinstance(state, dict) or not all(isinstance(one, Tensor) for one in state.values()):
        raise CamcoreError(
            f"{path} holds no state dict (names and tensors). Save one with torch.save(model.state_dict(), ...)."
        )
    beside = {} if wrapper is None else {name: value for name, value in content.items() if name != wrapper}
    return WeightsFile({str(name): tensor for name, tensor in state.items()}, wrapper, beside)


def _find_wrapper(content: Any) -> str | None:
    names = WRAPPERS if isinstance(content, dict) else ()
    return next((name for name in names if isinstance(content.get(name), dict)), None)


def load_imagenet_weights(backbone: str) -> dict[str, Tensor]:
    """Return torchvision's ImageNet weights for a backbone, downloaded once into torch's cache.

    Raises:
        CamcoreError: There are none for this backbone, or they can't be downloaded.
    """
    name = BACKBONES[backbone].imagenet_weights
    if name is None:
        raise CamcoreError(f"{backbone} has no ImageNet weights. Train it from scratch (leave out --weights).")
    weights = torchvision.models.get_model_weights(BACKBONES[backbone].constructor)[name]
    try:
        return cast(dict[str, Tensor], weights.get_state_dict(progress=True, check_hash=True))
    except (OSError, RuntimeError) as error:
        raise CamcoreError(
            f"Could not download {weights.url} ({error}). Fetch it on a machine with a network and name the file:"
            f" --weights {Path(weights.url).name}; or leave out --weights to train from scratch."
        ) from error


def match_names(state: dict[str, Tensor], wanted: Collection[str]) -> tuple[dict[str, Tensor], str]:
    """Return a state dict with the network's tensor names, and the removed prefix.

    All names share the prefix, and none of the network's has it: `module.` of DataParallel, `model.` of a module around
    it, or several. DenseNet's older names, which its ImageNet weights still have, become the current ones.
    """
    state = {re.sub(r"(denselayer\d+\.\w+)\.([12]\.)", r"\1\2", name): tensor for name, tensor in state.items()}
    state.pop("n_averaged", None)  # torch's AveragedModel counts in it
    prefix = ""
    while state:
        first = next(iter(state)).partition(".")[0] + "."
        if any(name.startswith(first) for name in wanted) or not all(name.startswith(first) for name in state):
            break
        state = {name.removeprefix(first): tensor for name, tensor in state.items()}
        prefix += first
    return state, prefix


def load_trunk(model: Classifier, state: dict[str, Tensor], origin: str) -> None:
    """Load a torchvision state dict into the trunk, without its classifier.

    Raises:
        CamcoreError: A tensor of the trunk is missing, has another shape, or is not finite.
    """
    wanted = model.trunk.state_dict()
    state, _ = match_names(state, wanted)
    missing = [name for name in wanted if name not in state and not name.endswith("num_batches_tracked")]
    if missing:
        raise CamcoreError(f"{origin} lacks {len(missing)} tensors of {model.config.backbone}, first {missing[0]!r}.")
    wrong = [name for name in wanted if name in state and state[name].shape != wanted[name].shape]
    if wrong:
        raise CamcoreError(
            f"{origin} has {wrong[0]!r} of shape {tuple(state[wrong[0]].shape)};"
            f" {model.config.backbone} needs {tuple(wanted[wrong[0]].shape)}."
        )
    fitting = {name: state[name] for name in wanted if name in state}
    if spoilt := find_not_finite(fitting):
        raise CamcoreError(
            f"{origin} has values in {spoilt!r} that are not finite: the training diverged. Take a checkpoint from"
            " before."
        )
    model.trunk.load_state_dict(fitting, strict=False)
