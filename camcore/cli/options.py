"""Options that commands share, and how a user's mistake is told."""

import functools
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import click

from camcore.config import DatasetConfig, ViewConfig
from camcore.data.registry import DATASETS
from camcore.errors import CamcoreError, shell_command
from camcore.geometry import VIEWS
from camcore.runs.run import Run, open_run
from camcore.system.ranks import current_rank
from camcore.system.signals import StoppedTraining

PATH = click.Path(path_type=Path)


def _describe_default(kind: type, name: str) -> Any:
    return next(field.default for field in fields(kind) if field.name == name)


def config_option(kind: type, name: str, **settings: Any) -> Callable[..., Any]:
    """Return an option for a field of a configuration, with the field's own default."""
    default = _describe_default(kind, name)
    flag = "--" + name.replace("_", "-")
    return click.option(flag, name, default=default, show_default=default is not None, **settings)


def run_option(**settings: Any) -> Callable[..., Any]:
    """Return the option that names a run folder."""
    return click.option("--run", "path", type=PATH, help="Run folder, e.g. checkpoints/NAME.", **settings)


def join_options(*options: Callable[..., Any]) -> Callable[..., Any]:
    """Return a decorator that adds several options, listed in this order."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def choose_fields(kind: type, options: dict[str, Any]) -> dict[str, Any]:
    """Return those of a command's options that are fields of a configuration."""
    return {field.name: options[field.name] for field in fields(kind) if field.name in options}


def read_dataset(options: dict[str, Any]) -> DatasetConfig:
    """Return the data set that `DATASET`'s options describe."""
    return DatasetConfig(**choose_fields(DatasetConfig, options) | {"seed": options["data_seed"]})


def read_view(options: dict[str, Any]) -> ViewConfig:
    """Return the view that `VIEW`'s options describe, with mean and standard deviation where a command has them."""
    return ViewConfig(**choose_fields(ViewConfig, options) | {"kind": options["view"]})


ROOT = click.option("--root", type=PATH, help="Folder of the data set; remembered for the run on this machine.")
DEVICE = click.option("--device", default="auto", show_default=True, help="auto, cuda, mps or cpu.")
WORKERS = click.option(
    "--workers", type=click.IntRange(min=0), help="Processes (explain: threads) beside the main one."
)

DATASET = join_options(
    click.option(
        "--dataset",
        "kind",
        type=click.Choice(tuple(DATASETS)),
        default="paper-dogs",
        show_default=True,
        help="The images.",
    ),
    ROOT,
    click.option("--download", is_flag=True, help="Fetch the data set into --root first (stanford-dogs)."),
    click.option(
        "--data-seed", type=int, default=0, show_default=True, help="Draws paper dogs, splits an image folder."
    ),
    config_option(DatasetConfig, "val_fraction", help="Share for validation, for an image folder without a split."),
    config_option(DatasetConfig, "train_images", type=int, help="How many to draw (paper-dogs)."),
    config_option(DatasetConfig, "val_images", type=int, help="How many to draw (paper-dogs)."),
    config_option(DatasetConfig, "fold", metavar="K/N", help="Validate on part K of N of the training images instead."),
)
VIEW = join_options(
    click.option("--view", type=click.Choice(VIEWS), default="squash", show_default=True, help="What the model sees."),
    config_option(ViewConfig, "size", type=int, help="Side of the square that the model sees, in pixels."),
)


def show_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print a user's mistake, or what the machine does not give, as one line and exit with 1."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except CamcoreError as error:
            line = str(error)
        except PermissionError as error:
            if error.filename is None:
                raise
            line = f"{error.filename} can't be opened ({error.strerror}). Get the right to, or choose another place."
        except (MemoryError, RuntimeError) as error:
            if not _is_lack_of_memory(error):
                raise
            line = (
                "There is too little memory. Close other programs, or train with a smaller --batch-size or --size, or"
                " with fewer --workers. What was finished before is kept."
            )
        else:
            return
        say_end(f"Error: {line}", 1)

    return wrapped


def say_end(text: str, status: int) -> NoReturn:
    """Say why a command ends early, and end it; of several ranks one speaks for all."""
    if current_rank().is_only:
        click.echo(text, err=True)
        sys.exit(status)
    from camcore.system.collectives import exit_rank, may_report

    if may_report():
        click.echo(text, err=True)
    exit_rank(status)


def _is_lack_of_memory(error: Exception) -> bool:
    """Whether Python, or torch in words of its own, got no memory of the machine or of a GPU."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in said or "can't allocate memory" in said


def say_skipped(run: Run) -> None:
    """Say how many files of a run's data set could not be used, if any."""
    if skipped := run.info["dataset"].get("skipped"):
        click.echo(f"{skipped} files were skipped; {run.path / 'skipped.csv'} says which and why.")


def say_stopped(path: Path, stop: KeyboardInterrupt) -> NoReturn:
    """Say what a stopped command left of a run, and exit with 130."""
    if not (path / "run.json").exists():
        go_on = "There is nothing to keep yet."
    elif (run := open_run(path)).finished:
        go_on = f"{path} holds a finished run, which is kept as it is."
    else:
        steps = stop.steps if isinstance(stop, StoppedTraining) else 0
        kept = f"{len(run.history())} finished epochs" + (f" and {steps} steps of the next" if steps else "")
        go_on = f"{kept} are kept. Go on: {shell_command('train', '--run', path, '--resume')}"
    say_end(f"\nStopped. {go_on}", 130)
