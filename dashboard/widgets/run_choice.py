"""The runs of this session, and the selected one."""

from pathlib import Path

import streamlit as st

from camcore.backbones import BACKBONES
from camcore.errors import RunError, shell_command
from camcore.explained.queries import epochs_apart
from camcore.presentation.sentences import say_blank as sentences_on_blank
from camcore.runs.run import Run
from camcore.system.names import nfc
from dashboard.data.measures import find_blank
from dashboard.data.runs import ExplainedRun, RunEntry
from dashboard.language import text
from dashboard.url_state import among, keep_in_url, missing, peek
from dashboard.widgets import layout
from dashboard.widgets.wording import as_markdown

_FOLDER, _ENTRIES = "runs_folder", "runs_entries"


def remember_folder(folder: Path, entries: list[RunEntry]) -> None:
    """Remember the entries of the runs folder for this run of the script."""
    st.session_state[_FOLDER], st.session_state[_ENTRIES] = folder, entries


def folder() -> Path:
    """Return the runs folder."""
    folder: Path = st.session_state[_FOLDER]
    return folder


def entries() -> list[RunEntry]:
    """Return the entries of the runs folder."""
    entries: list[RunEntry] = st.session_state[_ENTRIES]
    return entries


def choose_run() -> None:
    """Show the choice of a run in the sidebar."""
    states = {entry.name: entry.state for entry in entries()}
    first = next((name for name, state in states.items() if state == "explained"), next(iter(states)))
    before = peek("run")
    key = keep_in_url("run", first, among(list(states)), always=True)
    if before is not None and before not in states:  # removed or renamed meanwhile
        missing()["run"] = before
    with st.sidebar:
        st.selectbox(
            text("app.run"),
            list(states),
            key=key,
            format_func=lambda name: _label(name, states[name]),
        )
        entry = selected()
        if entry.run:
            model = entry.run.config.model
            st.caption(
                text("app.run_facts", backbone=BACKBONES[model.backbone].title, head=model.head, dataset=dataset(entry))
            )


def selected() -> RunEntry:
    """Return the selected run."""
    name = st.session_state["url_run"]
    return next(entry for entry in entries() if entry.name == name)


def show_problem(entry: RunEntry) -> None:
    """Show what is damaged in a run."""
    layout.show_problem(entry.problem or "", folder())


def selected_explained() -> ExplainedRun:
    """Return the selected run if it has heatmaps; else say what to do, and end the page."""
    entry = selected()
    explained = entry.explained
    if explained is None:
        if entry.state == "damaged":
            show_problem(entry)
        else:
            layout.show_notice(
                text(f"state.{entry.state}.title", run=entry.name),
                text(f"state.{entry.state}.next_step"),
                shell_command("explain", layout.command_path(entry.path)),
            )
        st.stop()
    say_outdated(explained)
    say_blank(entry)
    return explained


def say_outdated(explained: ExplainedRun) -> None:
    """Show a warning if the heatmaps were made from older weights."""
    if apart := epochs_apart(explained.run, explained.explanation):
        command = as_markdown(shell_command("explain", layout.command_path(explained.path)))
        st.warning(text("app.outdated", made=apart[0], now=apart[1], command=command))


def say_blank(entry: RunEntry) -> None:
    """Show a notice if no heatmap of a run, or of one of its sources, shows where evidence lies."""
    explained = entry.explained
    try:
        blank = find_blank(explained) if explained else {}
    except RunError:
        return  # the page says what is damaged
    if explained and blank:
        title, *sentences = sentences_on_blank(text, explained.run, explained.explanation, blank)
        layout.show_notice(title, " ".join(sentences))


def selected_with_weights() -> Run:
    """Return the selected run if it has weights; else say what to do, and end the page.

    Raises:
        RunError: The training is finished, but the weights are missing.
    """
    entry = selected()
    if entry.run is None:
        show_problem(entry)
        st.stop()
    if entry.run.finished:
        entry.run.require_weights()
    elif not entry.run.weights_path.exists():
        layout.show_notice(
            text("own_image.no_weights.title", run=entry.name),
            text("own_image.no_weights.body"),
            shell_command("train", "--run", layout.command_path(entry.path), "--resume"),
        )
        st.stop()
    return entry.run


def dataset(entry: RunEntry) -> str:
    """Return the name of a run's data set that users read."""
    kind = entry.run.config.dataset.kind if entry.run else ""
    return kind.replace("-", " ")


def _label(name: str, state: str) -> str:
    name = nfc(name)  # else its search misses typed letters
    return name if state == "explained" else text("app.run_with_state", name=name, state=text(f"state.{state}"))
