"""Page: which heatmap is the most meaningful, with tested differences."""

import streamlit as st

from camcore.errors import shell_command
from camcore.presentation.html import render
from camcore.presentation.sentences import write_basis, write_sentences
from camcore.verdict.document import VerdictDocument
from dashboard.data.runs import ExplainedRun
from dashboard.data.verdict import read_verdict
from dashboard.language import text
from dashboard.url_state import among, keep_in_url
from dashboard.verdict import parts
from dashboard.verdict.examples import show_examples
from dashboard.widgets import layout, run_choice
from dashboard.widgets.report_button import show_report_button
from dashboard.widgets.wording import measure_title, name_of

MEASURE, METHOD = "verdict_measure", "method"  # in the URL; the page Disagreement uses `measure`


def show_sentences(verdict: VerdictDocument) -> None:
    """Show the first claim in large type, the next ones below, and the rest folded."""
    sentences, left = write_sentences(text, verdict)
    st.html(render("headline", sentences=sentences or [text("verdict.claim.none")]))
    if left:
        with st.expander(text("verdict.more")):
            st.html(render("list", sentences=left))


def show_basis(verdict: VerdictDocument) -> None:
    """Show the data that the numbers come from."""
    st.caption(write_basis(text, verdict))


def choose_number(verdict: VerdictDocument) -> tuple[str, str]:
    """Show the choice of a measure and a method and return both."""
    others = [source for source in verdict.sources if source != verdict.reference] or verdict.sources
    start = next((source for source in others if source not in verdict.same_by_theory), others[0])
    measures = list(verdict.measures)
    with st.grid(4, min_column_width=220, vertical_alignment="bottom"):
        key = keep_in_url(MEASURE, verdict.main_measure, among(measures))
        measure = st.selectbox(text("verdict.choose.measure"), measures, key=key, format_func=measure_title)
        key = keep_in_url(METHOD, start, among(others))
        method = st.selectbox(text("verdict.choose.method"), others, key=key, format_func=name_of)
    return measure, method


def show_numbers(verdict: VerdictDocument, measure: str, method: str) -> None:
    """Show the table; a click chooses method and measure."""

    def choose(source: str, column: str) -> None:
        st.session_state[f"url_{MEASURE}"] = column
        if source in verdict.sources and source != verdict.reference:
            st.session_state[f"url_{METHOD}"] = source

    parts.show_table(verdict, measure, method, choose)


def show_verdict(explained: ExplainedRun, verdict: VerdictDocument) -> None:
    """Show the claims, then the numbers."""
    show_sentences(verdict)
    show_basis(verdict)
    show_report_button(explained)
    measure, method = choose_number(verdict)
    parts.show_differences(verdict, measure, method)
    show_numbers(verdict, measure, method)
    show_examples(explained, verdict, measure, method)
    parts.show_curves(verdict, method)
    parts.show_cost(verdict, method)
    with st.expander(text("verdict.reading.title")):
        st.markdown(text("verdict.reading.body"))


layout.show_head("verdict")
explained = run_choice.selected_explained()
document = read_verdict(explained)
if document is None:
    command = shell_command("verdict", layout.command_path(explained.path))
    layout.show_notice(text("verdict.missing.title", run=explained.name), text("verdict.missing.body"), command)
else:
    show_verdict(explained, document)
