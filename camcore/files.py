"""Files that are complete or absent: written beside their place, then moved there in one step."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from camcore.errors import CamcoreError, RunError

RESTORE = "Restore it from a copy, or make the run anew."  # what to do about most files that are damaged


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a path to write to, moved to `path` when the block ends well and removed when it does not.

    Raises:
        CamcoreError: The disk is full, or the folder may not be written to.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        with part.open("r+b") as written:  # Windows syncs only what is open for writing
            os.fsync(written.fileno())
        part.replace(path)
    except OSError as error:
        raise CamcoreError(
            f"Could not write {path}: {error.strerror or error}. What was there before is kept."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step, with LF line ends on every system."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file that people can read, in one step."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, way_out: str = RESTORE) -> dict[str, Any]:
    """Return the object in a JSON file; `way_out` ends the message where there is none.

    Raises:
        RunError: The file is missing or does not hold a JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing. {way_out}") from error
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged ({error}). {way_out}") from error
    if not isinstance(value, dict):
        raise RunError(f"{path} is damaged (it holds a {type(value).__name__}, not an object). {way_out}")
    return value
