"""One pass through a model: CAM and Grad-CAM's identity; the model stays unchanged."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from camcore.backbones import BACKBONES
from camcore.config import ModelConfig, ViewConfig
from camcore.errors import CamcoreError
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.methods import METHODS
from camcore.heatmaps.sources import Source, parse_sources
from camcore.models.classifier import Classifier

BuildModel = Callable[[ModelConfig], Classifier]
CAM, GRAD_CAM = Source("cam"), Source("grad_cam")
TARGETS = torch.tensor([[0, 1], [2, 2], [4, 0]])
SMALL = ModelConfig("resnet10_narrow")


def explain(
    model: Classifier, images: Tensor, sources: list[Source] | tuple[Source, ...], targets: Tensor = TARGETS
) -> dict[str, Tensor]:
    return explain_targets(model, images, run_forward(model, images, sources), targets, sources)


def relative_error(first: Tensor, second: Tensor) -> float:
    """Return the largest difference as a share of the second's range."""
    return float((first - second).abs().max() / (second.max() - second.min()))


def test_grad_cam_is_cam_by_z_at_the_last_layer(gap_model: Classifier, noise_images: Tensor) -> None:
    maps = explain(gap_model, noise_images, [CAM, GRAD_CAM])
    cells = maps["cam"].shape[-2] * maps["cam"].shape[-1]
    assert relative_error(cells * maps["grad_cam"], maps["cam"]) < 1e-4
    assert (maps["cam"] < 0).any(), "raw maps are signed"


def test_the_identity_breaks_at_an_earlier_layer(gap_model: Classifier, noise_images: Tensor) -> None:
    # Behind the last layer there may be none of the same grid; the earlier stage's grid is brought to the last one's.
    stage = BACKBONES[gap_model.config.backbone].stages[-2]
    maps = explain(gap_model, noise_images, [CAM, Source("grad_cam", stage)])
    earlier, cam = maps[f"grad_cam@{stage}"], maps["cam"]
    coarse = torch.nn.functional.adaptive_avg_pool2d(earlier, cam.shape[-2:])
    fit = (coarse * cam).sum() / (coarse * coarse).sum()  # the best factor that there is
    assert relative_error(fit * coarse, cam) > 0.05


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0", "densenet121"])
def test_the_identity_breaks_with_a_hidden_layer(name: str, build_model: BuildModel, noise_images: Tensor) -> None:
    # With a hidden layer the weights of the channels depend on the image: no weights of a class can give these maps.
    model = build_model(ModelConfig(name, "mlp"))
    output = run_forward(model, noise_images, [GRAD_CAM])
    (gradients,) = torch.autograd.grad(output.logits[:, 0].sum(), output.features)
    first, second, _ = gradients.mean((2, 3))
    assert relative_error(first, second) > 1e-3


