"""The files in dashboard/deploy parse, name only existing things, and agree with each other."""

import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from streamlit import config

from dashboard.server import access
from tests.support.dashboard_server import REPOSITORY
from tests.support.deployment import DEPLOY, SHIPPED_PORTS, read_environment

UNIT = DEPLOY / "camcore@.service"
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
ENVIRONMENT = read_environment(DEPLOY / "dashboard.env")


@pytest.fixture
def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT, encoding="utf-8")
    return parser


def test_every_variable_is_read_by_somebody() -> None:
    options = {option.env_var for option in config._config_options_template.values()}
    code = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "dashboard").rglob("*.py"))
    for name in ENVIRONMENT:
        assert name in options if name.startswith("STREAMLIT_") else f'"{name}"' in code, name


def test_the_files_agree(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]
    base = ENVIRONMENT["STREAMLIT_SERVER_BASE_URL_PATH"]
    assert set(re.findall(r"location (?:= )?/(\w+)", NGINX)) == {base}
    assert service["ReadOnlyPaths"] == ENVIRONMENT["CAMCORE_RUNS"]
    assert re.findall(r"client_max_body_size (\d+)m", NGINX) == [
        str(int(ENVIRONMENT["STREAMLIT_SERVER_MAX_UPLOAD_SIZE"]) + 1)
    ]
    assert ENVIRONMENT["CAMCORE_LOGIN"] == "required"
    assert ENVIRONMENT["STREAMLIT_SERVER_ADDRESS"] == "127.0.0.1", "only nginx may reach the processes"
    assert set(re.findall(r"server 127\.0\.0\.1:(\d+)", NGINX)) == set(SHIPPED_PORTS.values())
    section = tomllib.loads((DEPLOY / "secrets.example.toml").read_text(encoding="utf-8"))["auth"]
    assert set(section) == {*access.KEYS, "allowed"}
    name = re.search(r"server_name (\S+);", NGINX)
    assert name and section["redirect_uri"] == f"https://{name[1]}/{base}/oauth2callback"


def test_the_example_login_refuses_everyone() -> None:
    """The placeholders must be filled in first."""
    section = tomllib.loads((DEPLOY / "secrets.example.toml").read_text(encoding="utf-8"))["auth"]
    with pytest.raises(access.CamcoreError, match="lacks cookie_secret, client_id, client_secret"):
        access._check_section(section)


def test_the_service_can_do_little(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]
    for name, value in {
        "DynamicUser": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "Restart": "always",
    }.items():
        assert service[name] == value
    assert "MemoryMax" in service and "ReadWritePaths" not in service


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_service(tmp_path: Path) -> None:
    """It runs an existing program, because the unit's own exists only on a server."""
    text = UNIT.read_text(encoding="utf-8").replace("/opt/camcore/.venv/bin/python", "/bin/true")
    (tmp_path / "camcore@8501.service").write_text(text.replace("/opt/camcore", "/"), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--recursive-errors=no", str(tmp_path / "camcore@8501.service")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
