"""Whether an explained run is as sure as it should be."""

import streamlit as st

from camcore import markup
from camcore.calibration_view import HEIGHT, list_calibration, say_calibration, write_bins
from dashboard import charts, layout
from dashboard.data import Entry, read_calibration
from dashboard.language import text


def show_calibration(entry: Entry) -> None:
    """Show the sentence first, then the reliability diagram beside the key numbers."""
    title = text("calibration.title", run=entry.name)
    if entry.run is None or entry.generation is None:
        layout.show_section(title, text("calibration.unexplained", run=entry.name))
        return
    found = read_calibration(entry)
    if found is None:
        layout.show_section(title, text("calibration.none"))
        return
    average, bins = say_calibration(text, found)
    layout.show_section(title, average)
    diagram, numbers = st.columns((5, 4), gap="medium")
    with diagram:
        charts.show_chart("reliability", HEIGHT, charts.draw_reliability, found)
    with numbers:
        st.html(markup.facts(list_calibration(text, found)))
        st.caption(bins)
        st.caption(text("calibration.legend"), help=text("calibration.legend.help"))
    with st.expander(text("calibration.bins")):
        st.html(write_bins(text, found))
