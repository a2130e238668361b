"""The command that trains: its options are the fields of a run's configuration."""

import statistics
from pathlib import Path
from typing import Any

import click

from camcore.backbones import BACKBONES, HEADS
from camcore.cli.options import (
    DATASET,
    DEVICE,
    VIEW,
    WORKERS,
    choose_fields,
    config_option,
    read_dataset,
    read_view,
    run_option,
    say_end,
    say_skipped,
    say_stopped,
    show_errors,
)
from camcore.config import AUGMENTATIONS, FROZEN, KEEPS, OPTIMIZERS, PRECISIONS, ModelConfig, RunConfig, TrainConfig
from camcore.errors import CamcoreError, shell_command
from camcore.runs.run import Run
from camcore.training.recipes import RECIPES, apply_recipe


@click.command("train")
@run_option(required=True)
@click.option(
    "--recipe",
    type=click.Choice(tuple(RECIPES)),
    help="Settings that belong together: "
    + "; ".join(f"{name}: {recipe.title}" for name, recipe in RECIPES.items())
    + ". What it sets is printed; options given beside it hold.",
)
@DATASET
@config_option(ModelConfig, "backbone", type=click.Choice(tuple(BACKBONES)), metavar="NAME", help=", ".join(BACKBONES))
@config_option(
    ModelConfig,
    "head",
    type=click.Choice(tuple(HEADS)),
    help="gap: CAM applies; mlp: a hidden layer; native: as built.",
)
@config_option(ModelConfig, "weights", help="imagenet, or a file of torchvision's layout. [default: from scratch]")
@config_option(ModelConfig, "map_stride", type=int, help="Pixels per cell of the last grid: 32, or 16 for finer maps.")
@VIEW
@config_option(TrainConfig, "epochs", type=int, help="How often the training images are seen.")
@config_option(TrainConfig, "batch_size", type=int, help="Images per step.")
@config_option(TrainConfig, "optimizer", type=click.Choice(OPTIMIZERS), help="sgd: momentum 0.9, Nesterov.")
@config_option(TrainConfig, "learning_rate", type=float, help="At its peak; then a cosine to zero.")
@config_option(TrainConfig, "weight_decay", type=float, help="For kernels and matrices, not for biases.")
@config_option(TrainConfig, "warmup_epochs", type=float, help="Epochs until the learning rate's peak.")
@config_option(TrainConfig, "label_smoothing", type=float, help="Share of the target given to all classes.")
@config_option(
    TrainConfig,
    "augmentation",
    type=click.Choice(AUGMENTATIONS),
    help="light: crops, flips; standard: also colours, shapes and erasing.",
)
@config_option(TrainConfig, "train_size", type=int, help="Side of the crops to train on. [default: that of --size]")
@config_option(TrainConfig, "mixing", type=float, help="Share of batches that MixUp or CutMix mixes.")
@config_option(TrainConfig, "ema", type=float, help="Decay of the average of weights that is kept; 0: none.")
@config_option(TrainConfig, "layer_decay", type=float, help="Learning rate of a stage as a share of the next one's.")
@config_option(TrainConfig, "frozen", type=click.Choice(FROZEN), help="What is not trained.")
@config_option(TrainConfig, "views", type=int, help="With --frozen trunk: features of so many views, computed once.")
@config_option(TrainConfig, "patience", type=int, help="With --keep held-out: epochs without a better one, then stop.")
@config_option(TrainConfig, "precision", type=click.Choice(PRECISIONS), help="auto: bf16 where the hardware has it.")
@config_option(
    TrainConfig,
    "keep",
    type=click.Choice(KEEPS),
    help="Which epoch. best: chosen on the split it reports, optimistic; held-out: on a tenth of the training images.",
)
@config_option(TrainConfig, "seed", type=int, help="Reproduces a run to the bit on a CPU.")
@click.option("--seeds", metavar="N,N,...", help="Train a run for each, NAME-seedN: shown as one, with its spread.")
@click.option("--resume", is_flag=True, help="Go on with the run behind its last finished epoch, as it was configured.")
@click.option("--overwrite", is_flag=True, help="Replace the run that is there.")
@DEVICE
@WORKERS
@click.pass_context
@show_errors
def train_command(context: click.Context, path: Path, resume: bool, overwrite: bool, **options: Any) -> None:
    """Train a classifier into a run folder."""
    from camcore.workflows import dataset, train

    places = {name: options.pop(name) for name in ("root", "device", "workers")}
    given = _find_given(context, set(options))
    recipe, seeds = options.pop("recipe"), _read_seeds(options.pop("seeds"), given)
    if recipe is not None and not resume:
        options, said = apply_recipe(recipe, options, given)
        click.echo(said)
    try:
        if resume:
            _require_no_settings(context, given, overwrite)
            run = train.resume_run(path, **places)
        else:
            if options.pop("download"):
                dataset.download_dataset(options["kind"], places["root"])
            config = build_config(options)
            if seeds:
                _say_group(train.train_seeds(path, config, seeds, overwrite=overwrite, **places))
                return
            run = train.train_run(path, config, overwrite=overwrite, **places)
    except KeyboardInterrupt as stop:
        if seeds:
            say_end("\nStopped. What is finished is kept; the same command goes on from there.", 130)
        say_stopped(path, stop)
    say_skipped(run)
    click.echo(f"Trained: {run.path}. Next: {shell_command('explain', run.path)}")


def build_config(options: dict[str, Any]) -> RunConfig:
    """Return the configuration that the options of `train` describe."""
    return RunConfig(
        read_dataset(options),
        read_view(options),
        ModelConfig(**choose_fields(ModelConfig, options)),
        TrainConfig(**choose_fields(TrainConfig, options)),
    )


def _read_seeds(text: str | None, given: list[str]) -> list[int]:
    """Return the seeds of a group; none where a single run is asked for."""
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
    say_skipped(runs[0])  # of one data set, as all of them
    mean, spread = statistics.mean(accuracies), statistics.stdev(accuracies)
    click.echo(f"Mean of {len(runs)} seeds {mean:.3f}, standard deviation {spread:.3f}.")
    click.echo(f"Next: {shell_command('explain', runs[0].path)}")


def _find_given(context: click.Context, names: set[str]) -> list[str]:
    """Return which of the options were given on the command line, in order of name."""
    source = click.core.ParameterSource.COMMANDLINE
    return [name for name in sorted(names) if context.get_parameter_source(name) is source]


def _require_no_settings(context: click.Context, given: list[str], overwrite: bool) -> None:
    if overwrite:
        raise CamcoreError("--resume and --overwrite exclude each other. Choose one.")
    if given:
        flags = {option.name: option.opts[0] for option in context.command.params}
        raise CamcoreError(
            f"--resume goes on as the run was configured; leave out {flags[given[0]]}, or train a new run."
        )
