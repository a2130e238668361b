"""A lock per run or data set folder: one writer at a time. Removes partial files of killed writers."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile

from filelock import FileLock, Timeout

from camcore.errors import CamcoreError
from camcore.system.ranks import current_rank


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Lock a folder against other writers while the block runs. The folder need not exist; readers need no lock.

    The lock is on a file beside the folder, `.NAME.lock`, which stays. The operating system releases the lock when its
    process ends, so it is never stale. A process may lock the same folder several times. Rank 0 holds it for all ranks.

    Raises:
        CamcoreError: Another process writes to the folder, or the place is not writable.
    """
    if not current_rank().is_first:
        yield
        return
    lock = lock_path(path)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock, timeout=0, is_singleton=True)
        is_held = held.is_locked
        held.acquire()
    except Timeout as error:
        if not lock.exists():  # the place takes no files, such as /proc
            raise _refuse(lock.parent, "no files can be made in it") from error
        raise CamcoreError(
            f"{path} is being written to by {_read_holder(lock)}. Wait until that is done, or stop it."
        ) from error
    except OSError as error:
        raise _refuse(lock.parent, error.strerror or error) from error
    try:
        for folder in (path, path / "explained", path / "resume"):
            _require_writable(folder)
        if not is_held:
            with suppress(OSError):  # on Windows the lock covers the content, so the holder stays unknown
                lock.write_text(f"process {os.getpid()} on {socket.gethostname()} since {datetime.now():%F %T}\n")
            _remove_partial(path)
        yield
    finally:
        held.release()


def _require_writable(folder: Path) -> None:
    """Refuse a folder that can't be written to, before hours of work instead of after them."""
    try:
        if folder.is_dir():
            with TemporaryFile(dir=folder):
                pass
    except OSError as error:
        raise _refuse(folder, error.strerror or error) from error


def _refuse(folder: Path, reason: object) -> CamcoreError:
    return CamcoreError(f"Could not write to {folder}: {reason}. Nothing was changed; name another place.")


def lock_path(path: Path) -> Path:
    """Return the file that is locked for a folder."""
    path = path.resolve()
    return path.with_name(f".{path.name}.lock")


def _read_holder(lock: Path) -> str:
    try:
        return lock.read_text(encoding="utf-8").strip() or "another process"
    except (OSError, ValueError):
        return "another process"


def _remove_partial(path: Path) -> None:
    """Remove a run's partial files and explanations. The lock is free, so their writer was killed."""
    if not (path / "run.json").is_file():
        return
    for partial in [*path.glob(".*.part"), *path.glob("*/.*.part"), *path.glob("*/*/.*.part")]:
        partial.unlink(missing_ok=True)
    for partial in [*path.glob("explained/.*.partial"), path / ".resumed"]:
        shutil.rmtree(partial, ignore_errors=True)