def test_cam_is_refused_without_a_class_layer(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(ModelConfig("resnet18", "mlp"))
    with pytest.raises(CamcoreError) as caught:
        explain(model, noise_images, [CAM])
    assert str(caught.value) == "CAM needs one linear layer directly after mean pooling; head 'mlp' has none."


@pytest.mark.parametrize(
    "config", [SMALL, ModelConfig("mobilenet_v3_small", "native"), ModelConfig("convnext_tiny", "mlp")]
)
def test_grad_cam_of_every_layer_equals_the_full_graph(
    config: ModelConfig, build_model: BuildModel, noise_images: Tensor
) -> None:
    model = build_model(config)
    sources = [Source("grad_cam", stage) for stage in BACKBONES[config.backbone].stages[1:-1]]
    maps = explain(model, noise_images, [*sources, GRAD_CAM])
    values, outputs = model.normalize(noise_images), {}
    for name, layer in model.layers:
        values = outputs[name] = layer(values)
    target_logits = model.classify(values).gather(1, TARGETS[:, :1]).sum()
    for source in [*sources, GRAD_CAM]:
        features = outputs[source.layer or model.layer_names[-1]]
        (gradients,) = torch.autograd.grad(target_logits, features, retain_graph=True)
        expected = torch.einsum("nk,nkhw->nhw", gradients.mean((2, 3)), features).detach()
        assert relative_error(maps[source.id][:, 0], expected) < 1e-5


def test_the_model_is_left_as_it_was(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(SMALL)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    needed = [parameter.requires_grad for parameter in model.parameters()]
    explain(model, noise_images, parse_sources("cam,grad_cam,grad_cam@layer3", model.layer_names))
    assert all(parameter.grad is None for parameter in model.parameters())
    assert [parameter.requires_grad for parameter in model.parameters()] == needed
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    for module in model.modules():
        for kind in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"):
            assert not getattr(module, kind)


def test_frozen_parameters_and_no_grad_change_nothing(noise_images: Tensor) -> None:
    torch.manual_seed(0)
    model = Classifier(SMALL, ViewConfig(size=64), 5).eval()
    sources = parse_sources("grad_cam,grad_cam@layer2", model.layer_names)
    expected = explain(model, noise_images, sources)
    model.requires_grad_(False)
    our_maps = explain(model, noise_images, sources)
    assert all(torch.equal(our_maps[name], expected[name]) for name in expected)


def test_a_batch_gives_what_single_images_give(coarse_model: Classifier, noise_images: Tensor) -> None:
    # Convolutions round differently for another batch size, which deep random networks magnify to 2e-5: use float64.
    model = copy.deepcopy(coarse_model).double()
    stage = BACKBONES[model.config.backbone].stages[-2]
    sources = [CAM, GRAD_CAM, Source("grad_cam", stage)]
    together = explain(model, noise_images[:2], sources, TARGETS[:2])
    alone = [explain(model, noise_images[[index]], sources, TARGETS[[index]]) for index in range(2)]
    for name, maps in together.items():
        assert relative_error(torch.cat([single[name] for single in alone]), maps) < 2e-6, name


def test_several_layers_in_one_pass_give_what_each_gives_alone(coarse_model: Classifier, noise_images: Tensor) -> None:
    stages = BACKBONES[coarse_model.config.backbone].stages
    sources = [GRAD_CAM, *(Source("grad_cam", stage) for stage in stages[:-1])]
    image, targets = noise_images[:1], TARGETS[:1]
    together = explain(coarse_model, image, sources, targets)
    for source in sources:
        alone = explain(coarse_model, image, [source], targets)
        torch.testing.assert_close(together[source.id], alone[source.id], rtol=1e-5, atol=1e-8)


def test_the_last_layer_by_its_name_is_the_last_layer(build_model: BuildModel, noise_images: Tensor) -> None:
    maps = explain(build_model(SMALL), noise_images, [GRAD_CAM, Source("grad_cam", "layer4"), CAM])
    assert torch.equal(maps["grad_cam"], maps["grad_cam@layer4"])


def test_the_order_of_sources_changes_nothing(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(SMALL)
    sources = parse_sources("grad_cam@layer2,cam,grad_cam@layer3,grad_cam", model.layer_names)
    forward, backward = (explain(model, noise_images, order) for order in (sources, sources[::-1]))
    assert list(forward) == [source.id for source in sources]
    assert all(torch.equal(forward[name], backward[name]) for name in forward)


def test_a_column_is_the_map_of_its_own_class(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(SMALL)
    sources = [CAM, GRAD_CAM, Source("grad_cam", "layer3")]
    maps = explain(model, noise_images, sources)
    swapped = explain(model, noise_images, sources, TARGETS.flip(1))
    for name in maps:
        assert torch.equal(maps[name], swapped[name].flip(1))
        assert torch.equal(maps[name][1, 0], maps[name][1, 1]), "image 1 asks twice for class 2"
        assert not torch.allclose(maps[name][0, 0], maps[name][0, 1])


def test_no_target_gives_a_map_of_nan_and_disturbs_no_other(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(SMALL)
    sources = [CAM, GRAD_CAM, Source("grad_cam", "layer3")]
    some = torch.tensor([[0, -1], [-1, 2], [4, -1]])
    expected = explain(model, noise_images, sources)
    for name, maps in explain(model, noise_images, sources, some).items():
        assert maps[some < 0].isnan().all()
        assert torch.equal(maps[some >= 0], expected[name][some >= 0])


def test_maps_are_float32_and_detached(build_model: BuildModel, noise_images: Tensor) -> None:
    maps = explain(build_model(SMALL), noise_images, [CAM, GRAD_CAM, Source("grad_cam", "layer3")])
    shapes = {name: tuple(values.shape) for name, values in maps.items()}
    assert shapes == {"cam": (3, 2, 2, 2), "grad_cam": (3, 2, 2, 2), "grad_cam@layer3": (3, 2, 4, 4)}
    assert all(values.dtype == torch.float32 and not values.requires_grad for values in maps.values())


def test_cam_alone_needs_no_graph(build_model: BuildModel, noise_images: Tensor) -> None:
    output = run_forward(build_model(SMALL), noise_images, [CAM])
    assert not output.logits.requires_grad


def test_logits_and_features_are_those_of_the_plain_model(gap_model: Classifier, noise_images: Tensor) -> None:
    stage = BACKBONES[gap_model.config.backbone].stages[0]
    output = run_forward(gap_model, noise_images, [GRAD_CAM, Source("grad_cam", stage)])
    with torch.no_grad():
        torch.testing.assert_close(output.features, gap_model.features(noise_images))
        torch.testing.assert_close(output.logits, gap_model(noise_images))


def test_before_mean_pooling_all_cells_share_the_gradient(build_model: BuildModel, noise_images: Tensor) -> None:
    """The pooled features' gradient gives the same maps as the full gradient."""
    model = copy.deepcopy(build_model(ModelConfig("resnet10_narrow", head="mlp"))).double()
    sources = [Source(name) for name, method in METHODS.items() if method.needs == "gradients"]
    output = run_forward(model, noise_images, sources)
    logits = model.classify(output.features)
    gradients = torch.autograd.grad(logits.gather(1, TARGETS[:, :1]).sum(), output.features)[0]
    maps = explain_targets(model, noise_images, output, TARGETS, sources)
    assert output.pooled is not None
    for source in sources:
        whole = METHODS[source.method].compute(output.features.detach(), gradients)  # type: ignore[misc]
        assert relative_error(maps[source.id][:, 0], whole) < 1e-6, source.id


def test_each_class_of_an_image_is_explained_once(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(SMALL)
    sources = [CAM, GRAD_CAM, Source("grad_cam", "layer3"), Source("eigen_cam")]
    targets = torch.tensor([[1, 1, 0, -1], [2, 0, 2, 1], [3, 3, 3, -1]])
    together = explain(model, noise_images, sources, targets)
    for column in range(targets.shape[1]):
        alone = explain(model, noise_images, sources, targets[:, column : column + 1])
        for name, maps in together.items():
            torch.testing.assert_close(maps[:, column], alone[name][:, 0], equal_nan=True, msg=name)
