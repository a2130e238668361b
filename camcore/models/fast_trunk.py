"""The trunk rebuilt for speed: batch normalisation folded into the convolutions, channels last, bfloat16, compiled."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import cast

import torch
from torch import Tensor, nn
from torch.fx.experimental.optimization import fuse

from camcore.models.classifier import Classifier

RunLayers = Callable[[Tensor, int, int], Tensor]  # images or values, the first layer to run, the one to stop before


@dataclass(frozen=True)
class TrunkPath:
    """A way to run the trunk. Every way takes uint8 images and returns float32."""

    name: str
    fused: bool = True
    dtype: torch.dtype = torch.float32
    compiled: bool = False


EXACT = TrunkPath("fp32", fused=False)
FUSED = TrunkPath("fp32, fused")
FUSED_COMPILED = TrunkPath("fp32, fused, compiled", compiled=True)
BF16 = TrunkPath("bf16, fused", dtype=torch.bfloat16)
BF16_COMPILED = TrunkPath("bf16, fused, compiled", dtype=torch.bfloat16, compiled=True)
PATHS = {path.name: path for path in (EXACT, FUSED, FUSED_COMPILED, BF16, BF16_COMPILED)}


class FastTrunk:
    """Runs layers in place of `Classifier.run_from_images`: each stretch is built when it is first asked for.

    The model itself is left as it is. Gradients go through to the stretch's input, and to no weight. Before several
    threads run stretches that are fused, one must have run each of them: building one traces the modules, and while
    that goes on no other thread may call any.
    """

    def __init__(self, model: Classifier, path: TrunkPath, batch_size: int) -> None:
        self.model, self.path, self.batch_size = model, path, batch_size
        self._stretches: dict[tuple[int, int], nn.Module] = {}
        self._building = Lock()

    def __call__(self, values: Tensor, start: int, stop: int) -> Tensor:
        """Return what layers `start` to `stop` (exclusive) make of images (start 0) or of the values before them."""
        if start == stop:
            return values
        with self._building:
            if (start, stop) not in self._stretches:
                self._stretches[start, stop] = self._build(start, stop)
        stretch = self._stretches[start, stop]
        missing = self.batch_size - len(values)
        if not self._compiles(start) or missing <= 0:
            return cast(Tensor, stretch(values))
        padded = torch.cat([values, values[:1].expand(missing, -1, -1, -1)])  # another size would be compiled anew
        return cast(Tensor, stretch(padded)[: len(values)])

    def _compiles(self, start: int) -> bool:
        """Whether a stretch is compiled: the one from the images on, which is most of the work and has no gradients."""
        return self.path.compiled and start == 0

    def _build(self, start: int, stop: int) -> nn.Module:
        layers = copy.deepcopy(nn.Sequential(*(layer for _, layer in self.model.layers[start:stop]))).eval()
        stretch = _Stretch(fuse(layers) if self.path.fused else layers, self.path.dtype, self.model, start == 0)
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


TrunkFor = Callable[[Sequence[int]], RunLayers]  # the rows of a batch in the validation split -> what runs its layers
