"""What is this, and what is there to see?"""

from html import escape

import numpy as np
import streamlit as st

from camcore.drawing import CONVENTIONS
from dashboard import controls, layout, pictures, run_cards, selection
from dashboard.data import Entry, load_samples, mean_off_object, measure_pair
from dashboard.examples import Example, View, find_examples
from dashboard.language import text
from dashboard.wording import source_title


def show_idea(entry: Entry) -> None:
    """Say the idea that explains most of what one sees."""
    check = entry.generation.manifest["cam_check"] if entry.generation else None
    if check is None:
        here = text("overview.idea.unknown")
    elif check["holds"]:
        here = text("overview.idea.holds", run=entry.name, error=layout.format_tiny(check["max_error"]))
    else:
        here = text("overview.idea.fails", run=entry.name)
    st.html(
        f'<div class="cc-idea"><b>{escape(text("overview.idea.title"))}</b>'
        f"<p>{escape(text('overview.idea.body'))}</p><p>{escape(here)}</p></div>"
    )


def show_numbers(entry: Entry) -> None:
    """Show the headline numbers of an explained run."""
    manifest = entry.generation.manifest if entry.generation else {}
    last = manifest["layers"][-1]
    facts = [
        (text("overview.facts.accuracy"), f"{manifest['accuracy']:.1%}", text("overview.facts.accuracy.note")),
        (
            text("overview.facts.images"),
            f"{manifest['images']:,}",
            text("overview.facts.images.note", height=last["height"], width=last["width"]),
        ),
    ]
    first, second = controls.default_pair(manifest["sources"])
    titles = {"first": source_title(first), "second": source_title(second)}
    off_object = mean_off_object(entry, (first,))
    if (first, "literature") in off_object:
        shares = off_object[first, "literature"], off_object[first, "positive"]
        facts.append((text("overview.facts.off_object", **titles), *_two_numbers(*shares)))
    if first != second:
        measured = measure_pair(entry, first, second)
        means = (float(np.nanmean(measured[f"heat_moved_{name}"])) for name in CONVENTIONS)
        facts.append((text("overview.facts.moved", **titles), *_two_numbers(*means)))
    layout.show_facts(facts)


def show_examples(entry: Entry) -> None:
    """Show the most telling pictures."""
    layout.show_section(text("overview.examples.title"), text("overview.examples.lead"))
    cards = "".join(_card(entry, example) for example in find_examples(entry))
    st.html(f'<div class="cc-examples">{cards}</div>')


def _two_numbers(literature: float, positive: float) -> tuple[str, str]:
    """Return a number in both conventions, or once where they agree, and the line that says what is what."""
    first, second = f"{literature:.0%}", f"{positive:.0%}"
    if first == second:
        return first, text("overview.facts.either")
    return f"{first} → {second}", text("overview.facts.conventions")


def _card(entry: Entry, example: Example) -> str:
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


def _figure(entry: Entry, example: Example, view: View) -> str:
    names = load_samples(entry)["predicted_name" if view.target == "predicted" else "label_name"]
    kind = "target" if example.kind == "wrong" else view.convention
    caption = text(f"overview.caption.{kind}", source=source_title(view.source), label=names.iloc[example.index])
    return pictures.overlay_figure(entry, example.index, view.source, view.convention, view.target, escape(caption))


layout.show_head("overview")
chosen = selection.selected()
show_idea(chosen)
if chosen.state == "explained":
    show_numbers(chosen)
    show_examples(chosen)
layout.show_section(text("overview.runs.title"), text("overview.runs.lead"))
run_cards.show_cards(selection.entries(), chosen)
