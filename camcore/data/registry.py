"""The table of data sets. To add one, write a function that opens it and add a line to `DATASETS`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from camcore.config import DatasetConfig
from camcore.data.dataset import Dataset, as_stored
from camcore.data.download import download_stanford_dogs
from camcore.data.image_folder import open_image_folder
from camcore.data.splits import take_all, take_fold
from camcore.data.stanford_dogs import open_stanford_dogs
from camcore.errors import CamcoreError, unknown_choice


@dataclass(frozen=True)
class DatasetKind:
    """A kind of data set: title, functions to open and download it, folder needed or not."""

    title: str
    open: Callable[[DatasetConfig, Path | None, bool], Dataset]
    needs_root: bool
    download: Callable[[Path], None] | None


def open_dataset(config: DatasetConfig, root: Path | None, needs_train: bool = True) -> Dataset:
    """Open a configured data set in the folder `root`.

    Without `needs_train`, one validation image is enough: the model is only explained. The training split may be empty.

    Raises:
        CamcoreError: The kind is unknown, `root` is missing, or the data set can't be opened.
    """
    if config.kind not in DATASETS:
        raise unknown_choice("dataset", config.kind, DATASETS)
    for name in ("train_images", "val_images"):
        if config.kind != "paper-dogs" and getattr(config, name) is not None:
            raise CamcoreError(f"{name} is {getattr(config, name)}, but only paper-dogs has a free number of images.")
    if config.all_images and needs_train:
        raise CamcoreError(
            "all_images leaves no image to train on. It is for a model trained elsewhere: camcore import."
        )
    dataset = DATASETS[config.kind].open(config, root, needs_train)
    if config.all_images:
        dataset = take_all(dataset)
    elif config.fold is not None:
        dataset = take_fold(dataset, config.fold, config.seed)
    return dataset if config.exif == "apply" else as_stored(dataset)


def _open_paper_dogs(config: DatasetConfig, _root: Path | None, _needs_train: bool) -> Dataset:
    from camcore.data.paper_dogs import open_paper_dogs  # imports drawing code that other data sets do not need

    counts = {"train_images": config.train_images, "val_images": config.val_images}
    return open_paper_dogs(config.seed, **{name: count for name, count in counts.items() if count is not None})


def _require_root(config: DatasetConfig, root: Path | None) -> Path:
    if root is None:
        raise CamcoreError(f"The data set {config.kind!r} needs --root DIR, the folder that holds it.")
    return root


def _open_stanford_dogs(config: DatasetConfig, root: Path | None, needs_train: bool) -> Dataset:
    return open_stanford_dogs(_require_root(config, root), needs_train)


def _open_image_folder(config: DatasetConfig, root: Path | None, needs_train: bool) -> Dataset:
    folder = _require_root(config, root)
    return open_image_folder(folder, config.seed, config.val_fraction, config.split_folders, needs_train)


DATASETS: dict[str, DatasetKind] = {
    "paper-dogs": DatasetKind("Paper dogs", _open_paper_dogs, needs_root=False, download=None),
    "stanford-dogs": DatasetKind(
        "Stanford Dogs", _open_stanford_dogs, needs_root=True, download=download_stanford_dogs
    ),
    "image-folder": DatasetKind("Image folder", _open_image_folder, needs_root=True, download=None),
}
