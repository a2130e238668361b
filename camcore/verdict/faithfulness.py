"""Insertion and deletion: does the model's probability follow the heatmap's order of pixels?"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2 import functional as transforms

from camcore.geometry import FloatArray, round_maps, upsample
from camcore.models.classifier import Classifier
from camcore.system.progress import show_progress

IMAGES_AT_ONCE = 64
BLUR_KERNEL, BLUR_SIGMA = 11 / 224, 5 / 224  # shares of the side, as in RISE at 224 pixels


def order_pixels(raw: FloatArray, size: int, seed: int) -> NDArray[np.int64]:
    """Return each map's pixels from the hottest to the coldest, (N, size * size).

    The signed map (N, h, w) is upsampled and sorted. Ties, half of all pixels for a clipped map and all of them for a
    uniform one, are broken at random by the seed, never in raster order.
    """
    generator = np.random.default_rng(seed)
    orders = np.empty((len(raw), size * size), dtype=np.int64)
    for index, signed in enumerate(raw):
        fine = upsample(signed.astype(np.float64), size, size).ravel()
        orders[index] = np.lexsort((generator.random(fine.size), -fine))
    return orders


def count_pixels(total: int, steps: int) -> list[int]:
    """Return the number of pixels at each of `steps + 1` points, from none to all."""
    return [round(step * total / steps) for step in range(steps + 1)]


@torch.no_grad()
def insertion_deletion(
    model: Classifier, images: Tensor, orders: NDArray[np.int64], targets: Tensor, steps: int
) -> NDArray[np.float32]:
    """Return the class's probability by inserted and by deleted pixels, (N, 2, steps + 1).

    Insertion starts from the blurred image and brings the hottest pixels back first; deletion takes them out first, to
    the mean colour that the model was normalised with. Source: Petsiuk et al. 2018, RISE, arXiv 1806.07421, section
    4.1.

    Args:
        model: In evaluation mode.
        images: uint8 (N, 3, size, size).
        orders: (N, size * size), from `order_pixels`.
        targets: Class ids (N,).
        steps: The number of steps.
    """
    size = images.shape[-1]
    counts = torch.tensor(count_pixels(size * size, steps))
    ranks = torch.from_numpy(np.argsort(orders, axis=1))
    curves = np.empty((len(images), 2, steps + 1), dtype=np.float32)
    seen = model.normalize(images)
    blurred = blur(images, model)
    for index in range(len(images)):
        taken = (ranks[index][None] < counts[:, None]).view(-1, 1, size, size)
        inserted = torch.where(taken, seen[index], blurred[index])
        deleted = torch.where(taken, torch.zeros(()), seen[index])
        variants = torch.cat([inserted, deleted])
        logits = torch.cat([run_normalized(model, part) for part in torch.split(variants, IMAGES_AT_ONCE)])
        curves[index] = logits.softmax(1)[:, int(targets[index])].view(2, -1).numpy()
    return curves


def blur(images: Tensor, model: Classifier) -> Tensor:
    """Return images normalised and blurred, (N, 3, size, size)."""
    side = images.shape[-1]
    kernel = max(3, round(BLUR_KERNEL * side) // 2 * 2 + 1)
    blurred: Tensor = transforms.gaussian_blur(model.normalize(images), [kernel, kernel], [BLUR_SIGMA * side] * 2)
    return blurred


def run_normalized(model: Classifier, images: Tensor) -> Tensor:
    """Return the logits of images that are normalised already."""
    return model.classify(model.run_layers(images, 0, len(model.layers)))


def area_under(curves: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the area under curves (..., steps + 1) from 0 to 1, by trapezoids."""
    area: NDArray[np.float64] = (curves[..., 1:] + curves[..., :-1]).mean(-1, dtype=np.float64) / 2
    return area


def measure_faithfulness(
    model: Classifier, images: Tensor, maps: Mapping[str, FloatArray], targets: Tensor, steps: int, seed: int
) -> dict[str, NDArray[np.float32]]:
    """Return the insertion and deletion curves of each source, (n, 2, steps + 1).

    Sources that order the pixels alike share their passes through the model.
    """
    curves: dict[str, NDArray[np.float32]] = {}
    known: list[tuple[NDArray[np.int64], str]] = []
    with show_progress(len(maps), "insertion and deletion", unit="source") as bar:
        for name, raw in maps.items():
            orders = order_pixels(round_maps(raw), images.shape[-1], seed)
            twin = next((other for other_orders, other in known if np.array_equal(orders, other_orders)), None)
            if twin is None:
                curves[name] = insertion_deletion(model, images, orders, targets, steps)
                known.append((orders, name))
            else:
                curves[name] = curves[twin]
            bar.update()
    return curves
