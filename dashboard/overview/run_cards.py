"""One card per run in the runs folder."""

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd
import streamlit as st

from camcore.backbones import BACKBONES
from camcore.errors import RunError
from camcore.presentation.html import render
from camcore.presentation.sentences import say_seeds
from camcore.presentation.wording import format_tiny
from camcore.runs.run import Run
from dashboard.data.histories import read_history, read_kept_epoch, read_kept_row
from dashboard.data.run_groups import group_runs
from dashboard.data.runs import STATES, RunEntry
from dashboard.language import text
from dashboard.widgets import layout, run_choice


def show_cards(entries: list[RunEntry], selected: RunEntry) -> None:
    """Show a card per run, explained runs first; the selected one has a frame.

    Runs that differ only in their seed follow in groups, each with a common heading.
    """
    groups = group_runs(sorted(entries, key=lambda entry: STATES.index(entry.state)))
    singles = [group.entries[0] for group in groups if group.single]
    if singles:
        _show_grid(singles, selected)
    for group in groups:
        if not group.single:
            accuracies = sorted(accuracy for entry in group.entries for accuracy in _kept_accuracy(entry))
            layout.show_section(*say_seeds(text, group.name, accuracies, len(group.entries)), level=3)
            _show_grid(group.entries, selected)


def _show_grid(entries: Iterable[RunEntry], selected: RunEntry) -> None:
    cards = [_make_card(entry) | {"chosen": entry.name == selected.name} for entry in entries]
    st.html(render("run_cards", text=text, cards=cards))


def _kept_accuracy(entry: RunEntry) -> list[tuple[int, float]]:
    """Return seed and validation accuracy of the kept weights; empty while training or if unreadable.

    If a copied folder lacks the weights, it is the accuracy on the explained images.
    """
    if entry.run is None:
        return []
    row = _find_kept(entry.run)
    if row is not None:
        return [(entry.run.config.train.seed, float(row["val_accuracy"]))]
    accuracy = entry.explanation.accuracy if entry.explanation else math.nan
    return [] if math.isnan(accuracy) else [(entry.run.config.train.seed, accuracy)]


def _make_card(entry: RunEntry) -> dict[str, Any]:
    facts, problem = [], entry.problem or ""
    if entry.run is not None and entry.state != "damaged":
        try:
            facts = _list_facts(entry, entry.run)
            problem = _find_weights_problem(entry.run)
        except RunError as error:
            problem = str(error)
    problem = layout.shorten_paths(problem, entry.path.parent)
    return {"name": entry.name, "state": entry.state, "facts": facts, "problem": problem}


def _find_weights_problem(run: Run) -> str:
    """Return why a run's network can't be used, or an empty text. Its heatmaps may still be valid."""
    try:
        read_kept_epoch(run)
    except RunError as error:
        return str(error)
    return ""


def _list_facts(entry: RunEntry, run: Run) -> list[tuple[str, str]]:
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
        answer = text("overview.card.cam_yes" if check.holds else "overview.card.cam_no")
        if check.max_error is not None:
            answer += f" ({text('overview.card.cam_error', error=format_tiny(check.max_error))})"
        facts.append((text("overview.card.cam"), answer))
        facts.append((text("overview.card.images"), f"{entry.explanation.manifest.images:,}"))
    return facts


def _find_kept(run: Run) -> pd.Series | None:
    """Return the history's row of the kept weights. None while the run trains, or if it is damaged."""
    try:
        return read_kept_row(run)
    except RunError:
        return None  # pages that need the history report the damage
