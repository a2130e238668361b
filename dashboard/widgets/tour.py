"""The two-minute tour of the pages, with pictures of the selected run."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from camcore.errors import RunError
from camcore.heatmaps.sources import parse_source
from camcore.presentation.html import render
from camcore.presentation.wording import gradient_source
from dashboard.data.examples import find_examples
from dashboard.data.measures import load_samples
from dashboard.data.runs import ExplainedRun
from dashboard.language import text
from dashboard.widgets import layout, pictures, run_choice
from dashboard.widgets.wording import source_title

PAGES_AHEAD = ("gallery", "disagreement", "verdict", "own_image")
_STEP = "tour_step"

Show = Callable[[ExplainedRun, int], None]


def offer_tour() -> None:
    """Show the button that starts the tour, if the run has heatmaps."""
    explained = run_choice.selected().explained
    if explained is None or not explained.explanation.manifest.images:
        return
    if st.sidebar.button(text("tour.start"), icon=":material/tour:", type="tertiary"):
        st.session_state[_STEP] = 0
        st.dialog(text("tour.title"), width="large", icon=":material/tour:")(_show_step)(explained)


def find_steps(explained: ExplainedRun) -> list[tuple[str, Show]]:
    """Return the steps that a run has pictures for: text name and function to show it."""
    sources = explained.sources
    steps: dict[str, Show] = {"answer": _show_answer}
    if "cam" in sources:
        steps["drawing"] = _show_drawing
    if {"cam", "grad_cam"} <= set(sources) and explained.explanation.cam_able:
        steps["same"] = _show_same
    if any(parse_source(source).layer for source in sources):
        steps["layers"] = _show_layers
    return [*steps.items(), ("pages", _show_pages)]


def choose_picture(explained: ExplainedRun) -> int:
    """Return the tour's image: the largest normalisation effect, else the most confident correct prediction."""
    examples = find_examples(explained)
    samples = load_samples(explained)
    surest = int(np.argmax(samples["confidence"].to_numpy() * samples["right"].to_numpy()))
    return next((example.index for example in examples if example.kind == "drawing"), surest)


def _show_step(explained: ExplainedRun) -> None:
    try:
        _show_step_of(explained)
    except RunError as error:
        layout.show_problem(str(error), explained.path.parent)


def _show_step_of(explained: ExplainedRun) -> None:
    steps = find_steps(explained)
    at = min(st.session_state[_STEP], len(steps) - 1)
    name, show = steps[at]
    st.caption(text("tour.step", number=at + 1, count=len(steps)))
    lead = text(f"tour.{name}.body")
    if name == "answer" and load_samples(explained)["objects"].any():
        lead += " " + text("tour.answer.boxes")
    layout.show_section(text(f"tour.{name}.title"), lead)
    show(explained, choose_picture(explained))
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(text("tour.back"), disabled=at == 0, on_click=_go, args=(at - 1,), key="tour_back")
        if at + 1 < len(steps):
            st.button(text("tour.next"), type="primary", on_click=_go, args=(at + 1,), key="tour_next")
        elif st.button(text("tour.done"), type="primary", key="tour_done"):
            st.rerun()


def _go(step: int) -> None:
    st.session_state[_STEP] = step


def _show_answer(explained: ExplainedRun, index: int) -> None:
    sample = load_samples(explained).iloc[index]
    named = text("tour.answer.named", predicted=sample["predicted_name"], confidence=sample["confidence"])
    source = gradient_source(explained.sources)
    _show_pair(
        pictures.plain_figure(explained, index, named),
        pictures.overlay_figure(explained, index, source, "positive", caption=_caption(source, "positive")),
    )


def _show_drawing(explained: ExplainedRun, index: int) -> None:
    _show_maps(explained, index, ("cam", "literature"), ("cam", "positive"))


def _show_same(explained: ExplainedRun, index: int) -> None:
    _show_maps(explained, index, ("cam", "positive"), ("grad_cam", "positive"))


def _show_layers(explained: ExplainedRun, index: int) -> None:
    earlier = next(source for source in explained.sources if parse_source(source).layer)
    _show_maps(explained, index, (gradient_source(explained.sources), "positive"), (earlier, "positive"))


def _show_pages(explained: ExplainedRun, index: int) -> None:
    for name in PAGES_AHEAD:
        st.page_link(f"{name}/page.py", label=text(f"{name}.name"))
        st.caption(text(f"tour.pages.{name}"))


def _show_maps(explained: ExplainedRun, index: int, *views: tuple[str, str]) -> None:
    _show_pair(
        *(
            pictures.overlay_figure(explained, index, source, convention, caption=_caption(source, convention))
            for source, convention in views
        )
    )


def _caption(source: str, convention: str) -> str:
    return text(f"overview.caption.{convention}", source=source_title(source))


def _show_pair(*figures: pictures.Figure) -> None:
    st.html(render("pair", figures=figures, framed=True))
