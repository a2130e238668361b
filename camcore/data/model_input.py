"""Decode samples into batches of model input and thumbnails."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset
from torchvision.transforms.v2 import functional

from camcore.data.dataset import Dataset, Sample
from camcore.geometry import apply_view, view_box

THUMBNAIL_SIDE = 256
THUMBNAIL_QUALITY = 85


def to_pixels(image: Image.Image) -> Tensor:
    """Return an RGB image as a tensor, uint8 (3, height, width)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def apply_view_to_pixels(pixels: Tensor, view: str, size: int) -> Tensor:
    """Return the model input of an image, uint8 (3, size, size), resized bilinearly with antialiasing."""
    height, width = pixels.shape[1:]
    left, top, right, bottom = view_box(view, width, height)
    if not (left.is_integer() and top.is_integer()):  # the crop begins between two pixels
        return to_pixels(apply_view(_to_image(pixels), view, size))
    part = pixels[:, int(top) : int(bottom), int(left) : int(right)]
    return cast(Tensor, functional.resize(part, [size, size], antialias=True))


def make_thumbnail(pixels: Tensor) -> bytes:
    """Return an image, uint8 (3, height, width), as JPEG of at most `THUMBNAIL_SIDE` pixels."""
    height, width = pixels.shape[1:]
    scale = min(1, THUMBNAIL_SIDE / max(height, width))
    small = functional.resize(pixels, [max(1, round(height * scale)), max(1, round(width * scale))], antialias=True)
    buffer = io.BytesIO()
    _to_image(small).save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    return buffer.getvalue()


def _to_image(pixels: Tensor) -> Image.Image:
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())


@dataclass(frozen=True)
class DecodedBatch:
    """Model inputs of N samples, uint8 (N, 3, size, size), channels last, and thumbnails."""

    images: Tensor
    thumbnails: list[bytes]


@dataclass(frozen=True)
class Decoder:
    """Decodes samples of a data set.

    With `exact`, images are decoded in full and resized by Pillow, as in training. Otherwise large JPEG files are
    decoded smaller, and torch resizes them.
    """

    dataset: Dataset
    view: str
    size: int
    exact: bool

    def decode(self, sample: Sample) -> tuple[Tensor, bytes]:
        """Return a sample's model input, uint8 (3, size, size), and its thumbnail.

        Raises:
            CamcoreError: The image can't be decoded.
        """
        if self.exact:
            image = self.dataset.load_image(sample)
            return to_pixels(apply_view(image, self.view, self.size)), make_thumbnail(to_pixels(image))
        pixels = to_pixels(self.dataset.load_image(sample, max(self.size, THUMBNAIL_SIDE)))
        return apply_view_to_pixels(pixels, self.view, self.size), make_thumbnail(pixels)

    def decode_batch(self, samples: Sequence[Sample]) -> DecodedBatch:
        """Return a batch of samples."""
        images = torch.empty((len(samples), 3, self.size, self.size), dtype=torch.uint8)
        images = images.contiguous(memory_format=torch.channels_last)
        thumbnails = []
        for row, sample in enumerate(samples):
            images[row], thumbnail = self.decode(sample)
            thumbnails.append(thumbnail)
        return DecodedBatch(images, thumbnails)


class ViewedImages(TorchDataset[Tensor]):
    """The model input of samples, uint8 (3, size, size), decoded at each access."""

    def __init__(self, dataset: Dataset, samples: Sequence[Sample], view: str, size: int) -> None:
        self.dataset, self.samples, self.view, self.size = dataset, samples, view, size

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Tensor:
        image = apply_view(self.dataset.load_image(self.samples[index]), self.view, self.size)
        return torch.from_numpy(np.array(image)).permute(2, 0, 1)
