"""Refuses symbolic links that lead out of the runs folder.

Visitors must see only what lies in it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from camcore.errors import RunError
from camcore.system.checksums import SUMS
from camcore.system.files import RESTORE

TELLING = ("run.json", "current", "manifest.json", SUMS)


def refuse_links_out(run: Path) -> None:
    """Refuse a run folder that is, or holds, a link to a place outside its parent folder.

    Raises:
        RunError: It names the link and the remedy, or the folder that can't be read.
    """
    folder = os.path.realpath(run.parent)
    for link in (path for path, is_link in _walk(run) if is_link):
        if not Path(os.path.realpath(link)).is_relative_to(folder):  # Path.resolve fails for a link to itself
            raise RunError(
                f"{link} is a link that leads out of the runs folder, where the dashboard does not follow it. Copy what"
                " it leads to here, or let CAMCORE_RUNS name the folder that it lies in."
            )


def find_state_files(run: Path) -> list[Path]:
    """Return a run's folders, and the files that show whether the run has changed.

    Empty if the run is, or holds, a link, because its target may change elsewhere.

    Raises:
        RunError: A folder can't be read.
    """
    walked = list(_walk(run))
    if any(is_link for _, is_link in walked):
        return []
    return [run, *(path for path, _ in walked if path.name in TELLING or path.is_dir())]


def _walk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield each entry of a folder, and whether it is a link. A linked folder yields only itself.

    Links are not followed.
    """
    if folder.is_symlink():
        yield folder, True
        return
    try:
        with os.scandir(folder) as scanned:
            entries = list(scanned)
    except FileNotFoundError:  # removed meanwhile, like old heatmaps when new ones are ready
        return
    except OSError as error:
        raise RunError(f"{folder} can't be read ({error.strerror}). {RESTORE}") from error
    for entry in entries:
        yield Path(entry.path), entry.is_symlink()
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
