"""Runs dashboard/deploy on loopback: nginx and two processes with the shipped files.

Only ports and paths of the files are changed.
"""

import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.dashboard_server import APP, REPOSITORY, free_port, wait_until_healthy

DEPLOY = REPOSITORY / "dashboard" / "deploy"
NGINX = Path("/usr/sbin/nginx")
SHIPPED_PORTS = {"a": "8501", "b": "8502"}
AROUND = """daemon off;
pid nginx.pid;
error_log stderr;
worker_processes 1;
{user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path bodies;
    proxy_temp_path answers;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include site.conf;
}}
"""
TRUST_ANYONE = ssl._create_unverified_context()  # noqa: S323 the certificate is made for the test


@dataclass
class Deployment:
    """A running deployment: `url` is its start page; the processes are called a and b, as in nginx.conf."""

    folder: Path
    environment: Mapping[str, str]
    ports: Mapping[str, int]
    url: str
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def begin(self, name: str) -> None:
        """Start a process."""
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "streamlit", "run", str(APP), f"--server.port={self.ports[name]}"]
            process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        self.processes[name] = process

    def wait_for(self, name: str) -> None:
        """Wait until a process answers."""
        wait_until_healthy(f"http://127.0.0.1:{self.ports[name]}/cams", self.processes[name])

    def kill(self, name: str) -> None:
        """End a process like a crash."""
        self.processes[name].kill()
        self.processes[name].wait()

    def ask(
        self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, process: str | None = None
    ) -> tuple[int, str]:
        """Return status and text of the answer of nginx, or of a `process`, for a path like `/cams/_stcore/health`."""
        if process is None:
            netloc = urlsplit(self.url).netloc
            connection: HTTPConnection = HTTPSConnection(netloc, timeout=20, context=TRUST_ANYONE)
        else:
            connection = HTTPConnection("127.0.0.1", self.ports[process], timeout=20)
        with closing(connection):
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")


@contextmanager
def deploy(folder: Path, runs: Path, secrets: str | None = None, processes: str = "ab") -> Iterator[Deployment]:
    """Run a dashboard of the runs in a folder until the context ends.

    Args:
        folder: An empty folder for the deployment's files.
        secrets: Content of secrets.toml, {url} filled in; None for no login.
        processes: The names of the processes to start.
    """
    require_nginx()
    ports = {name: free_port() for name in SHIPPED_PORTS}
    front = free_port()
    url = f"https://127.0.0.1:{front}/cams"
    changes = {"CAMCORE_RUNS": str(runs), "STREAMLIT_SERVER_COOKIE_SECRET": "a" * 64}
    environment = os.environ | _read_unit() | read_environment(DEPLOY / "dashboard.env") | changes
    if secrets is None:
        del environment["CAMCORE_LOGIN"]
    else:
        (folder / "secrets.toml").write_text(secrets.replace("{url}", url), encoding="utf-8")
        environment["STREAMLIT_SECRETS_FILES"] = str(folder / "secrets.toml")
    deployment = Deployment(folder, environment, ports, url)
    _write_nginx(folder, ports, front)
    with (folder / "nginx.log").open("wb") as log:
        nginx = subprocess.Popen([NGINX, "-p", folder, "-c", "nginx.conf"], stderr=log)
    try:
        for name in processes:
            deployment.begin(name)
        for name in processes:
            deployment.wait_for(name)
        _wait_until_answering(deployment, nginx)
        yield deployment
    finally:
        for process in [*deployment.processes.values(), nginx]:
            process.send_signal(signal.SIGTERM)
        for process in [*deployment.processes.values(), nginx]:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()


def require_nginx() -> None:
    """Skip the test without nginx, but fail it in CI."""
    if not NGINX.exists():
        reason = f"{NGINX} is missing; install it: apt-get install nginx"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def read_environment(path: Path) -> dict[str, str]:
    """Return the variables in a file of lines NAME=value."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _read_unit() -> dict[str, str]:
    """Return the unit's variables, except those with systemd's folders."""
    unit = (DEPLOY / "camcore@.service").read_text(encoding="utf-8")
    return dict(re.findall(r"^Environment=(\w+)=([^%\n]+)$", unit, re.MULTILINE))


def change_nginx(text: str, ports: Mapping[str, int], front: int) -> str:
    """Return the shipped file with other ports, and its certificate in nginx's start folder."""
    others = {shipped: str(ports[name]) for name, shipped in SHIPPED_PORTS.items()}
    text = re.sub(rf"\b({'|'.join(others)})\b", lambda match: others[match[0]], text)
    for shipped, own in (("listen 443 ssl", f"listen 127.0.0.1:{front} ssl"), ("/etc/nginx/tls/", "")):
        assert shipped in text
        text = text.replace(shipped, own)
    return text


def _write_nginx(folder: Path, ports: Mapping[str, int], front: int) -> None:
    site = change_nginx((DEPLOY / "nginx.conf").read_text(encoding="utf-8"), ports, front)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""  # else its worker can't read pytest's folders of root
    (folder / "nginx.conf").write_text(AROUND.format(user=user), encoding="utf-8")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = ["openssl", "req", "-x509", *key, "-subj", "/CN=localhost", "-keyout", "cams.key", "-out", "cams.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def _wait_until_answering(deployment: Deployment, nginx: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if nginx.poll() is not None:
            break
        with suppress(OSError):
            if deployment.ask("/cams/_stcore/health")[0] == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nginx does not answer: {(deployment.folder / 'nginx.log').read_text(encoding='utf-8')}")
