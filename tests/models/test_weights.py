"""Weights: round trip, torchvision's layout, and no code in files."""

import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from camcore.backbones import BACKBONES
from camcore.config import ModelConfig, ViewConfig
from camcore.errors import CamcoreError, RunError
from camcore.models import weights
from camcore.models.classifier import Classifier
from camcore.models.narrow_resnet import resnet10_narrow
from camcore.models.trunk_search import find_tensors
from camcore.models.weights import load_initial_weights, load_trunk
from camcore.runs.run import Run, open_run
from camcore.runs.weights import load_model, save_weights
from tests.support.pickle_payload import Trap

CONFIG = ModelConfig("resnet10_narrow")
# Cut off or changed, pickled data make torch raise errors of many kinds.
DAMAGED = (
    b"PK\x03\x04broken",
    b"\x80\x02}",
    b"\x80\x02\x8a",
    b"}q\x00h",
    bytes(range(256)),
)


def make_model(seed: int = 0) -> Classifier:
    torch.manual_seed(seed)
    return Classifier(CONFIG, ViewConfig(size=64), 3)


def same_state(first: nn.Module, second: nn.Module) -> bool:
    theirs = second.state_dict()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in first.state_dict().items())


def test_a_run_s_weights_go_there_and_back_to_the_bit(own_run: Run) -> None:
    model = make_model(seed=7).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    save_weights(own_run, model, 2)
    loaded = load_model(own_run)
    assert same_state(model, loaded)
    assert not loaded.training


def test_a_run_without_weights_says_so(old_run: Run) -> None:
    old_run.weights_path.unlink()
    with pytest.raises(RunError, match=f"^{old_run.path} has no weights: training stopped before its first epoch"):
        load_model(old_run)


def test_a_finished_run_without_weights_misses_them(own_run: Run) -> None:
    own_run.weights_path.unlink()
    assert own_run.finished
    with pytest.raises(RunError) as caught:
        load_model(own_run)
    assert str(caught.value) == f"{own_run.weights_path} is missing. Restore it from a copy, or recreate the run."


@pytest.mark.parametrize("keep", [0, 5, 1000])
def test_damaged_weights_are_named_in_one_line(keep: int, old_run: Run) -> None:
    old_run.weights_path.write_bytes(old_run.weights_path.read_bytes()[:keep])
    with pytest.raises(RunError) as caught:
        load_model(old_run)
    assert str(caught.value).startswith(f"{old_run.weights_path} is damaged (")
    assert "\n" not in str(caught.value)


