"""The charts in the language of this session, and how a page shows one."""

from functools import partial

import plotly.graph_objects as go
import streamlit as st

from camcore import calibration_view, charts
from dashboard.language import text

RUN_COLORS = charts.RUN_COLORS

draw_curves = partial(charts.draw_curves, text)
draw_column = partial(charts.draw_column, text)
draw_conventions = partial(charts.draw_conventions, text)
draw_reliability = partial(calibration_view.draw_reliability, text)
draw_histogram = partial(charts.draw_histogram, text)


def show_chart(figure: go.Figure, key: str, height: int = 300) -> None:
    """Show a figure the way all of them look."""
    show_styled(charts.style_chart(figure, height), key)


def show_styled(figure: go.Figure, key: str) -> None:
    """Show a figure that has its look already, for instance one that is kept."""
    st.plotly_chart(figure, key=key, config=charts.CONFIG)
