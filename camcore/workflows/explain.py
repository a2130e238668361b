"""`camcore explain` and `camcore layers`: heatmaps of a trained run, and its layers."""

from pathlib import Path

from camcore.backbones import BACKBONES
from camcore.explained.explain import explain
from camcore.explained.explanation import Explanation, is_explained, open_explanation
from camcore.explained.job import make_job
from camcore.geometry import LayerGrid
from camcore.heatmaps.sources import Source, parse_sources
from camcore.models.classifier import Classifier, layer_grids
from camcore.runs.run import Run, open_run
from camcore.runs.weights import load_model
from camcore.system.checksums import sha256_of
from camcore.system.collectives import from_first, init_ranks
from camcore.system.devices import choose_device
from camcore.system.locks import only_writer
from camcore.workflows.dataset import open_run_dataset
from camcore.workflows.machine import Machine


def explain_run(
    path: Path,
    machine: Machine,
    sources: str | None = None,
    *,
    all_classes: bool = False,
    force: bool = False,
    precision: str = "auto",
) -> tuple[Explanation, bool]:
    """Explain a run's validation images; return the current explanation and whether it is new.

    Sources that are stored for the same weights are kept: if one is missing, all are computed together. `force`
    always computes, and keeps the requested sources only.

    Raises:
        CamcoreError: A source is unknown or does not apply, weights or data set are missing, or another process writes
            to the run.
    """
    init_ranks()
    run = open_run(path)
    with only_writer(path):
        model = load_model(run)
        chosen = parse_sources(sources, model.layer_names) if sources is not None else None
        stored, stored_all = ((), False) if force else from_first(lambda: find_stored(run))
        if stored and set(chosen or ()) <= set(stored) and (stored_all or not all_classes):
            return open_explanation(run), False
        chosen = tuple(dict.fromkeys([*stored, *(chosen or ())])) or None
        dataset, every_class = open_run_dataset(run, machine.root), all_classes or stored_all
        job = make_job(run, dataset, model, chosen, choose_device(machine.device), every_class)
        return explain(job, machine.workers, precision), True


def find_stored(run: Run) -> tuple[tuple[Source, ...], bool]:
    """Return the current sources and whether all-class CAM is stored; none for changed weights.

    Raises:
        RunError: A file is missing, damaged or of another format version.
    """
    if not is_explained(run):
        return (), False
    explanation = open_explanation(run)
    if explanation.manifest.weights_sha256 != sha256_of(run.weights_path):
        return (), False
    explanation.read_all()
    return explanation.sources, explanation.all_class_maps() is not None


def open_or_explain(path: Path, machine: Machine) -> Explanation:
    """Return a run's current explanation; make one if there is none."""
    run = open_run(path)
    if is_explained(run):
        return open_explanation(run)
    return explain_run(path, machine)[0]


def list_layers(path: Path) -> list[tuple[LayerGrid, str]]:
    """Return the layers that a run can be explained at, each with a note."""
    run = open_run(path)
    model = Classifier(run.config.model, run.config.view, len(run.class_names))
    stages = BACKBONES[run.config.model.backbone].stages
    notes = dict.fromkeys(stages, "stage") | {stages[-1]: "last layer, enters pooling"}
    layers = layer_grids(model, run.config.view.size, model.layer_names)
    return [(layer, notes.get(layer.name, "")) for layer in layers]
