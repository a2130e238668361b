"""The curves of a verdict: insertion, deletion, and the similarity of maps under weight randomisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go
from markupsafe import Markup
from plotly.colors import hex_to_rgb

from camcore.presentation.charts import RUN_COLORS
from camcore.presentation.html import render
from camcore.presentation.texts import Text
from camcore.presentation.wording import join_names, name_of
from camcore.verdict.document import VerdictDocument

FAITHFULNESS = ("insertion", "deletion")
GREY = "#9a9388"


@dataclass(frozen=True)
class Line:
    """One curve: its source, the names of all sources that share it, and its look."""

    source: str
    name: str
    color: str
    dashed: bool
    selected: bool


def choose_lines(text: Text, verdict: VerdictDocument, method: str) -> list[Line]:
    """Return one line per source; sources that are identical by theory share one."""
    same = verdict.same_by_theory
    distinct = [source for source in verdict.sources if source not in same or source == same[0]]
    methods = list(dict.fromkeys(source.partition("@")[0] for source in distinct))
    lines = []
    for source in distinct:
        shared = same if source == same[0] else [source]
        color = RUN_COLORS[methods.index(source.partition("@")[0]) % len(RUN_COLORS)]
        lines.append(Line(source, join_names(text, shared), color, "@" in source, method in shared))
    return lines


def draw_faithfulness(text: Text, verdict: VerdictDocument, kind: str, lines: Sequence[Line]) -> go.Figure:
    """Return the figure of `insertion` or `deletion`, the baselines in grey below the methods."""
    curves = {"insertion": verdict.curves.insertion, "deletion": verdict.curves.deletion}[kind]
    figure = go.Figure()
    baselines = [Line(source, name_of(text, source), GREY, False, False) for source in verdict.baselines]
    for line in (*baselines, *lines):
        if line.source in curves:
            _add(figure, line, verdict.curves.share, curves[line.source], "%{y:.1%}")
    figure.update_layout(title={"text": text(f"verdict.curves.{kind}"), "font_size": 14})
    figure.update_xaxes(title=text("verdict.curves.share"), tickformat=".0%", range=[0, 1.01], dtick=0.25)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return _quiet(figure)


def draw_randomization(text: Text, verdict: VerdictDocument, lines: Sequence[Line]) -> go.Figure:
    """Return the figure of the maps' similarity per step; the selected method's interval is shaded."""
    check = verdict.randomization
    steps = [text("verdict.randomization.original") if step == "original" else step for step in check.steps]
    figure = go.Figure()
    for line in lines:
        if line.source in check.similarity:
            if line.selected:
                _add_band(figure, steps, check.low.get(line.source), check.high.get(line.source), line.color)
            _add(figure, line, steps, check.similarity[line.source], "%{y:.2f}")
    figure.update_xaxes(title=text("verdict.randomization.steps"), type="category")
    figure.update_yaxes(title=text("verdict.randomization.similarity"))
    return _quiet(figure)


def write_checks(text: Text, verdict: VerdictDocument) -> Markup:
    """Return which methods pass the randomisation check, and what that means."""
    passes = verdict.randomization.passes
    outcomes = [
        (name, symbol, [name_of(text, source) for source in verdict.sources if passes.get(source) is passed])
        for name, symbol, passed in (("passes", "✓", True), ("fails", "✗", False))
    ]
    return render("verdict/checks", text=text, outcomes=outcomes)


def write_legend(text: Text, lines: Sequence[Line]) -> Markup:
    """Return the legend of the curves; the selected method's name is in bold type."""
    return render("verdict/legend", text=text, lines=lines, grey=GREY)


def _add(figure: go.Figure, line: Line, xs: Sequence[object], ys: Sequence[float | None], value: str) -> None:
    figure.add_scatter(
        x=xs,
        y=ys,
        mode="lines",
        name=escape(line.name, quote=False),  # Plotly reads tags in texts
        line={
            "color": line.color,
            "width": 3.6 if line.selected else 1.1 if line.color == GREY else 1.7,
            "dash": "dot" if line.dashed else "solid",
        },
        opacity=1 if line.selected else 0.85,
        hovertemplate=f"{value}<extra>%{{fullData.name}}</extra>",
    )


def _add_band(
    figure: go.Figure,
    xs: Sequence[str],
    low: Sequence[float | None] | None,
    high: Sequence[float | None] | None,
    color: str,
) -> None:
    if low is None or high is None:
        return
    red, green, blue = hex_to_rgb(color)
    figure.add_scatter(
        x=[*xs, *reversed(xs)],
        y=[*high, *reversed(low)],
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.16)",
        line_width=0,
        mode="lines",
        hoverinfo="skip",
    )


def _quiet(figure: go.Figure) -> go.Figure:
    return figure.update_layout(showlegend=False, hovermode="closest")
