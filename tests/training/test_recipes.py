"""Recipes set their options, except those set explicitly."""

from dataclasses import fields
from pathlib import Path

import pytest

from camcore.cli.train import build_config
from camcore.config import ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.training.recipes import RECIPES, apply_recipe
from tests.support.command_line import parse_options, run_camcore

PLACES = {field.name: part for part in (ViewConfig, ModelConfig, TrainConfig) for field in fields(part)}


def build_with(recipe: str, *given: str) -> RunConfig:
    names = [option.lstrip("-").replace("-", "_") for option in given[::2]]
    options, _ = apply_recipe(recipe, parse_options("train", "--run", "x", *given), names)
    return build_config(options)


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipe_settings_reach_the_configuration(recipe: str) -> None:
    config = build_with(recipe)
    for name, value in RECIPES[recipe].settings.items():
        part = {ViewConfig: config.view, ModelConfig: config.model, TrainConfig: config.train}[PLACES[name]]
        assert getattr(part, name) == value


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_is_given_holds(recipe: str) -> None:
    config = build_with(recipe, "--epochs", "3", "--backbone", "vgg16")
    assert (config.train.epochs, config.model.backbone) == (3, "vgg16")


def test_a_recipe_prints_its_settings(tmp_path: Path) -> None:
    result = run_camcore(
        "train", "--run", tmp_path, "--recipe", "finetune", "--epochs", 3, "--dataset", "stanford-dogs"
    )
    line = result.stdout.splitlines()[0]
    assert line.startswith(
        "Recipe finetune (train all layers from ImageNet weights, with smaller learning rates in earlier layers) sets"
    )
    assert "--layer-decay 0.5, --frozen batchnorm. As given: --epochs 3." in line
    assert "--epochs 12" not in line
    assert result.stderr == "Error: The data set 'stanford-dogs' needs --root DIR, the folder that holds it.\n"
