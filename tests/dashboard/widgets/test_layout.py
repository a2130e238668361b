"""Paths in commands that pages offer work from where the server was started."""

from pathlib import Path

import pytest

from camcore.errors import shell_command
from dashboard.widgets import layout


def test_commands_find_their_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere" / "runs"
    (tmp_path / "server" / "runs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "server")
    for given, path in {
        Path("runs/live4"): "runs/live4",
        tmp_path / "server" / "runs" / "live4": "runs/live4",
        elsewhere / "live4": (elsewhere / "live4").as_posix(),
        Path("../elsewhere/runs/live4"): (elsewhere / "live4").as_posix(),
    }.items():
        assert layout.command_path(given) == path
    command = shell_command("explain", elsewhere / "my run")
    message = f"{elsewhere / 'my run'} is damaged. Recreate it: {command}"
    assert layout.shorten_paths(message, elsewhere) == f"elsewhere/runs/my run is damaged. Recreate it: {command}"
