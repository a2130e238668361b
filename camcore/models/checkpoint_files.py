"""Reads files of weights without executing anything in them, and recognises files that are something else."""

import argparse
import json
import pickle
import re
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file

from camcore.errors import CamcoreError

SAVE_AGAIN = "Save them again with torch.save(model.state_dict(), ...), or as .safetensors."
MOST_TYPES = 50  # unknown types that one file may hold
# Functions that rebuild plain values. Others than these and classes are calls of code, and the file is refused.
REBUILDERS = re.compile(
    r"(numpy|torch|torchvision|timm|fastcore|fastai|omegaconf|lightning\w*|pytorch_lightning)\..*"
    r"|collections\.(defaultdict|deque)|datetime\.\w+|copyreg\._reconstructor|functools\.partial"
    r"|builtins\.(object|slice|range|frozenset|dict|list|str|int|float|bool|bytes|type)"
)
FIRST_BYTES = 512
STAND_IN = "stand-in"  # the module of types that stand for unknown ones


class Placeholder:
    """Stands for a value of a type that is not loaded: it keeps nothing and calls nothing."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __setstate__(self, _: object) -> None:
        """Ignore the value's state."""


class _Dictionary:
    """Stands for a type of dictionaries: its values become plain dictionaries, which the reader fills."""

    def __new__(cls, *_: object, **__: object) -> Any:
        """Return an empty dictionary."""
        return OrderedDict()


class _List:
    """Stands for a type of lists: its values become plain lists, which the reader fills."""

    def __new__(cls, *_: object, **__: object) -> Any:
        """Return an empty list."""
        return []


def read_content(path: Path) -> Any:
    """Return what a .safetensors or PyTorch file holds; values of unknown types are `Placeholder`s.

    Raises:
        CamcoreError: The file is missing or damaged, or is recognised as something else than weights.
    """
    if path.is_dir():
        files = sorted(file.name for file in path.iterdir() if file.is_file())
        inside = f" It holds {', '.join(files[:3])}{', ...' if len(files) > 3 else ''}." if files else ""
        raise CamcoreError(f"{path} is a folder. Name the file of weights.{inside}")
    if not path.is_file():
        raise CamcoreError(
            f"There is no weights file {path}. Name a .pth or .safetensors file; camcore train also knows 'imagenet'."
        )
    with path.open("rb") as stream:
        start = stream.read(FIRST_BYTES)
    if other := _recognise(path, start):
        raise CamcoreError(f"{path} {other}")
    try:
        return _read_safetensors(path) if start[8:9] == b"{" else _read_pickle(path)
    except CamcoreError:
        raise
    except Exception as error:  # damaged files raise nearly everything, and torch's own advice is to run their code
        raise CamcoreError(
            f"{path} can't be read as weights ({type(error).__name__}): it is damaged, or holds more than tensors."
            f" {SAVE_AGAIN}"
        ) from error


def refuse_content(path: Path, content: Any) -> CamcoreError:
    """Return the error for a file without weights: what it holds instead."""
    values = {"": content, **content} if isinstance(content, Mapping) else {"": content}
    for key, value in values.items():
        if isinstance(value, Placeholder):
            place = f"[{key!r}]" if key else ""
            return CamcoreError(
                f"{path} holds a whole pickled object ({type(value).__name__}){f' under {key!r}' if key else ''}, not"
                " weights; opening it would run its code. If you trust it, save its weights where it was trained:"
                f" torch.save(torch.load({path.name!r}, weights_only=False){place}.state_dict(), {_new_name(path)!r})."
            )
    keys = ", ".join(repr(str(key)) for key in list(values)[1:6])
    held = f" Its keys: {keys}{', ...' if len(values) > 6 else ''}." if keys else ""
    return CamcoreError(
        f"{path} holds no state dict (names and tensors).{held} Save one with torch.save(model.state_dict(), ...)."
    )


def _new_name(path: Path) -> str:
    """Return a name for the weights of a file, so that following the advice does not replace the file."""
    return f"{path.stem}_weights.pth"


