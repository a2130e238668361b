"""Parts of the page Verdict that the report shares, in the session's language."""

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from camcore.presentation.charts import style_chart
from camcore.presentation.verdict import costs, curves, forest, table
from camcore.verdict.document import VerdictDocument
from dashboard.components.verdict_table import verdict_table
from dashboard.language import language, text
from dashboard.widgets import charts, layout
from dashboard.widgets.wording import measure_meaning, measure_title, name_of

HEIGHT = 300


def show_differences(verdict: VerdictDocument, measure: str, method: str) -> None:
    """Show the forest plot and the means for correct and incorrect predictions."""
    turned = text("verdict.forest.turned") if verdict.measures[measure].better == "lower" else ""
    names = {"measure": measure_title(measure), "reference": name_of(verdict.reference)}
    left, right = st.columns((7, 3), gap="medium")
    with left:
        lead = text("verdict.forest.lead", meaning=measure_meaning(measure), turned=turned)
        layout.show_section(text("verdict.forest.title", **names), lead.strip())
        st.html(forest.draw_forest(text, verdict, measure, method))
    with right:
        layout.show_section(text("verdict.correctness.title"), text("verdict.correctness.lead"))
        st.html(forest.draw_correctness(text, verdict, measure, method))


def show_table(verdict: VerdictDocument, measure: str, method: str, on_choose: Callable[[str, str], None]) -> None:
    """Show means and intervals per method and baseline; a click calls `on_choose` with source and measure."""
    layout.show_section(text("verdict.table.title"), text("verdict.table.lead", reference=name_of(verdict.reference)))
    columns = table.make_columns(text, verdict, measure)
    rows = table.make_rows(text, verdict, columns, method)
    verdict_table(columns, rows, text("verdict.table.method"), "verdict_table", on_choose)


def show_curves(verdict: VerdictDocument, method: str) -> None:
    """Show insertion and deletion, and the randomisation check."""
    lines = curves.choose_lines(text, verdict, method)
    layout.show_section(text("verdict.curves.title"), text("verdict.curves.lead"))
    st.html(curves.write_legend(text, lines))
    grid = st.grid(2, min_column_width=320, gap="medium")
    for kind in curves.FAITHFULNESS:
        with grid.cell():
            charts.show_styled(_draw_curves(kind, method, language(), *_name(verdict), verdict), f"verdict_{kind}")
    layout.show_section(text("verdict.randomization.title"), text("verdict.randomization.lead"))
    left, right = st.columns((3, 2), gap="medium")
    with left:
        figure = _draw_curves("randomization", method, language(), *_name(verdict), verdict)
        charts.show_styled(figure, "verdict_randomization")
    with right:
        st.html(curves.write_checks(text, verdict))


def _name(verdict: VerdictDocument) -> tuple[str, str]:
    """Return an id of the verdict: its explanation and when it was made."""
    return verdict.explanation, verdict.created


@st.cache_resource(max_entries=128, show_spinner=False)
def _draw_curves(
    kind: str, method: str, language: str, explanation: str, created: str, _verdict: VerdictDocument
) -> go.Figure:
    """Return a figure of curves, cached: building one takes longer than the rest of the page."""
    lines = curves.choose_lines(text, _verdict, method)
    if kind == "randomization":
        return style_chart(curves.draw_randomization(text, _verdict, lines), HEIGHT)
    return style_chart(curves.draw_faithfulness(text, _verdict, kind, lines), HEIGHT)


def show_cost(verdict: VerdictDocument, method: str) -> None:
    """Show what the methods cost, and the accuracy price of CAM's architecture if it was measured."""
    lead = text("verdict.cost.lead", forward=verdict.timing.forward_milliseconds)
    layout.show_section(text("verdict.cost.title"), lead)
    st.html(costs.draw_cost(text, verdict, method))
    facts = costs.list_price(text, verdict)
    if facts:
        layout.show_section(text("verdict.price.title"), costs.write_price_lead(text, verdict))
        layout.show_facts(facts)
        if seeds := costs.draw_seeds(text, verdict):
            st.html(seeds)
