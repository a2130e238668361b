"""How much of the difference between two sources is drawing, in one sentence between two numbers."""

import streamlit as st

from camcore.presentation import html
from camcore.presentation.sentences import list_shares, say_drawing_share
from dashboard.data.measures import mean_pair, same_by_theory
from dashboard.data.runs import Entry
from dashboard.language import text


def show_drawing_share(entry: Entry, sources: tuple[str, str], measure: str) -> None:
    """Show the mean distance in both conventions, and say what it means."""
    means = mean_pair(entry, *sources, measure)
    said = say_drawing_share(text, sources, means, same_by_theory(entry, *sources))
    st.html(html.split(*said, list_shares(text, means)))
    st.caption(text("verdict.below", measure=text(f"measure.{measure}"), meaning=text(f"measure.{measure}.help")))
