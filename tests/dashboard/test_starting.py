"""Messages and settings at the server's start."""

import os
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from streamlit import config

from camcore.errors import CamcoreError
from dashboard import settings
from tests.support.dashboard_server import APP, REPOSITORY, free_port

SETTINGS = REPOSITORY / "dashboard" / ".streamlit" / "config.toml"


def test_the_settings_are_safe() -> None:
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    assert settings["browser"] == {"gatherUsageStats": False, "serverAddress": "localhost"}
    assert settings["runner"] == {"postScriptGC": False}, "it would take longer than most runs of the script"
    assert settings["client"] == {"showErrorDetails": "none", "showErrorLinks": False, "toolbarMode": "viewer"}
    assert settings["server"] == {
        "enableAgentApi": False,
        "enableCORS": True,
        "enableStaticServing": False,
        "enableXsrfProtection": True,
        "maxUploadSize": 20,
    }
    known = {name for name in config._config_options_template if not name.startswith("_")}
    assert {
        f"{section}.{name}" for section in ("browser", "client", "runner", "server") for name in settings[section]
    } <= known


def start(folder: Path, **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "streamlit", "run", str(APP), f"--server.port={free_port()}"]
    known = {name: value for name, value in os.environ.items() if not name.startswith(("CAMCORE_", "STREAMLIT_"))}
    own = {"STREAMLIT_SERVER_HEADLESS": "true", "HOME": str(folder)} | environment
    return subprocess.Popen(
        command, cwd=folder, env=known | own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CAMCORE_PICTURES_AT_ONCE", "0", "CAMCORE_PICTURES_AT_ONCE is '0'. Give it a whole number from 1 to 64"),
        ("CAMCORE_LOGIN", "required", "CAMCORE_LOGIN asks for a login, but there is no table [auth] in "),
    ],
)
def test_a_server_that_can_not_be_as_it_is_meant_does_not_start(
    name: str, value: str, message: str, tmp_path: Path
) -> None:
    process = start(tmp_path, **{name: value})
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = [line for line in output.splitlines() if line.startswith("Error:")]
    assert line.startswith(f"Error: {message}")
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--run", "there"], "'--run'"),
        (["there"], "'there'"),
        (["--runs"], "--runs without a folder"),
        (["--runs", ""], "--runs without a folder"),
        (["--runs", "there", "--port=80"], "'--port=80'"),
    ],
)
def test_a_misspelt_option_of_the_server_is_refused(arguments: list[str], wrong: str) -> None:
    with pytest.raises(CamcoreError) as caught:
        settings.require_known(arguments)
    assert str(caught.value) == (
        f"The dashboard does not know {wrong}. It takes `-- --runs DIR`, the folder of the runs."
    )


def test_the_options_of_the_server_are_accepted() -> None:
    for arguments in ([], ["--runs", "there"], ["--runs=there"]):
        settings.require_known(arguments)


def test_the_server_does_not_start_with_a_misspelt_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(APP), "--run", "there"])
    with pytest.raises(SystemExit, match=r"^Error: The dashboard does not know '--run'\."):
        runpy.run_path(str(APP))


PRINT_SETTINGS = """
import dashboard.app
import streamlit as st
print([st.get_option(name) for name in ("server.maxUploadSize", "client.showErrorDetails", "theme.baseRadius")])
print(dashboard.app.app._on_script_error.__module__)
"""


def test_the_settings_hold_wherever_it_is_started(tmp_path: Path) -> None:
    """The settings hold outside the repository and under other servers than Streamlit's own."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "HOME": str(tmp_path)}
    command = [sys.executable, "-c", PRINT_SETTINGS]
    started = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert started.stdout.splitlines() == ["[20, 'none', '0.45rem']", "dashboard.server.faults"]


@pytest.mark.parametrize("given", ["0", "65", "-1", "two", "", "1e1", "٣", "9" * 5000])
def test_a_limit_is_a_small_whole_number(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMCORE_PASSES_AT_ONCE", given)
    with pytest.raises(
        CamcoreError, match=r"CAMCORE_PASSES_AT_ONCE is .*whole number from 1 to 64; without it 2 holds"
    ):
        settings.read_limit("CAMCORE_PASSES_AT_ONCE", 2)


def test_limits_hold_as_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.read_limit("CAMCORE_PASSES_AT_ONCE", 2) == 2
    monkeypatch.setenv("CAMCORE_PASSES_AT_ONCE", "64")
    assert settings.read_limit("CAMCORE_PASSES_AT_ONCE", 2) == 64


@pytest.mark.parametrize(("given", "holds"), [(1, 1), (20, 20), (200, 20)])
def test_the_upload_limit_follows_streamlit(given: int, holds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.st, "get_option", lambda name: given)
    assert settings.read_upload_limit() == holds


def test_an_upload_limit_that_lets_nothing_pass_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.st, "get_option", lambda name: 0)
    with pytest.raises(CamcoreError, match=r"server\.maxUploadSize is 0\. Give it 1 to 20 \(megabytes\)"):
        settings.read_upload_limit()
