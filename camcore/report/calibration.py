"""The section of a report that says whether the network is as sure as it should be."""

from html import escape

import plotly.graph_objects as go

from camcore import markup
from camcore.calibration_view import HEIGHT, draw_reliability, list_calibration, say_calibration, write_bins
from camcore.report.subject import Subject
from camcore.report.verdict import write_chart


def draw_calibration(subject: Subject) -> dict[str, go.Figure]:
    """Return the reliability diagram by the name that the markup has for it; nothing where no image counts."""
    found = subject.calibration
    return {} if found is None else {"reliability": draw_reliability(subject.text, found)}


def write_calibration(subject: Subject) -> str:
    """Return the section: the sentences, the diagram beside the key numbers, and its bins as a table."""
    text, found = subject.text, subject.calibration
    title = text("calibration.title", run=subject.run.name)
    if found is None:
        return markup.section(title, text("calibration.none"))
    average, bins = say_calibration(text, found)
    numbers = markup.facts(list_calibration(text, found))
    reading = "".join(
        f"<p>{escape(words)}</p>" for words in (bins, text("calibration.legend"), text("calibration.legend.help"))
    )
    return (
        markup.section(title, average)
        + numbers
        + f'<div class="pair">{write_chart("reliability", average, HEIGHT)}<div class="cc-quiet">{reading}</div></div>'
        + f"<details><summary>{escape(text('calibration.bins'))}</summary>{write_bins(text, found)}</details>"
    )
