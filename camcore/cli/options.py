"""Options that commands share, made from the settings' fields, and how commands report errors."""

import functools
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import Any, NoReturn, TypeVar, get_args

import click

from camcore.config import DatasetConfig, Settings, ViewConfig, describe_range, find_choices
from camcore.data.registry import DATASETS
from camcore.errors import CamcoreError, count_of, find_similar, shell_command
from camcore.runs.run import Run, open_run
from camcore.system.ranks import current_rank
from camcore.system.signals import StoppedTraining
from camcore.workflows.machine import Machine

S = TypeVar("S", bound=Settings)


class _Path(click.Path):
    """A path. `~` is the home folder; an empty text, such as an unset variable, is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path."""
        if not str(value).strip():
            self.fail("It is empty. Name a file or a folder.", param, ctx)
        try:
            return Path(value).expanduser()
        except RuntimeError:  # there is no such user
            return Path(value)


class _RunPath(_Path):
    """A run folder, which needs a name: `.` is replaced by the name of the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path."""
        path = super().convert(value, param, ctx)
        path = path.resolve() if path.name in ("", "..") else path
        if not path.name:
            self.fail(f"{str(value)!r} has no name, so it can't be a run. Name a folder in it.", param, ctx)
        return path


class Names(click.Choice[str]):
    """A choice of names; a misspelt one gets a suggestion."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = find_similar(value, self.choices)
            self.fail(error.message + (f" Did you mean {near!r}?" if near else ""), param, ctx)


PATH = _Path(path_type=Path)
RUN_PATH = _RunPath(path_type=Path)
MOST_CHOICES = 4  # an option's first line has room for; more are listed in its help
OPTION_NAMES = {(DatasetConfig, "kind"): "dataset", (DatasetConfig, "seed"): "data_seed", (ViewConfig, "kind"): "view"}


def settings_options(kind: type[Settings], *names: str) -> Callable[..., Any]:
    """Return a decorator that adds an option per field of `kind`, or per name."""
    return join_options(*(_make_option(kind, name) for name in names or kind.__pydantic_fields__))


def _make_option(kind: type[Settings], name: str) -> Callable[..., Any]:
    info = kind.__pydantic_fields__[name]
    option = option_name(kind, name)
    choices = tuple(DATASETS) if option == "dataset" else find_choices(info)
    types = [each for each in get_args(info.annotation) or (info.annotation,) if each is not NoneType]
    many = len(choices) > MOST_CHOICES
    names = f": {', '.join(choices)}" if many else ""
    limits = f" {describe_range(info).capitalize()}." if describe_range(info) else ""
    text, bracket, default = str(info.description).partition(" [default")
    return click.option(
        f"--{option.replace('_', '-')}",
        option,
        type=Names(choices) if choices else types[0],
        nargs=len(types),
        metavar="NAME" if many else None,
        default=info.default,
        show_default=info.default is not None,
        help=f"{text}{names}.{limits}{bracket}{default}",
    )


def option_name(kind: type[Settings], name: str) -> str:
    """Return the name of a field's option."""
    return OPTION_NAMES.get((kind, name), name)


def read_settings(kind: type[S], options: dict[str, Any]) -> S:
    """Return the settings that a command's options describe. Fields without an option keep their defaults."""
    names = {name: option_name(kind, name) for name in kind.__pydantic_fields__}
    return kind(**{name: options[option] for name, option in names.items() if option in options})


def take_machine(options: dict[str, Any]) -> Machine:
    """Remove the options of the machine from a command's options, and return them."""
    names = [field.name for field in fields(Machine) if field.name in options]
    return Machine(**{name: options.pop(name) for name in names})


def run_option(**settings: Any) -> Callable[..., Any]:
    """Return the option `--run`."""
    return click.option("--run", "path", type=RUN_PATH, **{"help": "Run folder, e.g. checkpoints/NAME."} | settings)


