"""Classifiers trained elsewhere: equal logits for every file format, or a refusal with reason."""

import argparse
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn

from camcore.backbones import BACKBONES
from camcore.config import ViewConfig
from camcore.errors import CamcoreError
from camcore.heatmaps.cam_check import check_cam
from camcore.models.classifier import Classifier
from camcore.models.external_checkpoints import build_classifier, read_checkpoint, read_layout
from camcore.models.narrow_resnet import resnet10_narrow
from tests.support.foreign_networks import State, build_network, save_network
from tests.support.pickle_payload import Trap

TORCHVISION = sorted(set(BACKBONES) - {"resnet10_narrow"})
DEEP_STEM = (
    "begins with several convolutions, first 'conv1.0.weight' {shape}, like timm's resnet50d and its relatives;"
    " torchvision's networks begin with one, and only they can be imported. timm's plain resnet18, resnet34 and"
    " resnet50 are such."
)
NETWORKS = f"Networks that can be imported: {', '.join(BACKBONES)}."


def rebuild(network: nn.Module, name: str, folder: Path) -> Classifier:
    path = save_network(folder / "weights.pth", network.state_dict())
    return build_classifier(read_checkpoint(path, name), ViewConfig(size=64))


@pytest.mark.parametrize("name", TORCHVISION)
def test_the_layout_of_every_network_is_torchvision_s(name: str) -> None:
    with torch.device("meta"):
        theirs = getattr(torchvision.models, BACKBONES[name].constructor)(num_classes=1)
    expected = {key: tuple(tensor.shape) for key, tensor in theirs.state_dict().items()}
    layout = read_layout(name)
    assert layout.shapes == expected
    assert layout.class_weight == list(expected)[-2]


@pytest.mark.parametrize(
    ("maker", "name"),
    [
        *(("torchvision", name) for name in TORCHVISION),
        *(("timm", name) for name in ("resnet18", "resnet34", "resnet50", "densenet121")),
    ],
)
def test_a_network_gives_the_logits_it_gave_elsewhere(
    maker: str, name: str, noise_images: Tensor, tmp_path: Path, single_thread: None
) -> None:
    theirs = build_network(maker, name, 5)
    ours = rebuild(theirs, name, tmp_path)
    assert not ours.training
    with torch.no_grad():
        expected = theirs(ours.normalize(noise_images))
        assert float((ours(noise_images) - expected).abs().max()) < 1e-5


