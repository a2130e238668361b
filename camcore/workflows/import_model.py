"""A finished run from a classifier that was trained elsewhere."""

import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from camcore.config import RunConfig
from camcore.data.class_names import find_labels, read_class_names, relabel, require_distinct
from camcore.data.dataset import Dataset
from camcore.data.model_input import Decoder
from camcore.data.registry import open_dataset
from camcore.errors import CamcoreError
from camcore.heatmaps.cam_check import check_cam
from camcore.heatmaps.sources import CamCheck
from camcore.models.checkpoints import Checkpoint, build_classifier, read_checkpoint
from camcore.models.classifier import Classifier
from camcore.runs.create import bring_back, create_run, replacing, require_run_folder
from camcore.runs.run import Run, open_run
from camcore.runs.weights import save_weights
from camcore.system.checksums import RUN_FILES, sha256_of, write_sums
from camcore.system.locks import only_writer
from camcore.workflows.dataset import describe_dataset, note_skipped

OF_DATASET = "dataset"  # in place of a file of class names: the data set's own, in their order
LOOKED_AT = 64
BATCH_SIZE = 16
MOST_NAMED = 5
SURE = 0.01  # guessing is ruled out where it would get as many right less often than this


@dataclass(frozen=True)
class FirstLook:
    """How a classifier does on a few validation images, and whether CAM applies to it; `classes`: of the data set."""

    images: int
    right: int
    classes: int
    check: CamCheck

    @property
    def may_be_guessing(self) -> bool:
        """Whether choosing one of the data set's classes blindly would not seldom get as many right."""
        share = 1 / self.classes
        outcomes = range(self.right, self.images + 1)
        chance = sum(math.comb(self.images, n) * share**n * (1 - share) ** (self.images - n) for n in outcomes)
        return chance > SURE


@dataclass(frozen=True)
class Imported:
    """A run made from a file, and what is to be said of it. `labels`: the class id of each of the data set's classes.

    `named_by` says where the class names come from.
    """

    run: Run
    checkpoint: Checkpoint
    named_by: str
    labels: list[int]
    look: FirstLook


def import_run(
    path: Path,
    config: RunConfig,
    weights: Path,
    classes: str | None,
    root: Path | None = None,
    *,
    overwrite: bool = False,
) -> Imported:
    """Make a finished run of a classifier that was trained elsewhere.

    Args:
        path: The run folder, which comes into being as a whole or not at all.
        config: Data set, view and backbone; nothing is trained, so the rest does not count.
        weights: A file of torchvision's layout, .pth or .safetensors.
        classes: A file of class names, one a line, in the order of the logits; or `OF_DATASET`; or None for the names
            that the weights' file itself holds.
        root: Where the data set lies.
        overwrite: Replace the run that is there.

    Raises:
        CamcoreError: The run exists, or another process writes to it; the weights can't be read or are not the
            backbone's; classes are not named, or a class of the data set is not among them; or the data set can't be
            had.
    """
    with only_writer(path):
        return _import_run(path, config, weights, classes, root, overwrite)


def _import_run(
    path: Path, config: RunConfig, weights: Path, classes: str | None, root: Path | None, overwrite: bool
) -> Imported:
    _require_free(path, overwrite)
    checkpoint = read_checkpoint(weights, config.model.backbone)
    dataset = open_dataset(config.dataset, root)
    names, named_by = choose_names(classes, checkpoint, dataset.class_names)
    labels = find_labels(dataset.class_names, names, named_by)
    model = build_classifier(checkpoint, config.view)
    look = look_first(model, relabel(dataset, labels, names), config, len(labels))
    with _appearing(path, overwrite) as folder:
        described = describe_dataset(dataset) | {"labels": labels}
        origin = {"file": weights.name, "sha256": sha256_of(weights), "class_names": named_by}
        run = create_run(folder, config, names, described, imported=origin)
        run.remember_places(root=root)
        note_skipped(run, dataset)
        save_weights(run, model, None)
        run.write_history([])
        write_sums(folder, RUN_FILES)
    return Imported(open_run(path), checkpoint, named_by, labels, look)


