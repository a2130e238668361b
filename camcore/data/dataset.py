"""What every data set is made of: samples, boxes, and the two functions that read an image and its masks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class Box:
    """One object. Pixels of the upright image, (0, 0) the top left corner, far edges exclusive; `label` -1: unknown."""

    x0: float
    y0: float
    x1: float
    y1: float
    label: int = -1


@dataclass(frozen=True)
class Sample:
    """One labelled image. `id` is unique within the data set; `path` is relative to its root, with forward slashes.

    `width` and `height` are those of the upright image, in pixels.
    """

    id: str
    path: str
    label: int
    width: int
    height: int
    boxes: tuple[Box, ...] = ()

    @property
    def other_label(self) -> int:
        """The class of the first object that is not of the sample's class, -1 where there is none."""
        return next((box.label for box in self.boxes if box.label not in (-1, self.label)), -1)


@dataclass(frozen=True)
class Skipped:
    """A file that could not be used, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Dataset:
    """Samples of two splits, and how to read them. Picklable, so that worker processes can load images.

    `fingerprint` is a hash of everything the splits consist of; two equal fingerprints mean the same samples in the
    same order. `load_image` returns an upright RGB image of the sample's width and height; with a number of pixels as
    second argument it may be a smaller one, if that is faster and both sides keep as many. `load_masks`, where a data
    set has masks, returns boolean arrays (height, width): `object` for the object of the sample's label and `parts` for
    the parts of it that decide the class; `other` and `other_parts` likewise where there is an object of another class.
    """

    kind: str
    class_names: tuple[str, ...]
    train: tuple[Sample, ...]
    val: tuple[Sample, ...]
    fingerprint: str
    load_image: Callable[..., Image.Image]
    load_masks: Callable[[Sample], dict[str, NDArray[np.bool_]]] | None = None
    skipped: tuple[Skipped, ...] = ()