def test_the_class_layer_of_a_longer_head_may_be_replaced(tmp_path: Path, single_thread: None) -> None:
    torch.manual_seed(0)
    theirs = torchvision.models.mobilenet_v3_small(num_classes=5).eval()
    theirs.classifier[3] = nn.Sequential(nn.Dropout(), nn.Linear(1024, 32), nn.ReLU(), nn.Linear(32, 5)).eval()
    ours = rebuild(theirs, "mobilenet_v3_small", tmp_path)
    assert ours.config.head_layers == "native, linear 32, relu, linear"
    features = torch.rand(2, 576, 2, 2)
    with torch.no_grad():
        expected = theirs.classifier(features.mean((2, 3)))
        assert torch.allclose(ours.classify(features), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_cam_applies_to_a_resnet_s_own_classifier(
    name: str, noise_images: Tensor, tmp_path: Path, single_thread: None
) -> None:
    model = rebuild(build_network("torchvision", name, 5), name, tmp_path)
    with torch.no_grad():
        features = model.features(noise_images)
        check = check_cam(model, features, model.classify(features))
    assert check.holds
    assert check.max_error is not None
    assert check.max_error < 1e-5


@pytest.fixture(scope="module")
def state(single_thread: None) -> State:
    """The state dict of a small network of four classes."""
    torch.manual_seed(0)
    return resnet10_narrow(num_classes=4).state_dict()


@pytest.mark.parametrize("ending", ["pth", "pt", "bin", "safetensors"])
def test_a_file_of_any_kind_is_read(ending: str, state: State, tmp_path: Path) -> None:
    checkpoint = read_checkpoint(save_network(tmp_path / f"weights.{ending}", state), "resnet10_narrow")
    assert (checkpoint.classes, checkpoint.notes, checkpoint.class_names) == (4, (), None)
    names = read_layout("resnet10_narrow").names
    assert all(torch.equal(tensor, state[names[name]]) for name, tensor in checkpoint.state.items())


def test_a_part_named_like_a_prefix_stays(tmp_path: Path) -> None:
    trunk = {name: torch.zeros(1) for name in read_layout("vgg16").shapes if name.startswith("features.")}
    with pytest.raises(CamcoreError, match=r"'features\.0\.weight' is"):
        read_checkpoint(save_network(tmp_path / "weights.pth", trunk), "vgg16")


def test_a_checkpoint_with_script_arguments_is_read(state: State, tmp_path: Path) -> None:
    content = {"model": state, "args": argparse.Namespace(lr=0.1, name="mine"), "epoch": 3}
    checkpoint = read_checkpoint(save_network(tmp_path / "weights.pth", content), "resnet10_narrow")
    assert checkpoint.notes == ("Weights taken from 'model' in the file.",)


def test_code_in_script_arguments_is_refused(state: State, tmp_path: Path) -> None:
    content = {"model": state, "args": argparse.Namespace(trap=Trap(tmp_path / "trace"))}
    path = save_network(tmp_path / "weights.pth", content)
    with pytest.raises(CamcoreError, match="can't be read as weights"):
        read_checkpoint(path, "resnet10_narrow")
    assert not (tmp_path / "trace").exists()


def test_class_names_beside_the_weights_are_read(state: State, tmp_path: Path) -> None:
    content = {"state_dict": state, "class_to_idx": {"d": 0, "c": 1, "b": 2, "a": 3}}
    checkpoint = read_checkpoint(save_network(tmp_path / "weights.pth", content), "resnet10_narrow")
    assert checkpoint.class_names == ("d", "c", "b", "a")


def test_counters_of_batch_normalisation_may_be_missing(state: State, noise_images: Tensor, tmp_path: Path) -> None:
    older = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    assert len(older) < len(state)
    models = [
        build_classifier(
            read_checkpoint(save_network(tmp_path / "w.pth", tensors), "resnet10_narrow"), ViewConfig(size=64)
        )
        for tensors in (state, older)
    ]
    with torch.no_grad():
        assert torch.equal(models[0](noise_images), models[1](noise_images))


def test_averaged_weights_are_taken_without_their_counter(state: State, tmp_path: Path) -> None:
    averaged = torch.optim.swa_utils.AveragedModel(resnet10_narrow(num_classes=4))
    checkpoint = read_checkpoint(save_network(tmp_path / "w.pth", averaged.state_dict()), "resnet10_narrow")
    assert checkpoint.notes == ("Removed the prefix 'module.' from the parameter names.",)
    assert len(checkpoint.state) == len(state)


def test_half_precision_is_computed_in_single(state: State, tmp_path: Path) -> None:
    half = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    path = save_network(tmp_path / "weights.safetensors", half)
    model = build_classifier(read_checkpoint(path, "resnet10_narrow"), ViewConfig(size=64))
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert torch.equal(model.head[-1].weight, state["fc.weight"].half().float())


def refuse(state: State, backbone: str, folder: Path) -> str:
    """Return why a state dict is refused, without the file's name."""
    path = save_network(folder / "weights.pth", state)
    with pytest.raises(CamcoreError) as caught:
        read_checkpoint(path, backbone)
    assert str(caught.value).startswith(f"{path} ")
    return str(caught.value).removeprefix(f"{path} ")


def changed(state: State, **tensors: Any) -> State:
    """Return a state dict with tensors changed (`fc__bias` for `fc.bias`), or removed if None."""
    new = state | {name.replace("__", "."): tensor for name, tensor in tensors.items()}
    return {name: tensor for name, tensor in new.items() if tensor is not None}


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"bn1__bias": None, "layer1__0__bn1__bias": None}, "it lacks 2 tensors, first 'bn1.bias' (32,)"),
        (
            {"layer1__se": torch.zeros(2, 3)},
            "it has the tensor 'layer1.se' (2, 3), which resnet10_narrow has not",
        ),
        ({"bn1__bias": torch.zeros(64)}, "its 'bn1.bias' is (64,), not (32,)"),
        (
            {"bn1__bias": None, "bn1__beta": torch.zeros(32), "conv1__weight": torch.zeros(32, 1, 7, 7)},
            "it lacks the tensor 'bn1.bias' (32,); it has the tensor 'bn1.beta' (32,), which resnet10_narrow has not;"
            " its 'conv1.weight' is (32, 1, 7, 7), not (32, 3, 7, 7)",
        ),
    ],
)
def test_a_tensor_that_does_not_fit_is_named_with_its_shape(
    tensors: dict[str, Tensor | None], message: str, state: State, tmp_path: Path
) -> None:
    assert refuse(changed(state, **tensors), "resnet10_narrow", tmp_path).startswith(
        f"is no resnet10_narrow of torchvision's layout: {message}"
    )


