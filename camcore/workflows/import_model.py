"""`camcore import`: make a finished run from a classifier that was trained elsewhere."""

import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from PIL import Image

from camcore.config import RunConfig
from camcore.data.class_names import find_labels, read_class_names, relabel, require_distinct
from camcore.data.dataset import Dataset, Sample
from camcore.data.image_files import turn_upright, undo
from camcore.data.model_input import Decoder
from camcore.data.registry import open_dataset
from camcore.errors import CamcoreError
from camcore.heatmaps.cam_check import check_cam
from camcore.heatmaps.sources import CamCheck
from camcore.models.classifier import Classifier
from camcore.models.external_checkpoints import Checkpoint, build_classifier, read_checkpoint
from camcore.runs.create import create_run, replacing, require_free
from camcore.runs.run import Run, open_run
from camcore.runs.weights import save_weights
from camcore.system.checksums import RUN_FILES, sha256_of, write_sums
from camcore.system.locks import only_writer
from camcore.system.names import natural_key, nfc
from camcore.workflows.class_order import describe_order
from camcore.workflows.dataset import describe_dataset, list_files

OF_DATASET = "dataset"  # as --classes: the class names of the data set, in their order
OF_DATASET_NATURAL = "dataset-natural"  # the same, with c2 before c10
LOOKED_AT = 64
BATCH_SIZE = 16
MOST_NAMED = 5
MOST_CHANCE = 0.05  # that the other way of reading EXIF is better by chance
SURE = 0.01  # guessing is ruled out if it gets as many correct with a smaller probability


@dataclass(frozen=True)
class OtherWay:
    """Correct answers on the images of the first look if EXIF is treated the other way, `exif`."""

    exif: str
    right: int


@dataclass(frozen=True)
class FirstLook:
    """Correct answers on a few validation images, and whether CAM applies.

    `classes`: the number to guess among. `order`: what the answers say about the order of the classes, in lines.
    `other_way`: given if it is clearly better.
    """

    images: int
    right: int
    classes: int
    check: CamCheck
    order: tuple[str, ...] = ()
    other_way: OtherWay | None = None

    @property
    def may_be_guessing(self) -> bool:
        """Whether guessing among the classes could get as many correct."""
        share = 1 / self.classes
        outcomes = range(self.right, self.images + 1)
        chance = sum(math.comb(self.images, n) * share**n * (1 - share) ** (self.images - n) for n in outcomes)
        return chance > SURE


@dataclass(frozen=True)
class Imported:
    """An imported run. `labels`: class id per class of the data set; `named_by`: source of the class names."""

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
    """Make a finished run from a classifier that was trained elsewhere.

    Args:
        path: The run folder. It appears complete or not at all.
        config: Data set, view and backbone; the rest is unused.
        weights: A checkpoint with torchvision's parameter names, .pth or .safetensors.
        classes: A file with one class name per line, in the order of the logits; or `OF_DATASET` or
            `OF_DATASET_NATURAL`; or None for the names in the checkpoint.
        root: Folder of the data set.
        overwrite: Replace an existing run.

    Raises:
        CamcoreError: The run exists, or another process writes to it; the weights can't be read or belong to another
            backbone; class names are missing; or the data set can't be opened.
    """
    with only_writer(path):
        return _import_run(path, config, weights, classes, root, overwrite)


def _import_run(
    path: Path, config: RunConfig, weights: Path, classes: str | None, root: Path | None, overwrite: bool
) -> Imported:
    require_free(path, overwrite)
    checkpoint = read_checkpoint(weights, config.model.backbone, config.model.weights_key)
    config = replace(
        config, model=replace(checkpoint.model, weights=weights.name, weights_key=config.model.weights_key)
    )
    dataset = open_dataset(config.dataset, root, needs_train=False)
    names, named_by = choose_names(classes, checkpoint, dataset.class_names)
    labels = find_labels(dataset.class_names, names, named_by)
    model = build_classifier(checkpoint, config.view)
    look = look_first(model, relabel(dataset, labels, names), config, dataset.class_names)
    with _appearing(path, overwrite) as folder:
        described = describe_dataset(dataset) | {"labels": labels}
        origin = {"file": weights.name, "sha256": sha256_of(weights), "class_names": named_by}
        origin |= {"weights": " ".join(checkpoint.notes)}
        run = create_run(folder, config, names, described, imported=origin)
        run.remember_places(root=root)
        list_files(run, dataset)
        save_weights(run, model, None)
        run.write_history([])
        write_sums(folder, RUN_FILES)
    return Imported(open_run(path), checkpoint, named_by, labels, look)


