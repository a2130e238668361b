"""How much of the difference between two sources is drawing, in one sentence between two numbers."""

import streamlit as st

from camcore import markup
from camcore.drawing import CONVENTIONS
from camcore.summary import list_shares, mean_of_finite, say_drawing_share
from dashboard.data import Entry, measure_pair, same_by_theory
from dashboard.language import text


def show_drawing_share(entry: Entry, sources: tuple[str, str], measure: str) -> None:
    """Show the mean distance in both conventions, and say what it means."""
    measured = measure_pair(entry, *sources)
    drawn, left = (mean_of_finite(measured[f"{measure}_{convention}"]) for convention in CONVENTIONS)
    said = say_drawing_share(text, sources, (drawn, left), same_by_theory(entry, *sources))
    st.html(markup.split(*said, list_shares(text, (drawn, left))))
    st.caption(text("verdict.below", measure=text(f"measure.{measure}"), meaning=text(f"measure.{measure}.help")))
