"""Which heatmap is the most meaningful, with numbers that can be defended?"""

from html import escape
from pathlib import Path

import streamlit as st

from camcore.sentences import write_sentences
from dashboard import layout, selection, verdict_forest, verdict_table
from dashboard.data import Entry
from dashboard.language import text
from dashboard.url_state import among, keep_in_url
from dashboard.verdict_cost import show_cost, show_price
from dashboard.verdict_curves import show_curves
from dashboard.verdict_data import Verdict, read_verdict
from dashboard.verdict_examples import show_examples
from dashboard.wording import measure_meaning, measure_title, name_of

STYLE = (Path(__file__).parents[1] / "verdict.css").read_text(encoding="utf-8")
MEASURE, METHOD = "verdict_measure", "method"  # in the URL; `measure` is that of the page Disagreement


def show_sentences(verdict: Verdict) -> None:
    """Show the first claim in large type and the next ones below it; what is left waits to be unfolded."""
    said, left = write_sentences(text, verdict.document)
    first, *rest = said or [text("verdict.claim.none")]
    below = "".join(f"<p>{escape(sentence)}</p>" for sentence in rest)
    st.html(f'<div class="cc-verdict cc-finding"><div><h2>{escape(first)}</h2>{below}</div></div>')
    if left:
        with st.expander(text("verdict.more")):
            items = "".join(f"<li>{escape(sentence)}</li>" for sentence in left)
            st.html(f'<ul class="cc-claims">{items}</ul>')


def show_basis(verdict: Verdict) -> None:
    """Say what the numbers stand on."""
    document = verdict.document
    seconds = float(document.get("seconds") or 0)
    duration = (
        text("verdict.basis.minutes", count=seconds / 60)
        if seconds >= 90
        else text("verdict.basis.seconds", count=seconds)
    )
    counts = {name: document["images"].get(name, 0) for name in ("faithfulness", "two_class", "randomization")}
    basis = {"images": document["images"].get("all", 0), "steps": document.get("steps"), "seed": document.get("seed")}
    st.caption(text("verdict.basis", **basis, **counts, minutes=duration))


def choose_number(verdict: Verdict) -> tuple[str, str]:
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


def show_differences(verdict: Verdict, measure: str, method: str) -> None:
    """Show the forest plot beside the means for right and wrong answers."""
    turned = text("verdict.forest.turned") if verdict.measures[measure]["better"] == "lower" else ""
    names = {"measure": measure_title(measure), "reference": name_of(verdict.reference)}
    left, right = st.columns((7, 3), gap="medium")
    with left:
        lead = text("verdict.forest.lead", meaning=measure_meaning(measure), turned=turned)
        layout.show_section(text("verdict.forest.title", **names), lead.strip())
        verdict_forest.show_forest(verdict, measure, method)
    if verdict.measures[measure].get("by_correctness"):
        with right:
            layout.show_section(text("verdict.correctness.title"), text("verdict.correctness.lead"))
            verdict_forest.show_correctness(verdict, measure, method)


def show_numbers(verdict: Verdict, measure: str, method: str) -> None:
    """Show the table; a click chooses method and measure."""

    def choose(source: str, column: str) -> None:
        st.session_state[f"url_{MEASURE}"] = column
        if source in verdict.sources and source != verdict.reference:
            st.session_state[f"url_{METHOD}"] = source

    lead = text("verdict.table.lead", reference=name_of(verdict.reference))
    layout.show_section(text("verdict.table.title"), lead)
    verdict_table.show_table(verdict, measure, method, choose)


def show_verdict(entry: Entry, verdict: Verdict) -> None:
    """Show the sentence first, then what it stands on."""
    show_sentences(verdict)
    show_basis(verdict)
    measure, method = choose_number(verdict)
    show_differences(verdict, measure, method)
    show_numbers(verdict, measure, method)
    show_examples(entry, verdict, measure, method)
    show_curves(verdict, method)
    show_cost(verdict, method)
    show_price(verdict)
    with st.expander(text("verdict.reading.title")):
        st.markdown(text("verdict.reading.body"))


st.html(f"<style>{STYLE}</style>")
layout.show_head("verdict")
chosen = selection.selected_explained()
found = read_verdict(chosen)
if found is None:
    command = f"camcore verdict {layout.short_path(chosen.path)}"
    layout.show_notice(text("verdict.missing.title", run=chosen.name), text("verdict.missing.body"), command)
else:
    show_verdict(chosen, found)