def test_a_fitting_backbone_is_named(state: State, tmp_path: Path) -> None:
    assert refuse(state, "resnet18", tmp_path) == (
        "is no resnet18 of torchvision's layout: it lacks 40 tensors, first 'layer1.1.conv1.weight' (64, 64, 3, 3); its"
        " 'conv1.weight' is (32, 3, 7, 7), not (64, 3, 7, 7). It is a resnet10_narrow: name that with --backbone."
    )


def test_a_network_without_its_classifier_names_the_way_to_one(state: State, tmp_path: Path) -> None:
    headless = changed(state, fc__weight=None, fc__bias=None)
    assert refuse(headless, "resnet10_narrow", tmp_path) == (
        "has no classifier ('fc.weight' is missing), so it knows no classes. Train one with camcore train."
    )


def meta_state(name: str) -> State:
    """Return a timm network's state dict, filled with zeros."""
    with torch.device("meta"):
        network = timm.create_model(name, num_classes=5)
    return {key: torch.zeros(tensor.shape, dtype=tensor.dtype) for key, tensor in network.state_dict().items()}


@pytest.mark.parametrize(
    ("name", "backbone", "message"),
    [
        ("resnet50d", "resnet50", DEEP_STEM.format(shape=(32, 3, 3, 3))),
        ("resnet18d", "resnet18", DEEP_STEM.format(shape=(32, 3, 3, 3))),
        ("resnet50t", "resnet50", DEEP_STEM.format(shape=(24, 3, 3, 3))),
        (
            "resnext50_32x4d",
            "resnet50",
            "is no resnet50 of torchvision's layout: its 'layer1.0.conv1.weight' is (128, 64, 1, 1), not (64, 64, 1,"
            f" 1). {NETWORKS}",
        ),
        (
            "seresnet50",
            "resnet50",
            "is no resnet50 of torchvision's layout: it has 64 tensors, first 'layer1.0.se.fc1.weight' (16, 256, 1, 1),"
            f" which resnet50 has not. {NETWORKS}",
        ),
        (
            "resnet50_gn",
            "resnet50",
            "is no resnet50 of torchvision's layout: it lacks 106 tensors, first 'bn1.running_mean' (64,). " + NETWORKS,
        ),
    ],
)
def test_timm_s_other_resnets_are_refused(name: str, backbone: str, message: str, tmp_path: Path) -> None:
    assert refuse(meta_state(name), backbone, tmp_path) == message


@pytest.mark.parametrize(("name", "backbone"), [("resnetaa50", "resnet50"), ("resnetblur18", "resnet18")])
def test_two_timm_networks_differ_only_in_output(
    name: str, backbone: str, tmp_path: Path, noise_images: Tensor, single_thread: None
) -> None:
    """This is why `camcore import` checks the accuracy on some images."""
    theirs = build_network("timm", name, 5)
    checkpoint = read_checkpoint(save_network(tmp_path / "weights.pth", theirs.state_dict()), backbone)
    ours = build_classifier(checkpoint, ViewConfig(size=64))
    with torch.no_grad():
        assert float((ours(noise_images) - theirs(ours.normalize(noise_images))).abs().max()) > 0.01


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (torch.full((32,), torch.nan), "are not finite: the training diverged. Take a checkpoint from before."),
        (torch.full((32,), torch.inf), "are not finite: the training diverged. Take a checkpoint from before."),
    ],
)
def test_values_that_are_no_numbers_are_refused(tensor: Tensor, message: str, state: State, tmp_path: Path) -> None:
    spoilt = changed(state, bn1__running_var=tensor)
    assert refuse(spoilt, "resnet10_narrow", tmp_path) == f"has values in 'bn1.running_var' that {message}"


def test_whole_numbers_are_refused(state: State, tmp_path: Path) -> None:
    spoilt = changed(state, bn1__bias=torch.zeros(32, dtype=torch.int8))
    assert refuse(spoilt, "resnet10_narrow", tmp_path) == (
        "has 'bn1.bias' as int8. Save the weights as floating-point numbers, not quantized."
    )
