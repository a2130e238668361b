"""Create and replace run folders. A new one appears complete with its `run.json`, or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from camcore.config import RunConfig
from camcore.errors import CamcoreError, RunError, count_of, shell_command
from camcore.runs.run import FORMAT_VERSION, Run, open_run
from camcore.system.collectives import from_first
from camcore.system.environment import describe_environment
from camcore.system.files import read_json, write_json
from camcore.system.ranks import current_rank


def create_run(
    path: Path,
    config: RunConfig,
    class_names: tuple[str, ...],
    dataset: dict[str, Any],
    group: str | None = None,
    imported: dict[str, Any] | None = None,
) -> Run:
    """Create a run folder with `run.json` on rank 0; return the run on all ranks.

    Args:
        path: The folder to create.
        config: Settings of the run.
        class_names: In label order.
        dataset: `kind`, `fingerprint`, number of images per split; for imported networks also `labels`, the class id
            per class of the data set.
        group: Name of the group, if the run is one of several seeds.
        imported: Origin of weights trained elsewhere, at least their `file`. `run.json` then has no training settings.

    Raises:
        CamcoreError: `path` exists, or can't be written.
    """
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": asdict(config),
        "class_names": list(class_names),
        "dataset": dataset,
        "environment": describe_environment(),
        **({} if group is None else {"group": group}),
    }
    if imported is not None:
        del document["config"]["train"]
        document["imported"] = imported
    return from_first(lambda: _write_run(path, document))


def _write_run(path: Path, document: dict[str, Any]) -> Run:
    _require_empty(path)
    new = path.with_name(f".{path.name}.new")
    try:
        if path.exists():  # an empty folder: a mount point, or the current folder
            write_json(path / "run.json", document)
            return open_run(path)
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        write_json(new / "run.json", document)
        new.rename(path)  # in one step, so that no listed run lacks its run.json
    except OSError as error:
        raise CamcoreError(f"Could not create {path}: {error.strerror or error}. Choose another path.") from error
    return open_run(path)


def require_free(path: Path, overwrite: bool = False) -> None:
    """Refuse a path for a new run that holds anything, except a run to overwrite.

    Raises:
        CamcoreError: It says what is there.
    """
    bring_back(path)
    if overwrite and path.exists() and not _is_empty(path):
        require_run_folder(path)
    elif not overwrite:
        _require_empty(path)


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _require_empty(path: Path) -> None:
    if not path.exists() or _is_empty(path):
        return
    if not path.is_dir():
        raise CamcoreError(f"{path} is a file. Name a folder with --run.")
    if not (path / "run.json").exists():
        raise CamcoreError(f"{path} holds other files and no run. Name a new folder, for example --run {path / 'run'}.")
    try:
        finished = open_run(path).finished
    except RunError:
        finished = True  # as far as resuming goes
    resume = "" if finished else f" Resume it: {shell_command('train', '--run', path, '--resume')}. Or:"
    raise CamcoreError(f"{path} exists already.{resume} Replace it with --overwrite, or name another.")


def set_epochs(run: Run, epochs: int) -> Run:
    """Store a new total number of epochs for an unfinished run; return the run on all ranks.

    Raises:
        CamcoreError: It is less than the number of finished epochs.
    """
    finished = len(run.history())
    if epochs < finished:
        raise CamcoreError(
            f"{run.path} has {count_of(finished, 'finished epoch')}, which stay, so --epochs {epochs} is too few. Name"
            f" at least {finished}; {finished} ends the training."
        )
    document = read_json(run.path / "run.json")
    document["config"]["train"] = asdict(replace(run.config.train, epochs=epochs))
    return from_first(lambda: _rewrite(run.path, document))


def _rewrite(path: Path, document: dict[str, Any]) -> Run:
    write_json(path / "run.json", document)
    return open_run(path)


@contextmanager
def replacing(path: Path, overwrite: bool) -> Iterator[None]:
    """Move a run aside during its replacement; restore it unless an epoch was finished.

    Raises:
        CamcoreError: `path` is not a run folder.
    """
    if not current_rank().is_first:
        yield
        return
    bring_back(path)
    if not (overwrite and path.exists()):
        yield
        return
    require_run_folder(path)
    aside = _aside(path)
    if aside.exists() and not (path / "history.csv").exists():
        shutil.rmtree(path)  # left by a killed replacement; the run to keep is already aside
    else:
        shutil.rmtree(aside, ignore_errors=True)
        path.rename(aside)
    try:
        yield
    finally:
        if (path / "history.csv").exists():
            shutil.rmtree(aside)
        else:
            shutil.rmtree(path, ignore_errors=True)
            aside.rename(path)


def bring_back(path: Path) -> None:
    """Restore a run that a killed replacement left aside, if nothing has replaced it."""
    if _aside(path).exists() and not path.exists():
        _aside(path).rename(path)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.replaced")


def require_run_folder(path: Path) -> None:
    """Refuse to replace a folder without `run.json`.

    Raises:
        CamcoreError: `run.json` is missing.
    """
    if not (path / "run.json").exists():
        raise CamcoreError(
            f"{path} is not a run folder (no run.json), so --overwrite does not replace it. Choose another path."
        )
    if Path.cwd().is_relative_to(path.resolve()):
        raise CamcoreError(f"--overwrite can't replace {path}, because you are in it. Change to another folder first.")
