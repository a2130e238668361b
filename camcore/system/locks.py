"""One process writes a run (or a data set) at a time; what was left by one that was killed is cleared away."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from camcore.errors import CamcoreError
from camcore.system.ranks import current_rank


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Keep other processes from writing to a folder while the block runs. It need not exist yet; reading is free.

    The lock is a file beside the folder, `.NAME.lock`. The system lets go of it when its holder ends, in whatever way,
    so that none is ever stale; the file itself stays. A process may lock the same folder several times over. Of several
    ranks the first one holds it, for all of them.

    Raises:
        CamcoreError: Another process writes there, or the place is not writable.
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
        raise CamcoreError(
            f"{path} is being written to by {_read_holder(lock)}. Wait until that is done, or stop it."
        ) from error
    except OSError as error:
        raise CamcoreError(
            f"Could not write to {lock.parent}: {error.strerror or error}. Nothing was changed; name another place."
        ) from error
    try:
        if not is_held:
            with suppress(OSError):  # a system that locks the content as well; then nobody learns who it is
                lock.write_text(f"process {os.getpid()} on {socket.gethostname()} since {datetime.now():%F %T}\n")
            _clear_away(path)
        yield
    finally:
        held.release()


def lock_path(path: Path) -> Path:
    """Return the file that stands for the right to write to a folder."""
    path = path.resolve()
    return path.with_name(f".{path.name}.lock")


def _read_holder(lock: Path) -> str:
    try:
        return lock.read_text(encoding="utf-8").strip() or "another process"
    except (OSError, ValueError):
        return "another process"


def _clear_away(path: Path) -> None:
    """Remove halves of files and of explanations: whoever wrote them was killed, or the lock would not be free."""
    if not (path / "run.json").is_file():
        return
    for half in [*path.glob(".*.part"), *path.glob("*/.*.part"), *path.glob("*/*/.*.part")]:
        half.unlink(missing_ok=True)
    for half in [*path.glob("explained/.*.partial"), path / ".resumed"]:
        shutil.rmtree(half, ignore_errors=True)
