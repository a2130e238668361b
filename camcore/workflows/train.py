"""How runs come into being: trained, resumed, replaced, and the demo."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from camcore.config import RunConfig, TrainConfig
from camcore.data.registry import open_dataset
from camcore.errors import CamcoreError
from camcore.models.classifier import Classifier
from camcore.models.weights import load_initial_weights
from camcore.runs.create import create_run, replacing
from camcore.runs.run import Run, open_run
from camcore.system.collectives import first_here, from_first, init_ranks
from camcore.system.devices import choose_device
from camcore.system.locks import only_writer
from camcore.system.ranks import current_rank
from camcore.training.loop import train
from camcore.workflows.dataset import describe_dataset, note_skipped, open_run_dataset


def train_run(
    path: Path,
    config: RunConfig,
    root: Path | None = None,
    *,
    overwrite: bool = False,
    device: str = "auto",
    workers: int | None = None,
    group: str | None = None,
) -> Run:
    """Create a run and train it to the end; `group` names what it shares with runs of other seeds.

    Raises:
        CamcoreError: The run exists or is written to by another process, the data set or the weights can't be had, or
            the training fails.
    """
    init_ranks()
    require_batch(config.train)
    chosen = choose_device(device)
    with only_writer(path):
        with first_here():
            dataset = open_dataset(config.dataset, root)
        torch.manual_seed(config.train.seed)
        model = Classifier(config.model, config.view, len(dataset.class_names))
        weights = config.model.weights
        if weights is not None and current_rank().is_first:
            load_initial_weights(model, weights)

        def create() -> Run:
            run = create_run(path, _as_stored(config), dataset.class_names, describe_dataset(dataset), group)
            run.remember_places(root=root, weights=None if weights in (None, "imagenet") else Path(str(weights)))
            note_skipped(run, dataset)
            return run

        with replacing(path, overwrite):
            run = from_first(create)
            train(run, dataset, model, chosen, workers=workers)
    return run


def train_seeds(
    path: Path,
    config: RunConfig,
    seeds: Sequence[int],
    root: Path | None = None,
    *,
    overwrite: bool = False,
    device: str = "auto",
    workers: int | None = None,
) -> list[Run]:
    """Train runs that differ in their seed alone, as a group: `path` with `-seed<N>` behind it each.

    Those that are there already, as configured, are kept where they are finished, and gone on with where not.

    Raises:
        CamcoreError: One is there with another configuration, or a training fails.
    """
    init_ranks()
    runs = []
    for seed in seeds:
        member = path.with_name(f"{path.name}-seed{seed}")
        wanted = replace(config, train=replace(config.train, seed=seed))
        if overwrite or not from_first((member / "run.json").exists):
            runs.append(
                train_run(member, wanted, root, overwrite=overwrite, device=device, workers=workers, group=path.name)
            )
            continue
        run = from_first(partial(open_run, member))
        if run.config != _as_stored(wanted):
            raise CamcoreError(
                f"{member} is there already, configured otherwise. Replace it with --overwrite, or name another --run."
            )
        finished = from_first(partial(getattr, run, "finished"))
        runs.append(run if finished else resume_run(member, root, device=device, workers=workers))
    return runs


def require_batch(config: TrainConfig) -> None:
    """Refuse batches of fewer images than there are ranks.

    Raises:
        CamcoreError: They are.
    """
    if config.batch_size < current_rank().count:
        raise CamcoreError(
            f"batch_size is {config.batch_size}, for all {current_rank().count} ranks together, and each needs an"
            " image. Start fewer ranks, or train with a larger --batch-size."
        )


def resume_run(path: Path, root: Path | None = None, *, device: str = "auto", workers: int | None = None) -> Run:
    """Go on with a run where its training was stopped, behind its last finished epoch at least.

    Raises:
        CamcoreError: The run is finished, damaged or written to by another process, or its data set has changed.
    """
    init_ranks()
    run = from_first(partial(open_run, path))
    require_batch(run.config.train)
    with only_writer(path):
        dataset = open_run_dataset(run, root)
        torch.manual_seed(run.config.train.seed)
        model = Classifier(run.config.model, run.config.view, len(run.class_names))
        has_trunk = run.state_path.exists() and run.config.train.frozen != "trunk"
        if run.config.model.weights is not None and current_rank().is_first and not (run.finished or has_trunk):
            load_initial_weights(model, run.place("weights") or run.config.model.weights)
        train(run, dataset, model, choose_device(device), resume=True, workers=workers)
    return run


def _as_stored(config: RunConfig) -> RunConfig:
    """Return a configuration as a run keeps it: of the file of its initial weights the name."""
    weights = config.model.weights
    return config if weights is None else replace(config, model=replace(config.model, weights=Path(weights).name))
