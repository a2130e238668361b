"""What is done with a trained run, from end to end: heatmaps, a verdict, its layers. What the commands call."""

from functools import partial
from pathlib import Path
from typing import Any

from camcore.backbones import BACKBONES
from camcore.data.class_names import relabel
from camcore.data.dataset import Dataset
from camcore.data.registry import DATASETS, open_dataset
from camcore.errors import CamcoreError, RunError
from camcore.explained.explain import explain
from camcore.explained.explanation import Generation, is_explained, open_generation
from camcore.heatmaps.sources import Source, parse_source, parse_sources
from camcore.models.classifier import Classifier, layer_grids
from camcore.runs.run import Run, open_run
from camcore.runs.seed_groups import Side, find_sides
from camcore.runs.weights import load_model
from camcore.system.checksums import sha256_of
from camcore.system.collectives import first_here, from_first, join
from camcore.system.devices import choose_device
from camcore.system.locks import only_writer
from camcore.system.ranks import here
from camcore.verdict.accuracy_price import measure_price
from camcore.verdict.verdict import Subject, make_verdict, verdict_sources


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
        CamcoreError: A source is unknown or does not apply, weights or data set can't be had, or another process writes
            to the run.
    """
    join()
    run = open_run(path)
    with only_writer(path):
        model = load_model(run)
        chosen = parse_sources(sources, model.layer_names) if sources is not None else None
        stored, stored_all = ((), False) if force else from_first(partial(find_stored, run))
        if stored and set(chosen or ()) <= set(stored) and (stored_all or not all_classes):
            return open_generation(run), False
        chosen = tuple(dict.fromkeys([*stored, *(chosen or ())])) or None
        dataset, every = open_run_dataset(run, root), all_classes or stored_all
        return explain(run, dataset, model, chosen, choose_device(device), every, workers, precision), True


def find_stored(run: Run) -> tuple[tuple[Source, ...], bool]:
    """Return the sources in force and whether CAM is there for every class; none where they are of other weights.

    Raises:
        RunError: A file of theirs is missing, damaged or of another format version.
    """
    if not is_explained(run):
        return (), False
    generation = open_generation(run)
    if generation.manifest.get("weights_sha256") != sha256_of(run.weights_path):
        return (), False
    generation.read_all()
    return generation.sources, generation.all_class_maps() is not None


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
        against: A run of another head, or a group of seeds of it, for the price of CAM's architecture.
        root: Where the data set lies.
        methods: Comma-separated method ids; None for all that need no passes of their own.
        images: How many images insertion and deletion run on.
        seed: Of everything that is left to chance.
        workers: Processes that decode images.

    Raises:
        CamcoreError: A method is unknown or does not apply, run, weights or data set can't be had, or another process
            writes to the run.
    """
    join()
    run = open_run(path)
    sides = None if against is None else find_sides(run, against)
    chosen = None if methods is None else [parse_source(name).method for name in methods.split(",")]
    with only_writer(path):
        sources = verdict_sources(open_or_explain(path, root, workers), chosen)
        generation, _ = explain_run(path, ",".join(source.id for source in sources), root, workers=workers)
        subject = Subject(run, generation, open_run_dataset(run, root), load_model(run))
        if sides is not None:
            explain_seeds(sides, root, workers)
        price = None if sides is None else from_first(partial(measure_price, *sides))
        return make_verdict(subject, sources, price, images, seed)


def explain_seeds(sides: tuple[Side, Side], root: Path | None, workers: int | None = None) -> None:
    """Explain the runs of groups that are not explained yet, with Grad-CAM: what counts of them is their answers."""
    for run in (run for side in sides if len(side.runs) > 1 for run in side.runs):
        if not from_first(partial(find_stored, run))[0]:
            explain_run(run.path, "grad_cam", root, workers=workers)


def open_or_explain(path: Path, root: Path | None, workers: int | None = None) -> Generation:
    """Open a run's maps in force, after making them where there are none."""
    run = open_run(path)
    if from_first(partial(is_explained, run)):
        return open_generation(run)
    return explain_run(path, None, root, workers=workers)[0]


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
    """Open the data set that a run was trained on, or imported for; its labels are the run's class ids.

    Raises:
        CamcoreError: It is not known where it lies on this machine, or it is not the same any more.
        RunError: `run.json` numbers its classes in an impossible way.
    """
    kind = run.config.dataset.kind
    root = root or run.place("root")
    if root is None and kind in DATASETS and DATASETS[kind].needs_root:
        raise CamcoreError(f"Where the data set of {run.path} lies is not known on this machine. Name it with --root.")
    with first_here():
        dataset = open_dataset(run.config.dataset, root)
    made_with = str(run.info["dataset"].get("fingerprint"))
    if dataset.fingerprint != made_with:
        how, again = ("trained on", "train") if run.imported_from is None else ("imported for", "import")
        raise CamcoreError(
            f"The data set at {root or kind} is not the one {run.path} was {how} (fingerprint"
            f" {dataset.fingerprint[:12]}, not {made_with[:12]}). Name the right one with --root, or {again} anew."
        )
    if here().leads:
        run.remember_places(root=root)
    return _number_classes(run, dataset)


def _number_classes(run: Run, dataset: Dataset) -> Dataset:
    """Return the data set with the class ids of a run that numbers its classes in another way."""
    if "labels" not in run.info["dataset"]:
        return dataset
    labels, classes = run.dataset_labels, len(dataset.class_names)
    if len(set(labels)) != classes:
        raise RunError(
            f"{run.path / 'run.json'} is damaged (it numbers {len(set(labels))} classes of the data set's {classes})."
            " Restore it from a copy, or import anew."
        )
    return relabel(dataset, labels, run.class_names)
