"""The calibration of a network for people: the sentence, the key numbers, the reliability diagram, its bins as a table.

`text` is as in `wording`.
"""

import math
from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
from plotly.colors import hex_to_rgb
from plotly.subplots import make_subplots

from camcore.calibration import Bin, Calibration
from camcore.language import Text
from camcore.wording import points

COLORS = {"over": "#c4603f", "under": "#4b84c4"}
GREY = "#9a9388"
HEIGHT = 460
LARGEST_DOT, SMALLEST_DOT = 20, 5  # pixels; the area goes with the number of images


def say_calibration(text: Text, found: Calibration) -> list[str]:
    """Return what may be said: on average over- or under-confident or neither, and whether bins are off by chance."""
    numbers = {
        "gap": f"{100 * abs(found.gap):.1f}",
        "confidence": f"{100 * found.confidence:.1f}",
        "accuracy": f"{100 * found.accuracy:.1f}",
    }
    average = text(f"calibration.average.{found.judgement}", **numbers, images=found.images)
    kind = "fault" if found.error > found.chance else "chance"
    return [average, text(f"calibration.bins.{kind}", error=_points(found.error), chance=_points(found.chance))]


def list_calibration(text: Text, found: Calibration) -> list[tuple[str, str, str]]:
    """Return the key numbers as of `markup.facts`."""
    interval = text("calibration.gap.note", low=points(found.gap_low), high=points(found.gap_high))
    chance = text("calibration.error.note", chance=_points(found.chance))
    return [
        (text("calibration.confidence"), f"{found.confidence:.1%}", text("calibration.confidence.note")),
        (text("calibration.accuracy"), f"{found.accuracy:.1%}", text("overview.facts.accuracy.note")),
        (text("calibration.gap"), points(found.gap), interval),
        (text("calibration.error"), _points(found.error), chance),
    ]


def draw_reliability(text: Text, found: Calibration) -> go.Figure:
    """Return how often answers of each confidence are right, and below it how many answers have which confidence."""
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.78, 0.22], vertical_spacing=0.05)
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": GREY, "dash": "dash", "width": 1.5},
        hoverinfo="skip",
        showlegend=False,
        row=1,
        col=1,
    )
    most = max(one.images for one in found.bins)
    for side, color in COLORS.items():
        bins = [one for one in found.bins if (one.accuracy < one.confidence) == (side == "over")]
        if bins:
            _add_side(figure, text, bins, text(f"calibration.{side}"), color, most)
    _add_counts(figure, text, found.bins)
    figure.update_layout(height=HEIGHT, bargap=0, barmode="overlay", showlegend=True, legend_itemsizing="constant")
    figure.update_xaxes(range=[-0.01, 1.04], tickformat=".0%", dtick=0.2)
    figure.update_xaxes(title=text("calibration.axis.confidence"), row=2, col=1)
    figure.update_yaxes(
        title=text("calibration.axis.accuracy"), range=[-0.02, 1.06], tickformat=".0%", dtick=0.2, row=1
    )
    figure.update_yaxes(title=text("calibration.axis.images"), rangemode="tozero", nticks=4, row=2)
    return figure


def write_bins(text: Text, found: Calibration) -> str:
    """Return HTML of a row per bin: what the diagram shows, for those who can't see it."""
    columns = ("range", "images", "confidence", "accuracy", "interval")
    head = "".join(f'<th scope="col">{escape(text(f"calibration.column.{name}"))}</th>' for name in columns)
    rows = "".join(f"<tr>{''.join(f'<td>{value}</td>' for value in _write_bin(one))}</tr>" for one in found.bins)
    return (
        f'<div class="cc-scroll" tabindex="0"><table class="cc-table cc-bins"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _write_bin(one: Bin) -> tuple[str, ...]:
    return (
        f"{100 * one.low:.0f}–{100 * one.high:.0f}%",
        f"{one.images:,}",
        f"{one.confidence:.1%}",
        f"{one.accuracy:.1%}",
        f"{100 * one.accuracy_low:.0f}–{100 * one.accuracy_high:.0f}%",
    )


def _add_side(figure: go.Figure, text: Text, bins: Sequence[Bin], name: str, color: str, most: int) -> None:
    """Add the bins on one side of the diagonal: the gap to it as a bar, the accuracy as a dot with its interval."""
    confidence, accuracy = [one.confidence for one in bins], [one.accuracy for one in bins]
    figure.add_bar(
        x=confidence,
        base=confidence,
        y=[one.accuracy - one.confidence for one in bins],
        width=[0.5 * (one.high - one.low) for one in bins],
        marker={"color": color, "opacity": [0.15 + 0.35 * _weigh(one, most) for one in bins], "line_width": 0},
        hoverinfo="skip",
        showlegend=False,
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=confidence,
        y=accuracy,
        mode="markers",
        name=name,
        marker={"color": color, "opacity": 1, "line_width": 0, "size": [_size_dot(one, most) for one in bins]},
        error_y={
            "array": [one.accuracy_high - one.accuracy for one in bins],
            "arrayminus": [one.accuracy - one.accuracy_low for one in bins],
            "color": f"rgba{(*hex_to_rgb(color), 0.55)}",
            "thickness": 1.2,
            "width": 0,
        },
        customdata=[[one.images, one.accuracy_low, one.accuracy_high] for one in bins],
        hovertemplate=f"{text('calibration.hover.bin')}<extra></extra>",
        row=1,
        col=1,
    )


def _add_counts(figure: go.Figure, text: Text, bins: Sequence[Bin]) -> None:
    """Add how many images each bin holds, in the row below."""
    figure.add_bar(
        x=[(one.low + one.high) / 2 for one in bins],
        y=[one.images for one in bins],
        width=[0.9 * (one.high - one.low) for one in bins],
        marker={"color": GREY, "line_width": 0},
        customdata=[[one.low, one.high] for one in bins],
        hovertemplate=f"{text('calibration.hover.count')}<extra></extra>",
        showlegend=False,
        row=2,
        col=1,
    )


def _size_dot(one: Bin, most: int) -> float:
    return max(SMALLEST_DOT, LARGEST_DOT * _weigh(one, most))


def _weigh(one: Bin, most: int) -> float:
    return math.sqrt(one.images / most)


def _points(share: float) -> str:
    return f"{100 * share:.1f}"
