"""The configuration of a run: frozen dataclasses that validate themselves, to and from JSON."""

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
KEEPS = ("last", "best")

T = TypeVar("T")


def _require(holds: bool, name: str, value: object, allowed: str) -> None:
    if not holds:
        raise CamcoreError(f"{name} is {value!r}; it must be {allowed}.")


def _choose(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise unknown_choice(name, value, choices)


@dataclass(frozen=True)
class DatasetConfig:
    """Which data set. `val_fraction` splits an image folder that has no split; the counts belong to paper dogs."""

    kind: str = "paper-dogs"
    seed: int = 0
    val_fraction: float = 0.2
    train_images: int | None = None
    val_images: int | None = None

    def __post_init__(self) -> None:
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
    """How the model is trained. `learning_rate` is the peak, reached after `warmup_epochs`, then a cosine to zero."""

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


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides what a run becomes."""

    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    view: ViewConfig = field(default_factory=ViewConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)


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