def _recognise(path: Path, start: bytes) -> str | None:
    """Return what a file is if it is not weights, and what to do; else None."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return "is empty: a copy or download failed. Fetch it again."
    if text.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the weights. Fetch them: run git lfs pull in its repository."
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "is a web page, not weights: an error or login page was saved. Download the file itself."
    if start.startswith(b"\x89HDF"):
        return "is an HDF5 file, as Keras writes them. Only networks of PyTorch can be imported."
    if start.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")):
        return "is a compressed archive. Unpack it, and name the file of weights inside."
    if path.suffix == ".onnx":
        return f"is an ONNX network. Import the weights of PyTorch that it was exported from. {SAVE_AGAIN}"
    if start.startswith(b"PK\x03\x04") and zipfile.is_zipfile(path):
        return _recognise_zip(path)
    return _recognise_text(start)


def _recognise_zip(path: Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    inner = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inner:
        return (
            "is a TorchScript program, which holds code, and code is not run. If you trust it, save its weights:"
            f" torch.save(torch.jit.load({path.name!r}).state_dict(), {_new_name(path)!r})."
        )
    if "data.pkl" in inner:
        return None
    if "archive_format" in inner or "serialized_exported_program.json" in names:
        return "is a program of torch.export, not weights. Save the network's own: torch.save(model.state_dict(), ...)."
    few = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"is a zip archive ({few}), not weights. Unpack it, and name the file of weights inside."


def _recognise_text(start: bytes) -> str | None:
    try:
        text = start[:200].decode("ascii")
    except UnicodeDecodeError:
        return None
    if not all(letter.isprintable() or letter in "\t\r\n" for letter in text):
        return None
    line = text.strip().splitlines()[0] if text.strip() else ""
    return f"is a text file, not weights; it begins with {line[:40]!r}. Name a .pth or .safetensors file."


def _read_safetensors(path: Path) -> Any:
    tensors = load_file(path)
    with safe_open(path, "pt") as stream:
        notes = stream.metadata() or {}
    beside = {key: _parse_json(text) for key, text in notes.items()}
    return {"": tensors, **beside} if beside else tensors


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read_pickle(path: Path) -> Any:
    """Read by torch's restricted reader, which calls only what it knows and our stand-ins."""
    kinds: dict[str, type] = dict.fromkeys(_list_types(path), Placeholder)
    for _ in range(MOST_TYPES):
        # A namespace holds the arguments of a training script, torchvision's and timm's among them: plain values.
        known = [argparse.Namespace, *((_stand_in(path, name, kind), name) for name, kind in kinds.items())]
        try:
            with warnings.catch_warnings(), torch.serialization.safe_globals(known):  # type: ignore[arg-type]
                warnings.simplefilter("ignore")  # about pickle protocols
                return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            if "Only persistent_load of storage" in str(error):
                raise CamcoreError(
                    f"{path} can't be read as weights: it holds a whole pickled module, in PyTorch's older file format."
                    f" {SAVE_AGAIN}"
                ) from error
            learned = _learn_type(str(error))
            if learned is None or learned in kinds.items():
                raise
            kinds |= [learned]
    raise CamcoreError(f"{path} can't be read as weights: it holds more than {MOST_TYPES} types. {SAVE_AGAIN}")


def _list_types(path: Path) -> list[str]:
    """Return the unknown types and functions that a file names, where torch can list them."""
    try:
        unknown = set(torch.serialization.get_unsafe_globals_in_checkpoint(path))
        return sorted(unknown - {"argparse.Namespace"})
    except Exception:  # of the older format, or damaged: found while reading
        return []


def _learn_type(message: str) -> tuple[str, type] | None:
    """Return the type that the reader refused, and what may stand for it: it is unknown, or is filled like a list."""
    if unknown := re.search(r"GLOBAL (\S+) (?:was not an allowed|whose module)", message):
        return unknown[1] if "." in unknown[1] else f"builtins.{unknown[1]}", Placeholder
    if filled := re.search(rf"Can only (append|extend|SETITEM).* got <class '{STAND_IN}\.([^']+)'>", message):
        return filled[2], _Dictionary if filled[1] == "SETITEM" else _List
    return None


def _stand_in(path: Path, name: str, kind: type) -> type:
    last = name.rpartition(".")[2]
    if not (last[:1].isupper() or REBUILDERS.fullmatch(name)):
        raise CamcoreError(
            f"{path} can't be read as weights (it calls {name}): code in a file is never run. {SAVE_AGAIN}"
        )
    return type(name, (kind,), {"__module__": STAND_IN})
