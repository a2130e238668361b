"""Paper dogs: the embedded data set of synthetic scenes, with boxes and masks."""

from functools import partial
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from camcore.data.dataset import Dataset, Sample
from camcore.data.paper_dogs.dogs import BREEDS
from camcore.data.paper_dogs.layout import SPLITS, Dice, Frame, find_box, lay_out
from camcore.data.paper_dogs.rendering import draw_owners, draw_pixels
from camcore.data.paper_dogs.scenes import set_stage
from camcore.errors import CamcoreError

ART_VERSION = 1
"""Goes up whenever the same seed draws other pixels."""

GRAIN_PLACES = 256


def open_paper_dogs(seed: int = 0, train_images: int = 1600, val_images: int = 400) -> Dataset:
    """Lay out the scenes of both splits; pixels are drawn on access.

    Classes are balanced in each split. Of the validation images `val_images // 10` hold a second dog of another breed.
    An image depends on seed, split and its place in the split alone, so a larger split begins with a smaller one.

    Raises:
        CamcoreError: for a negative seed, or a split with fewer images than there are breeds.
    """
    if seed < 0:
        raise CamcoreError(f"Seed {seed} is negative. Choose 0 or more.")
    counts = {"train": train_images, "val": val_images}
    for split, count in counts.items():
        if not len(BREEDS) <= count <= 99_999:
            raise CamcoreError(f"{split}_images is {count}. Choose {len(BREEDS)} (one per breed) to 99999.")
    samples = {split: tuple(_lay_sample(seed, split, index) for index in range(counts[split])) for split in SPLITS}
    return Dataset(
        kind="paper-dogs",
        class_names=tuple(breed.name for breed in BREEDS),
        train=samples["train"],
        val=samples["val"],
        fingerprint=sha256(repr((seed, counts, ART_VERSION, samples)).encode()).hexdigest(),
        load_image=partial(draw_image, seed),
        load_masks=partial(draw_masks, seed),
    )


def draw_image(seed: int, sample: Sample, _least: int | None = None) -> Image.Image:
    """Draw one sample of the data set with this seed, RGB, always in full."""
    frame = _find_frame(seed, sample)
    dice = Dice(*frame.seed, 2)
    grain_at = dice.between(0, GRAIN_PLACES - 1), dice.between(0, GRAIN_PLACES - 1)
    return Image.fromarray(draw_pixels(set_stage(frame), frame.width, frame.height, grain_at))


def draw_masks(seed: int, sample: Sample) -> dict[str, NDArray[np.bool_]]:
    """Return masks of dogs and their deciding parts, boolean (height, width), without hidden pixels.

    Keys: `object` and `parts`, and `other` and `other_parts` where there is a second dog. The deciding parts are ears,
    muzzle, tail, and the patches of the coat. A pixel counts from half its area on.
    """
    frame = _find_frame(seed, sample)
    whole, parts = draw_owners(set_stage(frame), frame.width, frame.height)
    masks = {"object": whole[0] >= 2, "parts": parts[0] >= 2}
    if len(frame.dogs) > 1:
        masks |= {"other": whole[1] >= 2, "other_parts": parts[1] >= 2}
    return masks


def _lay_sample(seed: int, split: str, index: int) -> Sample:
    frame = lay_out(seed, split, index)
    boxes = tuple(find_box(dog) for dog in frame.dogs)
    return Sample(f"{split}-{index:05d}", "", frame.dogs[0].breed, frame.width, frame.height, boxes)


def _find_frame(seed: int, sample: Sample) -> Frame:
    split, _, index = sample.id.partition("-")
    if split not in SPLITS or not index.isdecimal():
        raise CamcoreError(f"Sample {sample.id!r} is not a paper dog. Use a sample of open_paper_dogs().")
    return lay_out(seed, split, int(index))
