"""Variants of the trunk: batch normalisation folded into convolutions, channels last, bfloat16, compiled."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.fx.experimental.optimization import fuse

from camcore.models.classifier import Classifier


class Trunk(Protocol):
    """Runs layers of a model, in place of the model itself."""

    def __call__(self, values: Tensor, start: int, stop: int, rows: Sequence[int]) -> Tensor:
        """Return the output of layer `stop - 1`, float32.

        Args:
            values: The input of layer `start`; uint8 images (N, 3, size, size) if it is the first.
            start: The first layer to run.
            stop: The layer to stop before.
            rows: The images' rows in the validation split.
        """


@dataclass(frozen=True)
class TrunkVariant:
    """A precision and execution mode of the trunk."""

    name: str
    fused: bool = True
    dtype: torch.dtype = torch.float32
    compiled: bool = False


EXACT = TrunkVariant("fp32", fused=False)
FUSED = TrunkVariant("fp32, fused")
FUSED_COMPILED = TrunkVariant("fp32, fused, compiled", compiled=True)
BF16 = TrunkVariant("bf16, fused", dtype=torch.bfloat16)
BF16_COMPILED = TrunkVariant("bf16, fused, compiled", dtype=torch.bfloat16, compiled=True)
VARIANTS = {variant.name: variant for variant in (EXACT, FUSED, FUSED_COMPILED, BF16, BF16_COMPILED)}


class FastTrunk:
    """A trunk of one variant. Stretches of layers are built when they are first asked for.

    The model is not changed. Gradients reach a stretch's input, and no weight. Run every stretch once before several
    threads run them: building one traces the modules, and no other thread may call any module meanwhile.
    """

    def __init__(self, model: Classifier, variant: TrunkVariant, batch_size: int) -> None:
        self.model, self.variant, self.batch_size = model, variant, batch_size
        self._stretches: dict[tuple[int, int], nn.Module] = {}
        self._building = Lock()

    def __call__(self, values: Tensor, start: int, stop: int, rows: Sequence[int] = ()) -> Tensor:
        """Run layers `start` to `stop` (exclusive)."""
        if start == stop:
            return values
        with self._building:
            if (start, stop) not in self._stretches:
                self._stretches[start, stop] = self._build(start, stop)
        stretch = self._stretches[start, stop]
        missing = self.batch_size - len(values)
        if not self._compiles(start) or missing <= 0:
            return cast(Tensor, stretch(values))
        padded = torch.cat([values, values[:1].expand(missing, -1, -1, -1)])  # another size would compile again
        return cast(Tensor, stretch(padded)[: len(values)])

    def _compiles(self, start: int) -> bool:
        """Whether a stretch is compiled: only the first, which has most work and no gradients."""
        return self.variant.compiled and start == 0

    def _build(self, start: int, stop: int) -> nn.Module:
        layers = copy.deepcopy(nn.Sequential(*(layer for _, layer in self.model.layers[start:stop]))).eval()
        stretch = _Stretch(fuse(layers) if self.variant.fused else layers, self.variant.dtype, self.model, start == 0)
        stretch.requires_grad_(False).to(memory_format=torch.channels_last)
        return torch.compile(stretch, dynamic=False) if self._compiles(start) else stretch  # type: ignore[return-value]


class _Stretch(nn.Module):
    mean: Tensor
    scale: Tensor

    def __init__(self, layers: nn.Module, dtype: torch.dtype, model: Classifier, begins: bool) -> None:
        super().__init__()
        self.layers, self.dtype, self.begins = layers.to(dtype), dtype, begins
        self.register_buffer("mean", model.mean.clone())
        self.register_buffer("scale", 1 / model.std)

    def forward(self, values: Tensor) -> Tensor:
        if self.begins:
            values = (values.float() - self.mean) * self.scale
        values = values.to(self.dtype).contiguous(memory_format=torch.channels_last)
        return cast(Tensor, self.layers(values).float())


class StoredTrunk:
    """Reads the trunk's output from stored features, in place of computing it.

    Args:
        features: Of all validation images, (N, K, h, w).
        device: Of the model.
    """

    def __init__(self, features: NDArray[np.float16], device: torch.device) -> None:
        self.features, self.device = features, device

    def __call__(self, values: Tensor, start: int, stop: int, rows: Sequence[int]) -> Tensor:
        """Return the stored features of the images in `rows`."""
        if start == stop:
            return values
        return torch.from_numpy(np.array(self.features[list(rows)])).to(self.device).float()
