"""Recipes: named sets of training options. Options passed explicitly win."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """`title` describes the recipe's purpose; `settings` are configuration values by field name."""

    title: str
    settings: dict[str, Any]


RECIPES = {
    "small-data": Recipe(
        "train from scratch on a few hundred photographs",
        {
            "backbone": "resnet10_narrow",
            "map_stride": 16,
            "size": 144,
            "train_size": 128,
            "epochs": 480,
            "batch_size": 32,
            "optimizer": "adamw",
            "learning_rate": 2e-3,
            "weight_decay": 0.1,
            "warmup_epochs": 80.0,
            "augmentation": "standard",
            "mixing": 0.5,
            "ema": 0.99,
        },
    ),
    "finetune": Recipe(
        "train all layers from ImageNet weights, with smaller learning rates in earlier layers",
        {
            "weights": "imagenet",
            "epochs": 12,
            "optimizer": "adamw",
            "learning_rate": 1e-3,
            "weight_decay": 0.05,
            "warmup_epochs": 1.0,
            "augmentation": "light",
            "layer_decay": 0.5,
            "frozen": "batchnorm",
        },
    ),
    "frozen": Recipe(
        "keep the ImageNet weights and train only the head, on features computed once",
        {
            "weights": "imagenet",
            "epochs": 100,
            "batch_size": 64,
            "optimizer": "adamw",
            "learning_rate": 1e-3,
            "weight_decay": 0.05,
            "warmup_epochs": 1.0,
            "augmentation": "none",
            "frozen": "trunk",
            "views": 1,
            "keep": "held-out",
            "patience": 10,
        },
    ),
}


def apply_recipe(name: str, options: dict[str, Any], given: Collection[str]) -> tuple[dict[str, Any], str]:
    """Return options completed with a recipe's values, and a line that lists these.

    Args:
        name: One of `RECIPES`.
        options: By the names of configuration fields.
        given: Names of the options passed explicitly; they stay.
    """
    settings = RECIPES[name].settings
    taken = {field: value for field, value in settings.items() if field not in given}
    kept = [field for field in settings if field in given]
    said = ", ".join(f"{_as_option(field)} {value}" for field, value in taken.items())
    line = f"Recipe {name} ({RECIPES[name].title}) sets {said}."
    if kept:
        line += f" As given: {', '.join(f'{_as_option(field)} {options[field]}' for field in kept)}."
    return options | taken, line


def _as_option(field: str) -> str:
    return "--" + field.replace("_", "-")