def choose_names(
    classes: str | None, checkpoint: Checkpoint, dataset_names: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    """Return the classifier's class names in the order of its logits, and where they come from.

    Raises:
        CamcoreError: Nothing says which class is which, or the classifier has more or fewer.
    """
    count = checkpoint.classes
    if classes is None and checkpoint.class_names is None:
        way_out = f"Name its {count} classes with --classes FILE, one a line, in the order of the logits."
        if count == len(dataset_names):
            order = ", ".join(dataset_names[:3]) + (", ..." if count > 3 else "")
            way_out += (
                " Only if it learned the data set's own classes in their order, which is also that of torchvision's"
                f" ImageFolder ({order}): --classes {OF_DATASET}."
            )
        raise CamcoreError(f"{checkpoint.path} does not say which class is which. {way_out}")
    if classes is None:
        names, named_by = checkpoint.class_names or (), checkpoint.path.name
    elif classes == OF_DATASET:
        names, named_by = dataset_names, "the data set"
    else:
        names, named_by = read_class_names(Path(classes)), Path(classes).name
    if len(names) != count:
        raise CamcoreError(
            f"{checkpoint.path} tells {count} classes apart, but {named_by} names {len(names)}. Name every class, one a"
            " line, in the order of the logits: --classes FILE."
        )
    require_distinct(names, named_by)
    return names, named_by


def look_first(model: Classifier, dataset: Dataset, config: RunConfig, classes: int) -> FirstLook:
    """Run up to `LOOKED_AT` validation images of one class each, spread evenly over the split.

    Args:
        model: In evaluation mode.
        dataset: With the model's labels.
        config: How an image is seen.
        classes: How many classes the data set has.

    Raises:
        CamcoreError: An image can't be decoded.
    """
    single = [sample for sample in dataset.val if sample.other_label < 0] or list(dataset.val)
    step = max(1, len(single) / LOOKED_AT)
    chosen = [single[int(at * step)] for at in range(min(LOOKED_AT, len(single)))]
    decoder = Decoder(dataset, config.view.kind, config.view.size, exact=True)
    right, checks = 0, []
    for at in range(0, len(chosen), BATCH_SIZE):
        batch = chosen[at : at + BATCH_SIZE]
        with torch.no_grad():
            features = model.features(decoder.decode_batch(batch).images)
            logits = model.classify(features)
            checks.append(check_cam(model, features, logits))
        right += sum(int(best) == sample.label for best, sample in zip(logits.argmax(1), batch, strict=True))
    worst = max(checks, key=lambda check: (not check.holds, check.max_error or 0))
    return FirstLook(len(chosen), right, classes, worst)


def describe_import(made: Imported) -> list[str]:
    """Return what a person should know who has imported a run, a line each."""
    checkpoint, names = made.checkpoint, made.run.class_names
    few = ", ".join(f"{names[label]} ({label})" for label in made.labels[:MOST_NAMED])
    lines = []
    if checkpoint.wrapper:
        lines.append(f"Of the file, {checkpoint.wrapper!r} was taken.")
    if checkpoint.prefix:
        lines.append(f"All names in it begin with {checkpoint.prefix!r}, which was taken off.")
    lines.append(
        f"Classes: {len(names)}, named by {made.named_by}; the data set has {len(made.labels)} of them, by their places"
        f" among the logits: {few}{', ...' if len(made.labels) > MOST_NAMED else ''}."
    )
    return lines + _describe_look(made.look)


def _describe_look(look: FirstLook) -> list[str]:
    check = look.check
    up_to = f" up to {check.max_error:.0e} of their range" if check.holds else ""
    lines = [
        f"CAM {'applies' if check.holds else 'does not apply'}: {check.reason}{up_to}.",
        f"A first look at {look.images} validation images: {look.right} right ({look.right / look.images:.0%}).",
    ]
    if look.may_be_guessing:
        lines.append(
            "That may be guessing. Check the order of the classes, and --view, --size, --mean and --std; --overwrite"
            " then replaces this run. Or the network computes otherwise than torchvision's (timm's resnetaa50,"
            " resnetblur50), which its weights do not tell."
        )
    return lines


def _require_free(path: Path, overwrite: bool) -> None:
    bring_back(path)
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not overwrite:
        raise CamcoreError(f"{path} exists already. Replace it with --overwrite, or name another.")
    require_run_folder(path)


@contextmanager
def _appearing(path: Path, overwrite: bool) -> Iterator[Path]:
    """Yield a hidden folder beside `path` to make a run in; it takes its place when the block ends well."""
    part = path.with_name(f".{path.name}.importing")
    shutil.rmtree(part, ignore_errors=True)  # what an import left that was killed
    try:
        yield part
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        with replacing(path, overwrite):
            part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
