"""Decode every image of a data set once, and cache which are usable.

The cache folder holds one file per data set folder. It only saves time: if it is damaged, of another version or not
writable, the images are decoded again.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import PIL
import pyarrow as pa
from PIL import Image
from pyarrow import parquet

import camcore
from camcore.data.image_files import ImageSize, decode_size, explain_failure
from camcore.errors import CamcoreError
from camcore.system.environment import count_cores
from camcore.system.files import atomic_path, cache_folder
from camcore.system.progress import show_progress

CheckResult = ImageSize | str  # or why the image can't be used

BLOCK = 1024  # images submitted to the threads at a time
MOST_THREADS = 8
SETTLED_NS = 2_000_000_000  # a file that changed this recently may change again within its clock's resolution
SHORT_SECONDS = 2.0
SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("bytes", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("ctime_ns", pa.int64()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("orientation", pa.int64()),
        ("reason", pa.string()),
    ]
)


class Stamp(NamedTuple):
    """Size and times of a file, which change if the file does."""

    bytes: int
    mtime_ns: int
    ctime_ns: int


Entries = dict[str, tuple[Stamp, CheckResult]]


def check_images(root: Path, paths: Sequence[str]) -> dict[str, CheckResult]:
    """Return each image's size, or why it can't be used. Decodes only images that are not in the cache.

    Args:
        root: The folder of the data set.
        paths: Paths relative to `root`, with forward slashes.
    """
    known = _recall(root)
    settled_ns = time.time_ns() - SETTLED_NS
    results: dict[str, CheckResult] = {}
    kept: Entries = {}
    unknown: dict[str, Stamp] = {}
    for path in paths:
        stamp = _read_stamp(root, path)
        if isinstance(stamp, str):
            results[path] = stamp
        elif (entry := known.get(path)) and entry[0] == stamp:
            kept[path] = entry
            results[path] = entry[1]
        else:
            unknown[path] = stamp
    try:
        for path, result, is_lasting in _decode_all(root, list(unknown)):
            results[path] = result
            if is_lasting and unknown[path].ctime_ns < settled_ns:
                kept[path] = (unknown[path], result)
    finally:  # results from before Ctrl-C are kept
        if kept and kept != known:
            _remember(root, kept)
    return results


def is_text(name: str) -> bool:
    """Return whether a file name is valid Unicode. The system passes other bytes as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_stamp(root: Path, path: str) -> Stamp | str:
    """Return a file's stamp, or why it can't be read."""
    if not is_text(path):
        return "its name is not valid Unicode"
    try:
        status = (root / path).stat()
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        return explain_failure(root / path, error)
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _decode_all(root: Path, paths: Sequence[str]) -> Iterator[tuple[str, CheckResult, bool]]:
    """Yield each path, its result, and whether the result holds until the file changes."""
    with (
        ThreadPoolExecutor(min(MOST_THREADS, count_cores())) as pool,
        show_progress(len(paths), "checking images", delay=SHORT_SECONDS) as bar,
    ):
        for at in range(0, len(paths), BLOCK):
            block = paths[at : at + BLOCK]
            for path, (result, is_lasting) in zip(block, pool.map(partial(_decode, root), block), strict=True):
                yield path, result, is_lasting
                bar.update()


def _decode(root: Path, name: str) -> tuple[CheckResult, bool]:
    path = root / name
    try:
        return decode_size(path), True
    except Exception as error:  # as in `load_rgb`
        is_of_machine = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None)
        return explain_failure(path, error), not is_of_machine


def _find_memory(root: Path) -> Path:
    """Return a data set folder's cache file for the current camcore and Pillow versions."""
    key = [str(root.resolve()), camcore.__version__, PIL.__version__, Image.MAX_IMAGE_PIXELS]
    return cache_folder() / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:24]}-images.parquet"


def _recall(root: Path) -> Entries:
    try:
        with parquet.ParquetFile(_find_memory(root), page_checksum_verification=True) as file:
            table = file.read()
        if not table.schema.equals(SCHEMA):
            return {}
        paths, *numbers, reasons = (column.to_pylist() for column in table.columns)
        return {
            path: (Stamp(*row[:3]), ImageSize(*row[3:]) if reason is None else reason)
            for path, row, reason in zip(paths, zip(*numbers, strict=True), reasons, strict=True)
        }
    except Exception:  # a damaged file raises nearly everything
        return {}


def _remember(root: Path, entries: Entries) -> None:
    rows = [
        (path, *stamp, *((0, 0, 1, result) if isinstance(result, str) else (*result, None)))
        for path, (stamp, result) in entries.items()
    ]
    columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), SCHEMA, strict=True)]
    with suppress(CamcoreError, OSError, RuntimeError):  # RuntimeError: there is no home folder
        path = _find_memory(root)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as part:
            parquet.write_table(pa.table(columns, SCHEMA), part, write_page_checksum=True)
