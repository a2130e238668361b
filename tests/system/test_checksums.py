"""Which files are listed with their SHA-256; lists detect damage and nothing else."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import pytest

from camcore.errors import CamcoreError, RunError
from camcore.explained.explanation import open_explanation
from camcore.runs.run import Run
from camcore.system import checksums
from camcore.system.checksums import SUMS, atomic_listed, read_sums, remove_listed, sha256_of, verify, write_sums

REMEDY = "Recreate it."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three listed files and an unlisted one."""
    for name in ("run.json", "b.npy", "한글 @x.npy", "local.json"):
        (tmp_path / name).write_bytes(name.encode() * 100)
    write_sums(tmp_path, ["run.json", "b.npy", "한글 @x.npy", "gone.csv", SUMS])
    return tmp_path


def flip(path: Path, at: int = 7) -> None:
    content = bytearray(path.read_bytes())
    content[at // 8] ^= 1 << at % 8
    path.write_bytes(content)


def check_by_sha256sum(folder: Path) -> int:
    if shutil.which("sha256sum") is None:
        pytest.skip("there is no sha256sum on this system")
    return subprocess.run(["sha256sum", "-c", "--strict", "--quiet", SUMS], cwd=folder, check=False).returncode


def test_sha256sum_reads_the_list(folder: Path) -> None:
    assert check_by_sha256sum(folder) == 0
    flip(folder / "b.npy")
    assert check_by_sha256sum(folder) == 1


def test_the_list_of_sha256sum_is_read(folder: Path) -> None:
    before = read_sums(folder)
    names = ["b.npy", "한글 @x.npy", "run.json"]
    result = subprocess.run(["sha256sum", "--binary", *names], cwd=folder, check=True, capture_output=True).stdout
    (folder / SUMS).write_bytes(result)
    assert read_sums(folder) == before
    (folder / SUMS).write_bytes(result.replace(b"\n", b"\r\n"))
    assert read_sums(folder) == before


@pytest.mark.parametrize("at", [0, 7, 100, 799])
def test_a_flipped_bit_is_damage(at: int, folder: Path) -> None:
    verify(folder / "run.json", REMEDY)
    flip(folder / "run.json", at)
    with pytest.raises(RunError) as caught:
        verify(folder / "run.json", REMEDY)
    assert str(caught.value) == f"{folder / 'run.json'} is damaged (its SHA-256 is not the one in {SUMS}). {REMEDY}"
    flip(folder / "run.json", at)
    verify(folder / "run.json", REMEDY)


def test_damage_is_seen_although_size_and_time_are_kept(folder: Path) -> None:
    path = folder / "b.npy"
    verify(path, REMEDY)
    state = path.stat()
    flip(path)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    with pytest.raises(RunError, match="is damaged"):
        verify(path, REMEDY)


def test_what_is_missing_or_can_not_be_read_is_named(folder: Path) -> None:
    (folder / "b.npy").unlink()
    with pytest.raises(RunError) as caught:
        verify(folder / "b.npy", REMEDY)
    assert str(caught.value) == f"{folder / 'b.npy'} is missing. {REMEDY}"
    (folder / "b.npy").mkdir()
    with pytest.raises(RunError) as caught:
        verify(folder / "b.npy", REMEDY)
    assert str(caught.value) == f"{folder / 'b.npy'} can't be read (Is a directory). {REMEDY}"


def test_what_nothing_lists_is_not_looked_into(folder: Path) -> None:
    flip(folder / "local.json")
    verify(folder / "local.json", REMEDY)
    verify(folder / "nowhere", REMEDY)
    verify(folder / "run.json" / "below a file", REMEDY)
    (folder / SUMS).unlink()
    flip(folder / "b.npy")
    verify(folder / "b.npy", REMEDY)


def test_large_files_are_left_to_the_command(folder: Path) -> None:
    flip(folder / "b.npy")
    verify(folder / "b.npy", REMEDY, largest=499)
    with pytest.raises(RunError, match="is damaged"):
        verify(folder / "b.npy", REMEDY, largest=None)


def test_a_file_is_hashed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verify(folder / "b.npy", REMEDY)
    monkeypatch.setattr(checksums, "sha256_of", lambda _: pytest.fail("it has been hashed already"))
    verify(folder / "b.npy", REMEDY)


def test_hashing_a_large_file_blocks_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, other = folder / "b.npy", folder / "run.json"
    begun, go_on = Event(), Event()
    monkeypatch.setattr(checksums, "_hashing", {0: Lock(), 1: Lock()})
    monkeypatch.setattr(checksums, "hash", lambda path: int(path == other), raising=False)

    def hash_slowly(path: Path) -> str:
        if path == slow:
            begun.set()
            assert go_on.wait(20)
        return sha256_of(path)

    monkeypatch.setattr(checksums, "sha256_of", hash_slowly)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(verify, slow, REMEDY)
        assert begun.wait(20)
        verify(other, REMEDY)
        assert not first.done()
        go_on.set()
        first.result(20)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _: b"", "it lists neither run.json nor manifest.json"),
        (lambda text: text[: len(text) // 2], "line 2 is no SHA-256 and name"),
        (lambda text: text[: text.rindex(b"run.json") + 5], "it lists neither run.json nor manifest.json"),
        (lambda text: b"".join(text.splitlines(True)[:-1]), "it lists neither run.json nor manifest.json"),
        (lambda text: text.replace(b"  b.npy", b" b.npy"), "line 1 is no SHA-256 and name"),
        (lambda text: b"\xff" + text[1:], "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_a_damaged_list_is_named_with_the_remedy(change: object, reason: str, folder: Path) -> None:
    path = folder / SUMS
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(RunError) as caught:
        verify(folder / "b.npy", REMEDY)
    assert str(caught.value) == (
        f"{path} is damaged ({reason}). Restore it from a copy, or rewrite it: camcore check {folder} --accept"
    )


def test_both_files_are_valid_during_a_replacement(folder: Path) -> None:
    path, states = folder / "b.npy", []

    def watch(*_: object) -> None:
        states.append((read_sums(folder) or {})["b.npy"])
        verify(path, REMEDY)

    old = sha256_of(path)
    with pytest.MonkeyPatch.context() as patch:
        replace = Path.replace

        def replace_and_watch(self: Path, target: Path) -> Path:
            watch()
            moved = replace(self, target)
            watch()
            return moved

        patch.setattr(Path, "replace", replace_and_watch)
        with atomic_listed(path) as part:
            part.write_bytes(b"new")
    new = sha256_of(path)
    # before and behind: the list of both, the file, the list of the new one alone
    assert states == [(old,), (old, new), (old, new), (old, new), (old, new), (new,)]
    assert check_by_sha256sum(folder) == 0


def test_a_failure_leaves_file_and_list_as_they_were(folder: Path) -> None:
    before = (folder / SUMS).read_bytes()

    def fail() -> None:
        with atomic_listed(folder / "b.npy") as part:
            part.write_bytes(b"new")
            raise CamcoreError("the disk is full")

    with pytest.raises(CamcoreError, match="full"):
        fail()
    assert (folder / SUMS).read_bytes() == before
    verify(folder / "b.npy", REMEDY)


def test_the_list_follows_new_and_removed_files(folder: Path) -> None:
    with atomic_listed(folder / "new.json") as part:
        assert "new.json" not in (read_sums(folder) or {})
        part.write_bytes(b"new")
    assert check_by_sha256sum(folder) == 0
    assert "new.json" in (read_sums(folder) or {})
    remove_listed([folder / "new.json", folder / "local.json", folder / "nowhere"])
    assert check_by_sha256sum(folder) == 0
    assert sorted(path.name for path in folder.iterdir()) == [SUMS, "b.npy", "run.json", "한글 @x.npy"]


def test_no_list_is_started(tmp_path: Path) -> None:
    with atomic_listed(tmp_path / "verdict.json") as part:
        part.write_bytes(b"new")
    remove_listed([tmp_path / "nowhere"])
    assert [path.name for path in tmp_path.iterdir()] == ["verdict.json"]


def test_a_finished_run_and_its_heatmaps_are_listed_in_full(trained_run: Run) -> None:
    explanation = open_explanation(trained_run)
    assert list(read_sums(trained_run.path) or ()) == ["history.csv", "images.parquet", "model.safetensors", "run.json"]
    names = {path.name for path in explanation.path.iterdir()} - {SUMS}
    assert set(read_sums(explanation.path) or ()) == names
    assert list(read_sums(explanation.path) or ())[-1] == "manifest.json"
    assert check_by_sha256sum(trained_run.path) == check_by_sha256sum(explanation.path) == 0