def choose_names(
    classes: str | None, checkpoint: Checkpoint, dataset_names: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    """Return the class names in the order of the logits, and their source.

    Raises:
        CamcoreError: There are no names, or their number differs from the classifier's classes.
    """
    count = checkpoint.classes
    if classes is None and checkpoint.class_names is None:
        remedy = f"Name its {count} classes with --classes FILE, one per line, in the order of the logits."
        if count == len(dataset_names):
            order = ", ".join(dataset_names[:3]) + (", ..." if count > 3 else "")
            remedy += (
                " If it was trained on the data set's own classes in their order, which is also that of torchvision's"
                f" ImageFolder ({order}): --classes {OF_DATASET}."
            )
        raise CamcoreError(f"{checkpoint.path} holds no class names. {remedy}")
    if classes is None:
        names, named_by = checkpoint.class_names or (), checkpoint.path.name
    elif classes == OF_DATASET:
        names, named_by = dataset_names, "the data set"
    elif classes == OF_DATASET_NATURAL:
        names, named_by = tuple(sorted(dataset_names, key=natural_key)), "the data set, sorted naturally"
    else:
        names, named_by = read_class_names(Path(classes)), Path(classes).name
    if len(names) != count:
        raise CamcoreError(
            f"{checkpoint.path} has {count} classes, but {named_by} names {len(names)}. Name every class, one per line,"
            " in the order of the logits: --classes FILE."
        )
    require_distinct(names, named_by)
    return names, named_by


def look_first(model: Classifier, dataset: Dataset, config: RunConfig, dataset_names: Sequence[str]) -> FirstLook:
    """Classify up to `LOOKED_AT` single-class validation images, spread evenly over the split.

    Args:
        model: In evaluation mode.
        dataset: With the model's labels.
        config: Its view is used.
        dataset_names: The data set's own classes.

    Raises:
        CamcoreError: An image can't be decoded.
    """
    single = [sample for sample in dataset.val if sample.other_label < 0] or list(dataset.val)
    step = max(1, len(single) / LOOKED_AT)
    samples = [single[int(at * step)] for at in range(min(LOOKED_AT, len(single)))]
    answers, checks = _answer(model, dataset, samples, config)
    worst = max(checks, key=lambda check: (not check.holds, check.max_error or 0))
    right = {sample: label == best for sample, (label, best) in zip(samples, answers, strict=True)}
    classes = len(dataset_names) if len(dataset_names) > 1 else len(dataset.class_names)
    order = describe_order(dataset.class_names, answers, dataset_names)
    other_way = _look_other_way(model, dataset, right, config)
    return FirstLook(len(samples), sum(right.values()), classes, worst, tuple(order), other_way)


def _answer(
    model: Classifier, dataset: Dataset, samples: Sequence[Sample], config: RunConfig
) -> tuple[list[tuple[int, int]], list[CamCheck]]:
    """Return each sample's label and predicted class, and a check of CAM per batch."""
    decoder = Decoder(dataset, config.view.kind, config.view.size, exact=True)
    answers: list[tuple[int, int]] = []
    checks = []
    for at in range(0, len(samples), BATCH_SIZE):
        batch = samples[at : at + BATCH_SIZE]
        with torch.no_grad():
            features = model.features(decoder.decode_batch(batch).images)
            logits = model.classify(features)
            checks.append(check_cam(model, features, logits))
        answers += [(sample.label, int(best)) for best, sample in zip(logits.argmax(1), batch, strict=True)]
    return answers, checks


def _look_other_way(
    model: Classifier, dataset: Dataset, right: Mapping[Sample, bool], config: RunConfig
) -> OtherWay | None:
    """Return the correct answers if EXIF is treated the other way; None unless more are correct, beyond chance.

    `right` says of each image of the first look whether its class is predicted.
    """
    turned = [sample for sample in right if sample.orientation != 1]
    if all(right[sample] for sample in turned):
        return None
    upright = config.dataset.exif == "apply"
    other = replace(dataset, load_image=partial(_load_other_way, dataset, upright))
    answers, _ = _answer(model, other, turned, config)
    after = {sample: label == best for sample, (label, best) in zip(turned, answers, strict=True)}
    gained = sum(after[sample] and not right[sample] for sample in turned)
    lost = sum(right[sample] and not after[sample] for sample in turned)
    changed = gained + lost
    chance = sum(math.comb(changed, n) for n in range(gained, changed + 1)) / 2**changed  # sign test
    if chance > MOST_CHANCE:
        return None
    return OtherWay("ignore" if upright else "apply", sum(right.values()) + gained - lost)


def _load_other_way(dataset: Dataset, upright: bool, sample: Sample) -> Image.Image:
    """Return an image as stored if the data set is upright, else upright."""
    return turn_upright(dataset.load_image(sample), undo(sample.orientation) if upright else sample.orientation)


def describe_import(imported: Imported) -> list[str]:
    """Return the lines that `camcore import` prints."""
    checkpoint, names = imported.checkpoint, imported.run.class_names
    few = ", ".join(f"{names[label]} ({label})" for label in imported.labels[:MOST_NAMED])
    lines = list(checkpoint.notes)
    lines.append(
        f"Classes: {len(names)}, named by {imported.named_by}; the data set has {len(imported.labels)} of them, with"
        f" logit numbers: {few}{', ...' if len(imported.labels) > MOST_NAMED else ''}."
    )
    own = checkpoint.class_names
    if own is not None and (at := _find_contradiction(names, own)) is not None:
        lines.append(
            f"Warning: {checkpoint.path.name} itself calls class {at} {own[at]!r}, {imported.named_by} calls it"
            f" {names[at]!r}. To use the names in the file, leave out --classes."
        )
    return lines + describe_look(imported.look)


def _find_contradiction(names: Sequence[str], own: Sequence[str]) -> int | None:
    """Return the first class that has another name in the file, if the file knows the name of another class."""
    known = {nfc(name) for name in own}
    pairs = enumerate(zip(map(nfc, names), map(nfc, own), strict=False))
    return next((at for at, (name, theirs) in pairs if name != theirs and name in known), None)


def describe_look(look: FirstLook) -> list[str]:
    """Return the lines on the first look."""
    check = look.check
    up_to = f" up to {check.max_error:.0e} of their range" if check.holds else ""
    lines = [
        f"CAM {'applies' if check.holds else 'does not apply'}: {check.reason}{up_to}.",
        f"Accuracy on {look.images} validation images: {look.right} correct ({look.right / look.images:.0%}).",
    ]
    lines += look.order
    if look.other_way is not None:
        lines.append(
            f"With --exif {look.other_way.exif}, {look.other_way.right} of them are correct. If the network was trained"
            f" on images read that way (torchvision's ImageFolder and timm: ignore), import again with --exif"
            f" {look.other_way.exif} --overwrite."
        )
    if look.may_be_guessing:
        lines.append(
            "Guessing could do as well. Check the order of the classes, and --view, --size, --mean and --std; then"
            " import again with --overwrite. Or the network differs from torchvision's although its weights fit (timm's"
            " resnetaa50, resnetblur50)."
        )
    return lines


@contextmanager
def _appearing(path: Path, overwrite: bool) -> Iterator[Path]:
    """Yield a hidden folder beside `path`; it replaces `path` if the block succeeds."""
    part = path.with_name(f".{path.name}.importing")
    shutil.rmtree(part, ignore_errors=True)  # left by a killed import
    try:
        yield part
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        with replacing(path, overwrite):
            part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
