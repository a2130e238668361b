"""The runs of the folder at a glance, a card each."""

import math
from collections.abc import Iterable
from html import escape

import pandas as pd
import streamlit as st

from camcore.backbones import BACKBONES
from camcore.errors import RunError
from camcore.presentation.sentences import say_seeds
from camcore.presentation.wording import format_tiny
from camcore.runs.run import Run
from dashboard.data.histories import read_history, read_kept_epoch, read_kept_row
from dashboard.data.run_groups import group_runs
from dashboard.data.runs import STATES, RunEntry
from dashboard.language import text
from dashboard.widgets import layout, run_choice


def show_cards(entries: list[RunEntry], chosen: RunEntry) -> None:
    """Show a card per run, those that show most first; the chosen one has a frame.

    Below them come the runs that differ in their seed alone, under one heading with what they have in common.
    """
    groups = group_runs(sorted(entries, key=lambda entry: STATES.index(entry.state)))
    singles = [group.entries[0] for group in groups if group.single]
    if singles:
        st.html(_grid(singles, chosen))
    for group in groups:
        if not group.single:
            accuracies = sorted(found for entry in group.entries for found in _kept_accuracy(entry))
            layout.show_section(*say_seeds(text, group.name, accuracies, len(group.entries)), level=3)
            st.html(_grid(group.entries, chosen))


def _grid(entries: Iterable[RunEntry], chosen: RunEntry) -> str:
    cards = "".join(_card(entry, entry.name == chosen.name) for entry in entries)
    return f'<div class="cc-cards">{cards}</div>'


def _kept_accuracy(entry: RunEntry) -> list[tuple[int, float]]:
    """Return seed and validation accuracy of the weights that are kept; none of a run that trains or can't be read.

    Where the weights were left behind, as a folder may be copied without, it is that of the explained images.
    """
    if entry.run is None:
        return []
    row = _find_kept(entry.run)
    if row is not None:
        return [(entry.run.config.train.seed, float(row["val_accuracy"]))]
    accuracy = entry.explanation.accuracy if entry.explanation else math.nan
    return [] if math.isnan(accuracy) else [(entry.run.config.train.seed, accuracy)]


def _card(entry: RunEntry, chosen: bool) -> str:
    state = f'<span class="cc-state cc-{entry.state}">{escape(text(f"state.{entry.state}"))}</span>'
    head = f'<div class="cc-row"><h3>{escape(entry.name)}</h3>{state}</div>'
    if entry.run is None or entry.state == "damaged":
        body = _reason(entry.problem or "", entry)
    else:
        try:
            facts = _facts(entry, entry.run)
            rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
            body = f"<dl>{rows}</dl>{_weights_problem(entry, entry.run)}"
        except RunError as error:
            body = _reason(str(error), entry)
    return f'<div class="cc-card{" cc-selected" if chosen else ""}">{head}{body}</div>'


def _reason(problem: str, entry: RunEntry) -> str:
    return f"<p>{escape(layout.shorten_paths(problem, entry.path.parent))}</p>"


def _weights_problem(entry: RunEntry, run: Run) -> str:
    """Return why a run's network can't be used, which does no harm to what was made with it; empty where it can."""
    try:
        read_kept_epoch(run)
    except RunError as error:
        return _reason(str(error), entry)
    return ""


def _facts(entry: RunEntry, run: Run) -> list[tuple[str, str]]:
    facts = [
        (text("overview.card.dataset"), run_choice.dataset(entry)),
        (text("overview.card.backbone"), BACKBONES[run.config.model.backbone].title),
        (text("overview.card.head"), run.config.model.head),
    ]
    if run.imported_from is not None:
        facts.append((text("overview.card.imported"), run.imported_from))
    history = read_history(entry)
    if len(history):
        row = _find_kept(run)
        row = history.iloc[-1] if row is None else row
        facts.append((text("overview.card.accuracy", epoch=int(row["epoch"])), f"{row['val_accuracy']:.1%}"))
    elif entry.explanation and not math.isnan(entry.explanation.accuracy):
        facts.append((text("overview.facts.accuracy"), f"{entry.explanation.accuracy:.1%}"))
    if entry.explanation:
        check = entry.explanation.manifest.cam_check
        shown = text("overview.card.cam_yes" if check.holds else "overview.card.cam_no")
        if check.max_error is not None:
            shown += f" ({text('overview.card.cam_error', error=format_tiny(check.max_error))})"
        facts.append((text("overview.card.cam"), shown))
        facts.append((text("overview.card.images"), f"{entry.explanation.manifest.images:,}"))
    return facts


def _find_kept(run: Run) -> pd.Series | None:
    """Return the history's row of the weights that are kept; None while the run trains, or if they are damaged."""
    try:
        return read_kept_row(run)
    except RunError:
        return None  # pages that need what is damaged say so
