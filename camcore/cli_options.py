"""Options that commands share, and how a user's mistake is told."""

import functools
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import click

from camcore.errors import CamcoreError
from camcore.runs import open_run

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


ROOT = click.option("--root", type=PATH, help="Folder of the data set; remembered for the run on this machine.")
DEVICE = click.option("--device", default="auto", show_default=True, help="auto, cuda, mps or cpu.")
WORKERS = click.option(
    "--workers", type=click.IntRange(min=0), help="Processes (explain: threads) beside the main one."
)


def show_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print a user's mistake as one line and exit with 1."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except CamcoreError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)

    return wrapped


def say_stopped(path: Path) -> NoReturn:
    """Say what a stopped command left of a run, and exit with 130."""
    if not (path / "run.json").exists():
        go_on = "There is nothing to keep yet."
    elif (run := open_run(path)).finished:
        go_on = f"{path} holds a finished run, which is kept as it is."
    else:
        go_on = f"{len(run.history())} finished epochs are kept. Go on: camcore train --run {path} --resume"
    click.echo(f"\nStopped. {go_on}", err=True)
    sys.exit(130)
