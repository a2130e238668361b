"""Plotly figures in colours that are readable on light and dark pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import hex_to_rgb

from camcore.presentation.texts import Text
from camcore.runs.seed_groups import Course

RUN_COLORS = ("#2a938a", "#bd8526", "#9466b0", "#4b84c4", "#c4603f", "#839440", "#b0577f", "#7d7468")
CONVENTION_COLORS = {"literature": "#bd8526", "positive": "#2a938a"}
QUIET = "rgba(128, 122, 112, 0.28)"
TEXT = "#857e73"
CONFIG = {"displayModeBar": False}


@dataclass(frozen=True)
class Stroke:
    """Style of a line; `dash` is one of Plotly's names, `width` in px."""

    color: str
    dash: str = "solid"
    width: float = 2
    opacity: float = 1


def style_chart(figure: go.Figure, height: int = 300) -> go.Figure:
    """Give a figure the look that all of them have, and return it."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None},
        hoverlabel={"namelength": -1},
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    axis = {"gridcolor": QUIET, "zeroline": False, "automargin": True, "tickfont_color": TEXT, "title_font_color": TEXT}
    figure.update_xaxes(axis)
    return figure.update_yaxes(axis)


def smooth(values: pd.Series, strength: float) -> pd.Series:
    """Return an exponential moving average; 0 keeps the values, towards 1 it smooths more."""
    return values if strength == 0 else values.ewm(alpha=1 - strength).mean()


def draw_curves(
    text: Text,
    histories: Mapping[str, pd.DataFrame],
    colors: Mapping[str, str],
    quantity: str,
    smoothing: float,
    courses: Mapping[str, Course] | None = None,
) -> go.Figure:
    """Return a chart of `loss` or `accuracy`: training dashed, validation solid, the best epoch marked.

    A history that is the mean of one of the `courses` has its range on the validation set drawn behind it.
    """
    figure = go.Figure()
    for name, history in histories.items():
        if courses and name in courses:
            _add_range(figure, courses[name], f"val_{quantity}", colors[name], smoothing)
        for split, dash, width in (("train", "dot", 1.6), ("val", "solid", 2.4)):
            values = history[f"{split}_{quantity}"]
            if smoothing:
                _add_line(figure, history["epoch"], values, Stroke(colors[name], dash, 1, opacity=0.28))
            label = text(f"training_curves.split.{split}", run=name)
            line, stroke = smooth(values, smoothing), Stroke(colors[name], dash, width)
            _add_line(figure, history["epoch"], line, stroke, label, in_legend=split == "val")
        _mark_best(text, figure, name, history, colors[name], quantity)
    figure.update_xaxes(title=text("training_curves.epoch"), rangemode="tozero")
    if quantity == "accuracy":
        figure.update_yaxes(tickformat=".0%")
    return figure


def draw_column(
    text: Text,
    histories: Mapping[str, pd.DataFrame],
    colors: Mapping[str, str],
    column: str,
    courses: Mapping[str, Course] | None = None,
) -> go.Figure:
    """Return a chart of one history column from zero, without legend; `courses` as in `draw_curves`."""
    figure = go.Figure()
    for name, history in histories.items():
        if courses and name in courses:
            _add_range(figure, courses[name], column, colors[name])
        _add_line(figure, history["epoch"], history[column], Stroke(colors[name]), name)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title=text("training_curves.epoch"), rangemode="tozero")
    return figure.update_yaxes(rangemode="tozero", tickformat=".1e" if column == "learning_rate" else "")


def draw_conventions(text: Text, names: Sequence[str], means: Mapping[str, Sequence[float | None]]) -> go.Figure:
    """Return a bar chart with a pair per name; `means` holds values per convention."""
    figure = go.Figure()
    for convention in means:
        values = means[convention]
        figure.add_bar(
            y=[escape(name, quote=False) for name in names],
            x=list(values),
            orientation="h",
            name=text(f"convention.{convention}"),
            marker_color=CONVENTION_COLORS[convention],
            text=["" if value is None else f"{value:.0%}" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra>%{fullData.name}</extra>",
        )
    longest = max((value for values in means.values() for value in values if value is not None), default=1)
    figure.update_layout(barmode="group", bargap=0.35, bargroupgap=0.08)
    figure.update_xaxes(tickformat=".0%", range=[0, max(0.1, longest) * 1.14])
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ")
    return figure


def draw_histogram(text: Text, values: Mapping[str, NDArray[np.float64]], title: str, chosen: str) -> go.Figure:
    """Return a histogram of distances per convention; the one not chosen is an outline."""
    figure = go.Figure()
    for convention, distances in values.items():
        counts, edges = np.histogram(distances[np.isfinite(distances)], bins=25, range=(0, 1))
        strong = convention == chosen
        figure.add_bar(
            x=(edges[1:] + edges[:-1]) / 2,
            y=counts,
            width=0.04,
            name=text(f"convention.{convention}"),
            marker={"color": CONVENTION_COLORS[convention], "opacity": 0.9 if strong else 0.35, "line": {"width": 0}},
            hovertemplate=f"{text('disagreement.histogram.hover')}<extra></extra>",
        )
    figure.update_layout(barmode="overlay", bargap=0.05)
    figure.update_xaxes(title=title, tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title=text("disagreement.histogram.count"), rangemode="tozero")
    return figure


def _add_line(
    figure: go.Figure,
    epochs: pd.Series,
    values: pd.Series,
    stroke: Stroke,
    label: str = "",
    in_legend: bool = True,
) -> None:
    figure.add_scatter(
        x=epochs,
        y=values,
        mode="lines" if len(epochs) > 1 else "markers",
        name=escape(label, quote=False),  # Plotly reads marks of its own in texts
        line={"color": stroke.color, "dash": stroke.dash, "width": stroke.width},
        opacity=stroke.opacity,
        showlegend=bool(label) and in_legend,
        hoverinfo="all" if label else "skip",
        hovertemplate="%{y:.4~g}<extra>%{fullData.name}</extra>" if label else None,
    )


def _add_range(figure: go.Figure, course: Course, column: str, color: str, smoothing: float = 0) -> None:
    low, high = (smooth(table[column], smoothing).tolist() for table in (course.low, course.high))
    epochs = course.mean["epoch"].tolist()
    red, green, blue = hex_to_rgb(color)
    figure.add_scatter(
        x=[*epochs, *reversed(epochs)],
        y=[*high, *reversed(low)],
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.2)",
        line_width=0,
        mode="lines",
        showlegend=False,
        hoverinfo="skip",
    )


def _mark_best(text: Text, figure: go.Figure, name: str, history: pd.DataFrame, color: str, quantity: str) -> None:
    values = history[f"val_{quantity}"]
    if not values.notna().any():
        return
    best = int(values.argmax() if quantity == "accuracy" else values.argmin())
    epoch, value = int(history["epoch"].iloc[best]), float(values.iloc[best])
    label = text("training_curves.best", run=name, epoch=epoch)
    figure.add_scatter(
        x=[epoch],
        y=[value],
        mode="markers",
        name=escape(label, quote=False),
        showlegend=False,
        marker={"symbol": "star", "size": 13, "color": color, "line": {"color": "white", "width": 1}},
        hovertemplate="%{y:.4~g}<extra>%{fullData.name}</extra>",
    )
