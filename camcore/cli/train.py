"""`camcore train`: its options are the fields of the settings."""

import statistics
from pathlib import Path
from typing import Any

import click

from camcore.cli.options import (
    DATASET,
    DEVICE,
    OVERWRITE,
    VIEW,
    WORKERS,
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
from camcore.errors import CamcoreError, shell_command
from camcore.runs.run import Run
from camcore.training.recipes import RECIPES, apply_recipe


@click.command("train")
@run_option(required=True)
@click.option(
    "--recipe",
    type=click.Choice(tuple(RECIPES)),
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
@click.option("--resume", is_flag=True, help="Continue an unfinished run with the settings it was started with.")
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
    if recipe is not None and not resume:
        options, said = apply_recipe(recipe, options, given)
        click.echo(said)
    try:
        if resume:
            _require_no_settings(context, given, overwrite)
            run = train.resume_run(path, machine)
        else:
            if options.pop("download"):
                dataset.download_dataset(options["dataset"], machine.root)
            config = build_config(options)
            if seeds:
                _say_group(train.train_seeds(path, config, seeds, machine, overwrite=overwrite))
                return
            run = train.train_run(path, config, machine, overwrite=overwrite)
    except KeyboardInterrupt as stop:
        if seeds:
            say_end("\nStopped. Finished work is kept. Run the same command again to continue.", 130)
        say_stopped(path, stop)
    say_skipped(run)
    click.echo(f"Trained: {run.path}. Next: {shell_command('explain', run.path)}")


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


def _require_no_settings(context: click.Context, given: list[str], overwrite: bool) -> None:
    if overwrite:
        raise CamcoreError("--resume and --overwrite exclude each other. Choose one.")
    if given:
        flags = {option.name: option.opts[0] for option in context.command.params}
        raise CamcoreError(f"--resume uses the settings of the run. Leave out {flags[given[0]]}, or train a new run.")
