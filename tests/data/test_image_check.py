"""Images are decoded once per machine; the cache changes only the time."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock

import PIL
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from camcore.data import image_check
from camcore.data.image_check import SCHEMA, check_images
from camcore.data.image_files import ImageSize

NAMES = ["a.jpg", "b.png", "deep/강아지.webp", "line\nbreak.gif", "broken.jpg", "text.txt", "empty"]
CHECKED = {
    "a.jpg": ImageSize(30, 20),
    "b.png": ImageSize(9, 8),
    "deep/강아지.webp": ImageSize(7, 6),
    "line\nbreak.gif": ImageSize(5, 4),
    "text.txt": "not an image that Pillow can read",
    "empty": "the file is empty",
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CAMCORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(image_check, "SETTLED_NS", 0)
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path: Path, cache: Path) -> Path:
    root = tmp_path / "images"
    (root / "deep").mkdir(parents=True)
    for name, size in CHECKED.items():
        if isinstance(size, ImageSize):
            Image.new("RGB", size.stored).save(root / name)
    (root / "broken.jpg").write_bytes((root / "a.jpg").read_bytes()[:-40])
    (root / "text.txt").write_text("I am no image.")
    (root / "empty").touch()
    return root


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files decoded from now on."""
    names: list[str] = []
    decode = image_check.decode_size

    def note(path: Path) -> ImageSize:
        names.append(path.name)
        return decode(path)

    monkeypatch.setattr(image_check, "decode_size", note)
    return names


def require_right(root: Path) -> None:
    results = check_images(root, NAMES)
    reason = results.pop("broken.jpg")
    assert isinstance(reason, str)
    assert "truncated" in reason.lower()
    assert results == CHECKED


def memory_in(cache: Path) -> Path:
    (path,) = cache.iterdir()
    return path


def test_an_image_is_decoded_once(root: Path, decoded: list[str]) -> None:
    require_right(root)
    assert sorted(decoded) == sorted(Path(name).name for name in NAMES)
    decoded.clear()
    require_right(root)
    assert decoded == []


def test_a_delayed_bar_counts_decoded_images(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    positions: list[tuple[int, float]] = []
    bar = MagicMock()
    bar.__enter__.return_value = bar

    def show(total: int, title: str, delay: float) -> MagicMock:
        positions.append((total, delay))
        return bar

    monkeypatch.setattr(image_check, "show_progress", show)
    for _ in range(2):
        check_images(root, NAMES)
    assert [total for total, _ in positions] == [len(NAMES), 0]
    assert bar.update.call_count == len(NAMES)
    assert min(delay for _, delay in positions) > 0


def test_by_another_way_to_the_folder_it_is_known_too(
    root: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    require_right(root)
    decoded.clear()
    monkeypatch.chdir(root)
    require_right(Path())
    assert decoded == []


@pytest.mark.parametrize("size", [(30, 20), (20, 30)])
def test_changed_files_with_old_size_and_time_are_decoded(
    size: tuple[int, int], root: Path, decoded: list[str]
) -> None:
    check_images(root, NAMES)
    decoded.clear()
    before = (root / "a.jpg").stat()
    Image.new("RGB", size).save(root / "a.jpg")
    os.utime(root / "a.jpg", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (root / "a.jpg").stat().st_mtime_ns == before.st_mtime_ns
    assert (root / "a.jpg").stat().st_size == before.st_size
    assert check_images(root, NAMES)["a.jpg"] == ImageSize(*size)
    assert decoded == ["a.jpg"]


def test_what_came_and_went_is_kept_in_step(root: Path, cache: Path, decoded: list[str]) -> None:
    check_images(root, NAMES)
    (root / "b.png").unlink()
    Image.new("RGB", (3, 3)).save(root / "new.png")
    decoded.clear()
    results = check_images(root, [*NAMES, "new.png"])
    assert (results["b.png"], results["new.png"]) == ("no such file", ImageSize(3, 3))
    assert decoded == ["new.png"]
    paths = parquet.read_table(memory_in(cache))["path"].to_pylist()
    assert sorted(paths) == sorted({*NAMES, "new.png"} - {"b.png"})


def test_a_file_that_was_written_just_now_may_change_once_more(
    root: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_check, "SETTLED_NS", 3_600_000_000_000)
    for _ in range(2):
        decoded.clear()
        require_right(root)
        assert len(decoded) == len(NAMES)


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), MemoryError()])
def test_what_the_machine_failed_at_is_tried_again(
    error: Exception, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> ImageSize:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(image_check, "decode_size", fail)
        reasons = set(check_images(root, NAMES).values())
    assert reasons in ({"Input/output error"}, {"too little memory to decode it"})
    require_right(root)


def test_what_was_found_before_ctrl_c_is_not_lost(
    root: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    note = image_check.decode_size

    def stop_at_the_fourth(path: Path) -> ImageSize:
        if len(decoded) == 3:
            raise KeyboardInterrupt
        return note(path)

    with monkeypatch.context() as patch:
        patch.setattr(image_check, "decode_size", stop_at_the_fourth)
        patch.setattr(image_check, "MOST_THREADS", 1)
        with pytest.raises(KeyboardInterrupt):
            check_images(root, NAMES)
    decoded.clear()
    require_right(root)
    assert len(decoded) == len(NAMES) - 3


@pytest.mark.parametrize("what", ["pillow", "camcore", "limit"])
def test_a_change_of_decoder_decodes_again(
    what: str, root: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    require_right(root)
    decoded.clear()
    target, name, value = {
        "pillow": (PIL, "__version__", "99.0"),
        "camcore": (image_check.camcore, "__version__", "99.0"),
        "limit": (Image, "MAX_IMAGE_PIXELS", 10_000),
    }[what]
    monkeypatch.setattr(target, name, value)
    require_right(root)
    assert len(decoded) == len(NAMES)


def harm_schema(path: Path) -> None:
    table = parquet.read_table(path)
    parquet.write_table(table.drop_columns("reason"), path)


def harm_values(path: Path) -> None:
    table = parquet.read_table(path)
    parquet.write_table(table.cast(pa.schema([(field.name, pa.string()) for field in SCHEMA])), path)


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no parquet"),
        lambda path: path.write_bytes(bytes(10_000)),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.unlink(), path.symlink_to(path.name)),
        harm_schema,
        harm_values,
    ],
)
def test_a_damaged_memory_is_recreated(
    harm: Callable[[Path], object], root: Path, cache: Path, decoded: list[str]
) -> None:
    require_right(root)
    harm(memory_in(cache))
    decoded.clear()
    require_right(root)
    assert len(decoded) == len(NAMES)
    if memory_in(cache).is_file():
        decoded.clear()
        require_right(root)
        assert decoded == []


