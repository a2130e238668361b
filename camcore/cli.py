"""The command line: parse, call, print. What the commands do stands in `workflows`, imported when one of them runs."""

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

import camcore
from camcore.backbones import BACKBONES, HEADS
from camcore.cli_options import DEVICE, PATH, ROOT, WORKERS, config_option, run_option, show_errors
from camcore.cli_reading import layers_command, report_command, runs_command
from camcore.config import (
    AUGMENTATIONS,
    EXPLAIN_PRECISIONS,
    KEEPS,
    OPTIMIZERS,
    PRECISIONS,
    DatasetConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    ViewConfig,
)
from camcore.datasets import DATASETS
from camcore.errors import CamcoreError
from camcore.geometry import VIEWS
from camcore.heatmaps import METHODS
from camcore.runs import open_run, runs_folder

DATASET_KINDS = ("paper-dogs", "stanford-dogs", "image-folder")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(camcore.__version__, prog_name="camcore")
def main() -> None:
    """Train a CNN, store its CAM-family heatmaps, and see where CAM and Grad-CAM disagree."""


@main.command("train")
@run_option(required=True)
@click.option(
    "--dataset",
    "kind",
    type=click.Choice(tuple(DATASETS)),
    default="paper-dogs",
    show_default=True,
    help="What to learn.",
)
@ROOT
@click.option("--download", is_flag=True, help="Fetch the data set into --root first (stanford-dogs).")
@click.option("--data-seed", type=int, default=0, show_default=True, help="Draws paper dogs, splits an image folder.")
@config_option(DatasetConfig, "val_fraction", help="Share for validation, for an image folder without a split.")
@config_option(DatasetConfig, "train_images", type=int, help="How many to draw (paper-dogs).")
@config_option(DatasetConfig, "val_images", type=int, help="How many to draw (paper-dogs).")
@config_option(ModelConfig, "backbone", type=click.Choice(tuple(BACKBONES)), metavar="NAME", help=", ".join(BACKBONES))
@config_option(
    ModelConfig,
    "head",
    type=click.Choice(tuple(HEADS)),
    help="gap: CAM applies; mlp: a hidden layer; native: as built.",
)
@config_option(ModelConfig, "weights", help="imagenet, or a file of torchvision's layout. [default: from scratch]")
@config_option(ModelConfig, "map_stride", type=int, help="Pixels per cell of the last grid: 32, or 16 for finer maps.")
@click.option("--view", type=click.Choice(VIEWS), default="squash", show_default=True, help="What the model sees.")
@config_option(ViewConfig, "size", type=int, help="Side of the square that the model sees, in pixels.")
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
@config_option(TrainConfig, "precision", type=click.Choice(PRECISIONS), help="auto: bf16 where the hardware has it.")
@config_option(TrainConfig, "keep", type=click.Choice(KEEPS), help="best: selects on the split it reports, optimistic.")
@config_option(TrainConfig, "seed", type=int, help="Reproduces a run to the bit on a CPU.")
@click.option("--resume", is_flag=True, help="Go on with the run behind its last finished epoch, as it was configured.")
@click.option("--overwrite", is_flag=True, help="Replace the run that is there.")
@DEVICE
@WORKERS
@click.pass_context
@show_errors
def train_command(context: click.Context, path: Path, resume: bool, overwrite: bool, **options: Any) -> None:
    """Train a classifier into a run folder."""
    from camcore import workflows

    places = {name: options.pop(name) for name in ("root", "device", "workers")}
    try:
        if resume:
            _require_no_settings(context, set(options), overwrite)
            run = workflows.resume_run(path, **places)
        else:
            if options.pop("download"):
                workflows.download_dataset(options["kind"], places["root"])
            run = workflows.train_run(path, build_config(options), overwrite=overwrite, **places)
    except KeyboardInterrupt:
        _say_stopped(path)
    if skipped := run.info["dataset"].get("skipped"):
        click.echo(f"{skipped} files were skipped; {run.path / 'skipped.csv'} says which and why.")
    click.echo(f"Trained: {run.path}. Next: camcore explain {run.path}")


def build_config(options: dict[str, Any]) -> RunConfig:
    """Return the configuration that the options of `train` describe."""

    def chosen(kind: type) -> dict[str, Any]:
        return {field.name: options[field.name] for field in fields(kind) if field.name in options}

    return RunConfig(
        DatasetConfig(**chosen(DatasetConfig) | {"seed": options["data_seed"]}),
        ViewConfig(**chosen(ViewConfig) | {"kind": options["view"]}),
        ModelConfig(**chosen(ModelConfig)),
        TrainConfig(**chosen(TrainConfig)),
    )


