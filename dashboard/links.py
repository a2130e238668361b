"""Symbolic links in the runs folder: visitors see what lies in it, not what a link in it leads to elsewhere."""

import os
from collections.abc import Iterator
from pathlib import Path

from camcore.errors import RunError
from camcore.files import RESTORE


def refuse_links_out(run: Path) -> None:
    """Refuse a run folder that is a link out of the folder it lies in, or holds such a link.

    Raises:
        RunError: It names the link and the way out, or a folder that can't be read.
    """
    folder = os.path.realpath(run.parent)
    for link in _find_links(run):
        if not Path(os.path.realpath(link)).is_relative_to(folder):  # Path.resolve fails at a link to itself
            raise RunError(
                f"{link} is a link that leads out of the runs folder, where the dashboard does not follow it. Copy what"
                " it leads to here, or let CAMCORE_RUNS name the folder that it lies in."
            )


def _find_links(folder: Path) -> Iterator[Path]:
    """Yield the links among a folder and all that it holds; what a link leads to is not looked into."""
    if folder.is_symlink():
        yield folder
        return
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except FileNotFoundError:  # it was removed meanwhile, as old heatmaps are when new ones come
        return
    except OSError as error:
        raise RunError(f"{folder} can't be read ({error.strerror}). {RESTORE}") from error
    for entry in entries:
        if entry.is_symlink():
            yield Path(entry.path)
        elif entry.is_dir(follow_symlinks=False):
            yield from _find_links(Path(entry.path))