def test_no_damage_of_the_memory_makes_a_difference(root: Path, cache: Path) -> None:
    require_right(root)
    path = memory_in(cache)
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        require_right(root)
        path.write_bytes(whole[:at])
        require_right(root)


@pytest.mark.parametrize("case", ["a file in its place", "no home", "full"])
def test_an_unwritable_cache_changes_nothing(
    case: str, root: Path, cache: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if case == "a file in its place":
        cache.write_text("no folder")
    elif case == "no home":
        for name in ("CAMCORE_CACHE", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("os.path.expanduser", lambda path: path)
    else:

        def fill_disk(*arguments: object, **options: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(parquet, "write_table", fill_disk)
    for _ in range(2):
        decoded.clear()
        require_right(root)
        assert len(decoded) == len(NAMES)
    assert not cache.is_dir() or list(cache.iterdir()) == []


WRITER = """
import sys
from pathlib import Path
from camcore.data import image_check
image_check.SETTLED_NS = 0
root, count = Path(sys.argv[1]), int(sys.argv[2])
names = sorted(path.name for path in root.iterdir() if path.is_file())
for turn in range(count):
    results = image_check.check_images(root, names[turn % 3:])  # another set each time, so it is written each time
    assert results["a.jpg"].stored == (30, 20) and len(results) == len(names) - turn % 3
"""


def test_processes_that_write_at_once_leave_one_whole_file(root: Path, cache: Path, decoded: list[str]) -> None:
    for number in range(3):
        (root / f"{number}.txt").write_text("first in order, and left out in turn")
    processes = [subprocess.Popen([sys.executable, "-c", WRITER, str(root), "40"]) for _ in range(2)]
    try:
        deadline = time.monotonic() + 60
        while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
            if cache.is_dir():
                for path in cache.glob("*.parquet"):
                    content = pa.BufferReader(path.read_bytes())  # by its path it would be opened more than once
                    assert parquet.read_table(content).schema.equals(SCHEMA), "it is whole whenever it is looked at"
            time.sleep(0.01)
        assert [process.wait(30) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert memory_in(cache).suffix == ".parquet"


def test_impossible_file_names_are_reported(root: Path) -> None:
    assert check_images(root, ["a\0b.jpg", "\udcff.jpg", "n" * 300, "a.jpg/b"]) == {
        "a\0b.jpg": "embedded null byte",
        "\udcff.jpg": "its name is not valid Unicode",
        "n" * 300: "File name too long",
        "a.jpg/b": "Not a directory",
    }


def test_no_images_are_no_error(root: Path) -> None:
    assert check_images(root, []) == {}