def test_weights_of_another_network_are_refused(old_run: Run) -> None:
    save_file({"surprise": torch.zeros(1)}, old_run.weights_path)
    with pytest.raises(RunError, match="is damaged") as caught:
        load_model(open_run(old_run.path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_named_in_one_line(value: float, own_run: Run) -> None:
    model = make_model()
    model.head[-1].bias.data[1] = value
    save_weights(own_run, model, 2)
    with pytest.raises(RunError) as caught:
        load_model(own_run)
    name = next(name for name, tensor in model.state_dict().items() if not tensor.isfinite().all())
    assert str(caught.value) == (
        f"{own_run.weights_path} holds NaN or infinity in {name!r}. Restore it from a copy, or recreate the run."
    )


def test_a_file_of_weights_that_are_not_finite_is_refused(tmp_path: Path) -> None:
    state = resnet10_narrow().state_dict()
    state["bn1.running_var"][0] = math.nan
    path = write_pth(tmp_path / "weights.pth", state)
    with pytest.raises(CamcoreError) as caught:
        load_initial_weights(make_model(), str(path))
    assert str(caught.value) == (
        f"{path} has values in 'bn1.running_var' that are not finite: the training diverged. Take a checkpoint from"
        " before."
    )


def write_pth(path: Path, state: object) -> Path:
    torch.save(state, path)
    return path


Write = Callable[[Path, dict[str, Tensor]], Path]


def write_safetensors(path: Path, state: dict[str, Tensor]) -> Path:
    save_file(state, path.with_suffix(".safetensors"))
    return path.with_suffix(".safetensors")


def write_checkpoint(path: Path, state: dict[str, Tensor]) -> Path:
    return write_pth(path, {"epoch": 3, "state_dict": state})


@pytest.mark.parametrize("write", [write_pth, write_safetensors, write_checkpoint])
def test_a_torchvision_file_fills_the_trunk_only(write: Write, tmp_path: Path) -> None:
    torch.manual_seed(5)
    theirs = resnet10_narrow(num_classes=1000)
    model = make_model()
    head = {name: tensor.clone() for name, tensor in model.head.state_dict().items()}
    load_initial_weights(model, str(write(tmp_path / "weights.pth", theirs.state_dict())))
    assert torch.equal(model.trunk.get_submodule("layer4")[0].conv1.weight, theirs.layer4[0].conv1.weight)  # type: ignore[index,union-attr]
    trunk = model.trunk.state_dict()
    assert all(torch.equal(tensor, theirs.state_dict()[name]) for name, tensor in trunk.items())
    assert all(torch.equal(tensor, head[name]) for name, tensor in model.head.state_dict().items())


def test_a_file_without_all_tensors_is_refused(tmp_path: Path) -> None:
    state = resnet10_narrow().state_dict()
    del state["layer2.0.conv1.weight"], state["layer3.0.bn1.bias"]
    path = write_pth(tmp_path / "weights.pth", state)
    model = make_model()
    with pytest.raises(CamcoreError) as caught:
        load_initial_weights(model, str(path))
    assert str(caught.value) == f"{path} lacks 2 tensors of resnet10_narrow, first 'layer2.0.conv1.weight'."
    assert same_state(model, make_model())


@pytest.mark.parametrize("prefix", ["module.", "model."])
def test_a_shared_prefix_is_accepted(prefix: str, tmp_path: Path) -> None:
    theirs = resnet10_narrow().state_dict()
    path = write_pth(tmp_path / "weights.pth", {prefix + name: tensor for name, tensor in theirs.items()})
    model = make_model()
    load_initial_weights(model, str(path))
    assert torch.equal(model.trunk.get_submodule("conv1").weight, theirs["conv1.weight"])  # type: ignore[arg-type]


def test_densenet_s_older_names_are_understood() -> None:
    # Those that its ImageNet weights still have: norm.1 for norm1.
    model = Classifier(ModelConfig("densenet121"), ViewConfig(size=64), 3)
    older = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", name): torch.full_like(tensor, 0.5)
        for name, tensor in model.trunk.state_dict().items()
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in older
    load_trunk(model, find_tensors(older), "the ImageNet weights")
    assert all((parameter == 0.5).all() for parameter in model.trunk.parameters())


def test_a_tensor_of_another_shape_is_refused(tmp_path: Path) -> None:
    state = resnet10_narrow().state_dict()
    state["bn1.weight"] = torch.ones(64)
    path = write_pth(tmp_path / "weights.pth", state)
    with pytest.raises(CamcoreError) as caught:
        load_initial_weights(make_model(), str(path))
    assert str(caught.value) == f"{path} has 'bn1.weight' of shape (64,); resnet10_narrow needs (32,)."


@pytest.mark.parametrize("save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value, 2))])
def test_a_file_with_code_is_refused(save: Callable[[object, Path], None], tmp_path: Path) -> None:
    path, trace = tmp_path / "weights.pth", tmp_path / "trace"
    save({"a": torch.zeros(1), "b": Trap(trace)}, path)
    with pytest.raises(CamcoreError) as caught:
        load_initial_weights(make_model(), str(path))
    assert str(caught.value).startswith(f"{path} can't be read as weights (")
    assert "\n" not in str(caught.value)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
@pytest.mark.parametrize("content", DAMAGED)
def test_a_file_of_something_else_is_refused_in_one_line(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CamcoreError) as caught:
        load_initial_weights(make_model(), str(path))
    reason = type(caught.value.__cause__).__name__
    assert str(caught.value) == (  # and no advice of torch's to run what is in the file
        f"{path} can't be read as weights ({reason}): it is damaged, or holds more than tensors. Save them again with"
        " torch.save(model.state_dict(), ...), or as .safetensors."
    )


@pytest.mark.parametrize("value", [torch.zeros(2), [1, 2], {}])
def test_a_file_without_a_state_dict_is_refused(value: object, tmp_path: Path) -> None:
    path = write_pth(tmp_path / "weights.pth", value)
    with pytest.raises(CamcoreError) as caught:
        load_initial_weights(make_model(), str(path))
    assert str(caught.value) == (
        f"{path} holds no state dict (names and tensors). Save one with torch.save(model.state_dict(), ...)."
    )


def test_averaged_weights_are_taken_and_reported(tmp_path: Path) -> None:
    raw, averaged = resnet10_narrow().state_dict(), resnet10_narrow().state_dict()
    path = write_pth(tmp_path / "weights.pth", {"model": raw, "model_ema": averaged})
    model = make_model()
    assert load_initial_weights(model, str(path)) == [
        "Weights taken from 'model_ema' in the file (averaged weights). It also holds: model; take another with"
        " --weights-key NAME."
    ]
    assert torch.equal(model.trunk.get_submodule("conv1").weight, averaged["conv1.weight"])  # type: ignore[arg-type]
    other = Classifier(ModelConfig("resnet10_narrow", weights_key="model"), ViewConfig(size=64), 3)
    load_initial_weights(other, str(path))
    assert torch.equal(other.trunk.get_submodule("conv1").weight, raw["conv1.weight"])  # type: ignore[arg-type]


def test_a_missing_file_is_answered_with_what_may_be_named(tmp_path: Path) -> None:
    with pytest.raises(CamcoreError) as caught:
        load_initial_weights(make_model(), str(tmp_path / "no.pth"))
    assert str(caught.value) == (
        f"There is no weights file {tmp_path / 'no.pth'}. Name a .pth or .safetensors file; camcore train also knows"
        " 'imagenet'."
    )


def test_a_network_without_imagenet_weights_says_so() -> None:
    with pytest.raises(CamcoreError) as caught:
        load_initial_weights(make_model(), "imagenet")
    assert str(caught.value) == (
        "resnet10_narrow has no ImageNet weights. Train it from scratch (leave out --weights)."
    )


@pytest.mark.parametrize("name", [name for name, backbone in BACKBONES.items() if backbone.imagenet_weights])
def test_offline_imagenet_weights_name_the_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(url: str, **_: object) -> None:
        raise OSError(f"no route to {url.partition('/')[0]}")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", fail)
    with pytest.raises(CamcoreError) as caught:
        weights.load_imagenet_weights(name)
    message = str(caught.value)
    assert message.startswith("Could not download https://download.pytorch.org/models/")
    assert f" --weights {name}" in message
    assert message.endswith(".pth; or leave out --weights to train from scratch.")
    assert "\n" not in message


def test_imagenet_weights_fill_the_trunk(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Classifier(ModelConfig("resnet18"), ViewConfig(size=64), 3)
    state = {name: torch.full_like(tensor, 0.5) for name, tensor in model.trunk.state_dict().items()}
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", lambda url, **_: state)
    load_initial_weights(model, "imagenet")
    assert all((parameter == 0.5).all() for parameter in model.trunk.parameters())
