"""The commands that read what is there: report, layers, runs."""

from pathlib import Path

import click

from camcore.cli_options import PATH, show_errors
from camcore.errors import RunError
from camcore.language import LANGUAGES
from camcore.runs import list_runs, open_run, runs_folder


@click.command("report")
@click.argument("path", metavar="RUN", type=PATH)
@click.option("--out", type=PATH, help="File to write; an older report there is replaced. [default: RUN-report.html]")
@click.option("--images", type=click.IntRange(min=1), default=48, show_default=True, help="How many pictures it holds.")
@click.option("--sources", help="Two of the run's, comma-separated. [default: cam,grad_cam where both are there]")
@click.option("--language", type=click.Choice(tuple(LANGUAGES)), default="en", show_default=True, help="Of its texts.")
@show_errors
def report_command(path: Path, out: Path | None, images: int, sources: str | None, language: str) -> None:
    """Write one HTML file that shows a run without a server or a network."""
    from camcore.report import write_report

    run = open_run(path)
    out = out or Path(f"{run.path.resolve().name}-report.html")
    pair = None if sources is None else sources.split(",")
    write_report(run, out, language=language, images=images, sources=pair)
    size = out.stat().st_size / 1e6
    click.echo(f"Written: {out} ({size:.1f} MB). Open it in a browser; it needs no server and no network.")


@click.command("layers")
@click.argument("path", metavar="RUN", type=PATH)
@show_errors
def layers_command(path: Path) -> None:
    """List the layers of a run's network, with their grids."""
    from camcore import workflows

    for layer in workflows.list_layers(path):
        grid = f"{layer['height']} x {layer['width']}"
        click.echo(f"{layer['name']:<24} {grid:>9}  {layer['channels']:>5} channels  {layer['note']}")


@click.command("runs")
@click.option("--runs", "folder", type=PATH, help="Folder of runs. [default: CAMCORE_RUNS, or checkpoints]")
@show_errors
def runs_command(folder: Path | None) -> None:
    """List the runs that are there."""
    folder = folder or runs_folder()
    entries = list_runs(folder)
    if not entries:
        click.echo(f"No runs in {folder}. Make one: camcore demo --run {folder / 'demo'}")
    for entry in entries:
        if isinstance(entry, RunError):
            click.echo(f"unusable: {entry}")
            continue
        config = entry.config
        made = "trained" if entry.imported_from is None else "imported"
        state = made if entry.finished else "unfinished"
        explained = "explained" if (entry.path / "explained" / "current").exists() else "not explained"
        click.echo(
            f"{entry.name:<24} {config.dataset.kind:<14} {config.model.backbone:<18} {config.model.head:<7}"
            f" {state}, {explained}"
        )
