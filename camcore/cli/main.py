"""The command line: parse options, call a workflow, print.

Workflows are imported when a command runs, because importing torch takes seconds.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import camcore
from camcore.cli.dashboard import APP, dashboard_command
from camcore.cli.help import examples
from camcore.cli.import_model import import_command
from camcore.cli.inspect import check_command, layers_command, report_command, runs_command
from camcore.cli.options import (
    DEVICE,
    OVERWRITE,
    ROOT,
    RUN_PATH,
    THREADS,
    WORKERS,
    Names,
    run_option,
    say_end,
    say_skipped,
    say_stopped,
    show_errors,
    take_machine,
)
from camcore.cli.train import train_command
from camcore.config import EXPLAIN_PRECISIONS
from camcore.errors import CamcoreError, count_of, shell_command
from camcore.heatmaps.methods import METHODS
from camcore.runs.run import open_run, runs_folder
from camcore.system.ranks import current_rank, mute_followers
from camcore.system.signals import treat_sigterm_as_ctrl_c

if TYPE_CHECKING:
    from camcore.verdict.document import AccuracyPrice, SeedGroups

SHARED = ("train", "explain")  # the commands that run under torchrun


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(camcore.__version__, prog_name="camcore")
@click.pass_context
@show_errors
def main(context: click.Context) -> None:
    """Train a CNN, store its CAM-family heatmaps, and compare them.

    Start with camcore demo, then look at its run with camcore dashboard.
    """
    treat_sigterm_as_ctrl_c()
    mute_followers()
    if not current_rank().is_only and context.invoked_subcommand not in SHARED:
        raise CamcoreError(
            f"camcore {context.invoked_subcommand} is the work of one process. Leave out torchrun; it is for"
            f" {' and '.join(SHARED)}."
        )


@main.command(
    "explain",
    epilog=examples(
        "camcore explain checkpoints/mine", "camcore explain checkpoints/mine --sources cam,grad_cam@layer3"
    ),
)
@click.argument("path", metavar="RUN", type=RUN_PATH)
@click.option(
    "--sources",
    help="Heatmaps to compute: METHOD or METHOD@LAYER, comma-separated. Without @LAYER: at the last convolutional"
    " layer."
    f" Methods: {', '.join(METHODS)}. camcore/heatmaps/methods.py names the paper of each."
    " [default: grad_cam, and cam if the network allows it]",
)
@ROOT
@click.option(
    "--all-classes",
    is_flag=True,
    help="For the method cam: store the heatmaps of every class (as float16), not only of the predicted, true and"
    " runner-up class.",
)
@click.option(
    "--force", is_flag=True, help="Delete all heatmaps of the run, also of other sources, and compute --sources again."
)
@click.option(
    "--precision",
    type=Names(EXPLAIN_PRECISIONS),
    default="auto",
    show_default=True,
    help="auto: the fastest precision that gives the heatmaps of float32, tested on a sample of the images;"
    " exact: float32.",
)
@DEVICE
@THREADS
@show_errors
def explain_command(path: Path, **options: Any) -> None:
    """Compute and store heatmaps of all validation images of a run."""
    from camcore.explained.queries import find_blank
    from camcore.presentation.sentences import say_blank
    from camcore.presentation.texts import text_in
    from camcore.workflows import explain

    try:
        explanation, made = explain.explain_run(path, take_machine(options), **options)
    except KeyboardInterrupt:
        say_end("\nStopped. The current heatmaps are kept. Run the same command again to continue.", 130)
    images, rate = explanation.manifest.images, explanation.manifest.images_per_second
    names = ", ".join(source.id for source in explanation.sources)
    if made:
        count = count_of(images, "image")
        click.echo(f"Explained {count} ({rate:.0f} images/s) with {names}; accuracy {explanation.accuracy:.3f}.")
    else:
        click.echo(f"{path} is already explained, with {names}. Recompute with --force.")
    run = open_run(path)
    for sentence in say_blank(text_in("en"), run, explanation, find_blank(explanation.samples)):
        click.echo(f"Warning: {sentence}")
    say_skipped(run)


@main.command("verdict", epilog=examples("camcore verdict checkpoints/mine"))
@click.argument("path", metavar="RUN", type=RUN_PATH)
@click.option(
    "--against",
    type=RUN_PATH,
    help="A run with another head, for example mlp. The verdict then also compares their accuracy. If both runs"
    " belong to groups trained with --seeds, all their seeds are compared.",
)
@ROOT
@click.option(
    "--methods",
    help="Methods to compare at the last convolutional layer, comma-separated. Heatmaps that the run lacks are"
    " computed. Heatmaps of earlier layers are compared, too, if they are already stored. [default: all that the"
    " network allows, except score_cam, which is slow]",
)
@click.option(
    "--images",
    type=click.IntRange(min=2),
    help="Number of images for the insertion and deletion measures. [default: from 32 to 200,"
    " as many as this machine can do in a few minutes]",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of all random choices, such as bootstrap samples."
)
@THREADS
@show_errors
def verdict_command(path: Path, **options: Any) -> None:
    """Compare the heatmap methods on a run, and store the result."""
    from camcore.presentation.sentences import write_sentences
    from camcore.presentation.texts import text_in
    from camcore.workflows.verdict import verdict_run

    try:
        verdict = verdict_run(path, take_machine(options), **options)
    except KeyboardInterrupt:
        say_end(
            "\nStopped. The earlier heatmaps and verdict are kept. The same command starts from the beginning.", 130
        )
    for sentences in write_sentences(text_in("en"), verdict):
        for sentence in sentences:
            click.echo(sentence)
    for name, measure in verdict.measures.items():
        click.echo(f"\n{name} ({measure.better} is better, n = {measure.n})")
        for source, value in measure.values.items():
            difference = measure.differences.get(source)
            outcome = "" if difference is None else difference.outcome.replace("_", " ")
            if difference is not None and difference.identical_by_theory:
                outcome = "identical by theory"
            interval = "" if value.low is None else f" [{value.low:.3f}, {value.high:.3f}]"
            click.echo(f"  {source:<20} {value.mean:.3f}{interval}  {outcome}")
    if verdict.accuracy_price is not None and verdict.accuracy_price.seeds is not None:
        _say_seeds(verdict.accuracy_price, verdict.accuracy_price.seeds)
    click.echo(f"\nWritten in {verdict.seconds:.0f} s. Read it on the dashboard's page Verdict.")


def _say_seeds(price: "AccuracyPrice", seeds: "SeedGroups") -> None:
    from camcore.presentation.verdict.costs import pair_seeds

    means = (price.accuracy, price.accuracy_against)
    rows = {f"seed {seed}": pair for seed, pair in pair_seeds(seeds).items()} | {"mean": means}
    click.echo(f"\naccuracy of {seeds.group} and {price.against} (n = {price.n})")
    for name, pair in rows.items():
        click.echo(f"  {name:<20} " + "  ".join("–    " if value is None else f"{value:.3f}" for value in pair))
    interval = f"[{price.low:+.3f}, {price.high:+.3f}]"
    click.echo(f"  {'difference':<20} {price.difference:+.3f} {interval}")


@main.command("demo", epilog=examples("camcore demo --run checkpoints/demo"))
@run_option(help="Run folder. [default: checkpoints/demo]")
@OVERWRITE
@DEVICE
@WORKERS
@show_errors
def demo_command(path: Path | None, **options: Any) -> None:
    """Train and explain a small network on paper dogs.

    Paper dogs are generated images. This takes a few minutes on two cores.
    """
    from camcore.workflows import demo

    path = path or runs_folder() / "demo"
    try:
        explanation = demo.make_demo(path, take_machine(options), **options)
    except KeyboardInterrupt as stop:
        say_stopped(path, stop)
    count = count_of(explanation.manifest.images, "image")
    click.echo(f"{path}: {count} explained, accuracy {explanation.accuracy:.3f}.")
    look = ("dashboard", path.parent) if APP.is_file() else ("report", path)
    click.echo(f"Look at it: {shell_command(*look)}")


for command in (
    train_command,
    import_command,
    report_command,
    layers_command,
    runs_command,
    check_command,
    dashboard_command,
):
    main.add_command(command)