def join_options(*options: Callable[..., Any]) -> Callable[..., Any]:
    """Return a decorator that adds several options, listed in this order."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


ROOT = click.option(
    "--root",
    type=PATH,
    help="Folder of the data set (not for paper-dogs). Its path is stored on this machine, so that later commands on"
    " the same run do not need --root.",
)
DEVICE = click.option(
    "--device", default="auto", show_default=True, help="Device to compute on: auto, cuda, mps or cpu."
)
WORKERS = click.option(
    "--workers",
    type=click.IntRange(min=0),
    help="Number of worker processes that load images; 0: none. [default: chosen by the number of cores]",
)
THREADS = click.option(
    "--workers",
    type=click.IntRange(min=0),
    help="Number of threads that load and explain images; 0: none besides the main thread. [default: chosen by the"
    " number of cores]",
)
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace the run if it exists.")
DATASET = join_options(
    settings_options(DatasetConfig, *(name for name in DatasetConfig.__pydantic_fields__ if name != "all_images")),
    ROOT,
    click.option("--download", is_flag=True, help="First download the data set into --root (stanford-dogs only)."),
)
VIEW = settings_options(ViewConfig, "kind", "size")


def show_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print a user error, missing permission or lack of memory as one line; exit 1."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except CamcoreError as error:
            line = str(error)
        except PermissionError as error:
            if error.filename is None:
                raise
            line = f"{error.filename} can't be opened ({error.strerror}). Fix its permissions, or choose another path."
        except (MemoryError, RuntimeError) as error:
            if not _is_lack_of_memory(error):
                raise
            line = f"There is too little memory. Close other programs{_name_smaller()}. Finished work is kept."
        else:
            return
        say_end(f"Error: {line}", 1)

    return wrapped


def say_end(text: str, status: int) -> NoReturn:
    """Print why a command ends early, on one rank only, and exit."""
    if current_rank().is_only:
        click.echo(text, err=True)
        sys.exit(status)
    from camcore.system.collectives import exit_rank, may_report

    if may_report():
        click.echo(text, err=True)
    exit_rank(status)


def _name_smaller() -> str:
    """Return which options of the current command need less memory."""
    flags = {option.opts[0] for option in click.get_current_context().command.params}
    smaller = "train with a smaller --batch-size or --size" if "--batch-size" in flags else ""
    fewer = "use fewer --workers" if "--workers" in flags else ""
    return "".join(f", or {way}" for way in (smaller, fewer) if way)


def _is_lack_of_memory(error: Exception) -> bool:
    """Whether Python or torch ran out of memory, on the machine or on a GPU."""
    message = str(error).lower()  # torch raises a RuntimeError for it
    return isinstance(error, MemoryError) or "out of memory" in message or "can't allocate memory" in message


def say_skipped(run: Run) -> None:
    """Print how many files of a run's data set were skipped, if any."""
    if skipped := run.info["dataset"].get("skipped"):
        verb, them = ("was", "it") if skipped == 1 else ("were", "them")
        click.echo(
            f"{count_of(skipped, 'file')} {verb} skipped; {run.path / 'skipped.csv'} lists {them} with the reason."
        )


def say_stopped(path: Path, stop: KeyboardInterrupt) -> NoReturn:
    """Print what a stopped command left of a run, and exit with 130."""
    if not (path / "run.json").exists():
        left = "There is nothing to keep yet."
    elif (run := open_run(path)).finished:
        left = f"{path} holds a finished run, which is unchanged."
    else:
        steps = stop.steps if isinstance(stop, StoppedTraining) else 0
        epochs = len(run.history())
        kept = count_of(epochs, "finished epoch") + (f" and {count_of(steps, 'step')} of the next" if steps else "")
        verb = "is" if epochs == 1 and not steps else "are"
        left = f"{kept} {verb} kept. Resume: {shell_command('train', '--run', path, '--resume')}"
    say_end(f"\nStopped. {left}", 130)
