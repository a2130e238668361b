"""The schedule by hand, parameter groups, and frozen parameters."""

import itertools
import math

import pytest
import torch
from torch import nn

from camcore.backbones import BACKBONES
from camcore.config import ModelConfig, RunConfig, TrainConfig
from camcore.models.classifier import Classifier
from camcore.training.optimization import (
    RATE_SHARE,
    build_optimizer,
    build_schedule,
    freeze,
    rate_shares,
    set_training,
    sync_batch_norm,
)


def test_the_schedule_by_hand() -> None:
    share = build_schedule(TrainConfig(epochs=4, warmup_epochs=1), steps_per_epoch=4)
    assert [share(step) for step in range(5)] == [0.2, 0.4, 0.6, 0.8, 1.0]  # 16 steps, 4 of them warm-up
    assert share(10) == pytest.approx(0.5)  # half way down the cosine
    assert share(7) == pytest.approx(0.5 * (1 + math.sqrt(0.5)))
    assert share(15) == pytest.approx(0.5 * (1 + math.cos(math.pi * 11 / 12)))


def test_the_schedule_falls_but_stays_above_zero() -> None:
    share = build_schedule(TrainConfig(epochs=5, warmup_epochs=0), steps_per_epoch=3)
    shares = [share(step) for step in range(15)]
    assert shares[0] == 1
    assert all(later < earlier for earlier, later in itertools.pairwise(shares))
    assert shares[-1] > 0


def test_warm_up_takes_half_of_a_short_training_at_most() -> None:
    share = build_schedule(TrainConfig(epochs=1, warmup_epochs=9), steps_per_epoch=8)
    assert [share(step) for step in range(5)] == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_only_matrices_and_kernels_decay() -> None:
    model = Classifier(ModelConfig("resnet10_narrow"), RunConfig().view, 3)
    decayed, others = build_optimizer(model, TrainConfig(weight_decay=0.3)).param_groups
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.3, 0.0)
    assert all(parameter.ndim >= 2 for parameter in decayed["params"])
    assert all(parameter.ndim == 1 for parameter in others["params"])
    assert len(decayed["params"]) + len(others["params"]) == len(list(model.parameters()))


@pytest.mark.parametrize(("name", "kind"), [("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)])
def test_the_optimizer_is_the_one_asked_for(name: str, kind: type) -> None:
    model = Classifier(ModelConfig("resnet10_narrow"), RunConfig().view, 3)
    optimizer = build_optimizer(model, TrainConfig(optimizer=name, learning_rate=0.25))
    assert type(optimizer) is kind
    assert {group["lr"] for group in optimizer.param_groups} == {0.25}


def test_each_stage_learns_at_a_share_of_the_next_one_s_rate() -> None:
    model = Classifier(ModelConfig("resnet10_narrow"), RunConfig().view, 3)
    shares = rate_shares(model, 0.5)
    by_layer = {name.split(".")[1] if name.startswith("trunk") else "head": share for name, share in shares.items()}
    assert by_layer == {
        "conv1": 0.5**5, "bn1": 0.5**5, "layer1": 0.5**4, "layer2": 0.5**3, "layer3": 0.25, "layer4": 0.5, "head": 1.0,
    }  # fmt: skip
    rates = {
        id(parameter): group[RATE_SHARE]
        for group in build_optimizer(model, TrainConfig(layer_decay=0.5)).param_groups
        for parameter in group["params"]
    }
    assert rates == {id(parameter): shares[name] for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_network_has_its_stages_in_order(backbone: str) -> None:
    model = Classifier(ModelConfig(backbone, "native"), RunConfig().view, 3)
    shares = rate_shares(model, 0.5)
    trunk = [share for name, share in shares.items() if name.startswith("trunk.")]
    assert trunk == sorted(trunk), "later layers learn faster"
    assert max(trunk) == 0.5
    assert {share for name, share in shares.items() if name.startswith("head.")} == {1.0}


def test_nothing_frozen_is_given_to_the_optimizer() -> None:
    model = Classifier(ModelConfig("resnet10_narrow"), RunConfig().view, 3)
    freeze(model, "trunk")
    given = [parameter for group in build_optimizer(model, TrainConfig()).param_groups for parameter in group["params"]]
    assert {id(parameter) for parameter in given} == {id(parameter) for parameter in model.head.parameters()}


def test_frozen_normalisation_uses_and_keeps_its_statistics() -> None:
    model = Classifier(ModelConfig("resnet10_narrow"), RunConfig().view, 3).eval()
    set_training(model, "batchnorm")
    assert {type(module) for module in model.modules() if not module.training} == {nn.BatchNorm2d}
    set_training(model, "none")
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("backbone", ["resnet10_narrow", "densenet121"])
def test_synchronised_normalisation_in_one_process(backbone: str) -> None:
    """The layers that run must be converted, also DenseNet's last one."""
    torch.manual_seed(0)
    model = Classifier(ModelConfig(backbone), RunConfig().view, 3).train()
    names, images = model.layer_names, torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    parameters = {name: id(parameter) for name, parameter in model.named_parameters()}
    before = model(images)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
    sync_batch_norm(model, None)
    run = [module for _, layer in model.layers for module in layer.modules()]
    assert any(isinstance(module, nn.SyncBatchNorm) for module in run)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in [*run, *model.modules()])
    assert model.layer_names == names
    assert {name: id(parameter) for name, parameter in model.named_parameters()} == parameters
    assert torch.equal(model(images), before)
