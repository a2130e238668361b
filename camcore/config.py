"""The settings of a run: frozen dataclasses whose fields hold type, range, default and description."""

import json
import re
from collections.abc import Iterable
from dataclasses import field
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from camcore.backbones import BACKBONES, HEADS
from camcore.errors import CamcoreError, not_allowed, unknown_choice
from camcore.geometry import VIEWS

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

AUGMENTATIONS = ("none", "light", "standard")
EXPLAIN_PRECISIONS = ("auto", "exact")

# What precedes an imported head, and its layers; the last one has an output per class.
HEAD_LAYERS = re.compile(r"(native|mean|pool|concat)(, (linear [1-9]\d{0,5}|relu|batchnorm|layernorm))*, linear")

LIMITS = ("ge", "gt", "le", "lt")
TYPE_NAMES = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "dataclass_type": "an object",
    "dataclass_exact_type": "an instance of the class",
    "tuple_type": "three numbers",
    "missing": "three numbers",  # every setting has a default: only a part of a tuple can be missing
    "too_long": "three numbers",
}


class OneOf:
    """Annotation of a text field: the names it may have."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic accept these names only."""
        return core_schema.literal_schema(list(self.names))


@dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))
class Settings:
    """Base of all settings: refused values raise a CamcoreError."""

    __pydantic_fields__: ClassVar[dict[str, FieldInfo]]

    @model_validator(mode="wrap")
    @classmethod
    def _raise_camcore_error(cls, values: Any, validate: Any) -> Any:
        try:
            return validate(values)
        except ValidationError as error:
            raise refuse_settings(cls, error) from error


@dataclass(frozen=True)
class DatasetConfig(Settings):
    """The data set of a run."""

    kind: str = Field(default="paper-dogs", description="Data set")
    seed: int = Field(default=0, description="Seed for generating paper dogs, and for splitting an image folder")
    val_fraction: float = Field(
        default=0.2, gt=0, lt=1, description="Share of the images for validation, if an image folder has no split"
    )
    train_images: int | None = Field(
        default=None, description="Number of training images to generate (paper-dogs only) [default: 1600]"
    )
    val_images: int | None = Field(
        default=None, description="Number of validation images to generate (paper-dogs only) [default: 400]"
    )
    fold: str | None = Field(
        default=None,
        description="Cross-validation fold K/N, for example 1/5: split the training images into N parts, and validate"
        " on part K. The data set's own validation images are not used",
    )
    split_folders: str | None = Field(
        default=None,
        description="Split folders of an image folder: train=FOLDER,val=FOLDER; none: its top folders are classes"
        " [default: found by their usual names]",
    )
    all_images: bool = Field(
        default=False, description="Explain all images; without it, the training images are left out"
    )
    exif: Annotated[str, OneOf(("apply", "ignore"))] = Field(
        default="apply",
        description="Photographs that a camera stored turned. apply: turn them upright by EXIF; ignore: leave them as"
        " they are stored, as torchvision's ImageFolder and timm do",
    )

    def __post_init__(self) -> None:
        if self.fold is not None:
            parse_fold(self.fold)
            if self.all_images:
                raise not_allowed("fold", self.fold, "left out if all images are explained")
        if self.split_folders is not None:
            parse_split_folders(self.split_folders)


@dataclass(frozen=True)
class ViewConfig(Settings):
    """What the model sees of an image: a square of `size` pixels, then normalised."""

    kind: Annotated[str, OneOf(VIEWS)] = Field(
        default="squash",
        title="view",
        description="What the model sees of an image. squash: the whole image, resized to a square;"
        " center-crop: the central square, resized",
    )
    size: int = Field(default=224, ge=32, le=2048, description="Side of the model's square input in pixels")
    mean: tuple[float, float, float] = Field(
        default=IMAGENET_MEAN,
        strict=False,
        description="Mean of red, green, blue (from 0 to 1), subtracted from the pixels",
    )
    std: tuple[float, float, float] = Field(
        default=IMAGENET_STD,
        strict=False,
        description="Standard deviation of red, green, blue; the pixels are divided by it",
    )

    def __post_init__(self) -> None:
        if min(self.std) <= 0:
            raise not_allowed("std", self.std, "three numbers above 0")


