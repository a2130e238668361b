"""Page: what this is, its main numbers, example images and all runs."""

import math
from typing import Any

import streamlit as st

from camcore.heatmaps.drawing import CONVENTIONS, Conventions
from camcore.presentation.html import render
from camcore.presentation.sentences import list_facts
from camcore.presentation.wording import default_pair, format_tiny
from dashboard.data.examples import Example, ExampleMap, find_examples
from dashboard.data.measures import load_samples, mean_off_object, mean_pair
from dashboard.data.runs import ExplainedRun
from dashboard.language import text
from dashboard.overview import run_cards
from dashboard.widgets import layout, pictures, run_choice
from dashboard.widgets.refresh import follow_runs
from dashboard.widgets.report_button import show_report_button
from dashboard.widgets.wording import source_title


def show_idea(name: str, explained: ExplainedRun | None) -> None:
    """Show the idea behind CAM, and whether it holds for this network."""
    check = explained.explanation.manifest.cam_check if explained else None
    if check is None:
        sentence = text("overview.idea.unknown")
    elif check.holds and check.max_error is not None:
        sentence = text("overview.idea.holds", run=name, error=format_tiny(check.max_error))
    else:
        sentence = text("overview.idea.fails", run=name)
    st.html(render("idea", title=text("overview.idea.title"), sentences=[text("overview.idea.body"), sentence]))


def show_numbers(explained: ExplainedRun) -> None:
    """Show the headline numbers of an explained run."""
    sources = default_pair(explained.sources)
    off_object = mean_off_object(explained, sources[:1])
    shares = moved = None
    if off_object:
        shares = Conventions(*(off_object.get((sources[0], name), math.nan) for name in CONVENTIONS))
    if sources[0] != sources[1]:
        moved = mean_pair(explained, *sources, "heat_moved")
    layout.show_facts(list_facts(text, explained.explanation, load_samples(explained), sources, shares, moved))


def show_examples(explained: ExplainedRun) -> None:
    """Show the example images, if the run has some."""
    examples = find_examples(explained)
    if not examples:
        return
    boxes = load_samples(explained)["objects"].any()
    lead = text("overview.examples.lead.boxes" if boxes else "overview.examples.lead")
    layout.show_section(text("overview.examples.title"), lead)
    st.html(render("picture_cards", cards=[_make_card(explained, example) for example in examples]))


def _make_card(explained: ExplainedRun, example: Example) -> dict[str, Any]:
    sample = load_samples(explained).iloc[example.index]
    sentence = text(
        f"overview.examples.{example.kind}.body",
        first=example.numbers[0],
        second=example.numbers[-1],
        label=sample["label_name"],
        predicted=sample["predicted_name"],
        first_source=source_title(example.first.source),
        second_source=source_title(example.second.source),
    )
    figures = [_make_figure(explained, example, view) for view in (example.first, example.second)]
    return {"title": text(f"overview.examples.{example.kind}.title"), "sentence": sentence, "figures": figures}


def _make_figure(explained: ExplainedRun, example: Example, view: ExampleMap) -> pictures.Figure:
    names = load_samples(explained)["predicted_name" if view.target == "predicted" else "label_name"]
    kind = "target" if example.kind == "wrong" else view.convention
    caption = text(f"overview.caption.{kind}", source=source_title(view.source), label=names.iloc[example.index])
    return pictures.overlay_figure(explained, example.index, view.source, view.convention, view.target, caption)


layout.show_head("overview")
selected = run_choice.selected()
show_idea(selected.name, selected.explained)
if selected.explained:
    run_choice.say_outdated(selected.explained)
    run_choice.say_blank(selected)
    show_numbers(selected.explained)
    show_report_button(selected.explained)
    show_examples(selected.explained)
layout.show_section(text("overview.runs.title"), text("overview.runs.lead"))
follow_runs(run_choice.folder(), run_choice.entries(), lambda entries: run_cards.show_cards(entries, selected))
