"""The command that makes a run of a classifier trained elsewhere."""

from pathlib import Path
from typing import Any

import click

from camcore.backbones import BACKBONES
from camcore.cli.options import (
    DATASET,
    PATH,
    VIEW,
    read_settings,
    run_option,
    say_skipped,
    say_stopped,
    settings_options,
    show_errors,
)
from camcore.config import DatasetConfig, ModelConfig, RunConfig, ViewConfig
from camcore.errors import shell_command


@click.command("import")
@run_option(required=True)
@click.option(
    "--backbone",
    type=click.Choice(tuple(BACKBONES)),
    metavar="NAME",
    required=True,
    help=f"The network, of torchvision's layout: {', '.join(BACKBONES)}.",
)
@click.option("--weights", type=PATH, required=True, help="Its checkpoint with the classifier, .pth or .safetensors.")
@click.option(
    "--classes",
    metavar="FILE",
    help="Names of its classes, one a line, in the order of the logits; 'dataset': those of the data set, in their"
    " order. [default: as the checkpoint has them in class_to_idx or classes]",
)
@DATASET
@VIEW
@settings_options(ViewConfig, "mean", "std")
@click.option("--overwrite", is_flag=True, help="Replace the run that is there.")
@show_errors
def import_command(path: Path, backbone: str, weights: Path, classes: str | None, **options: Any) -> None:
    """Make a run of a classifier that was trained elsewhere.

    What is in the checkpoint is never executed. What the model sees (--view, --size, --mean, --std) must be what it saw
    in training. The data set may hold some of the checkpoint's classes only; they go by their names.
    """
    from camcore.workflows import dataset, import_model

    config = RunConfig(
        read_settings(DatasetConfig, options),
        read_settings(ViewConfig, options),
        ModelConfig(backbone, "native", weights=weights.name),
    )
    root, overwrite = options["root"], options["overwrite"]
    try:
        if options["download"]:
            dataset.download_dataset(config.dataset.kind, root)
        made = import_model.import_run(path, config, weights, classes, root, overwrite=overwrite)
    except KeyboardInterrupt as stop:
        say_stopped(path, stop)
    for line in import_model.describe_import(made):
        click.echo(line)
    say_skipped(made.run)
    click.echo(f"Imported: {path}. Next: {shell_command('explain', path)}")
