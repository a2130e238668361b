"""A new run folder: there as a whole, with its `run.json`, or not at all."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from camcore.config import RunConfig, to_json
from camcore.errors import CamcoreError
from camcore.runs.run import FORMAT_VERSION, Run, open_run
from camcore.system.environment import describe_environment
from camcore.system.files import write_json


def create_run(
    path: Path,
    config: RunConfig,
    class_names: tuple[str, ...],
    dataset: dict[str, Any],
    group: str | None = None,
    imported: dict[str, Any] | None = None,
) -> Run:
    """Create a run folder and write its `run.json`.

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
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise CamcoreError(f"{path} exists already. Go on with --resume, replace it with --overwrite, or name another.")
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": to_json(config),
        "class_names": list(class_names),
        "dataset": dataset,
        "environment": describe_environment(),
        **({} if group is None else {"group": group}),
    }
    if imported is not None:
        del document["config"]["train"]
        document["imported"] = imported
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