@dataclass(frozen=True)
class ModelConfig(Settings):
    """Backbone and head. `weights` is None (from scratch), `imagenet`, or the name of a weights file."""

    backbone: Annotated[str, OneOf(BACKBONES)] = Field(
        default="resnet18", description="Network architecture (resnet10_narrow: ResNet-10 with half the channels)"
    )
    head: Annotated[str, OneOf(HEADS)] = Field(
        default="gap",
        description="Head of the network. gap: global average pooling and one linear layer, which CAM needs;"
        " mlp: pooling and two linear layers; native: the network's own",
    )
    map_stride: int = Field(
        default=32,
        description="Output stride of the last convolutional layer: a heatmap cell covers 32 × 32 or, for finer"
        " heatmaps, 16 × 16 input pixels",
    )
    weights: str | None = Field(
        default=None,
        description="Initial weights: imagenet, or a file with torchvision's parameter names [default: random weights]",
    )
    weights_key: str | None = Field(
        default=None,
        description="Which weights to take if the file holds several, for example state_dict [default: averaged weights"
        " (EMA) if there are any]",
    )
    head_layers: str | None = Field(default=None, description="Layers of an imported network's head, in order")

    def __post_init__(self) -> None:
        if self.head_layers is not None and not HEAD_LAYERS.fullmatch(self.head_layers):
            raise not_allowed("head_layers", self.head_layers, "like 'mean, linear 256, relu, linear'")
        strides = BACKBONES[self.backbone].map_strides
        if self.map_stride not in strides:
            raise not_allowed(f"map stride of {self.backbone}", self.map_stride, f"one of {strides}")


@dataclass(frozen=True)
class TrainConfig(Settings):
    """How the model is trained."""

    epochs: int = Field(default=30, ge=1, description="Passes over the training images")
    batch_size: int = Field(default=32, ge=1, description="Images per step; batch normalisation needs 2")
    optimizer: Annotated[str, OneOf(("adamw", "sgd"))] = Field(
        default="adamw", description="adamw, or sgd with Nesterov momentum 0.9"
    )
    learning_rate: float = Field(
        default=1e-3, gt=0, description="Peak learning rate, reached after the warm-up; then cosine decay to 0"
    )
    weight_decay: float = Field(
        default=0.05,
        ge=0,
        description="Weight decay of kernels and weight matrices; biases and normalisation layers have none",
    )
    warmup_epochs: float = Field(default=2.0, ge=0, description="Epochs until the learning rate reaches its peak")
    label_smoothing: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="Label smoothing: share of the target probability spread evenly over all classes",
    )
    augmentation: Annotated[str, OneOf(AUGMENTATIONS)] = Field(
        default="standard",
        description="light: random crops and flips; standard: also TrivialAugment and random erasing",
    )
    precision: Annotated[str, OneOf(("auto", "fp32", "bf16"))] = Field(
        default="auto", description="auto: bf16 if the hardware supports it"
    )
    keep: Annotated[str, OneOf(("last", "best", "held-out"))] = Field(
        default="last",
        description="Which epoch's weights to keep. best: the highest validation accuracy, which is then an optimistic"
        " estimate; held-out: the highest accuracy on a tenth of the training images, which are set aside for this",
    )
    seed: int = Field(
        default=0,
        ge=0,
        le=2**32 - 1,
        description="Random seed. On a CPU, the same seed gives the same weights bit for bit",
    )
    train_size: int | None = Field(
        default=None, ge=32, le=2048, description="Side of the training crops in pixels [default: same as --size]"
    )
    mixing: float = Field(default=0.0, ge=0, le=1, description="Share of batches to which MixUp or CutMix is applied")
    ema: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Keep an exponential moving average of the weights with this decay per step; 0: no average",
    )
    layer_decay: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Factor by which the learning rate shrinks per stage of the network, from the head to the input; 1:"
        " the same rate everywhere",
    )
    frozen: Annotated[str, OneOf(("none", "batchnorm", "trunk"))] = Field(
        default="none",
        description="Parts to freeze. batchnorm: statistics and parameters of batch normalisation; trunk: all layers"
        " before the head, so that only the head is trained",
    )
    views: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="With --frozen trunk: make this many augmented copies of each image before training, compute their"
        " features once, and reuse them in every epoch; 0: recompute the features in every epoch",
    )
    patience: int = Field(
        default=0, ge=0, description="With --keep held-out: stop after this many epochs without improvement; 0: never"
    )

    def __post_init__(self) -> None:
        if self.views and self.frozen != "trunk":
            raise not_allowed("frozen", self.frozen, "'trunk' if views is above 0")
        if self.views and self.mixing:
            raise not_allowed("mixing", self.mixing, "0 if views is above 0")
        if self.patience and self.keep != "held-out":
            raise not_allowed("keep", self.keep, "'held-out' if patience is above 0")


