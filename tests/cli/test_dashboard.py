"""`camcore dashboard`: the command it starts, and what it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

from camcore.cli import dashboard
from camcore.runs.run import Run
from tests.support.command_line import run_camcore

APP = Path(__file__).parents[2] / "dashboard" / "app.py"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were started; each ends with exit code 3."""
    commands: list[list[str]] = []

    def call(command: list[str]) -> int:
        commands.append(command)
        return 3

    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.delenv("CAMCORE_RUNS", raising=False)
    return commands


def test_it_starts_streamlit_on_the_app(
    started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = [sys.executable, "-m", "streamlit", "run", str(APP)]
    monkeypatch.chdir(tmp_path)
    assert run_camcore("dashboard").exit_code == 3
    run_camcore("dashboard", tmp_path, "--port", 8600, "--address", "localhost")
    monkeypatch.setenv("CAMCORE_RUNS", "elsewhere")
    run_camcore("dashboard")
    monkeypatch.delenv("CAMCORE_RUNS")
    (tmp_path / "checkpoints").mkdir()
    run_camcore("dashboard")
    assert started == [
        server,
        [*server, "--server.port=8600", "--server.address=localhost", "--", f"--runs={tmp_path}"],
        [*server, "--", "--runs=elsewhere"],
        [*server, "--", "--runs=checkpoints"],
    ]


def test_a_run_is_not_the_folder_of_runs(started: list[list[str]], trained_run: Run) -> None:
    result = run_camcore("dashboard", trained_run.path)
    assert result.stderr == (
        f"Error: {trained_run.path} is a run, not a folder of runs. Name the folder that holds it.\n"
    )
    assert not started


def test_an_installed_package_has_no_dashboard(
    started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "APP", tmp_path / "dashboard" / "app.py")
    result = run_camcore("dashboard")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The dashboard needs the repository, which the installed package")
    assert len(result.stderr.splitlines()) == 1
    assert not started


def test_ctrl_c_ends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def stop(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "call", stop)
    assert run_camcore("dashboard", tmp_path).exit_code == 130
