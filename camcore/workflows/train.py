"""`camcore train`: train a new run, runs of several seeds, or resume one."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from camcore.backbones import BACKBONES
from camcore.config import RunConfig
from camcore.errors import CamcoreError
from camcore.heatmaps.drawing import describe_finer_settings, is_too_coarse
from camcore.models.classifier import Classifier, layer_grids
from camcore.models.weights import load_initial_weights
from camcore.runs.create import create_run, replacing, require_free, set_epochs
from camcore.runs.run import Run, open_run
from camcore.system.collectives import from_first, init_ranks
from camcore.system.devices import choose_device
from camcore.system.locks import only_writer
from camcore.system.progress import show_line
from camcore.system.ranks import current_rank
from camcore.training.data import require_batch
from camcore.training.loop import train
from camcore.workflows.dataset import (
    announce_dataset,
    describe_dataset,
    list_files,
    open_on_all_ranks,
    open_run_dataset,
)
from camcore.workflows.machine import Machine


def train_run(
    path: Path, config: RunConfig, machine: Machine, *, overwrite: bool = False, group: str | None = None
) -> Run:
    """Create a run and train it; `group` is the name of its seed group.

    Raises:
        CamcoreError: The run exists or is written to by another process, the data set or the weights can't be had, or
            the training fails.
    """
    init_ranks()
    device = choose_device(machine.device)
    with only_writer(path):
        from_first(lambda: require_free(path, overwrite))
        dataset = open_on_all_ranks(config.dataset, machine.root)
        weights = config.model.weights
        model = _build_model(config, len(dataset.class_names), weights)
        require_batch(config.train, len(dataset.train), model)
        with replacing(path, overwrite):
            run = create_run(path, _as_stored(config), dataset.class_names, describe_dataset(dataset), group)
            run.remember_places(
                root=machine.root, weights=None if weights in (None, "imagenet") else Path(str(weights))
            )
            list_files(run, dataset)
            announce_dataset(dataset)
            _warn_of_coarse_maps(config, model)
            train(run, dataset, model, device, workers=machine.workers)
    return run


def train_seeds(
    path: Path, config: RunConfig, seeds: Sequence[int], machine: Machine, *, overwrite: bool = False
) -> list[Run]:
    """Train runs that differ only in their seed, named `path` with `-seed<N>` appended.

    Runs that exist with this configuration are kept if they are finished, and resumed if not.

    Raises:
        CamcoreError: One is there with another configuration, or a training fails.
    """
    init_ranks()
    runs = []
    for seed in seeds:
        member = path.with_name(f"{path.name}-seed{seed}")
        wanted = replace(config, train=replace(config.train, seed=seed))
        existing = None if overwrite else from_first(partial(_find_run, member))
        if existing is None:
            runs.append(train_run(member, wanted, machine, overwrite=overwrite, group=path.name))
            continue
        run, is_finished = existing
        if run.config != _as_stored(wanted):
            raise CamcoreError(
                f"{member} is there already, configured otherwise. Replace it with --overwrite, or name another --run."
            )
        runs.append(run if is_finished else resume_run(member, machine))
    return runs


def _find_run(path: Path) -> tuple[Run, bool] | None:
    """Return a run and whether it is finished; None if there is none."""
    if not (path / "run.json").exists():
        return None
    run = open_run(path)
    return run, run.finished


def resume_run(path: Path, machine: Machine, epochs: int | None = None) -> Run:
    """Resume a run's training after its last saved epoch or step.

    Args:
        path: The run folder.
        machine: The machine's settings.
        epochs: New total number of epochs; the learning rates of the rest follow from it. None keeps the run's.

    Raises:
        CamcoreError: The run is finished, damaged or written to by another process, or its data set has changed.
    """
    init_ranks()
    run = open_run(path)
    with only_writer(path):
        if epochs is not None and not run.finished:
            run = set_epochs(run, epochs)
        dataset = open_run_dataset(run, machine.root, needs_train=True)
        if not run.finished:
            announce_dataset(dataset)
        has_trunk = run.state_path.exists() and run.config.train.frozen != "trunk"
        weights = None if run.finished or has_trunk else run.config.model.weights
        model = _build_model(run.config, len(run.class_names), weights and (run.place("weights") or weights))
        require_batch(run.config.train, len(dataset.train), model)
        train(run, dataset, model, choose_device(machine.device), resume=True, workers=machine.workers)
    return run


def _build_model(config: RunConfig, classes: int, weights: str | Path | None) -> Classifier:
    """Return the model that a training starts from. Only rank 0 reads the weights: all ranks get its model."""
    torch.manual_seed(config.train.seed)
    model = Classifier(config.model, config.view, classes)
    if weights is not None and current_rank().is_first:
        for line in load_initial_weights(model, weights):
            show_line(line)
    return model


def _warn_of_coarse_maps(config: RunConfig, model: Classifier) -> None:
    """Print a warning if the heatmaps will have too few cells to say where."""
    (grid,) = layer_grids(model, config.view.size, BACKBONES[config.model.backbone].stages[-1:])
    if is_too_coarse(grid.height, grid.width):
        show_line(
            f"Warning: at --size {config.view.size} the heatmaps of the last layer have {grid.height} x {grid.width}"
            " cells. Fewer than 4 x 4 do not show where evidence lies, so they will be neither drawn nor measured. Use"
            f" {describe_finer_settings(config)}."
        )


def _as_stored(config: RunConfig) -> RunConfig:
    """Return a configuration as stored: of the initial weights' path only the file name."""
    weights = config.model.weights
    return config if weights is None else replace(config, model=replace(config.model, weights=Path(weights).name))
