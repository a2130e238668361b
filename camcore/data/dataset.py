"""Samples, boxes and data sets: what every data set consists of."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from camcore.data.image_files import ImageSize, load_rgb, turn_box, undo
from camcore.errors import CamcoreError
from camcore.system.names import natural_key

REDUCTIONS = (1, 2, 4, 8)  # factors by which JPEG files can be decoded smaller


@dataclass(frozen=True)
class Box:
    """The bounding box of one object.

    In pixels of the image as it is loaded; (0, 0) is the top left corner, far edges are exclusive. `label` is -1 if
    unknown.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    label: int = -1


@dataclass(frozen=True)
class Sample:
    """One labelled image. `id` is unique within the data set; `path` is relative to its root, with forward slashes.

    `width` and `height` are those of the image as it is loaded, in pixels. `orientation` is the file's by EXIF.
    """

    id: str
    path: str
    label: int
    width: int
    height: int
    boxes: tuple[Box, ...] = ()
    orientation: int = 1

    @property
    def other_label(self) -> int:
        """The class of the first object of another class than the sample's, or -1."""
        return next((box.label for box in self.boxes if box.label not in (-1, self.label)), -1)


@dataclass(frozen=True)
class Skipped:
    """A file that could not be used, with the reason."""

    path: str
    reason: str


@dataclass(frozen=True)
class Dataset:
    """Training and validation samples, and how to read their images. Picklable, for worker processes.

    Attributes:
        fingerprint: Hash of the splits' content; equal fingerprints mean the same samples in the same order.
        load_image: Returns a sample's RGB image, upright unless the data set is read `as_stored`. With a number of
            pixels as second argument, the image may be smaller if that is faster, as long as both sides keep that many
            pixels.
        load_masks: Returns a sample's boolean masks (height, width), for data sets that have them: `object` and the
            deciding `parts` of the sample's class, `other` and `other_parts` if there is an object of another class.
        root: The folder that samples' paths are relative to; None if the images are generated.
        split_note: One sentence that says how the images are divided; empty if that is part of the data set.
        notes: What else may surprise about how the folder was read, one sentence each.
    """

    kind: str
    class_names: tuple[str, ...]
    train: tuple[Sample, ...]
    val: tuple[Sample, ...]
    fingerprint: str
    load_image: Callable[..., Image.Image]
    load_masks: Callable[[Sample], dict[str, NDArray[np.bool_]]] | None = None
    skipped: tuple[Skipped, ...] = ()
    root: Path | None = None
    split_note: str = ""
    notes: tuple[str, ...] = ()

    @property
    def remarks(self) -> list[str]:
        """What to say about how the data set was read."""
        return [note for note in (self.split_note, *self.notes) if note]


def assemble_dataset(
    kind: str,
    root: Path,
    class_names: Sequence[str],
    train: Sequence[Sample],
    val: Sequence[Sample],
    skipped: Sequence[Skipped] = (),
) -> Dataset:
    """Return the data set of samples whose files are below `root`, with its fingerprint."""
    return Dataset(
        kind=kind,
        class_names=tuple(class_names),
        train=tuple(train),
        val=tuple(val),
        fingerprint=_fingerprint(kind, root, class_names, {"train": train, "val": val}),
        load_image=partial(_load_sample, root),
        skipped=tuple(skipped),
        root=root,
    )


def require_samples(dataset: Dataset, needs_train: bool = True) -> Dataset:
    """Return the data set if it has the images that are needed.

    Args:
        dataset: The data set.
        needs_train: Every class needs an image in both splits. Otherwise one validation image is enough.

    Raises:
        CamcoreError: Fewer than two classes, or images are missing.
    """
    names = dataset.class_names
    if needs_train and len(names) < 2:
        only = "".join(f", {name!r}" for name in names)
        raise CamcoreError(f"{str(dataset.root)!r} has {len(names)} class{'' if only else 'es'}{only}. Two are needed.")
    if needs_train:
        _require_every_class("training", names, dataset.train, dataset.skipped)
    if needs_train or not dataset.val:
        _require_every_class("validation", names, dataset.val, dataset.skipped)
    return dataset


def as_stored(dataset: Dataset) -> Dataset:
    """Return an upright data set with its images and boxes as they are stored, not turned by EXIF."""
    if all(sample.orientation == 1 for sample in (*dataset.train, *dataset.val)):
        return dataset
    return replace(
        dataset,
        train=tuple(_turn_back(sample) for sample in dataset.train),
        val=tuple(_turn_back(sample) for sample in dataset.val),
        load_image=partial(dataset.load_image, upright=False),
        fingerprint=hashlib.sha256(f"{dataset.fingerprint}:as stored".encode()).hexdigest(),
    )


def _turn_back(sample: Sample) -> Sample:
    back = undo(sample.orientation)
    size = sample.width, sample.height
    boxes = [Box(*turn_box((box.x0, box.y0, box.x1, box.y1), size, back), box.label) for box in sample.boxes]
    width, height = ImageSize(*size, back).upright
    return replace(sample, width=width, height=height, boxes=tuple(boxes))


def _load_sample(root: Path, sample: Sample, least: int | None = None, upright: bool = True) -> Image.Image:
    image = load_rgb(root / sample.path, least, upright)
    factors = (1,) if least is None else REDUCTIONS
    if image.size not in [(-(-sample.width // factor), -(-sample.height // factor)) for factor in factors]:
        raise CamcoreError(
            f"{sample.path!r} has {image.width}x{image.height} pixels where its header had "
            f"{sample.width}x{sample.height}: it changed or is damaged. Replace it and open the data set again."
        )
    return image


def _require_every_class(
    split: str, class_names: Sequence[str], samples: Iterable[Sample], skipped: Sequence[Skipped]
) -> None:
    present = {sample.label for sample in samples}
    missing = [name for label, name in enumerate(class_names) if label not in present]
    if not missing:
        return
    if not present:
        fact = f"The {split} split is empty"
    else:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        fact = f"No usable {split} image of: {', '.join(map(repr, sorted(missing, key=natural_key)[:5]))}{more}"
    if skipped:
        fact += f" ({len(skipped)} skipped, the first: {skipped[0].path!r}, {skipped[0].reason})"
    raise CamcoreError(f"{fact}. Every class needs at least one in each split: add images, or remove the class.")


def _fingerprint(kind: str, root: Path, class_names: Sequence[str], splits: dict[str, Sequence[Sample]]) -> str:
    """Return the SHA-256 of a data set's description. It covers kind, class names, and each sample's split, path,
    label, bytes, size and boxes.
    """
    digest = hashlib.sha256(json.dumps([kind, list(class_names)]).encode())
    for split, samples in splits.items():
        for sample in samples:
            boxes = [[box.x0, box.y0, box.x1, box.y1, box.label] for box in sample.boxes]
            file_bytes = _count_bytes(root, sample)
            row = [split, sample.path, sample.label, file_bytes, sample.width, sample.height, boxes]
            digest.update(json.dumps(row).encode())
    return digest.hexdigest()


def _count_bytes(root: Path, sample: Sample) -> int:
    try:
        return (root / sample.path).stat().st_size
    except OSError as error:
        raise CamcoreError(
            f"{sample.path!r} disappeared while the data set was opened: {error.strerror}. Open it again."
        ) from error
