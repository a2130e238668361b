"""The steps of a run from end to end: data set, model, training, heatmaps. What the commands call."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from camcore.backbones import BACKBONES
from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.datasets import DATASETS, open_dataset
from camcore.datasets.sample import Dataset
from camcore.devices import choose_device
from camcore.errors import CamcoreError
from camcore.explain import explain, find_stored
from camcore.generations import Generation, open_generation
from camcore.heatmaps import parse_source, parse_sources
from camcore.models import Classifier, layer_grids
from camcore.runs import Run, create_run, open_run
from camcore.train import train
from camcore.verdict import Subject, make_verdict, verdict_sources
from camcore.weights import load_initial_weights, load_model

DEMO_CONFIG = RunConfig(
    DatasetConfig("paper-dogs", val_images=200),
    ViewConfig(size=128),
    ModelConfig("resnet10_narrow", "gap", map_stride=16),
    TrainConfig(epochs=16, augmentation="light"),
)
DEMO_SOURCES = "cam,grad_cam,grad_cam@layer3"


def train_run(
    path: Path,
    config: RunConfig,
    root: Path | None = None,
    *,
    overwrite: bool = False,
    device: str = "auto",
    workers: int | None = None,
) -> Run:
    """Create a run and train it to the end.

    Raises:
        CamcoreError: The run exists, the data set or the weights can't be had, or the training fails.
    """
    chosen = choose_device(device)
    dataset = open_dataset(config.dataset, root)
    torch.manual_seed(config.train.seed)
    model = Classifier(config.model, config.view, len(dataset.class_names))
    weights = config.model.weights
    if weights is not None:
        load_initial_weights(model, weights)
        config = replace(config, model=replace(config.model, weights=Path(weights).name))
    with replacing(path, overwrite):
        run = create_run(path, config, dataset.class_names, _describe(dataset))
        run.remember_places(root=root, weights=None if weights in (None, "imagenet") else Path(str(weights)))
        if dataset.skipped:
            run.write_skipped((skipped.path, skipped.reason) for skipped in dataset.skipped)
        train(run, dataset, model, chosen, workers=workers)
    return run


@contextmanager
def replacing(path: Path, overwrite: bool) -> Iterator[None]:
    """Put a run aside while its replacement is made; it comes back unless the new one has finished an epoch.

    Raises:
        CamcoreError: What is there is not a run.
    """
    if not (overwrite and path.exists()):
        yield
        return
    if not (path / "run.json").exists():
        raise CamcoreError(f"{path} is not a run folder (no run.json), so --overwrite leaves it alone. Name another.")
    aside = path.with_name(f".{path.name}.replaced")
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


def resume_run(path: Path, root: Path | None = None, *, device: str = "auto", workers: int | None = None) -> Run:
    """Go on with a run behind its last finished epoch.

    Raises:
        CamcoreError: The run is finished, damaged, or its data set has changed.
    """
    run = open_run(path)
    dataset = open_run_dataset(run, root)
    torch.manual_seed(run.config.train.seed)
    model = Classifier(run.config.model, run.config.view, len(run.class_names))
    if run.config.model.weights is not None and not run.state_path.exists():
        load_initial_weights(model, run.place("weights") or run.config.model.weights)
    train(run, dataset, model, choose_device(device), resume=True, workers=workers)
    return run


def explain_run(
    path: Path,
    sources: str | None = None,
    root: Path | None = None,
    *,
    all_classes: bool = False,
    force: bool = False,
    device: str = "auto",
    workers: int | None = None,
    precision: str = "auto",
) -> tuple[Generation, bool]:
    """Explain a run's validation images; return the generation in force and whether it was made just now.

    What these weights have been explained with before stays, and is made anew together with what is asked for; `force`
    leaves it out, and makes the maps anew even where all of them are there.

    Raises:
        CamcoreError: A source is unknown or does not apply, or weights or data set can't be had.
    """
    run = open_run(path)
    model = load_model(run)
    chosen = parse_sources(sources, model.layer_names) if sources is not None else None
    stored, stored_all = ((), False) if force else find_stored(run)
    if stored and set(chosen or ()) <= set(stored) and (stored_all or not all_classes):
        return open_generation(run), False
    chosen = tuple(dict.fromkeys([*stored, *(chosen or ())])) or None
    dataset = open_run_dataset(run, root)
    return explain(
        run, dataset, model, chosen, choose_device(device), all_classes or stored_all, workers, precision
    ), True


def verdict_run(
    path: Path,
    against: Path | None = None,
    root: Path | None = None,
    *,
    methods: str | None = None,
    images: int | None = None,
    seed: int = 0,
    workers: int | None = None,
) -> dict[str, Any]:
    """Compare all heatmaps of a run by every measure; what is not explained yet is explained first.

    Args:
        path: The run.
        against: A run of another head, for the price of CAM's architecture.
        root: Where the data set lies.
        methods: Comma-separated method ids; None for all that need no passes of their own.
        images: How many images insertion and deletion run on.
        seed: Of everything that is left to chance.
        workers: Processes that decode images.

    Raises:
        CamcoreError: A method is unknown or does not apply, or run, weights or data set can't be had.
    """
    generation = open_or_explain(path, root, workers)
    chosen = None if methods is None else [parse_source(name).method for name in methods.split(",")]
    sources = verdict_sources(generation, chosen)
    generation, _ = explain_run(path, ",".join(source.id for source in sources), root, workers=workers)
    run = open_run(path)
    subject = Subject(run, generation, open_run_dataset(run, root), load_model(run))
    return make_verdict(subject, sources, None if against is None else open_run(against), images, seed)


def open_or_explain(path: Path, root: Path | None, workers: int | None = None) -> Generation:
    """Open a run's maps in force, after making them where there are none."""
    run = open_run(path)
    if (run.path / "explained" / "current").exists():
        return open_generation(run)
    return explain_run(path, None, root, workers=workers)[0]


