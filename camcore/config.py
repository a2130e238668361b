"""The configuration of a run: frozen dataclasses that validate themselves, to and from JSON."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

from camcore.backbones import BACKBONES, HEADS
from camcore.errors import CamcoreError, unknown_choice
from camcore.geometry import VIEWS

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

OPTIMIZERS = ("adamw", "sgd")
AUGMENTATIONS = ("none", "light", "standard")
PRECISIONS = ("auto", "fp32", "bf16")
EXPLAIN_PRECISIONS = ("auto", "exact")
KEEPS = ("last", "best", "held-out")
FROZEN = ("none", "batchnorm", "trunk")

T = TypeVar("T")


def _require(holds: bool, name: str, value: object, allowed: str) -> None:
    if not holds:
        raise CamcoreError(f"{name} is {value!r}; it must be {allowed}.")


def _choose(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise unknown_choice(name, value, choices)


@dataclass(frozen=True)
class DatasetConfig:
    """Which data set. `val_fraction` splits an image folder that has no split; the counts belong to paper dogs.

    `fold` K/N, for cross-validation: part K of N of the training split takes the place of the validation split.
    """

    kind: str = "paper-dogs"
    seed: int = 0
    val_fraction: float = 0.2
    train_images: int | None = None
    val_images: int | None = None
    fold: str | None = None

    def __post_init__(self) -> None:
        if self.fold is not None:
            parse_fold(self.fold)
        _require(0 < self.val_fraction < 1, "val_fraction", self.val_fraction, "between 0 and 1")


@dataclass(frozen=True)
class ViewConfig:
    """What the model sees of an image: `squash` or `center-crop` to a square of `size` pixels, then normalisation."""

    kind: str = "squash"
    size: int = 224
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def __post_init__(self) -> None:
        _choose("view", self.kind, VIEWS)
        _require(32 <= self.size <= 2048, "size", self.size, "between 32 and 2048 pixels")
        _require(len(self.mean) == 3, "mean", self.mean, "three numbers")
        _require(len(self.std) == 3 and min(self.std) > 0, "std", self.std, "three numbers above 0")


@dataclass(frozen=True)
class ModelConfig:
    """Backbone and head. `weights` is None (from scratch), `imagenet`, or the name of the file they came from."""

    backbone: str = "resnet18"
    head: str = "gap"
    map_stride: int = 32
    weights: str | None = None

    def __post_init__(self) -> None:
        _choose("backbone", self.backbone, tuple(BACKBONES))
        _choose("head", self.head, tuple(HEADS))
        strides = BACKBONES[self.backbone].map_strides
        _require(self.map_stride in strides, f"map stride of {self.backbone}", self.map_stride, f"one of {strides}")


@dataclass(frozen=True)
class TrainConfig:
    """How the model is trained. `learning_rate` is the peak, reached after `warmup_epochs`, then a cosine to zero.

    `train_size` is the side of the training crops, None for that of the view. `mixing` is the share of batches that
    MixUp or CutMix mixes. `ema` is the decay per step of the average of weights that is judged and kept, 0 for none.
    `layer_decay` is the factor from a stage's learning rate to that of the stage before it, the head's being the whole.
    `frozen` parts are not trained: the batch normalisation, or the whole trunk. Of a frozen trunk the features of
    `views` augmented views are computed once, and the head is trained on them; 0 runs the trunk in every epoch.
    `keep` says which epoch's weights are kept: the last, the best on the validation images (an optimistic choice), or
    the best on a tenth of the training images held out; the latter ends the training after `patience` epochs (0: never)
    without a better one.
    """

    epochs: int = 30
    batch_size: int = 32
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup_epochs: float = 2.0
    label_smoothing: float = 0.1
    augmentation: str = "standard"
    precision: str = "auto"
    keep: str = "last"
    seed: int = 0
    train_size: int | None = None
    mixing: float = 0.0
    ema: float = 0.0
    layer_decay: float = 1.0
    frozen: str = "none"
    views: int = 0
    patience: int = 0

    def __post_init__(self) -> None:
        _require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        _require(self.epochs >= 1, "epochs", self.epochs, "at least 1")
        _require(self.batch_size >= 2, "batch_size", self.batch_size, "at least 2, for batch normalisation")
        _require(self.learning_rate > 0, "learning_rate", self.learning_rate, "above 0")
        _require(self.weight_decay >= 0, "weight_decay", self.weight_decay, "at least 0")
        _require(self.warmup_epochs >= 0, "warmup_epochs", self.warmup_epochs, "at least 0")
        _require(0 <= self.label_smoothing < 1, "label_smoothing", self.label_smoothing, "from 0 to below 1")
        _choose("optimizer", self.optimizer, OPTIMIZERS)
        _choose("augmentation", self.augmentation, AUGMENTATIONS)
        _choose("precision", self.precision, PRECISIONS)
        _choose("keep", self.keep, KEEPS)
        _choose("frozen", self.frozen, FROZEN)
        size = self.train_size
        _require(size is None or 32 <= size <= 2048, "train_size", size, "between 32 and 2048 pixels")
        _require(0 <= self.mixing <= 1, "mixing", self.mixing, "from 0 to 1")
        _require(0 <= self.ema < 1, "ema", self.ema, "from 0 to below 1")
        _require(0 < self.layer_decay <= 1, "layer_decay", self.layer_decay, "above 0, at most 1")
        _require(0 <= self.views <= 1000, "views", self.views, "from 0 to 1000")
        _require(self.patience >= 0, "patience", self.patience, "at least 0")
        if self.views:
            _require(self.frozen == "trunk", "frozen", self.frozen, "'trunk' where views are above 0")
            _require(self.mixing == 0, "mixing", self.mixing, "0 where views are above 0")
        if self.patience:
            _require(self.keep == "held-out", "keep", self.keep, "'held-out' where patience is above 0")


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides what a run becomes."""

    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    view: ViewConfig = field(default_factory=ViewConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)


def parse_fold(fold: str) -> tuple[int, int]:
    """Return number and count of `K/N`.

    Raises:
        CamcoreError: It is not of that form, or K is not from 1 to N, or N below 2.
    """
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", fold)
    number, count = (int(found[1]), int(found[2])) if found else (0, 0)
    _require(1 <= number <= count and count >= 2, "fold", fold, "K/N, part K of N, for example 1/5")
    return number, count


def to_json(config: Any) -> dict[str, Any]:
    """Return a configuration as JSON values."""
    return asdict(config)


def from_json(kind: type[T], values: Mapping[str, Any]) -> T:
    """Return a configuration from JSON values.

    Raises:
        CamcoreError: A name is unknown, or a value is not allowed.
    """
    hints = get_type_hints(kind)
    names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - names)
    if unknown:
        raise CamcoreError(f"Unknown {kind.__name__} field {unknown[0]!r}. Known: {', '.join(sorted(names))}.")
    return kind(**{name: _from_json_value(hints[name], value) for name, value in values.items()})


def _from_json_value(hint: Any, value: Any) -> Any:
    if is_dataclass(hint):
        return from_json(hint, value)  # type: ignore[arg-type]
    return tuple(value) if isinstance(value, list) else value
