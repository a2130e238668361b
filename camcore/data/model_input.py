"""Samples of a data set decoded into batches: what the model sees of them, and thumbnails."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from camcore.data.dataset import Dataset, Sample
from camcore.data.pixels import THUMBNAIL_SIDE, make_thumbnail, see_pixels, to_pixels
from camcore.geometry import see_image


@dataclass(frozen=True)
class DecodedBatch:
    """What the model sees of some samples, uint8 (N, 3, size, size), channels last, and their thumbnails."""

    images: Tensor
    thumbnails: list[bytes]


@dataclass(frozen=True)
class Decoder:
    """How samples of a data set are decoded.

    `exact`: in full, and resized by Pillow, as for training. Else large JPEG files are decoded smaller, and torch
    resizes.
    """

    dataset: Dataset
    view: str
    size: int
    exact: bool

    def decode(self, sample: Sample) -> tuple[Tensor, bytes]:
        """Return what the model sees, uint8 (3, size, size), and the thumbnail.

        Raises:
            CamcoreError: The image can't be decoded.
        """
        if self.exact:
            image = self.dataset.load_image(sample)
            return to_pixels(see_image(image, self.view, self.size)), make_thumbnail(to_pixels(image))
        pixels = to_pixels(self.dataset.load_image(sample, max(self.size, THUMBNAIL_SIDE)))
        return see_pixels(pixels, self.view, self.size), make_thumbnail(pixels)

    def decode_batch(self, samples: Sequence[Sample]) -> DecodedBatch:
        """Return a batch of samples."""
        images = torch.empty((len(samples), 3, self.size, self.size), dtype=torch.uint8)
        images = images.contiguous(memory_format=torch.channels_last)
        thumbnails = []
        for row, sample in enumerate(samples):
            images[row], thumbnail = self.decode(sample)
            thumbnails.append(thumbnail)
        return DecodedBatch(images, thumbnails)
