"""What is this, and what is there to see?"""

from html import escape

import streamlit as st

from camcore.presentation.sentences import list_facts
from camcore.presentation.wording import default_pair, format_tiny
from dashboard.data.examples import Example, View, find_examples
from dashboard.data.measures import load_samples, mean_off_object, mean_pair
from dashboard.data.runs import RunEntry
from dashboard.language import text
from dashboard.overview import run_cards
from dashboard.widgets import layout, pictures, run_choice
from dashboard.widgets.refresh import follow_runs
from dashboard.widgets.report_button import show_report_button
from dashboard.widgets.wording import source_title


def show_idea(entry: RunEntry) -> None:
    """Say the idea that explains most of what one sees."""
    check = entry.explanation.manifest.cam_check if entry.explanation else None
    if check is None:
        here = text("overview.idea.unknown")
    elif check.holds and check.max_error is not None:
        here = text("overview.idea.holds", run=entry.name, error=format_tiny(check.max_error))
    else:
        here = text("overview.idea.fails", run=entry.name)
    st.html(
        f'<div class="cc-idea"><b>{escape(text("overview.idea.title"))}</b>'
        f"<p>{escape(text('overview.idea.body'))}</p><p>{escape(here)}</p></div>"
    )


def show_numbers(entry: RunEntry) -> None:
    """Show the headline numbers of an explained run."""
    assert entry.explanation is not None  # noqa: S101 shown for explained runs only
    sources = default_pair(entry.explanation.manifest.sources)
    off_object = mean_off_object(entry, sources[:1])
    shares = moved = None
    if off_object:
        shares = off_object[sources[0], "literature"], off_object[sources[0], "positive"]
    if sources[0] != sources[1]:
        moved = mean_pair(entry, *sources, "heat_moved")
    layout.show_facts(list_facts(text, entry.explanation, sources, shares, moved))


def show_examples(entry: RunEntry) -> None:
    """Show the most telling pictures."""
    layout.show_section(text("overview.examples.title"), text("overview.examples.lead"))
    cards = "".join(_card(entry, example) for example in find_examples(entry))
    st.html(f'<div class="cc-examples">{cards}</div>')


def _card(entry: RunEntry, example: Example) -> str:
    sample = load_samples(entry).iloc[example.index]
    sentence = text(
        f"overview.examples.{example.kind}.body",
        first=example.numbers[0],
        second=example.numbers[-1],
        label=sample["label_name"],
        predicted=sample["predicted_name"],
        first_source=source_title(example.first.source),
        second_source=source_title(example.second.source),
    )
    title = text(f"overview.examples.{example.kind}.title")
    figures = pictures.pair(*(_figure(entry, example, view) for view in (example.first, example.second)))
    return f'<div class="cc-card"><h3>{escape(title)}</h3><p>{escape(sentence)}</p>{figures}</div>'


def _figure(entry: RunEntry, example: Example, view: View) -> str:
    names = load_samples(entry)["predicted_name" if view.target == "predicted" else "label_name"]
    kind = "target" if example.kind == "wrong" else view.convention
    caption = text(f"overview.caption.{kind}", source=source_title(view.source), label=names.iloc[example.index])
    return pictures.overlay_figure(entry, example.index, view.source, view.convention, view.target, escape(caption))


layout.show_head("overview")
chosen = run_choice.selected()
show_idea(chosen)
if chosen.state == "explained":
    run_choice.say_outdated(chosen)
    show_numbers(chosen)
    show_report_button(chosen)
    show_examples(chosen)
layout.show_section(text("overview.runs.title"), text("overview.runs.lead"))
follow_runs(run_choice.folder(), run_choice.entries(), lambda found: run_cards.show_cards(found, chosen))
