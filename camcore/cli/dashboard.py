"""`camcore dashboard`: starts the Streamlit app that lies beside the package."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from camcore.cli.help import examples
from camcore.cli.options import PATH, say_end, show_errors
from camcore.errors import CamcoreError
from camcore.runs.run import list_run_folders, runs_folder

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


@click.command(
    "dashboard", epilog=examples("camcore dashboard", "camcore dashboard /data/my-runs --port 8600 --address localhost")
)
@click.argument("folder", metavar="[RUNS]", required=False, type=PATH)
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="INTEGER", help="Port. [default: 8501, or the next free]"
)
@click.option("--address", help="Address to listen on; localhost: this machine alone. [default: all addresses]")
@show_errors
def dashboard_command(folder: Path | None, port: int | None, address: str | None) -> None:
    """Show the runs of a folder in the browser.

    RUNS is the folder; without it, the environment variable CAMCORE_RUNS, or checkpoints. Needs the repository.
    """
    if not APP.is_file():
        raise CamcoreError(
            "The dashboard needs the repository, which the installed package does not hold. In a checkout of it, run:"
            " pip install -r requirements.txt"
        )
    if find_spec("streamlit") is None:
        raise CamcoreError(f"The dashboard needs Streamlit: pip install -r {APP.parents[1] / 'requirements.txt'}")
    if folder is not None or os.environ.get("CAMCORE_RUNS") or runs_folder().is_dir():
        folder = folder or runs_folder()
        list_run_folders(folder)  # refuses what is no folder of runs
    try:
        status = subprocess.call(build_command(folder, port, address))  # noqa: S603 our own program
    except KeyboardInterrupt:  # `call` has waited for the server, which gets the same Ctrl-C, and stopped it
        say_end("\nStopped.", 130)
    sys.exit(status)


def build_command(folder: Path | None, port: int | None, address: str | None) -> list[str]:
    """Return the command that starts the server; without a folder it shows the repository's runs."""
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    command += [] if port is None else [f"--server.port={port}"]
    command += [] if address is None else [f"--server.address={address}"]
    return command if folder is None else [*command, "--", f"--runs={folder}"]
