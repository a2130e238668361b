"""The data set of a run: opened, downloaded, described in run.json."""

from pathlib import Path
from typing import Any

from camcore.config import DatasetConfig
from camcore.data.class_names import relabel
from camcore.data.dataset import Dataset
from camcore.data.registry import DATASETS, open_dataset
from camcore.errors import CamcoreError, RunError
from camcore.runs.run import Run
from camcore.system.collectives import from_first, init_ranks, local_first
from camcore.system.locks import only_writer


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


def describe_dataset(dataset: Dataset) -> dict[str, Any]:
    """Return the data set's entry in `run.json`."""
    return {
        "kind": dataset.kind,
        "fingerprint": dataset.fingerprint,
        "train_images": len(dataset.train),
        "val_images": len(dataset.val),
        "skipped": len(dataset.skipped),
    }


def note_skipped(run: Run, dataset: Dataset) -> None:
    """List the skipped files of the data set in the run folder."""
    if dataset.skipped:
        run.write_skipped((skipped.path, skipped.reason) for skipped in dataset.skipped)


def open_run_dataset(run: Run, root: Path | None, needs_train: bool = False) -> Dataset:
    """Open the data set of a run. Its labels are the run's class ids.

    Without `needs_train` its training images are not required, only its validation images.

    Raises:
        CamcoreError: Its folder on this machine is unknown, or the data set has changed.
        RunError: The class ids in `run.json` are damaged.
    """
    kind = run.config.dataset.kind
    root = root or run.place("root")
    if root is None and kind in DATASETS and DATASETS[kind].needs_root:
        raise CamcoreError(f"The folder of the data set of {run.path} is unknown on this machine. Name it with --root.")
    dataset = open_on_all_ranks(run.config.dataset, root, needs_train)
    made_with = str(run.info["dataset"].get("fingerprint"))
    if dataset.fingerprint != made_with:
        how, again = ("trained on", "train") if run.imported_from is None else ("imported for", "import")
        raise CamcoreError(
            f"The data set at {root or kind} is not the one {run.path} was {how} (fingerprint"
            f" {dataset.fingerprint[:12]}, not {made_with[:12]}). Name the right folder with --root, or {again} again."
        )
    run.remember_places(root=root)
    return _number_classes(run, dataset)


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
