"""Files that are complete or absent: written under another name, then renamed."""

import errno
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from camcore.errors import CamcoreError, RunError

READ_TRIES = 5
STALE_SECONDS = 3600.0  # an older partial file was left by a killed process
ALLOW = "Fix its permissions."  # ends messages about files that may not be read
RESTORE = "Restore it from a copy, or recreate the run."  # ends most messages about damaged files


def cache_folder() -> Path:
    """Return the cache folder: CAMCORE_CACHE, or the user's.

    Raises:
        RuntimeError: The user has no home folder.
    """
    return Path(os.environ.get("CAMCORE_CACHE") or user_cache_path("camcore").expanduser())


def require_file(path: Path) -> int:
    """Return the size of a file in bytes. Anything else is refused: opening a named pipe would block.

    Raises:
        OSError: It is missing, a folder, or can't be reached.
        ValueError: It is a named pipe, a socket or a device; or the path holds a NUL.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("neither a file nor a folder")
    return status.st_size


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a path to write; rename it to `path` on success, else remove it.

    Several processes may write the same file at once; the last one wins.

    Raises:
        CamcoreError: The disk is full, or the folder may not be written to.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _remove_stale(path)
        yield part
        with part.open("r+b") as written:  # Windows syncs only files open for writing
            os.fsync(written.fileno())
        part.replace(path)
    except OSError as error:
        raise CamcoreError(
            f"Could not write {path}: {error.strerror or error}. What was there before is kept."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _remove_stale(path: Path) -> None:
    """Remove partial files that killed writers of this file left."""
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.part")
    for part in path.parent.iterdir():
        with suppress(FileNotFoundError):  # another process removed or renamed it
            if name.fullmatch(part.name) and part.stat().st_mtime < time.time() - STALE_SECONDS:
                part.unlink()


def create_array(path: Path, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    """Create a memory-mapped .npy file and reserve its space on the disk.

    Without the space reserved, a full disk would kill the process while it fills the array.

    Raises:
        OSError: The disk has no space for it.
    """
    array: NDArray[Any] = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):  # not on macOS and Windows
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def open_array(path: Path, mode: Literal["r", "r+"] = "r") -> np.memmap[Any, Any]:
    """Return a .npy file as a memory-mapped array.

    Raises:
        OSError, ValueError: The file is missing or damaged.
    """
    read = partial(np.load, path, mmap_mode=mode, allow_pickle=False)
    for _ in range(READ_TRIES - 1):
        # Python 3.11 builds the header's syntax tree with a counter that all threads share, and now and then miscounts.
        with suppress(SystemError):
            return cast("np.memmap[Any, Any]", read())
    return cast("np.memmap[Any, Any]", read())


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, with LF line endings on every system."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write an indented JSON file atomically."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, remedy: str = RESTORE) -> dict[str, Any]:
    """Return the object in a JSON file; `remedy` ends the error message.

    Raises:
        RunError: The file is missing or does not hold a JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing. {remedy}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path} is damaged ({error}). {remedy}") from error
    if not isinstance(value, dict):
        raise RunError(f"{path} is damaged (it holds a {type(value).__name__}, not an object). {remedy}")
    return value
