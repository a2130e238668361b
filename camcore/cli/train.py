"""`camcore train`: its options are the fields of the settings."""

import itertools
import statistics
from pathlib import Path
from typing import Any

import click

from camcore.cli.help import GroupedCommand, examples
from camcore.cli.options import (
    DATASET,
    DEVICE,
    OVERWRITE,
    VIEW,
    WORKERS,
    Names,
    option_name,
    read_settings,
    run_option,
    say_end,
    say_skipped,
    say_stopped,
    settings_options,
    show_errors,
    take_machine,
)
from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.errors import CamcoreError, RunError, shell_command
from camcore.runs.run import Run, open_run
from camcore.training.recipes import RECIPES, apply_recipe
from camcore.workflows.machine import Machine

GROUPS = {
    "Run": "--run --recipe --resume --overwrite --seed --seeds",
    "Images": "--dataset --root --download --data-seed --val-fraction --fold --split-folders --train-images"
    " --val-images --exif",
    "What the model sees": "--view --size",
    "Network": "--backbone --head --map-stride --weights --weights-key --frozen --views",
    "Optimization": "--epochs --batch-size --optimizer --learning-rate --warmup-epochs --weight-decay --layer-decay"
    " --label-smoothing --ema --precision",
    "Augmentation": "--augmentation --train-size --mixing",
    "Which epoch is kept": "--keep --patience",
    "Machine": "--device --workers",
}


@click.command(
    "train",
    cls=GroupedCommand,
    groups=GROUPS,
    epilog=examples(
        "camcore train --dataset image-folder --root my-images --run checkpoints/mine",
        "camcore train --run checkpoints/mine --resume",
    ),
)
@run_option(required=True)
@click.option(
    "--recipe",
    type=Names(tuple(RECIPES)),
    help="Set several options at once and print them; options you pass explicitly win. "
    + "; ".join(f"{name}: {recipe.title}" for name, recipe in RECIPES.items())
    + ".",
)
@DATASET
@settings_options(ModelConfig, "backbone", "head", "map_stride", "weights", "weights_key")
@VIEW
@settings_options(TrainConfig)
@click.option(
    "--seeds",
    metavar="N,N,...",
    help="Train one run per seed, called NAME-seedN. The runs are shown as one group, with mean and range.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Continue an unfinished run with the settings it was started with. A larger or smaller --epochs changes the"
    " total number of epochs, and with it the rest of the learning rate schedule.",
)
@OVERWRITE
@DEVICE
@WORKERS
@click.pass_context
@show_errors
def train_command(context: click.Context, path: Path, resume: bool, overwrite: bool, **options: Any) -> None:
    """Train a classifier and store it in a run folder."""
    from camcore.workflows import dataset, train

    machine = take_machine(options)
    given = _find_given(context, set(options))
    recipe, seeds = options.pop("recipe"), _read_seeds(options.pop("seeds"), given)
    if resume and overwrite:
        raise CamcoreError("--resume and --overwrite exclude each other. Choose one.")
    if recipe is not None:
        options, said = apply_recipe(recipe, options, given)
        click.echo(said)
        given = sorted({*given, *(name for name in RECIPES[recipe].settings if name != "epochs")})
    download = options.pop("download")
    try:
        if resume and not seeds:
            run = _resume(path, {name: options[name] for name in given if name in options}, machine, download)
        else:
            if download:
                dataset.download_dataset(options["dataset"], machine.root)
            config = build_config(options)
            if seeds:
                _say_group(train.train_seeds(path, config, seeds, machine, overwrite=overwrite))
                return
            run = train.train_run(path, config, machine, overwrite=overwrite)
    except KeyboardInterrupt as stop:
        if seeds:
            again = "the same command without --overwrite" if overwrite else "the same command"
            say_end(f"\nStopped. Finished work is kept. Run {again} again to continue.", 130)
        say_stopped(path, stop)
    say_skipped(run)
    click.echo(f"Trained: {run.path}. Next: {shell_command('explain', run.path)}")


