"""The commands that read runs: report, layers, runs, check."""

import sys
from pathlib import Path

import click

from camcore.cli.help import examples
from camcore.cli.options import PATH, RUN_PATH, Names, show_errors
from camcore.errors import NoRunError, RunError, count_of, shell_command
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


@click.command("report", epilog=examples("camcore report checkpoints/mine --sources cam,grad_cam"))
@click.argument("path", metavar="RUN", type=RUN_PATH)
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
@click.option("--language", type=Names(LANGUAGES), default="en", show_default=True, help="Language of the texts.")
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


@click.command("layers", epilog=examples("camcore layers checkpoints/mine"))
@click.argument("path", metavar="RUN", type=RUN_PATH)
@show_errors
def layers_command(path: Path) -> None:
    """List the layers of a run's network."""
    from camcore.workflows import explain

    for layer, note in explain.list_layers(path):
        grid = f"{layer.height} x {layer.width}"
        click.echo(f"{layer.name:<24} {grid:>9}  {layer.channels:>5} channels  {note}")


@click.command("runs", epilog=examples("camcore runs", "camcore runs --runs /data/my-runs"))
@FOLDER
@show_errors
def runs_command(folder: Path | None) -> None:
    """List all runs: accuracy, epochs, date, state and heatmaps."""
    listed = list_runs(_find_folder(folder))
    rows = {entry.path: _describe(entry) for entry in listed if isinstance(entry, Run)}
    widths = [max(map(len, column)) for column in zip(*(cells for cells, _ in rows.values()), strict=True)]
    for entry in listed:
        if isinstance(entry, RunError):
            click.echo(f"unusable: {entry}")
            continue
        cells, problems = rows[entry.path]
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
        for problem in problems:
            click.echo(f"unusable: {problem}")


def _describe(run: Run) -> tuple[tuple[str, ...], list[RunError]]:
    """Return the cells of a run's line, and what can't be read."""
    config, is_imported = run.config, run.imported_from is not None
    state = "imported" if is_imported else "trained" if run.finished else "unfinished"
    heatmaps, accuracy, epochs = "not explained", None, 0
    problems = []
    try:
        history, row = run.history(), run.kept_row()
        epochs = len(history)
        if row is None and epochs:
            row = history.iloc[-1]
        accuracy = None if row is None else float(row["val_accuracy"])
    except RunError as error:
        problems.append(error)
    try:
        if is_explained(run):
            heatmaps = "heatmaps unusable"
            explanation = open_explanation(run)
            heatmaps = f"explained: {', '.join(explanation.manifest.sources)}"
            accuracy = explanation.accuracy if is_imported else accuracy
    except RunError as error:
        problems.append(error)
    cells = (
        run.name,
        config.dataset.kind,
        config.model.backbone,
        config.model.head,
        "accuracy –" if accuracy is None else f"accuracy {accuracy:.3f}",
        "" if is_imported else f"{epochs} of {count_of(config.train.epochs, 'epoch')}",
        str(run.info.get("created") or "")[:10],
        f"{state}, {heatmaps}",
    )
    return cells, problems


@click.command("check", epilog=examples("camcore check", "camcore check checkpoints/mine --accept"))
@click.argument("paths", metavar="[RUN]...", nargs=-1, type=RUN_PATH)
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
        try:
            checked = accept_run(path) if accept else check_run(path)
        except NoRunError as error:
            if paths:
                raise
            click.echo(error)
            continue
        damaged |= bool(checked.problems)
        for problem in checked.problems:
            click.echo(f"damaged: {problem}")
        if not checked.problems:
            verb, size = "is" if checked.files == 1 else "are", f"{checked.size / 1e6:.1f} MB"
            listed = f"{count_of(checked.files, 'file')} {verb} as listed ({size})" if checked.files else "opens"
            unlisted = "".join(f"; no {SUMS} in {folder}" for folder in checked.unlisted)
            click.echo(f"{path}: {listed}{unlisted}.")
    if damaged:
        sys.exit(1)


def _find_folder(folder: Path | None) -> Path:
    folder = folder or runs_folder()
    if not list_run_folders(folder):
        click.echo(f"No runs in {folder}. Make one: {shell_command('demo', '--run', folder / 'demo')}")
    return folder
