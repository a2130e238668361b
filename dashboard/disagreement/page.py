"""Page: where two methods disagree, and how much of it comes from normalisation."""

import numpy as np
import streamlit as st

from camcore.errors import shell_command
from camcore.explained.queries import same_by_theory
from camcore.heatmaps.drawing import CONVENTIONS
from camcore.measures.disagreement import MEASURES
from camcore.presentation.html import render
from camcore.presentation.sentences import list_shares, say_drawing_share
from dashboard.data.measures import load_samples, mean_off_object, mean_pair, measure_pair
from dashboard.data.runs import ExplainedRun
from dashboard.language import text
from dashboard.widgets import charts, controls, layout, open_image, run_choice
from dashboard.widgets.grid import show_grid
from dashboard.widgets.wording import source_title

PER_PAGE = 12
HEIGHT = 320  # px


def show_drawing_share(explained: ExplainedRun, sources: tuple[str, str], measure: str) -> None:
    """Show the mean distance in both conventions and its meaning."""
    means = mean_pair(explained, *sources, measure)
    title, reason = say_drawing_share(text, sources, means, same_by_theory(explained.explanation, *sources))
    st.html(render("split", title=title, reason=reason, numbers=list_shares(text, means)))
    st.caption(text("drawing_share.below", measure=text(f"measure.{measure}"), meaning=text(f"measure.{measure}.help")))


def show_split(explained: ExplainedRun, sources: tuple[str, str], measure: str, convention: str) -> None:
    """Show every measure in both conventions, and the distribution of one measure."""
    grid = st.grid(2, min_column_width=330, gap="medium")
    with grid.cell():
        layout.show_section(text("disagreement.split.title"), text("disagreement.split.lead"))
        pairs = [mean_pair(explained, *sources, name) for name in MEASURES]
        means = {name: [_drawable(getattr(pair, name)) for pair in pairs] for name in CONVENTIONS}
        names = [text(f"measure.{name}") for name in MEASURES]
        charts.show_chart("split", HEIGHT, charts.draw_conventions, names, means)
    with grid.cell():
        layout.show_section(text("disagreement.histogram.title"), text("disagreement.histogram.lead"))
        measured = measure_pair(explained, *sources, measure)
        values = {name: measured[f"{measure}_{name}"].to_numpy() for name in CONVENTIONS}
        drawn = (values, text(f"measure.{measure}"), convention)
        charts.show_chart("histogram", HEIGHT, charts.draw_histogram, *drawn)


def show_off_object(explained: ExplainedRun) -> None:
    """Show the share of heat off the object per source and convention."""
    sources = explained.sources
    means = mean_off_object(explained, sources)
    if not means:
        return
    layout.show_section(text("disagreement.off_object.title"), text("disagreement.off_object.lead"))
    bars = {name: [means.get((source, name)) for source in sources] for name in CONVENTIONS}
    height = 80 + 55 * len(sources)
    names = [source_title(source) for source in sources]
    charts.show_chart("off_object", height, charts.draw_conventions, names, bars)


def show_ranking(explained: ExplainedRun, sources: tuple[str, str], measure: str, convention: str) -> None:
    """Show the images with the greatest distance first."""
    names = {"measure": text(f"measure.{measure}"), "convention": text(f"convention.{convention}")}
    layout.show_section(text("disagreement.ranking.title"), text("disagreement.ranking.lead", **names))
    values = measure_pair(explained, *sources, measure)[f"{measure}_{convention}"].to_numpy()
    order = np.argsort(-values, kind="stable")
    asked = open_image.find_asked(explained, order)
    pictures = st.container()
    page = controls.choose_page(order, (PER_PAGE,), asked)
    captions = {index: _describe(names["measure"], values[index]) for index in page}
    view = {"overlay": "both", "draw": convention}
    with pictures:
        show_grid(explained, captions, order, sources, key=f"ranking_grid_{convention}", defaults=view)


def _drawable(mean: float) -> float | None:
    """Return a mean, or None if no value was finite."""
    return mean if np.isfinite(mean) else None


def _describe(measure: str, share: float) -> str:
    """Return the caption, empty if a map is not finite; the picture says so itself."""
    return text("disagreement.ranking.caption", measure=measure, share=share) if np.isfinite(share) else ""


layout.show_head("disagreement")
explained = run_choice.selected_explained()
with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
    pair = controls.choose_sources(explained)
    by = controls.choose_measure()
    drawn_as = controls.choose_convention()
if len(explained.sources) == 1:
    only = explained.sources[0]
    other = "grad_cam_pp" if only == "grad_cam" else "grad_cam"
    command = shell_command("explain", layout.short_path(explained.path), "--sources", f"{only},{other}")
    layout.show_notice(text("disagreement.single.title", run=explained.name), text("disagreement.single.body"), command)
elif pair[0] == pair[1]:
    layout.show_notice(text("disagreement.same.title"), text("disagreement.same.body"))
elif len(load_samples(explained)):
    show_drawing_share(explained, pair, by)
    show_split(explained, pair, by, drawn_as)
    show_off_object(explained)
    show_ranking(explained, pair, by, drawn_as)
