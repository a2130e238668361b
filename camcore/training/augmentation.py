"""Augmentation of images, and MixUp and CutMix of batches."""

import torch
from torch import Tensor
from torchvision.transforms import v2

MIXUP_ALPHA = 0.2  # of the Beta distribution of an image's share; both as in the papers
CUTMIX_ALPHA = 1.0
CROP_MARGIN = 1.15


class BatchMixing:
    """Mixes a share of all batches, by MixUp (arXiv:1710.09412) or CutMix (arXiv:1905.04899), equally often.

    Random numbers come from torch's generator in the training process.
    """

    def __init__(self, share: float, num_classes: int) -> None:
        self.share = share
        transforms = [
            v2.MixUp(alpha=MIXUP_ALPHA, num_classes=num_classes),
            v2.CutMix(alpha=CUTMIX_ALPHA, num_classes=num_classes),
        ]
        self._mix = v2.RandomChoice(transforms)

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return a batch unchanged, or mixed images (float) and class shares (N, classes).

        Args:
            images: (N, 3, side, side), uint8.
            labels: (N,).
        """
        if not self.share or float(torch.rand(())) >= self.share:
            return images, labels
        mixed: tuple[Tensor, Tensor] = self._mix(images.float(), labels)
        return mixed


def count_correct(logits: Tensor, labels: Tensor) -> int:
    """Return how many predictions are correct for labels (N,) or shares (N, classes). The largest share counts."""
    wanted = labels.argmax(1) if labels.ndim == 2 else labels
    return int((logits.argmax(1) == wanted).sum())


def build_augmentation(name: str, size: int) -> v2.Transform:
    """Return the named augmentation, from uint8 (3, side, side) to (3, size, size)."""
    if name == "none":
        return v2.Compose([v2.Resize((size, size), antialias=True)])
    smallest = {"light": 0.6, "standard": 0.35}[name]
    crop = v2.RandomResizedCrop(size, scale=(smallest, 1.0), ratio=(0.8, 1.25), antialias=True)
    steps: list[v2.Transform] = [crop, v2.RandomHorizontalFlip()]
    if name == "standard":
        steps += [v2.TrivialAugmentWide(), v2.RandomErasing(p=0.25)]
    return v2.Compose(steps)


def kept_side(augmentation: str, size: int) -> int:
    """Return the side of decoded images to augment to `size`; random crops need a margin."""
    return size if augmentation == "none" else round(size * CROP_MARGIN)
