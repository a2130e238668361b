"""`camcore import`: a run from a classifier trained elsewhere."""

from pathlib import Path
from typing import Any

import click

from camcore.backbones import BACKBONES
from camcore.cli.help import examples
from camcore.cli.options import (
    DATASET,
    OVERWRITE,
    PATH,
    VIEW,
    Names,
    read_settings,
    run_option,
    say_skipped,
    say_stopped,
    settings_options,
    show_errors,
)
from camcore.config import DatasetConfig, ModelConfig, RunConfig, ViewConfig
from camcore.errors import shell_command


@click.command(
    "import",
    epilog=examples(
        "camcore import --run checkpoints/theirs --backbone resnet18 --weights theirs.pth --classes names.txt"
        " --dataset image-folder --root my-images",
    ),
)
@run_option(required=True)
@click.option(
    "--backbone",
    type=Names(tuple(BACKBONES)),
    metavar="NAME",
    required=True,
    help=f"Network architecture: {', '.join(BACKBONES)}.",
)
@click.option(
    "--weights",
    type=PATH,
    required=True,
    help="Weights of the whole network, head included, .pth or .safetensors: a state dict with torchvision's"
    " parameter names, or a checkpoint that contains one, under any key and prefix.",
)
@settings_options(ModelConfig, "weights_key")
@click.option(
    "--classes",
    metavar="FILE|dataset",
    help="Names of the classes, in the order of the logits: a file with one name per line; the word dataset for the"
    " classes of the data set; or dataset-natural for these in natural order (c2 before c10), as timm sorts them."
    " [default: the names in --weights, if it has any]",
)
@DATASET
@click.option("--all-images", is_flag=True, help=f"{DatasetConfig.__pydantic_fields__['all_images'].description}.")
@VIEW
@settings_options(ViewConfig, "mean", "std")
@OVERWRITE
@show_errors
def import_command(path: Path, backbone: str, weights: Path, classes: str | None, **options: Any) -> None:
    """Make a run from a classifier that was trained elsewhere.

    Set --view, --size, --mean and --std to the values that the classifier was trained with. The data set may hold
    only some of the checkpoint's classes; classes are matched by name. Code in a checkpoint is never executed.
    """
    from camcore.workflows import dataset, import_model

    config = RunConfig(
        read_settings(DatasetConfig, options),
        read_settings(ViewConfig, options),
        ModelConfig(backbone, "native", weights=weights.name, weights_key=options["weights_key"]),
    )
    root, overwrite = options["root"], options["overwrite"]
    try:
        if options["download"]:
            dataset.download_dataset(config.dataset.kind, root)
        imported = import_model.import_run(path, config, weights, classes, root, overwrite=overwrite)
    except KeyboardInterrupt as stop:
        say_stopped(path, stop)
    for line in import_model.describe_import(imported):
        click.echo(line)
    for note in imported.run.info["dataset"].get("notes", ()):
        click.echo(note)
    say_skipped(imported.run)
    click.echo(f"Imported: {path}. Next: {shell_command('explain', path)}")
