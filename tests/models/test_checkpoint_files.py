"""Files of weights are read without executing anything; other files are recognised as what they are."""

import argparse
import collections
import datetime
import io
import os
import pathlib
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from camcore.errors import CamcoreError
from camcore.models.checkpoint_files import read_content, refuse_content
from camcore.models.external_checkpoints import read_checkpoint
from tests.support.checkpoint_layouts import make_state
from tests.support.pickle_payload import Trap

SAVE_AGAIN = "Save them again with torch.save(model.state_dict(), ...), or as .safetensors."
WEIGHTS = {"w": torch.ones(2)}
NO_WEIGHTS = "Name a .pth or .safetensors file."


class Config(dict[str, Any]):
    """A dictionary of a training script."""


class Names(list[str]):
    """A list of a training script."""


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


OTHERS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is empty: a copy or download failed. Fetch it again."),
    "a web page": (
        b"\n<!DOCTYPE html><html>",
        "is a web page, not weights: an error or login page was saved. Download the file itself.",
    ),
    "an XML error": (
        b"<?xml version='1.0'?><Error>",
        "is a web page, not weights: an error or login page was saved. Download the file itself.",
    ),
    "a JSON error": (
        b'{"message": "Not Found"}',
        f"""is a text file, not weights; it begins with '{{"message": "Not Found"}}'. {NO_WEIGHTS}""",
    ),
    "a Git LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
        "is a Git LFS pointer, not the weights. Fetch them: run git lfs pull in its repository.",
    ),
    "text": (b"resnet50\n", f"is a text file, not weights; it begins with 'resnet50'. {NO_WEIGHTS}"),
    "Keras": (b"\x89HDF\r\n\x1a\n", "is an HDF5 file, as Keras writes them. Only networks of PyTorch can be imported."),
    "gzip": (b"\x1f\x8b\x08\x00", "is a compressed archive. Unpack it, and name the file of weights inside."),
    "a zip archive": (
        zipped("a/w.pth", "b", "c", "d"),
        "is a zip archive (a/w.pth, b, c, ...), not weights. Unpack it, and name the file of weights inside.",
    ),
    "TorchScript": (
        zipped("m/constants.pkl", "m/data.pkl", "m/code/x.py"),
        "is a TorchScript program, which holds code, and code is not run. If you trust it, save its weights:"
        " torch.save(torch.jit.load('weights.pth').state_dict(), 'weights_weights.pth').",
    ),
    "torch.export": (
        zipped("m/archive_format", "m/models/model.json"),
        "is a program of torch.export, not weights. Save the network's own: torch.save(model.state_dict(), ...).",
    ),
}


def refuse(path: Path) -> str:
    with pytest.raises(CamcoreError) as caught:
        content = read_content(path)
        raise refuse_content(path, content)
    assert str(caught.value).startswith(f"{path} ")
    return str(caught.value).removeprefix(f"{path} ")


@pytest.mark.parametrize("kind", OTHERS)
def test_another_file_is_recognised(kind: str, tmp_path: Path) -> None:
    content, message = OTHERS[kind]
    (tmp_path / "weights.pth").write_bytes(content)
    assert refuse(tmp_path / "weights.pth") == message


def test_a_folder_is_answered_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.pth").touch()
    assert refuse(tmp_path) == "is a folder. Name the file of weights. It holds a.pth."


@pytest.mark.parametrize(
    ("wrap", "place"), [(lambda network: network, ""), (lambda network: {"epoch": 1, "model": network}, "model")]
)
def test_a_whole_network_is_named_and_not_run(wrap: Callable[[nn.Module], object], place: str, tmp_path: Path) -> None:
    torch.save(wrap(nn.Sequential(nn.Linear(1, 1))), tmp_path / "network.pth")
    name = "torch.nn.modules.container.Sequential"
    under, item = (f" under {place!r}", f"[{place!r}]") if place else ("", "")
    assert refuse(tmp_path / "network.pth") == (
        f"holds a whole pickled object ({name}){under}, not weights; opening it would run its code. If you trust it,"
        " save its weights where it was trained: torch.save(torch.load('network.pth',"
        f" weights_only=False){item}.state_dict(), 'network_weights.pth')."
    )


BESIDE: dict[str, object] = {
    "a numpy scalar": np.float64(0.9),
    "a numpy array": np.arange(3),
    "a numpy type": np.dtype("float32"),
    "a path": pathlib.PurePosixPath("/data"),
    "a date": datetime.datetime(2026, 1, 1),
    "a default dictionary": collections.defaultdict(list, {"a": [1]}),
    "a frozen set": frozenset([1]),
    "a dictionary of the script": Config(lr=0.1),
    "a list of the script": Names(["a"]),
    "a function of torch": torch.nn.functional.relu,
    "arguments": argparse.Namespace(path=pathlib.PurePosixPath("/data")),
}


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("kind", BESIDE)
def test_plain_values_beside_the_tensors_do_not_matter(kind: str, older: bool, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    content = {"state_dict": WEIGHTS, "extra": BESIDE[kind]}
    torch.save(content, path, _use_new_zipfile_serialization=not older)
    assert torch.equal(read_content(path)["state_dict"]["w"], WEIGHTS["w"])


def test_a_module_beside_the_tensors_does_not_matter_but_in_the_older_format(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    content = {"state_dict": WEIGHTS, "loss": nn.CrossEntropyLoss()}
    torch.save(content, path)
    assert torch.equal(read_content(path)["state_dict"]["w"], WEIGHTS["w"])
    torch.save(content, path, _use_new_zipfile_serialization=False)
    assert refuse(path) == (
        f"can't be read as weights: it holds a whole pickled module, in PyTorch's older file format. {SAVE_AGAIN}"
    )


def test_settings_of_a_script_can_name_the_classes(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": make_state(), "hyper_parameters": Config(class_names=["d", "c", "b", "a"])}, path)
    assert read_checkpoint(path, "resnet10_narrow").class_names == ("d", "c", "b", "a")


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize(("make", "name"), [(Trap, r"builtins\.getattr"), (lambda _: os.system, r"posix\.system")])
def test_calls_of_code_are_named_and_not_run(
    make: Callable[[Path], object], name: str, older: bool, tmp_path: Path
) -> None:
    trace, path = tmp_path / "trace", tmp_path / "weights.pth"
    torch.save({"state_dict": WEIGHTS, "extra": make(trace)}, path, _use_new_zipfile_serialization=not older)
    assert re.fullmatch(
        rf"can't be read as weights \(it calls {name}\): code in a file is never run\. {re.escape(SAVE_AGAIN)}",
        refuse(path),
    )
    assert not trace.exists()


def test_safetensors_are_recognised_by_content_and_may_name_classes(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(save(make_state(), {"format": "pt", "classes": '["d", "c", "b", "a"]'}))
    checkpoint = read_checkpoint(path, "resnet10_narrow")
    assert (checkpoint.class_names, checkpoint.notes) == (("d", "c", "b", "a"), ())


def test_a_file_without_tensors_is_answered_with_its_keys(tmp_path: Path) -> None:
    torch.save({"epoch": 3, "lr": 0.1}, tmp_path / "weights.pth")
    assert refuse(tmp_path / "weights.pth") == (
        "holds no state dict (names and tensors). Its keys: 'epoch', 'lr'. Save one with torch.save(model.state_dict(),"
        " ...)."
    )
