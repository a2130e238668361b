"""The button that downloads a run's report, one HTML file made on request."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from camcore.errors import RunError
from camcore.presentation.report.report import IMAGES, make_report
from camcore.runs.run import open_run
from dashboard.data.caching import State, file_state
from dashboard.data.histories import find_files
from dashboard.data.runs import ExplainedRun
from dashboard.data.verdict import read_verdict
from dashboard.language import language, text
from dashboard.widgets import layout


def show_report_button(explained: ExplainedRun) -> None:
    """Show the button for an explained run."""
    note = text("report.download.help", count=min(IMAGES, explained.explanation.manifest.images))
    problem = _find_problem(explained)
    files = [explained.explanation.path / "verdict.json", *find_files(explained.path)]
    # The file is made in another thread without this session, so the language is passed on.
    make: Callable[[], bytes] = partial(_make_report, explained, file_state(files), language())
    st.download_button(
        text("report.download"),
        make,
        file_name=f"{explained.name}-report.html",
        mime="text/html",
        key="report",
        help=problem or note,
        disabled=bool(problem),
        on_click="ignore",
        icon=":material/download:",
    )


def _find_problem(explained: ExplainedRun) -> str:
    """Return why no report can be made, or an empty text."""
    try:
        read_verdict(explained)
    except RunError as error:
        return layout.shorten_paths(str(error), explained.path.parent)
    return ""


@st.cache_data(max_entries=4, show_spinner=False, hash_funcs={ExplainedRun: lambda run: run.key})
def _make_report(explained: ExplainedRun, files: State, language: str) -> bytes:
    return make_report(open_run(explained.path), language=language).encode()
