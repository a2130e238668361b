"""The button that writes a run's report: one HTML file, made when it is asked for."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from camcore.errors import RunError
from camcore.presentation.report.report import IMAGES, make_report
from camcore.runs.run import open_run
from dashboard.data.caching import State, file_state
from dashboard.data.histories import find_files
from dashboard.data.runs import RunEntry
from dashboard.data.verdict import read_verdict
from dashboard.language import language, text
from dashboard.widgets import layout


def show_report_button(entry: RunEntry) -> None:
    """Show the button for an explained run."""
    assert entry.explanation is not None  # noqa: S101 shown for explained runs only
    note = text("report.download.help", count=min(IMAGES, entry.explanation.manifest.images))
    problem = _find_problem(entry)
    files = [entry.explanation.path / "verdict.json", *find_files(entry.path)]
    # The file is made in a thread that knows nothing of this session, so the language goes with it.
    make: Callable[[], bytes] = partial(_make_report, entry, entry.key, file_state(files), language())
    st.download_button(
        text("report.download"),
        make,
        file_name=f"{entry.name}-report.html",
        mime="text/html",
        key="report",
        help=problem or note,
        disabled=bool(problem),
        on_click="ignore",
        icon=":material/download:",
    )


def _find_problem(entry: RunEntry) -> str:
    """Return why there can be no report, empty where it can be made."""
    try:
        read_verdict(entry)
    except RunError as error:
        return layout.shorten_paths(str(error), entry.path.parent)
    return ""


@st.cache_data(max_entries=4, show_spinner=False)
def _make_report(_entry: RunEntry, key: tuple[str, str], files: State, language: str) -> bytes:
    return make_report(open_run(_entry.path), language=language).encode()
