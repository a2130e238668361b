"""Loads initial weights into a trunk: torchvision's, or those of a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import torch
import torchvision
from torch import Tensor

from camcore.backbones import BACKBONES
from camcore.errors import CamcoreError
from camcore.models.checkpoint_files import read_content, refuse_content
from camcore.models.classifier import Classifier
from camcore.models.trunk_search import COUNTERS, Tensors, choose_trunk, describe_trunk, find_tensors, find_trunks


def find_not_finite(state: Mapping[str, Tensor]) -> str | None:
    """Return the name of the first tensor with NaN or infinity, or None."""
    dense = ((name, tensor) for name, tensor in state.items() if tensor.layout == torch.strided)
    return next((name for name, tensor in dense if tensor.is_floating_point() and not tensor.isfinite().all()), None)


def load_initial_weights(model: Classifier, weights: str | Path) -> list[str]:
    """Load pretrained weights into a model's trunk: `imagenet`, or a file. Return what was taken, in lines.

    Raises:
        CamcoreError: They can't be downloaded or read, or do not fit.
    """
    if weights == "imagenet":
        return load_trunk(model, find_tensors(load_imagenet_weights(model.config.backbone)), "the ImageNet weights")
    content = read_content(Path(weights))
    tensors = find_tensors(content)
    if not tensors:
        raise refuse_content(Path(weights), content)
    return load_trunk(model, tensors, str(weights), model.config.weights_key)


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


def load_trunk(model: Classifier, tensors: Tensors, origin: str, key: str | None = None) -> list[str]:
    """Load the trunk that a file holds, without its classifier, and return what was taken, in lines.

    Raises:
        CamcoreError: A tensor of the trunk is missing, has another shape, or is not finite; or there is none under the
            key.
    """
    wanted = model.trunk.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in wanted.items()}
    trunks = find_trunks(tensors, shapes)
    trunk = choose_trunk(origin, model.config.backbone, trunks, key)
    missing = trunk.missing if trunk else [name for name in shapes if not name.endswith(COUNTERS)]
    if trunk is None or missing:
        raise CamcoreError(f"{origin} lacks {len(missing)} tensors of {model.config.backbone}, first {missing[0]!r}.")
    if trunk.wrong:
        shape = tensors[trunk.names[trunk.wrong[0]]].shape
        raise CamcoreError(
            f"{origin} has {trunk.wrong[0]!r} of shape {shape}; {model.config.backbone} needs {shapes[trunk.wrong[0]]}."
        )
    fitting = {name: tensors[place].value for name, place in trunk.names.items() if place in tensors}
    if spoilt := find_not_finite(fitting):
        raise CamcoreError(
            f"{origin} has values in {spoilt!r} that are not finite: the training diverged. Take a checkpoint from"
            " before."
        )
    model.trunk.load_state_dict(fitting, strict=False)
    return describe_trunk(trunk, trunks)
