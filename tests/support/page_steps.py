"""Shows a dashboard page by AppTest and reads it."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.navigation.page import calc_hash
from streamlit.testing.v1 import AppTest

from tests.support.dashboard_server import REPOSITORY

SCRIPT = REPOSITORY / "dashboard" / "script.py"


def show_page(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch, /, **parameters: str | list[str]) -> AppTest:
    """Return a page of a runs folder after one run without an exception. A list is a parameter given twice."""
    monkeypatch.setattr(sys, "argv", ["script.py", "--runs", str(folder)])
    app = AppTest.from_file(str(SCRIPT), default_timeout=60)
    app._page_hash = calc_hash(page)  # before the first run, switch_page uses the file name, which is "page" for all
    app.query_params.update(parameters)
    app.run()
    assert not app.exception
    return app


def all_text(app: AppTest) -> str:
    """Return every text on the page, with markup and without style sheets."""
    parts = [element.proto.body for element in app.get("html")]
    parts += [element.value for kind in (app.markdown, app.caption, app.code) for element in kind]
    return "\n".join(part for part in parts if "<style>" not in part)


def payload(app: AppTest, which: str) -> Any:
    """Return the data of the component that contains `which`."""
    components = (json.loads(element.proto.json or "null") for element in app.get("bidi_component"))
    return next(data for data in components if data and which in data)


def read_missing(app: AppTest) -> set[str]:
    """Return the names of the values that the notice on the page, not in the sidebar, says it can't show."""
    assert not app.sidebar.warning
    return {name for warning in app.warning for name in re.findall(r"(\w+) = ", warning.value)}