@dataclass(frozen=True)
class RunConfig(Settings):
    """All settings of a run."""

    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    view: ViewConfig = field(default_factory=ViewConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)


def find_choices(info: FieldInfo) -> tuple[str, ...]:
    """Return the names that a field may have; empty if it is not a choice."""
    return next((each.names for each in info.metadata if isinstance(each, OneOf)), ())


def describe_range(info: FieldInfo) -> str:
    """Return the range of a number, e.g. `from 0 to below 1`; empty if it has none."""
    limits = {kind: getattr(each, kind) for each in info.metadata for kind in LIMITS if hasattr(each, kind)}
    match limits:
        case {"ge": low, "le": high}:
            return f"from {low} to {high}"
        case {"ge": low, "lt": high}:
            return f"from {low} to below {high}"
        case {"gt": low, "le": high}:
            return f"above {low}, at most {high}"
        case {"gt": low, "lt": high}:
            return f"between {low} and {high}"
        case {"ge": low}:
            return f"at least {low}"
        case {"gt": low}:
            return f"above {low}"
    return ""


def refuse_settings(kind: type[Settings], error: ValidationError) -> CamcoreError:
    """Return pydantic's first error as one line: the setting, its value, and what is allowed."""
    problem = error.errors(include_url=False)[0]
    fields = kind.__pydantic_fields__
    place = problem["loc"][0] if problem["loc"] else kind.__name__
    name = list(fields)[place] if isinstance(place, int) else place  # positional arguments have their number
    if problem["type"] == "unexpected_keyword_argument":
        return CamcoreError(f"Unknown {kind.__name__} field {name!r}. Known: {', '.join(sorted(fields))}.")
    if problem["type"] == "literal_error":
        return unknown_choice(fields[name].title or name, problem["input"], find_choices(fields[name]))
    allowed = TYPE_NAMES.get(problem["type"]) or describe_range(fields[name])
    return not_allowed(name, problem["input"], allowed)


def parse_fold(fold: str) -> tuple[int, int]:
    """Return K and N of `K/N`.

    Raises:
        CamcoreError: It has another form, K is not from 1 to N, or N is below 2.
    """
    match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", fold)
    number, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (1 <= number <= count and count >= 2):
        raise not_allowed("fold", fold, "K/N, part K of N, for example 1/5")
    return number, count


def parse_split_folders(text: str) -> tuple[str, str] | None:
    """Return the two folders of `train=FOLDER,val=FOLDER`, in either order; None for `none`.

    Raises:
        CamcoreError: It has another form.
    """
    if text == "none":
        return None
    parts = dict(part.partition("=")[::2] for part in re.split(r",(?=(?:train|val)=)", text))
    if parts.keys() != {"train", "val"} or not all(parts.values()) or parts["train"] == parts["val"]:
        raise not_allowed("split_folders", text, "train=FOLDER,val=FOLDER with two folders, or none")
    return parts["train"], parts["val"]


def read_config(values: Any) -> RunConfig:
    """Return the settings in the values of a JSON object.

    Raises:
        CamcoreError: A name is unknown, or a value is not allowed.
    """
    return TypeAdapter(RunConfig).validate_json(json.dumps(values))
