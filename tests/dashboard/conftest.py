"""A real browser and a real Streamlit server for the dashboard's tests."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from streamlit import config
from streamlit.components.v2 import manifest_scanner

from dashboard.data import measures, runs
from tests.support.dashboard_server import (
    APP,
    CHROMIUM,
    WINDOW,
    forget,
    new_context,
    open_page,
    record_problems,
    serve,
)
from tests.support.large_view_steps import make_browsed_run, read_order
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import write_verdict

# AppTest reads the metadata of every installed package on each run of a script, which takes most of its time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
config._main_script_path = str(APP)  # as `streamlit run` does, so that AppTest finds the settings beside it
config.get_config_options(force_reparse=True)
expect.set_options(timeout=60_000)  # a busy machine is slow; errors stay errors

StartServer = Callable[..., str]


@pytest.fixture(scope="session", autouse=True)
def one_look_for_components() -> Iterator[None]:
    """Look for installed components once, and not at each run of an AppTest, of which it takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Without it the test is skipped, but fails in CI."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is missing; install it: apt-get install {CHROMIUM.name}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def shared_page(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """One page for many tests, with its problems: loading an app again takes half as long."""
    context = new_context(browser)
    page = context.new_page()
    yield page, record_problems(page)
    context.close()


@pytest.fixture
def page(shared_page: tuple[Page, list[str]]) -> Iterator[Page]:
    """A page that fails the test if a script fails or a dialog opens; listeners need a `fresh_page`."""
    page, problems = shared_page
    page.set_viewport_size(WINDOW)
    yield page
    forget(page)
    seen = problems.copy()
    problems.clear()
    assert seen == []


@pytest.fixture
def fresh_page(browser: Browser) -> Iterator[Page]:
    """The same in a browser that was never used: for listeners, start scripts, cookies and the history's length."""
    with open_page(browser) as page:
        yield page


@pytest.fixture(scope="session")
def streamlit_server() -> Iterator[StartServer]:
    """Return a function that serves `script_path` and returns its address: `streamlit_server(script, runs_folder)`.

    Further arguments are options of `streamlit run`, e.g. `"--theme.base=dark"`. Equal calls share one server; all
    of them end with the session.
    """
    with ExitStack() as servers:
        started: dict[tuple[object, ...], str] = {}

        def start(script_path: Path, runs_folder: Path | None = None, *options: str) -> str:
            call = (script_path, runs_folder, *options)
            if call not in started:
                started[call] = servers.enter_context(serve(script_path, runs_folder, options))
            return started[call]

        yield start


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs that many browser tests read: gap, the first, and mlp with a verdict, and one to browse."""
    folder = tmp_path_factory.mktemp("shelf")
    write_verdict(make_run(folder, "gap", images=60), against="mlp")
    mlp = make_run(folder, "mlp", images=40, cam_able=False, sources=("grad_cam", "grad_cam@layer3"), seed=1)
    write_verdict(mlp)
    make_browsed_run(folder)
    return folder


@pytest.fixture(scope="session")
def dashboard(shelf: Path, streamlit_server: StartServer) -> str:
    """The address of a dashboard of these runs; each further server would take seconds to start."""
    return streamlit_server(APP, shelf)


@pytest.fixture(scope="session")
def browsed_run(shelf: Path) -> Path:
    """A run with the maps of every class."""
    return shelf / "run"


@pytest.fixture(scope="session")
def gallery(dashboard: str) -> str:
    """The address of that run's gallery, the most confident image first."""
    return f"{dashboard}/gallery?run=run&sort=confidence"


@pytest.fixture(scope="session")
def order(browsed_run: Path) -> list[int]:
    """The run's images in the order of that gallery."""
    return read_order(browsed_run)


@pytest.fixture(scope="session")
def samples(browsed_run: Path) -> pd.DataFrame:
    """The run's predictions, as the pages read them."""
    return measures.load_samples(runs.read_explained(browsed_run))
