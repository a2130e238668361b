"""Files are complete or absent, whatever interrupts the writing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from camcore.errors import CamcoreError, RunError
from camcore.system.files import atomic_path, open_array, read_json, write_json, write_text


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_appears_whole_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with atomic_path(path) as part:
        part.write_text("half")
        assert part.parent == tmp_path, "moving between disks is not one step"
        assert not path.exists()
    assert path.read_text() == "half"
    assert names_in(tmp_path) == ["a.json"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interrupted_write_keeps_what_was_there(interruption: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def write_half() -> None:
        with atomic_path(path) as part:
            part.write_text("ne")
            raise interruption

    with pytest.raises(interruption):
        write_half()
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.json"]


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def write_on_full_disk() -> None:
        with atomic_path(path):
            raise OSError(28, "No space left on device")

    with pytest.raises(CamcoreError) as caught:
        write_on_full_disk()
    assert str(caught.value) == f"Could not write {path}: No space left on device. What was there before is kept."
    assert path.read_text() == "old"


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "no" / "a.json"
    with pytest.raises(CamcoreError, match=f"^Could not write {path}: No such file or directory\\."):
        write_text(path, "x")


def test_text_has_lf_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "é\nb\n")
    assert (tmp_path / "a.txt").read_bytes() == "é\nb\n".encode()


def test_json_goes_there_and_back_and_can_be_read_by_people(tmp_path: Path) -> None:
    value = {"name": "Zoë", "numbers": [1, 0.1, None, True]}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert '\n "name": "Zoë"' in text
    assert text.endswith("}\n")


def test_json_that_no_other_program_can_read_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"a": 1', r"is damaged \(.*\)\. Restore it from a copy, or recreate the run\.$"),
        (b"", r"is damaged \(.*\)\. Restore it from a copy, or recreate the run\.$"),
        (b"\xff\xfe{}", r"is damaged \(.*\)\. Restore it from a copy, or recreate the run\.$"),
        (json.dumps([1]).encode(), r"is damaged \(it holds a list, not an object\)"),
    ],
)
def test_damaged_json_names_the_file_in_one_line(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(RunError, match=reason) as caught:
        read_json(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_missing_json_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        read_json(tmp_path / "a.json")
    assert str(caught.value).startswith(f"{tmp_path / 'a.json'} is missing.")


def test_an_array_is_read_although_python_miscounts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, failures = np.load, iter([SystemError("AST constructor recursion depth mismatch (before=51, after=47)")])

    def load_with_a_failure(*arguments: Any, **options: Any) -> Any:
        if error := next(failures, None):
            raise error
        return load(*arguments, **options)

    np.save(tmp_path / "a.npy", np.arange(6).reshape(2, 3))
    monkeypatch.setattr(np, "load", load_with_a_failure)
    assert open_array(tmp_path / "a.npy").tolist() == [[0, 1, 2], [3, 4, 5]]
    np.save(tmp_path / "b.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match="Python objects"):
        open_array(tmp_path / "b.npy")
