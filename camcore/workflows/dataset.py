"""The data set of a run: opened, downloaded, described in run.json."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from camcore.config import DatasetConfig
from camcore.data.class_names import relabel
from camcore.data.dataset import Dataset
from camcore.data.leakage import find_leaks
from camcore.data.registry import DATASETS, open_dataset
from camcore.errors import CamcoreError, RunError
from camcore.runs.images import find_changes, keep_validation, read_images, write_images
from camcore.runs.run import Run
from camcore.system.collectives import from_first, init_ranks, local_first
from camcore.system.locks import only_writer
from camcore.system.names import natural_key
from camcore.system.progress import show_line
from camcore.system.ranks import current_rank

MOST_NAMED = 5
MOST_LEAKS = 3
# How earlier versions read image folders that are now read otherwise or refused.
EARLIER_READINGS = ("none", *(f"train=train,val={name}" for name in ("val", "valid", "validation", "test")))


def download_dataset(kind: str, root: Path | None) -> None:
    """Download a data set into a folder. Files that exist are not downloaded again.

    Raises:
        CamcoreError: The data set can't be downloaded, or no folder is named.
    """
    download = DATASETS[kind].download
    if download is None:
        raise CamcoreError(f"{kind} has nothing to download; --download is for stanford-dogs.")
    if root is None:
        raise CamcoreError("--download needs --root, the folder for the data set.")
    init_ranks()
    with only_writer(root):
        from_first(lambda: download(root))


def open_on_all_ranks(config: DatasetConfig, root: Path | None, needs_train: bool = True) -> Dataset:
    """Open a data set, first on one rank per machine, to share its caches."""
    with local_first():
        return open_dataset(config, root, needs_train)


def announce_dataset(dataset: Dataset) -> None:
    """Print classes, images per split, how the folder was read, and images that both splits hold."""
    names = sorted(dataset.class_names, key=natural_key)
    first = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
    show_line(f"Classes: {len(names)} ({first}). Images: {len(dataset.train)} training, {len(dataset.val)} validation.")
    for note in dataset.remarks:
        show_line(note)
    if current_rank().is_first and (leaks := find_leaks(dataset)):
        pairs = ", ".join(f"{val} = {train}" for val, train in leaks[:MOST_LEAKS])
        more = ", ..." if len(leaks) > MOST_LEAKS else ""
        verb = "file is" if len(leaks) == 1 else "files are"
        show_line(
            f"Warning: {len(leaks)} validation {verb} identical to a training file ({pairs}{more}), so the validation"
            " accuracy is too high. Delete one of each pair."
        )


def describe_dataset(dataset: Dataset) -> dict[str, Any]:
    """Return the data set's entry in `run.json`."""
    return {
        "kind": dataset.kind,
        "fingerprint": dataset.fingerprint,
        "train_images": len(dataset.train),
        "val_images": len(dataset.val),
        "skipped": len(dataset.skipped),
        "notes": dataset.remarks,
    }


def list_files(run: Run, dataset: Dataset) -> None:
    """List the images of the data set, and the skipped files, in the run folder."""
    write_images(run, dataset)
    if dataset.skipped:
        run.write_skipped((skipped.path, skipped.reason) for skipped in dataset.skipped)


def open_run_dataset(run: Run, root: Path | None, needs_train: bool = False) -> Dataset:
    """Open the data set of a run. Its labels are the run's class ids.

    Without `needs_train` only the run's validation images must be unchanged.

    Raises:
        CamcoreError: Its folder on this machine is unknown, or the data set has changed.
        RunError: The class ids in `run.json` are damaged.
    """
    kind = run.config.dataset.kind
    root = root or run.place("root")
    if root is None and kind in DATASETS and DATASETS[kind].needs_root:
        raise CamcoreError(f"The folder of the data set of {run.path} is unknown on this machine. Name it with --root.")
    with local_first():
        dataset = _open_as_made(run, root, needs_train)
    run.remember_places(root=root)
    return _number_classes(run, dataset)


def _open_as_made(run: Run, root: Path | None, needs_train: bool) -> Dataset:
    """Return the data set of a run, with its validation images unchanged."""
    try:
        dataset = open_dataset(run.config.dataset, root, needs_train)
    except CamcoreError:
        if (as_earlier := _open_as_earlier(run, root, needs_train)) is not None:
            return as_earlier
        raise
    if dataset.fingerprint == run.info["dataset"].get("fingerprint"):
        return dataset
    return _open_as_earlier(run, root, needs_train) or _keep_unchanged(run, dataset, root, needs_train)


def _open_as_earlier(run: Run, root: Path | None, needs_train: bool) -> Dataset | None:
    """Return the data set of a run that an earlier version read otherwise; None if there is no such reading."""
    config = run.config.dataset
    if config.kind == "image-folder" and config.split_folders is None:
        for split_folders in EARLIER_READINGS:
            with suppress(CamcoreError):
                dataset = open_dataset(replace(config, split_folders=split_folders), root, needs_train)
                if dataset.fingerprint == run.info["dataset"].get("fingerprint"):
                    return dataset
    return None


def _keep_unchanged(run: Run, dataset: Dataset, root: Path | None, needs_train: bool) -> Dataset:
    """Return a changed data set with the run's validation images.

    Raises:
        CamcoreError: They have changed, too, or training images are needed.
    """
    made_with = str(run.info["dataset"].get("fingerprint"))
    before = read_images(run)
    names = [run.class_names[label] for label in run.dataset_labels]
    changes = "" if before is None else find_changes(before, dataset, names).describe()
    if before is not None and not needs_train:
        kept = keep_validation(before, dataset, names, made_with)
        if kept is not None:
            show_line(f"The data set has changed ({changes}), but not the validation images of {run.path}.")
            return kept
    how, again = ("trained on", "train") if run.imported_from is None else ("imported for", "import")
    what = changes or f"fingerprint {dataset.fingerprint[:12]}, not {made_with[:12]}"
    raise CamcoreError(
        f"The data set at {root or dataset.kind} is not the one {run.path} was {how} ({what}). Name the right folder"
        f" with --root, or {again} again."
    )


def _number_classes(run: Run, dataset: Dataset) -> Dataset:
    """Return the data set with the run's class ids, which may differ after an import."""
    if "labels" not in run.info["dataset"]:
        return dataset
    labels, classes = run.dataset_labels, len(dataset.class_names)
    if len(set(labels)) != classes:
        raise RunError(
            f"{run.path / 'run.json'} is damaged (it numbers {len(set(labels))} classes of the data set's {classes})."
            " Restore it from a copy, or import it again."
        )
    return relabel(dataset, labels, run.class_names)
