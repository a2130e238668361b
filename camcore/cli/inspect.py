"""The commands that read runs: report, layers, runs, check."""

import sys
from pathlib import Path

import click

from camcore.cli.options import PATH, show_errors
from camcore.errors import RunError
from camcore.explained.explanation import is_explained, open_explanation
from camcore.presentation.texts import LANGUAGES
from camcore.runs.run import Run, list_run_folders, list_runs, open_run, runs_folder
from camcore.system.checksums import SUMS

FOLDER = click.option(
    "--runs",
    "folder",
    type=PATH,
    help="Folder that contains the runs. [default: the environment variable CAMCORE_RUNS, or checkpoints]",
)


@click.command("report")
@click.argument("path", metavar="RUN", type=PATH)
@click.option(
    "--out", type=PATH, help="File to write; replaced if it exists. [default: NAME-report.html in the current folder]"
)
@click.option(
    "--images",
    type=click.IntRange(min=1),
    metavar="INTEGER",
    default=48,
    show_default=True,
    help="Number of images in the report.",
)
@click.option(
    "--sources",
    help="Two sources of the run to compare, comma-separated. [default: cam,grad_cam, or the run's first two]",
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the texts."
)
@show_errors
def report_command(path: Path, out: Path | None, images: int, sources: str | None, language: str) -> None:
    """Write a run into one HTML file that works offline."""
    from camcore.presentation.report.report import write_report

    run = open_run(path)
    out = out or Path(f"{run.path.resolve().name}-report.html")
    pair = None if sources is None else sources.split(",")
    write_report(run, out, language=language, images=images, sources=pair)
    size = out.stat().st_size / 1e6
    click.echo(f"Written: {out} ({size:.1f} MB). Open it in a browser; it works offline.")


@click.command("layers")
@click.argument("path", metavar="RUN", type=PATH)
@show_errors
def layers_command(path: Path) -> None:
    """List the layers of a run's network."""
    from camcore.workflows import explain

    for layer, note in explain.list_layers(path):
        grid = f"{layer.height} x {layer.width}"
        click.echo(f"{layer.name:<24} {grid:>9}  {layer.channels:>5} channels  {note}")


@click.command("runs")
@FOLDER
@show_errors
def runs_command(folder: Path | None) -> None:
    """List all runs, and whether each is trained and explained."""
    for entry in list_runs(_find_folder(folder)):
        if isinstance(entry, RunError):
            click.echo(f"unusable: {entry}")
            continue
        config = entry.config
        made = "trained" if entry.imported_from is None else "imported"
        state = made if entry.finished else "unfinished"
        problem = _find_problem(entry) if is_explained(entry) else None
        explained = "heatmaps unusable" if problem else "explained" if is_explained(entry) else "not explained"
        click.echo(
            f"{entry.name:<24} {config.dataset.kind:<14} {config.model.backbone:<18} {config.model.head:<7}"
            f" {state}, {explained}"
        )
        if problem:
            click.echo(f"unusable: {problem}")


def _find_problem(run: Run) -> RunError | None:
    try:
        open_explanation(run)
    except RunError as error:
        return error
    return None


@click.command("check")
@click.argument("paths", metavar="[RUN]...", nargs=-1, type=PATH)
@FOLDER
@click.option(
    "--accept",
    is_flag=True,
    help="Store the checksums of the files as they are now. Use this after you changed a file, or if a run has no"
    " checksums.",
)
@show_errors
def check_command(paths: tuple[Path, ...], folder: Path | None, accept: bool) -> None:
    """Compare the files of runs with their stored SHA-256 checksums.

    Without RUN, all runs are checked.
    """
    from camcore.workflows.check import accept_run, check_run

    if accept and not paths:
        raise click.UsageError("--accept needs at least one RUN.")
    damaged = False
    for path in paths or list_run_folders(_find_folder(folder)):
        checked = accept_run(path) if accept else check_run(path)
        damaged |= bool(checked.problems)
        for problem in checked.problems:
            click.echo(f"damaged: {problem}")
        if not checked.problems:
            listed = f"{checked.files} files are as listed ({checked.size / 1e6:.1f} MB)" if checked.files else "opens"
            unlisted = "".join(f"; no {SUMS} in {folder}" for folder in checked.unlisted)
            click.echo(f"{path}: {listed}{unlisted}.")
    if damaged:
        sys.exit(1)


def _find_folder(folder: Path | None) -> Path:
    folder = folder or runs_folder()
    if not list_run_folders(folder):
        click.echo(f"No runs in {folder}. Make one: camcore demo --run {folder / 'demo'}")
    return folder
