"""`camcore verdict`: compare all heatmaps of a run by every measure."""

from pathlib import Path

from camcore.heatmaps.sources import parse_source
from camcore.runs.run import open_run
from camcore.runs.seed_groups import Side, find_sides
from camcore.runs.weights import load_model
from camcore.system.locks import only_writer
from camcore.verdict.accuracy_price import measure_accuracy_price
from camcore.verdict.document import VerdictDocument
from camcore.verdict.verdict import VerdictInput, make_verdict, verdict_sources
from camcore.workflows.dataset import open_run_dataset
from camcore.workflows.explain import explain_run, find_stored, open_or_explain
from camcore.workflows.machine import Machine


def verdict_run(
    path: Path,
    machine: Machine,
    against: Path | None = None,
    *,
    methods: str | None = None,
    images: int | None = None,
    seed: int = 0,
) -> VerdictDocument:
    """Compare all heatmaps of a run by every measure. Missing heatmaps are made first.

    Args:
        path: The run.
        machine: What it runs on.
        against: A run with another head, or its group of seeds: measures what CAM costs in accuracy.
        methods: Comma-separated method ids; None for all but score_cam.
        images: Number of images for insertion and deletion.
        seed: Seed of everything random.

    Raises:
        CamcoreError: A method is unknown or does not apply, run, weights or data set are missing, or another process
            writes to the run.
    """
    run = open_run(path)
    sides = None if against is None else find_sides(run, against)
    chosen = None if methods is None else [parse_source(name).method for name in methods.split(",")]
    with only_writer(path):
        sources = verdict_sources(run, open_or_explain(path, machine), chosen)
        explanation, _ = explain_run(path, machine, ",".join(source.id for source in sources))
        subject = VerdictInput(run, explanation, open_run_dataset(run, machine.root), load_model(run))
        if sides is not None:
            explain_seeds(sides, machine)
        price = None if sides is None else measure_accuracy_price(*sides)
        return make_verdict(subject, sources, price, images, seed)


def explain_seeds(sides: tuple[Side, Side], machine: Machine) -> None:
    """Explain the unexplained runs of seed groups, by Grad-CAM alone: only their predictions are needed."""
    for run in (run for side in sides if len(side.runs) > 1 for run in side.runs):
        if not find_stored(run)[0]:
            explain_run(run.path, machine, "grad_cam")
