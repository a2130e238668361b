"""A trunk is found under any key, prefix and wrapper; averaged weights come first."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch

from camcore.config import ViewConfig
from camcore.errors import CamcoreError
from camcore.models.external_checkpoints import Checkpoint, build_classifier, read_checkpoint
from camcore.models.trunk_search import find_tensors, find_trunks
from tests.support.checkpoint_layouts import class_layer, make_state, numbered, prefixed, trunk_of
from tests.support.foreign_networks import save_network

STATE = make_state()
TRUNK = trunk_of(STATE)
OTHER = {name: tensor + 1 for name, tensor in STATE.items()}  # raw weights beside the averaged ones
SCALAR = torch.tensor(3)
LOSS = {"criterion.weight": torch.ones(4)}


def removed(prefix: str) -> str:
    return f"Removed the prefix {prefix!r} from the parameter names."


def taken(key: str, others: str = "") -> str:
    averaged = " (averaged weights)" if "ema" in key or "swa" in key else ""
    also = f" It also holds: {others}; take another with --weights-key NAME." if others else ""
    return f"Weights taken from {key!r} in the file{averaged}.{also}"


def translated(name: str) -> str:
    return f"Parameter names were translated, first {name!r} to 'conv1.weight'."


# What the file holds, and what is said of it.
LAYOUTS: dict[str, tuple[Any, list[str]]] = {
    "a plain state dict": (STATE, []),
    "an ordered one": (OrderedDict(STATE), []),
    "DataParallel": (prefixed(STATE, "module."), [removed("module.")]),
    "torch.compile": (prefixed(STATE, "_orig_mod."), [removed("_orig_mod.")]),
    "both": (prefixed(STATE, "module._orig_mod."), [removed("module._orig_mod.")]),
    "FSDP": (prefixed(STATE, "_fsdp_wrapped_module."), [removed("_fsdp_wrapped_module.")]),
    "wrapped in places": (
        {name.replace("layer1.0.", "layer1.0.module."): tensor for name, tensor in STATE.items()},
        [],
    ),
    "prefix on the trunk alone": (prefixed(TRUNK, "module.") | class_layer(STATE, "fc"), [removed("module.")]),
    "Lightning": (
        {"state_dict": prefixed(STATE, "model.") | LOSS, "epoch": 3},
        [
            taken("state_dict"),
            removed("model."),
            "Not used: 1 tensor beside the network: 'criterion.weight' (4,).",
        ],
    ),
    "backbone and head": (prefixed(TRUNK, "backbone.") | class_layer(STATE, "head"), [removed("backbone.")]),
    "two dictionaries": (
        {"backbone": TRUNK, "head": class_layer(STATE, "fc")},
        [taken("backbone")],
    ),
    "feature extractor by number": (
        prefixed(numbered(TRUNK), "feature_extractor.") | class_layer(STATE, "classifier"),
        [translated("feature_extractor.0.weight")],
    ),
    "nn.Sequential of all children": (
        numbered(TRUNK) | class_layer(STATE, "9"),
        [translated("0.weight")],
    ),
    "an unknown key": ({"weights_of_friday": STATE, "epoch": 3}, [taken("weights_of_friday")]),
    "keys in keys": ({"checkpoint": {"net": STATE}, "best": 0.9}, [taken("checkpoint.net")]),
    "a tuple": ((STATE, 7), [taken("0")]),
    "thop's counters": (
        STATE | {"layer1.total_ops": torch.zeros(1), "total_params": torch.zeros(1)},
        ["Not used: 2 tensors beside the network: 'layer1.total_ops' (1,), 'total_params' (1,)."],
    ),
    "metrics": (
        STATE | {"train_acc.tp": SCALAR, "val_acc.confmat": torch.zeros(4, 4), "a": SCALAR, "b": SCALAR},
        [
            "Not used: 4 tensors beside the network: 'train_acc.tp' (), 'val_acc.confmat' (4, 4), 'a' (), ...",
        ],
    ),
    "an optimizer's moments": (
        {"model": STATE, "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 0.1}]}},
        [taken("model")],
    ),
    "timm's EMA": ({"state_dict": OTHER, "state_dict_ema": STATE}, [taken("state_dict_ema", "state_dict")]),
    "torchvision's EMA": (
        {"model": OTHER, "model_ema": prefixed(STATE, "module.") | {"n_averaged": SCALAR}},
        [taken("model_ema", "model"), removed("module.")],
    ),
    "EMA among the names": (
        {"state_dict": prefixed(OTHER, "model.") | prefixed(STATE, "ema_model.module.")},
        [
            "Weights taken from 'state_dict' in the file (averaged weights). It also holds: state_dict.model; take"
            " another with --weights-key NAME.",
            removed("ema_model.module."),
        ],
    ),
    "EMA in a callback": (
        {"state_dict": prefixed(OTHER, "net."), "callbacks": {"EMACallback": {"ema_state_dict": STATE}}},
        [taken("callbacks.EMACallback.ema_state_dict", "state_dict.net")],
    ),
    "SWA": ({"model": OTHER, "swa_state_dict": STATE}, [taken("swa_state_dict", "model")]),
    "two of equal rank": ({"student": STATE, "teacher": OTHER}, [taken("student", "teacher")]),
    "a usual key first": ({"init": OTHER, "state_dict": STATE}, [taken("state_dict", "init")]),
}


def read(content: object, folder: Path, key: str | None = None) -> Checkpoint:
    return read_checkpoint(save_network(folder / "weights.pth", content), "resnet10_narrow", key)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_network_is_found_and_reported(layout: str, tmp_path: Path) -> None:
    content, notes = LAYOUTS[layout]
    checkpoint = read(content, tmp_path)
    if layout != "metrics":  # its last words are cut off
        assert list(checkpoint.notes) == notes
    assert (checkpoint.model.head, checkpoint.model.head_layers, checkpoint.classes) == ("native", None, 4)
    assert all(torch.equal(checkpoint.state[f"trunk.{name}"], tensor) for name, tensor in TRUNK.items())
    assert torch.equal(checkpoint.state["head.2.weight"], STATE["fc.weight"])
    assert torch.equal(build_classifier(checkpoint, ViewConfig(size=64)).head[-1].bias, STATE["fc.bias"])


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"state_dict": STATE, "state_dict_ema": OTHER}, "state_dict"),
        ({"state_dict": prefixed(STATE, "model.") | prefixed(OTHER, "ema_model.module.")}, "model"),
        ({"state_dict": prefixed(STATE, "model.") | prefixed(OTHER, "ema_model.")}, "state_dict.model"),
        (STATE | prefixed(OTHER, "ema."), "."),
        ({"raw": {"net": STATE}, "ema": {"net": OTHER}}, "raw"),
    ],
)
def test_a_key_takes_the_other_weights(content: object, key: str, tmp_path: Path) -> None:
    assert torch.equal(read(content, tmp_path).state["head.2.bias"], OTHER["fc.bias"])
    assert torch.equal(read(content, tmp_path, key).state["head.2.bias"], STATE["fc.bias"])


def test_an_unknown_key_is_answered_with_those_there(tmp_path: Path) -> None:
    with pytest.raises(CamcoreError) as caught:
        read({"model": STATE, "model_ema": OTHER}, tmp_path, "best")
    assert str(caught.value) == (
        f"{tmp_path / 'weights.pth'} has no weights of a resnet10_narrow under 'best'. It holds them under: model_ema,"
        " model. Correct --weights-key."
    )


def test_a_layer_among_the_trunk_s_is_no_leftover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camcore.models.external_checkpoints.BACKBONES", {})  # no other network to compare with
    with pytest.raises(
        CamcoreError, match=r"it has the tensor 'layer1\.0\.se\.weight' \(2, 3\), which resnet10_narrow"
    ):
        read(STATE | {"layer1.0.se.weight": torch.zeros(2, 3)}, tmp_path)


def test_lists_that_contain_themselves_end() -> None:
    content: dict[str, Any] = {"state_dict": STATE}
    content["again"] = [content]
    shapes = {name: tuple(tensor.shape) for name, tensor in TRUNK.items()}
    assert find_trunks(find_tensors(content), shapes)[0].label == "state_dict"
