"""Stored documents: refusals with their messages, and round trips."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, ValidationError, model_validator

from camcore.errors import RunError
from camcore.system.documents import Document, read_document

REMEDY = "Recreate it: camcore make"


class Part(Document):
    value: float | None
    names: tuple[str, ...]


class Whole(Document):
    format_version: int
    parts: dict[str, Part] = Field(validation_alias="pieces", serialization_alias="pieces", min_length=1)
    note: str | None = None

    @model_validator(mode="after")
    def _refuse_secrets(self) -> "Whole":
        if self.note == "secret":
            raise ValueError(f"its note is {self.note!r}")
        return self


GOOD: dict[str, Any] = {"format_version": 2, "pieces": {"a": {"value": 0.1, "names": ["x", "y"]}}}


def read(path: Path, content: bytes) -> Whole:
    path.write_bytes(content)
    return read_document(path, Whole, 2, REMEDY)


def refusal(path: Path, content: bytes) -> str:
    with pytest.raises(RunError) as raised:
        read(path, content)
    return str(raised.value)


def test_round_trip_keeps_keys_numbers_and_what_is_left_out(tmp_path: Path) -> None:
    for extra in ({}, {"note": None}, {"note": "n"}):
        document = GOOD | extra
        assert read(tmp_path / "d.json", json.dumps(document).encode()).to_json() == {
            **document,
            "pieces": {"a": {"value": 0.1, "names": ("x", "y")}},
        }
    original = Whole(format_version=2, parts={"a": Part(value=None, names=())})
    assert original.to_json() == {"format_version": 2, "pieces": {"a": {"value": None, "names": ()}}}


@pytest.mark.parametrize(
    ("change", "damage"),
    [
        ({"pieces": None}, "no usable 'pieces'"),
        ({"pieces": {}}, "no usable 'pieces'"),
        ({"pieces": {"a": {"value": 0.1}}}, "no usable 'pieces.a.names'"),
        ({"pieces": {"a": {"value": float("nan"), "names": []}}}, "no usable 'pieces.a.value'"),
        ({"pieces": {"a": {"value": float("inf"), "names": []}}}, "no usable 'pieces.a.value'"),
        ({"pieces": {"a": {"value": True, "names": []}}}, "no usable 'pieces.a.value'"),
        ({"pieces": {"a": {"value": "0.1", "names": []}}}, "no usable 'pieces.a.value'"),
        ({"pieces": {"a": {"value": 1, "names": ["x", None]}}}, "no usable 'pieces.a.names.1'"),
        ({"note": "secret"}, "its note is 'secret'"),
    ],
)
def test_damage_is_named_by_its_place(change: dict[str, Any], damage: str, tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    assert refusal(path, json.dumps(GOOD | change).encode()) == f"{path} is damaged ({damage}). {REMEDY}"


@pytest.mark.parametrize("content", [b"", b"[1]", b"null", b"{", b"\xff\xfe{}", b"[" * 100_000, b'{"a": 1}{}'])
def test_what_is_no_json_object_is_damaged(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    message = refusal(path, content)
    assert message.startswith(f"{path} is damaged (") and message.endswith(f"). {REMEDY}")


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "none", "is missing. "), (tmp_path, "is damaged (")):
        with pytest.raises(RunError) as raised:
            read_document(path, Whole, 2, REMEDY)
        assert str(raised.value).startswith(f"{path} {words}")


@pytest.mark.parametrize("version", [1, 3, "2", None])
def test_another_version_is_named_even_if_nothing_else_fits(version: Any, tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    assert refusal(path, json.dumps({"format_version": version, "new": []}).encode()) == (
        f"{path} has format version {version!r}; this camcore reads 2. Update camcore, or recreate it: camcore make"
    )


def test_documents_are_immutable() -> None:
    part = Part(value=1.0, names=())
    with pytest.raises(ValidationError, match="frozen"):
        part.value = 2.0  # type: ignore[misc]
