"""The parts of the page Verdict that the report has as well, in the language of this session."""

from collections.abc import Callable

import streamlit as st

from camcore.verdict_view import Verdict, cost, curves, forest, table
from dashboard import charts, layout
from dashboard.components.verdict_table import verdict_table
from dashboard.language import text
from dashboard.wording import measure_meaning, measure_title, name_of

HEIGHT = 300


def show_differences(verdict: Verdict, measure: str, method: str) -> None:
    """Show the forest plot beside the means for right and wrong answers."""
    turned = text("verdict.forest.turned") if verdict.measures[measure]["better"] == "lower" else ""
    names = {"measure": measure_title(measure), "reference": name_of(verdict.reference)}
    left, right = st.columns((7, 3), gap="medium")
    with left:
        lead = text("verdict.forest.lead", meaning=measure_meaning(measure), turned=turned)
        layout.show_section(text("verdict.forest.title", **names), lead.strip())
        st.html(forest.draw_forest(text, verdict, measure, method))
    if verdict.measures[measure].get("by_correctness"):
        with right:
            layout.show_section(text("verdict.correctness.title"), text("verdict.correctness.lead"))
            st.html(forest.draw_correctness(text, verdict, measure, method))


def show_table(verdict: Verdict, measure: str, method: str, on_choose: Callable[[str, str], None]) -> None:
    """Show means and intervals of every method and baseline; `on_choose` is called with a source and a measure."""
    layout.show_section(text("verdict.table.title"), text("verdict.table.lead", reference=name_of(verdict.reference)))
    columns = table.make_columns(text, verdict, measure)
    rows = table.make_rows(text, verdict, columns, method)
    verdict_table(columns, rows, text("verdict.table.method"), "verdict_table", on_choose)


def show_curves(verdict: Verdict, method: str) -> None:
    """Show insertion and deletion, and the randomisation check."""
    lines = curves.choose_lines(text, verdict, method)
    layout.show_section(text("verdict.curves.title"), text("verdict.curves.lead"))
    st.html(curves.write_legend(text, lines))
    grid = st.grid(2, min_column_width=320, gap="medium")
    for kind in curves.FAITHFULNESS:
        with grid.cell():
            charts.show_chart(curves.draw_faithfulness(text, verdict, kind, lines), f"verdict_{kind}", HEIGHT)
    layout.show_section(text("verdict.randomization.title"), text("verdict.randomization.lead"))
    left, right = st.columns((3, 2), gap="medium")
    with left:
        charts.show_chart(curves.draw_randomization(text, verdict, lines), "verdict_randomization", HEIGHT)
    with right:
        st.html(curves.write_checks(text, verdict))


def show_cost(verdict: Verdict, method: str) -> None:
    """Show what the methods cost, and the price of CAM's architecture where it was measured."""
    forward = float(verdict.document["cost"]["forward_milliseconds"])
    layout.show_section(text("verdict.cost.title"), text("verdict.cost.lead", forward=forward))
    st.html(cost.draw_cost(text, verdict, method))
    facts = cost.list_price(text, verdict)
    if facts:
        price = verdict.document["price"]
        layout.show_section(
            text("verdict.price.title"), text("verdict.price.lead", n=price["n"], against=price["against"])
        )
        layout.show_facts(facts)
