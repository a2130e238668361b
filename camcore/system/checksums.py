"""`SHA256SUMS`: the checksums of a folder's files, to detect damage. `sha256sum -c` reads it.

While a file is being replaced it has two lines, for its old and its new content. Either is valid, so neither a reader
nor a stop between two writes mistakes the replacement for damage. Files without a line are not checked, nor are folders
without a list, as earlier versions wrote them.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock

from camcore.errors import RunError, shell_command
from camcore.system.files import atomic_path, write_text

SUMS = "SHA256SUMS"
RUN_FILES = ("history.csv", "model.safetensors", "skipped.csv", "images.parquet", "run.json")
# Their lines come last, so that a list without them is known to be cut off.
HEADS = ("run.json", "manifest.json")
LARGEST = 256 * 1024**2  # bytes; larger files are not hashed at first use; this much takes 0.2 s
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_hashing = tuple(Lock() for _ in range(64))  # per file: one session hashes it, the others wait

Sums = dict[str, tuple[str, ...]]


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_sums(folder: Path) -> Sums | None:
    """Return each listed file's valid checksums by name; None without a list.

    Raises:
        RunError: The list is damaged.
    """
    path = folder / SUMS
    try:
        return _parse(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        run = folder.parents[1] if folder.parent.name == "explained" else folder
        raise RunError(
            f"{path} is damaged ({error}). Restore it from a copy, or rewrite it:"
            f" {shell_command('check', run, '--accept')}"
        ) from error


def verify(path: Path, remedy: str, largest: int | None = LARGEST) -> None:
    """Compare a file with its checksum; a file that is not listed passes.

    A file is hashed once per process, and again if its size or times change.

    Args:
        path: The file.
        remedy: What to do, the end of the message.
        largest: Larger files, in bytes, are not hashed; None: all are.

    Raises:
        RunError: The file is missing, unreadable or different, or the list is damaged.
    """
    if not _is_other(path, remedy, largest):
        return
    if _is_other(path, remedy, largest):  # again: it may have been replaced after the list was read
        raise RunError(f"{path} is damaged (its SHA-256 is not the one in {SUMS}). {remedy}")


def write_sums(folder: Path, names: Iterable[str]) -> None:
    """List the files that exist.

    Raises:
        CamcoreError: The disk is full, or the folder may not be written to.
    """
    paths = (folder / name for name in names if name != SUMS)
    _write(folder, {path.name: (sha256_of(path),) for path in paths if path.is_file()})


@contextmanager
def atomic_listed(path: Path) -> Iterator[Path]:
    """Yield a path as `atomic_path` does; a listed file's checksum stays valid throughout.

    Raises:
        CamcoreError: The disk is full, or the folder may not be written to.
        RunError: The list is damaged.
    """
    before = read_sums(path.parent)
    with atomic_path(path) as part:
        yield part
        new = sha256_of(part)
        if before is not None and path.name in before:
            _write(path.parent, before | {path.name: (*before[path.name], new)})
    if before is not None:
        _write(path.parent, before | {path.name: (new,)})


def remove_listed(paths: Iterable[Path]) -> None:
    """Remove files and their checksums."""
    for path in paths:
        sums = read_sums(path.parent)
        if sums is not None and path.name in sums:
            del sums[path.name]
            _write(path.parent, sums)
        with suppress(OSError):  # ignore a folder of that name
            path.unlink()


def _is_other(path: Path, remedy: str, largest: int | None) -> bool:
    expected = (read_sums(path.parent) or {}).get(path.name)
    if expected is None:
        return False
    try:
        state = path.stat()
        if largest is not None and state.st_size > largest:
            return False
        with _hashing[hash(path) % len(_hashing)]:
            return _hash(path, state.st_size, state.st_mtime_ns, state.st_ctime_ns) not in expected
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing. {remedy}") from error
    except OSError as error:
        raise RunError(f"{path} can't be read ({error.strerror or error}). {remedy}") from error


@lru_cache(maxsize=4096)
def _hash(path: Path, size: int, mtime_ns: int, ctime_ns: int) -> str:
    return sha256_of(path)


def _parse(text: str) -> Sums:
    sums: Sums = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"line {number} is no SHA-256 and name")
        sums[match[2]] = (*sums.get(match[2], ()), match[1])
    if not any(name in sums for name in HEADS):
        raise ValueError(f"it lists neither {' nor '.join(HEADS)}")
    return sums


def _write(folder: Path, sums: Mapping[str, Iterable[str]]) -> None:
    names = sorted(sums, key=lambda name: (name in HEADS, name))
    write_text(folder / SUMS, "".join(f"{checksum}  {name}\n" for name in names for checksum in sums[name]))