def make_demo(path: Path, *, overwrite: bool = False, device: str = "auto", workers: int | None = None) -> Generation:
    """Train a small network on a small set of paper dogs and explain it.

    Raises:
        CamcoreError: The run exists.
    """
    train_run(path, DEMO_CONFIG, overwrite=overwrite, device=device, workers=workers)
    return explain_run(path, DEMO_SOURCES, device=device, workers=workers)[0]


def download_dataset(kind: str, root: Path | None) -> None:
    """Fetch a data set into a folder; what is there already is not fetched again.

    Raises:
        CamcoreError: It can't be downloaded, or no folder is named.
    """
    download = DATASETS[kind].download
    if download is None:
        raise CamcoreError(f"{kind} has nothing to download; --download is for stanford-dogs.")
    if root is None:
        raise CamcoreError("--download needs --root, the folder to put the data set into.")
    download(root)


def list_layers(path: Path) -> list[dict[str, Any]]:
    """Return name, height, width, channels and a note for each layer that a run can be explained at."""
    run = open_run(path)
    model = Classifier(run.config.model, run.config.view, len(run.class_names))
    stages = BACKBONES[run.config.model.backbone].stages
    layers = layer_grids(model, run.config.view.size, model.layer_names)
    for layer in layers:
        is_last = layer["name"] == stages[-1]
        layer["note"] = "last layer, enters pooling" if is_last else "stage" if layer["name"] in stages else ""
    return layers


def open_run_dataset(run: Run, root: Path | None) -> Dataset:
    """Open the data set that a run was trained on.

    Raises:
        CamcoreError: It is not known where it lies on this machine, or it is not the same any more.
    """
    kind = run.config.dataset.kind
    root = root or run.place("root")
    if root is None and kind in DATASETS and DATASETS[kind].needs_root:
        raise CamcoreError(f"Where the data set of {run.path} lies is not known on this machine. Name it with --root.")
    dataset = open_dataset(run.config.dataset, root)
    trained_on = str(run.info["dataset"].get("fingerprint"))
    if dataset.fingerprint != trained_on:
        raise CamcoreError(
            f"The data set at {root or kind} is not the one {run.path} was trained on (fingerprint"
            f" {dataset.fingerprint[:12]}, not {trained_on[:12]}). Name the right one with --root, or train anew."
        )
    run.remember_places(root=root)
    return dataset


def _describe(dataset: Dataset) -> dict[str, object]:
    return {
        "kind": dataset.kind,
        "fingerprint": dataset.fingerprint,
        "train_images": len(dataset.train),
        "val_images": len(dataset.val),
        "skipped": len(dataset.skipped),
    }