def _resume(path: Path, given: dict[str, Any], machine: Machine, download: bool) -> Run:
    """Resume a run; `given` are the settings of the command line, which have to be the run's, except `epochs`."""
    from camcore.workflows import dataset, train

    if not path.exists():
        raise RunError(f"There is no run at {path} to resume. Leave out --resume to start one.")
    run = open_run(path)
    if run.finished:
        raise CamcoreError(
            f"{path} is finished; there is nothing to resume. To train on from its weights, with a new head:"
            f" {_train_on(run, given)}"
        )
    _require_same(run, given)
    if download:
        dataset.download_dataset(run.config.dataset.kind, machine.root or run.place("root"))
    weights = given.get("weights")
    if weights not in (None, "imagenet"):
        run.remember_places(weights=Path(weights))
    return train.resume_run(path, machine, given.get("epochs"))


def _require_same(run: Run, given: dict[str, Any]) -> None:
    """Refuse settings that a run was not started with."""
    for name, (value, _) in _read_options(run.config).items():
        wanted = given.get(name, value)
        if name == "weights" and wanted is not None:
            wanted = Path(wanted).name  # a run stores no path
        if name != "epochs" and wanted != value:
            flag = f"--{name.replace('_', '-')}"
            raise CamcoreError(
                f"{run.path} was started with {flag} {value}, not {wanted}, and --resume keeps its settings. Leave out"
                f" {flag} (or the --recipe that sets it), or train a new run."
            )


def _train_on(run: Run, given: dict[str, Any]) -> str:
    """Return the command that trains a new run with the settings of a finished one, from its weights."""
    count = next(count for count in itertools.count(2) if not run.path.with_name(f"{run.name}-{count}").exists())
    words: list[object] = ["train", "--run", run.path.with_name(f"{run.name}-{count}"), "--weights", run.weights_path]
    if (root := run.place("root")) is not None:
        words += ["--root", root]
    known = {option.name for option in click.get_current_context().command.params}
    for name, (value, default) in _read_options(run.config).items():
        value = given.get(name, value) if name == "epochs" else value
        if name in known and not name.startswith("weights") and value != default:
            words += [f"--{name.replace('_', '-')}", value]
    return shell_command(*words)


def _read_options(config: RunConfig) -> dict[str, tuple[Any, Any]]:
    """Return the value and the default of each setting, by the name of its option."""
    parts = (config.dataset, config.view, config.model, config.train)
    return {
        option_name(type(part), name): (getattr(part, name), info.default)
        for part in parts
        for name, info in part.__pydantic_fields__.items()
    }


def build_config(options: dict[str, Any]) -> RunConfig:
    """Return the settings that the options of `train` describe."""
    return RunConfig(
        read_settings(DatasetConfig, options),
        read_settings(ViewConfig, options),
        read_settings(ModelConfig, options),
        read_settings(TrainConfig, options),
    )


def _read_seeds(text: str | None, given: list[str]) -> list[int]:
    """Return the seeds of a group; none for a single run."""
    if text is None:
        return []
    if "seed" in given:
        raise CamcoreError("--seed and --seeds exclude each other. Choose one.")
    parts = [part.strip() for part in text.split(",")]
    seeds = [int(part) for part in parts if part.isascii() and part.isdecimal()]
    if len(seeds) != len(parts) or len(set(seeds)) != len(seeds) or len(seeds) < 2:
        raise CamcoreError(f"--seeds is {text!r}; it must be two or more different whole numbers, like 1,2,3.")
    return seeds


def _say_group(runs: list[Run]) -> None:
    accuracies = []
    for run in runs:
        row = run.kept_row()
        assert row is not None  # noqa: S101 they are finished
        accuracies.append(float(row["val_accuracy"]))
        click.echo(f"Trained: {run.path}, validation accuracy {accuracies[-1]:.3f}.")
    say_skipped(runs[0])  # all have the same data set
    mean, spread = statistics.mean(accuracies), statistics.stdev(accuracies)
    click.echo(f"Mean of {len(runs)} seeds {mean:.3f}, standard deviation {spread:.3f}.")
    click.echo(f"Next: {shell_command('explain', runs[0].path)}")


def _find_given(context: click.Context, names: set[str]) -> list[str]:
    """Return which options were given on the command line, by name."""
    source = click.core.ParameterSource.COMMANDLINE
    return [name for name in sorted(names) if context.get_parameter_source(name) is source]
