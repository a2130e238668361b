"""The charts in the language of this session, and how a page shows one."""

from functools import partial

import plotly.graph_objects as go
import streamlit as st

from camcore import charts
from dashboard.language import text

RUN_COLORS = charts.RUN_COLORS

draw_curves = partial(charts.draw_curves, text)
draw_rates = partial(charts.draw_rates, text)
draw_conventions = partial(charts.draw_conventions, text)
draw_histogram = partial(charts.draw_histogram, text)


def show_chart(figure: go.Figure, key: str, height: int = 300) -> None:
    """Show a figure the way all of them look."""
    st.plotly_chart(charts.style_chart(figure, height), key=key, config=charts.CONFIG)
