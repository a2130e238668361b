"""Configurations refuse invalid values and survive a round trip through JSON."""

import json
import subprocess
import sys
from dataclasses import asdict, fields, replace
from typing import Any

import pytest

from camcore.backbones import BACKBONES, HEADS
from camcore.config import (
    DatasetConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    ViewConfig,
    read_config,
)
from camcore.errors import CamcoreError

EVERYTHING_CHANGED = RunConfig(
    DatasetConfig("image-folder", 3, 0.5, 40, 20, "2/3", "train=a,val=b"),
    ViewConfig("center-crop", 96, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
    ModelConfig("vgg16", "mlp", 16, "imagenet", "ema", "mean, linear 3, relu, linear"),
    TrainConfig(7, 5, "sgd", 0.2, 0.01, 0.5, 0.0, "none", "fp32", "held-out", 9, 64, 0.0, 0.9, 0.75, "trunk", 2, 3),
)


# Not to be had together with a fold, and with cached views.
MIXED = RunConfig(DatasetConfig(all_images=True, exif="ignore"), train=TrainConfig(mixing=0.5))


def test_every_field_survives_json() -> None:
    default = RunConfig()
    for part in fields(RunConfig):
        theirs = getattr(default, part.name)
        same = [
            field.name
            for field in fields(theirs)
            if all(
                getattr(getattr(config, part.name), field.name) == getattr(theirs, field.name)
                for config in (EVERYTHING_CHANGED, MIXED)
            )
        ]
        assert not same, f"{part.name}: {same} would survive though it were lost"
    for config in (EVERYTHING_CHANGED, MIXED):
        assert read_config(json.loads(json.dumps(asdict(config)))) == config


def test_what_is_missing_in_json_has_its_default() -> None:
    assert read_config({"train": {"epochs": 3}}) == RunConfig(train=TrainConfig(epochs=3))


def test_an_unknown_field_in_json_is_named() -> None:
    known = "Known: dataset, model, train, view."
    with pytest.raises(CamcoreError, match=f"^Unknown RunConfig field 'trian'. {known}$"):
        read_config({"trian": {}})
    with pytest.raises(CamcoreError, match=r"^Unknown ViewConfig field 'sise'\. Known: kind, mean, size, std\.$"):
        read_config({"view": {"sise": 3}})


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (DatasetConfig, {"val_fraction": 0.0}, "val_fraction is 0.0; it must be between 0 and 1."),
        (DatasetConfig, {"val_fraction": 1.0}, "val_fraction is 1.0; it must be between 0 and 1."),
        (ViewConfig, {"kind": "crop"}, "Unknown view 'crop'. Choose from: squash, center-crop."),
        (ViewConfig, {"size": 31}, "size is 31; it must be from 32 to 2048."),
        (ViewConfig, {"size": 2049}, "size is 2049; it must be from 32 to 2048."),
        (ViewConfig, {"mean": (0.5, 0.5)}, "mean is (0.5, 0.5); it must be three numbers."),
        (ViewConfig, {"std": (1.0,)}, "std is (1.0,); it must be three numbers."),
        (ViewConfig, {"std": (1, 0, 1)}, "std is (1.0, 0.0, 1.0); it must be three numbers above 0."),
        (ModelConfig, {"head": "fc"}, "Unknown head 'fc'. Choose from: gap, mlp, native."),
        (
            ModelConfig,
            {"backbone": "convnext_tiny", "map_stride": 16},
            "map stride of convnext_tiny is 16; it must be one of (32,).",
        ),
        (ModelConfig, {"map_stride": 8}, "map stride of resnet18 is 8; it must be one of (32, 16)."),
        (ViewConfig, {"mean": (0, 0, "0")}, "mean is '0'; it must be a number."),
        (TrainConfig, {"epochs": 0}, "epochs is 0; it must be at least 1."),
        (TrainConfig, {"epochs": "5"}, "epochs is '5'; it must be a whole number."),
        (TrainConfig, {"epochs": 5.0}, "epochs is 5.0; it must be a whole number."),
        (TrainConfig, {"epochs": True}, "epochs is True; it must be a whole number."),
        (ModelConfig, {"weights": 3}, "weights is 3; it must be text."),
        (TrainConfig, {"batch_size": 0}, "batch_size is 0; it must be at least 1."),
        (TrainConfig, {"learning_rate": 0.0}, "learning_rate is 0.0; it must be above 0."),
        (TrainConfig, {"learning_rate": float("nan")}, "learning_rate is nan; it must be a finite number."),
        (TrainConfig, {"weight_decay": -1.0}, "weight_decay is -1.0; it must be at least 0."),
        (TrainConfig, {"warmup_epochs": -1.0}, "warmup_epochs is -1.0; it must be at least 0."),
        (TrainConfig, {"label_smoothing": 1.0}, "label_smoothing is 1.0; it must be from 0 to below 1."),
        (TrainConfig, {"optimizer": "adam"}, "Unknown optimizer 'adam'. Did you mean adamw? Choose from: adamw, sgd."),
        (TrainConfig, {"augmentation": "x"}, "Unknown augmentation 'x'. Choose from: none, light, standard."),
        (TrainConfig, {"precision": "fp16"}, "Unknown precision 'fp16'. Choose from: auto, fp32, bf16."),
        (TrainConfig, {"keep": "all"}, "Unknown keep 'all'. Choose from: last, best, held-out."),
        (TrainConfig, {"frozen": "head"}, "Unknown frozen 'head'. Choose from: none, batchnorm, trunk."),
        (TrainConfig, {"train_size": 16}, "train_size is 16; it must be from 32 to 2048."),
        (TrainConfig, {"mixing": 1.5}, "mixing is 1.5; it must be from 0 to 1."),
        (TrainConfig, {"ema": 1.0}, "ema is 1.0; it must be from 0 to below 1."),
        (TrainConfig, {"layer_decay": 0.0}, "layer_decay is 0.0; it must be above 0, at most 1."),
        (TrainConfig, {"views": -1}, "views is -1; it must be from 0 to 1000."),
        (TrainConfig, {"views": 1}, "frozen is 'none'; it must be 'trunk' if views is above 0."),
        (
            TrainConfig,
            {"views": 1, "frozen": "trunk", "mixing": 0.5},
            "mixing is 0.5; it must be 0 if views is above 0.",
        ),
        (TrainConfig, {"patience": -1}, "patience is -1; it must be at least 0."),
        (TrainConfig, {"patience": 2}, "keep is 'last'; it must be 'held-out' if patience is above 0."),
        (DatasetConfig, {"fold": "1"}, "fold is '1'; it must be K/N, part K of N, for example 1/5."),
        (DatasetConfig, {"fold": "6/5"}, "fold is '6/5'; it must be K/N, part K of N, for example 1/5."),
        (DatasetConfig, {"fold": "1/1"}, "fold is '1/1'; it must be K/N, part K of N, for example 1/5."),
    ],
)
def test_what_is_not_allowed_is_refused_with_the_allowed(kind: type, values: dict[str, Any], message: str) -> None:
    with pytest.raises(CamcoreError) as caught:
        kind(**values)
    assert str(caught.value) == message
    with pytest.raises(CamcoreError) as caught:
        replace(kind(), **values)
    assert str(caught.value) == message
    (part,) = (each.name for each in fields(RunConfig) if isinstance(getattr(RunConfig(), each.name), kind))
    with pytest.raises(CamcoreError):
        read_config({part: values})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (None, "RunConfig is None; it must be an object."),
        ({"train": 3}, "TrainConfig is 3; it must be an object."),
        ({"train": {"epochs": "5"}}, "epochs is '5'; it must be a whole number."),
        ({"view": {"mean": [0.5, 0.5]}}, "mean is [0.5, 0.5]; it must be three numbers."),
    ],
)
def test_json_of_another_shape_is_refused(values: Any, message: str) -> None:
    with pytest.raises(CamcoreError) as caught:
        read_config(values)
    assert str(caught.value) == message


def test_positional_values_are_named() -> None:
    with pytest.raises(CamcoreError, match=r"^batch_size is 0; it must be at least 1\.$"):
        TrainConfig(3, 0)


def test_the_settings_need_no_torch() -> None:
    code = "import sys, camcore.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_backbone_is_answered_with_all_of_them() -> None:
    with pytest.raises(CamcoreError, match=r"^Unknown backbone 'resnet'. Choose from: resnet10_narrow, .*, vgg16\.$"):
        ModelConfig("resnet")


@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_can_be_configured(name: str) -> None:
    backbone = BACKBONES[name]
    assert backbone.map_strides in ((32,), (32, 16))
    assert (backbone.halved is None) == (backbone.map_strides == (32,))
    assert len(set(backbone.stages)) == len(backbone.stages) >= 3, "two stages and the last layer, to be compared"
    for head in HEADS:
        for stride in backbone.map_strides:
            assert ModelConfig(name, head, stride).map_stride == stride


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_torch_can_not_take_is_refused(seed: int) -> None:
    with pytest.raises(CamcoreError) as caught:
        TrainConfig(seed=seed)
    assert str(caught.value) == f"seed is {seed}; it must be from 0 to 4294967295."
