"""The fast trunk gives the same results as the model's layers."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from camcore.backbones import BACKBONES
from camcore.config import ModelConfig
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.sources import Source
from camcore.models.classifier import Classifier
from camcore.models.fast_trunk import BF16, BF16_COMPILED, EXACT, FUSED_COMPILED, FastTrunk, TrunkVariant

BuildModel = Callable[[ModelConfig], Classifier]
LABELS = torch.tensor([[0], [1], [4]])


def explain(model: Classifier, images: Tensor, trunk: FastTrunk | None) -> dict[str, Tensor]:
    sources = [Source("cam"), Source("grad_cam"), Source("grad_cam", BACKBONES[model.config.backbone].stages[-2])]
    output = run_forward(model, images, sources, trunk)
    return {"logits": output.logits.detach()} | explain_targets(model, images, output, LABELS, sources)


def greatest_error(maps: dict[str, Tensor], expected: dict[str, Tensor]) -> float:
    """Return the largest difference as a share of the expected range."""
    return max(
        float((maps[name] - values).abs().max() / (values.max() - values.min())) for name, values in expected.items()
    )


@pytest.mark.parametrize("backbone", BACKBONES)
def test_folding_the_normalisation_in_changes_nothing(
    backbone: str, build_model: BuildModel, noise_images: Tensor
) -> None:
    """It uses float64, because deep random networks magnify float32 rounding."""
    model = build_model(ModelConfig(backbone))
    plain, fused = (TrunkVariant("float64", fused=way, dtype=torch.float64) for way in (False, True))
    expected = explain(model, noise_images, FastTrunk(model, plain, 4))
    assert greatest_error(explain(model, noise_images, FastTrunk(model, fused, 4)), expected) < 1e-5
    assert greatest_error(explain(model, noise_images, FastTrunk(model, EXACT, 4)), expected) < 2e-2


def test_bfloat16_is_near_and_speaks_float32(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(ModelConfig("resnet18"))
    maps = explain(model, noise_images, FastTrunk(model, BF16, 4))
    assert all(values.dtype == torch.float32 for values in maps.values())
    error = greatest_error(maps, explain(model, noise_images, None))
    assert 1e-5 < error < 0.2


def test_grad_cam_stays_cam_by_z_in_bfloat16(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(ModelConfig("resnet18"))
    maps = explain(model, noise_images, FastTrunk(model, BF16, 4))
    cells = maps["cam"].shape[-1] * maps["cam"].shape[-2]
    torch.testing.assert_close(cells * maps["grad_cam"], maps["cam"], rtol=1e-4, atol=1e-5)


def test_the_model_is_left_as_it_was(build_model: BuildModel, noise_images: Tensor) -> None:
    model = build_model(ModelConfig("resnet10_narrow"))
    before = {name: values.clone() for name, values in model.state_dict().items()}
    expected = explain(model, noise_images, None)
    explain(model, noise_images, FastTrunk(model, BF16, 4))
    assert all(parameter.requires_grad for parameter in model.parameters())
    for name, values in model.state_dict().items():
        torch.testing.assert_close(values, before[name], rtol=0, atol=0)
    assert greatest_error(explain(model, noise_images, None), expected) == 0


@pytest.mark.slow
@pytest.mark.parametrize("path", [FUSED_COMPILED, BF16_COMPILED], ids=lambda path: path.name)
def test_compiled_trunks_agree_and_take_part_batches(
    path: TrunkVariant, build_model: BuildModel, noise_images: Tensor
) -> None:
    model = build_model(ModelConfig("resnet18"))
    expected = explain(model, noise_images, None)
    assert greatest_error(explain(model, noise_images, FastTrunk(model, path, 4)), expected) < 0.2
