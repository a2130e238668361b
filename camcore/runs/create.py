"""A new run folder: there as a whole, with its `run.json`, or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from camcore.config import RunConfig
from camcore.errors import CamcoreError
from camcore.runs.run import FORMAT_VERSION, Run, open_run
from camcore.system.collectives import from_first
from camcore.system.environment import describe_environment
from camcore.system.files import write_json
from camcore.system.ranks import current_rank


def create_run(
    path: Path,
    config: RunConfig,
    class_names: tuple[str, ...],
    dataset: dict[str, Any],
    group: str | None = None,
    imported: dict[str, Any] | None = None,
) -> Run:
    """Create a run folder with its `run.json`, on rank 0, and return the run on all ranks.

    Args:
        path: The folder to create.
        config: What the run is to become.
        class_names: In label order.
        dataset: `kind`, `fingerprint`, the number of images per split, and `labels` where the data set numbers its
            classes in another way: the class id of each of them.
        group: The name of the group it is trained in, where it is one of several seeds.
        imported: Where the weights come from that were trained elsewhere, its `file` at least. Nothing is known of
            their training then, and `run.json` says nothing of it.

    Raises:
        CamcoreError: There is something at `path` already, or it can't be written there.
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
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise CamcoreError(f"{path} exists already. Go on with --resume, replace it with --overwrite, or name another.")
    new = path.with_name(f".{path.name}.new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        write_json(new / "run.json", document)
        if path.exists():
            path.rmdir()
        new.rename(path)  # in one step: whoever lists runs sees none without its run.json
    except OSError as error:
        raise CamcoreError(f"Could not make {path}: {error.strerror or error}. Name another place.") from error
    return open_run(path)


@contextmanager
def replacing(path: Path, overwrite: bool) -> Iterator[None]:
    """Put a run aside while its replacement is made; it comes back unless the new one has a history.

    Of several ranks the first one does.

    Raises:
        CamcoreError: What is there is not a run.
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
        shutil.rmtree(path)  # the remains of a replacement that was killed; the run worth keeping lies aside already
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
    """Bring back a run that was put aside by a replacement that was killed before anything stood in its place."""
    if _aside(path).exists() and not path.exists():
        _aside(path).rename(path)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.replaced")


def require_run_folder(path: Path) -> None:
    """Refuse to replace what is not a run.

    Raises:
        CamcoreError: There is no `run.json`.
    """
    if not (path / "run.json").exists():
        raise CamcoreError(f"{path} is not a run folder (no run.json), so --overwrite leaves it alone. Name another.")
