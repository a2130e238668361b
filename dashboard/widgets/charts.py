"""Shows charts in the session's language."""

import hashlib
import pickle
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from camcore.presentation import charts
from dashboard.language import language, text

RUN_COLORS = charts.RUN_COLORS

draw_curves, draw_column = charts.draw_curves, charts.draw_column
draw_conventions, draw_histogram = charts.draw_conventions, charts.draw_histogram


def show_chart(key: str, height: int, draw: Callable[..., go.Figure], *arguments: Any) -> None:
    """Show the result of `draw(text, *arguments)` in the common style.

    Figures are cached by their arguments: building one takes longer than the rest of a page.
    """
    content = hashlib.sha256(pickle.dumps(arguments)).hexdigest()
    show_styled(_draw(draw.__qualname__, language(), height, content, draw, arguments), key)


def show_styled(figure: go.Figure, key: str) -> None:
    """Show a figure that is styled already, for instance a cached one."""
    st.plotly_chart(figure, key=key, config=charts.CONFIG)


@st.cache_resource(max_entries=128, show_spinner=False)
def _draw(
    name: str, language: str, height: int, content: str, _draw: Callable[..., go.Figure], _arguments: tuple[Any, ...]
) -> go.Figure:
    return charts.style_chart(_draw(text, *_arguments), height)
