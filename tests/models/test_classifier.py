"""Every network: split at pooling, equal to torchvision's, and CAM's applicability."""

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

from camcore.backbones import BACKBONES
from camcore.config import ModelConfig, ViewConfig
from camcore.geometry import LayerGrid
from camcore.heatmaps.cam_check import all_class_cam, check_cam, class_layer
from camcore.models.classifier import Classifier, layer_grids
from camcore.models.trunk_search import find_tensors
from camcore.models.weights import load_trunk

BuildModel = Callable[[ModelConfig], Classifier]
# What stands between mean pooling and the classes in torchvision's own classifiers.
NATIVE_CAM_ABLE = {
    "resnet18": True,
    "resnet34": True,
    "resnet50": True,
    "mobilenet_v3_small": False,  # a hidden layer
    "mobilenet_v3_large": False,
    "efficientnet_b0": True,  # dropout, which does nothing in evaluation mode
    "densenet121": True,
    "convnext_tiny": False,  # a LayerNorm
    "vgg16": False,  # two hidden layers
}


@pytest.fixture(scope="module", params=NATIVE_CAM_ABLE)
def native_pair(
    request: pytest.FixtureRequest, single_thread: None, noise_images: Tensor
) -> tuple[nn.Module, Classifier]:
    """torchvision's own network, and ours with `native` head and equal weights."""
    name = request.param
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, name)(num_classes=5)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        theirs.train()(normalize(noise_images))
    ours = Classifier(ModelConfig(name, "native"), ViewConfig(size=64), 5)
    load_trunk(ours, find_tensors(theirs.state_dict()), "torchvision")
    ours.head.load_state_dict(_head_state(theirs, ours))
    return theirs.eval(), ours.eval()


def normalize(images: Tensor) -> Tensor:
    """Return bytes normalised for torchvision's networks."""
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (ViewConfig().mean, ViewConfig().std))
    return (images / 255 - mean) / std


def _head_state(theirs: nn.Module, ours: Classifier) -> dict[str, Tensor]:
    """Return the classifier's tensors under our names; the order is the same."""
    prefix = "fc." if hasattr(theirs, "fc") else "classifier."
    tensors = [tensor for name, tensor in theirs.state_dict().items() if name.startswith(prefix)]
    return dict(zip(ours.head.state_dict(), tensors, strict=True))


def check_on(model: Classifier, images: Tensor) -> tuple[bool, float | None, str]:
    with torch.no_grad():
        features = model.features(images)
        check = check_cam(model, features, model.classify(features))
    return check.holds, check.max_error, check.reason


def test_native_is_torchvision_s_own_network(native_pair: tuple[nn.Module, Classifier], noise_images: Tensor) -> None:
    theirs, ours = native_pair
    with torch.no_grad():
        expected = theirs(normalize(noise_images))
        our_logits = ours(noise_images)
    scale = float(expected.max() - expected.min())
    assert float((our_logits - expected).abs().max()) < 1e-4 * scale


def test_whether_cam_suits_a_native_head_is_measured(
    native_pair: tuple[nn.Module, Classifier], noise_images: Tensor
) -> None:
    ours = native_pair[1]
    holds, error, reason = check_on(ours, noise_images)
    assert holds == NATIVE_CAM_ABLE[ours.config.backbone]
    if holds:
        assert error is not None
        assert error < 1e-5
        assert reason == "mean(CAM_c) + b_c gives back every logit"
    else:
        assert error is None or error > 1e-2, "the two cases lie far apart"


def test_cam_suits_every_gap_head(gap_model: Classifier, noise_images: Tensor) -> None:
    holds, error, _ = check_on(gap_model, noise_images)
    assert holds
    assert error is not None
    assert error < 1e-5


def test_every_torchvision_network_is_among_the_native_ones() -> None:
    assert {*NATIVE_CAM_ABLE, "resnet10_narrow"} == set(BACKBONES)


def test_cam_suits_the_small_network_s_own_head(build_model: BuildModel, noise_images: Tensor) -> None:
    assert check_on(build_model(ModelConfig("resnet10_narrow", "native")), noise_images)[0]