def _require_no_settings(context: click.Context, names: set[str], overwrite: bool) -> None:
    given = [name for name in names if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    if overwrite:
        raise CamcoreError("--resume and --overwrite exclude each other. Choose one.")
    if given:
        flags = {option.name: option.opts[0] for option in context.command.params}
        flag = flags[sorted(given)[0]]
        raise CamcoreError(f"--resume goes on as the run was configured; leave out {flag}, or train a new run.")


def _say_stopped(path: Path) -> None:
    if not (path / "run.json").exists():
        go_on = "There is nothing to keep yet."
    elif (run := open_run(path)).finished:
        go_on = f"{path} holds a finished run, which is kept as it is."
    else:
        go_on = f"{len(run.history())} finished epochs are kept. Go on: camcore train --run {path} --resume"
    click.echo(f"\nStopped. {go_on}", err=True)
    sys.exit(130)


@main.command("explain")
@click.argument("path", metavar="RUN", type=PATH)
@click.option("--sources", help=f"METHOD or METHOD@LAYER, comma-separated; methods: {', '.join(METHODS)}.")
@ROOT
@click.option("--all-classes", is_flag=True, help="Also keep CAM for every class (half precision).")
@click.option("--force", is_flag=True, help="Make anew what is there, with these sources alone.")
@click.option(
    "--precision",
    type=click.Choice(EXPLAIN_PRECISIONS),
    default="auto",
    show_default=True,
    help="auto: the fastest way that agrees with float32 on these images; exact: float32.",
)
@DEVICE
@WORKERS
@show_errors
def explain_command(path: Path, **options: Any) -> None:
    """Compute heatmaps for all validation images of a run."""
    from camcore import workflows

    try:
        generation, made = workflows.explain_run(path, **options)
    except KeyboardInterrupt:
        click.echo(f"\nStopped. The maps in force before are kept. Go on: camcore explain {path}", err=True)
        sys.exit(130)
    images, rate = generation.manifest["images"], generation.manifest["images_per_second"]
    names = ", ".join(source.id for source in generation.sources)
    if made:
        click.echo(f"Explained {images} images ({rate:.0f} images/s) with {names}; accuracy {generation.accuracy:.3f}.")
    else:
        click.echo(f"{path} is explained already, with {names}. Make the maps anew with --force.")


@main.command("verdict")
@click.argument("path", metavar="RUN", type=PATH)
@click.option("--against", type=PATH, help="A run of another head, for the price of CAM's architecture.")
@ROOT
@click.option("--methods", help="Comma-separated. [default: all but score_cam, which runs the model once per channel]")
@click.option(
    "--images", type=click.IntRange(min=2), help="For insertion and deletion. [default: a few minutes' worth]"
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything that is left to chance.")
@WORKERS
@show_errors
def verdict_command(path: Path, **options: Any) -> None:
    """Say which heatmap is the most meaningful for a run, with numbers."""
    from camcore import workflows
    from camcore.language import text_in
    from camcore.sentences import write_sentences

    verdict = workflows.verdict_run(path, **options)
    for sentences in write_sentences(text_in("en"), verdict):
        for sentence in sentences:
            click.echo(sentence)
    for name, measure in verdict["measures"].items():
        click.echo(f"\n{name} ({measure['better']} is better, n = {measure['n']})")
        for source, value in measure["values"].items():
            difference = measure["differences"].get(source, {})
            same = "identical by theory" if difference.get("identical_by_theory") else difference.get("verdict", "")
            interval = "" if value["low"] is None else f" [{value['low']:.3f}, {value['high']:.3f}]"
            click.echo(f"  {source:<20} {value['mean']:.3f}{interval}  {same.replace('_', ' ')}")
    click.echo(f"\nWritten in {verdict['seconds']:.0f} s. Read it on the dashboard's page Verdict.")


@main.command("demo")
@run_option(default=None)
@click.option("--overwrite", is_flag=True, help="Replace the run that is there.")
@DEVICE
@WORKERS
@show_errors
def demo_command(path: Path | None, **options: Any) -> None:
    """Go the whole way on paper dogs, small: draw, train, explain. A few minutes on two cores."""
    from camcore import workflows

    path = path or runs_folder() / "demo"
    try:
        generation = workflows.make_demo(path, **options)
    except KeyboardInterrupt:
        _say_stopped(path)
    click.echo(f"{path}: {generation.manifest['images']} images explained, accuracy {generation.accuracy:.3f}.")
    click.echo("Look at it: streamlit run dashboard/app.py")


for command in (report_command, layers_command, runs_command):
    main.add_command(command)