@pytest.mark.parametrize("name", ["resnet10_narrow", "resnet18", "mobilenet_v3_small"])
def test_cam_suits_no_hidden_layer(name: str, build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(ModelConfig(name, "mlp"))
    assert not check_on(model, noise_images)[0]


def test_a_wide_hidden_layer_is_not_the_class_input(build_model: BuildModel, noise_images: Tensor) -> None:
    # 256 channels meet a hidden layer of 256: shapes alone would say that CAM applies. The figures do not.
    model = build_model(ModelConfig("resnet10_narrow", "mlp"))
    layer = class_layer(model)
    assert layer is not None
    assert layer.in_features == model.channels
    holds, error, reason = check_on(model, noise_images)
    assert not holds
    assert error is not None
    assert error > 0.01
    assert reason == f"mean(CAM_c) + b_c misses the logits by {error:.0%} of their range"


def test_the_check_sees_a_changed_bias(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(ModelConfig("resnet10_narrow"))
    with torch.no_grad():
        features = model.features(noise_images)
        logits = model.classify(features)
    span = float(logits.max() - logits.min())
    check = check_cam(model, features, logits + 0.01 * span)
    assert not check.holds
    assert check.max_error == pytest.approx(0.01, rel=1e-3)


def test_the_check_does_without_a_bias() -> None:
    model = Classifier(ModelConfig("resnet10_narrow"), ViewConfig(size=64), 5).eval()
    model.head[-1] = nn.Linear(model.channels, 5, bias=False)
    assert check_on(model, torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8))[0]


def test_the_last_stage_enters_pooling_and_all_stages_are_layers(gap_model: Classifier) -> None:
    stages = BACKBONES[gap_model.config.backbone].stages
    names = gap_model.layer_names
    assert names[-1] == stages[-1]
    positions = [names.index(stage) for stage in stages]
    assert positions == sorted(positions)
    assert len(set(names)) == len(names)


def test_later_layers_do_not_change_outputs_in_place(gap_model: Classifier, noise_images: Tensor) -> None:
    with torch.no_grad():
        values = gap_model.normalize(noise_images[:1])
        for index in range(len(gap_model.layers)):
            following = gap_model.run_layers(values, index, index + 1)
            before = following.clone()
            if index + 1 < len(gap_model.layers):
                gap_model.run_layers(following, index + 1, index + 2)
            else:
                gap_model.classify(following)
            assert torch.equal(following, before), f"{gap_model.layer_names[index]} is written over by what follows"
            values = following


def test_grids_are_as_announced(gap_model: Classifier) -> None:
    stride, size = gap_model.config.map_stride, 96
    stages = BACKBONES[gap_model.config.backbone].stages
    grids = layer_grids(gap_model, size, stages)
    assert [grid.name for grid in grids] == list(stages)
    assert grids[-1] == LayerGrid(stages[-1], size // stride, size // stride, gap_model.channels)
    heights = [grid.height for grid in grids]
    assert heights == sorted(heights, reverse=True)


def test_grids_of_asking_leave_the_model_as_it_was(build_model: BuildModel) -> None:
    model = build_model(ModelConfig("resnet10_narrow"))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.train()
    layer_grids(model, 64, ("layer4",))
    assert model.training
    assert all(module.training for module in model.modules())
    model.eval()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("name", [name for name, backbone in BACKBONES.items() if backbone.halved])
def test_a_finer_map_needs_no_other_weights(name: str) -> None:
    with torch.device("meta"):  # shapes alone
        coarse, fine = (Classifier(ModelConfig(name, "gap", stride), ViewConfig(), 5) for stride in (32, 16))
    shapes = [{key: tensor.shape for key, tensor in model.state_dict().items()} for model in (coarse, fine)]
    assert shapes[0] == shapes[1]
    assert coarse.layer_names == fine.layer_names


def test_all_class_cam_is_each_class_s_weighted_sum() -> None:
    layer = nn.Linear(2, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, -1.0], [2.0, 1.0]]))
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 5.0]]]])
    assert all_class_cam(features, layer).tolist() == [[[[1, 2]], [[-3, -5]], [[5, 9]]]]


def test_images_may_be_bytes_or_floats_from_0_to_255(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(ModelConfig("resnet10_narrow"))
    normal = model.normalize(noise_images)
    assert torch.equal(normal, model.normalize(noise_images.float()))
    white = model.normalize(torch.full((1, 3, 2, 2), 255, dtype=torch.uint8))
    expected = [(1 - mean) / std for mean, std in zip(ViewConfig().mean, ViewConfig().std, strict=True)]
    torch.testing.assert_close(white[0, :, 0, 0], torch.tensor(expected))


def test_normalisation_belongs_to_the_configuration() -> None:
    model = Classifier(ModelConfig("resnet10_narrow"), ViewConfig(size=64), 5)
    assert not {"mean", "std"} & set(model.state_dict())


@pytest.mark.parametrize("head", ["gap", "mlp", "native"])
def test_a_head_gives_as_many_logits_as_there_are_classes(head: str) -> None:
    model = Classifier(ModelConfig("resnet10_narrow", head), ViewConfig(size=64), 7).eval()
    assert model(torch.zeros(2, 3, 64, 64)).shape == (2, 7)
    linear = [module for module in model.head.modules() if isinstance(module, nn.Linear)]
    assert len(linear) == (2 if head == "mlp" else 1)
