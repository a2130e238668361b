"""Page: training curves of runs, also while they train, and confusions on held-out images."""

import streamlit as st

from dashboard.data.run_groups import SEPARATOR, RunGroup, group_runs
from dashboard.language import text
from dashboard.training_curves import confusion, curves
from dashboard.url_state import among, keep_in_url, missing, read_link
from dashboard.widgets import charts, layout, run_choice

REFRESH_SECONDS = 3
SMOOTHINGS = (0.0, 0.3, 0.6, 0.8, 0.9)
SEEDS = {"together": True, "apart": False}  # in the URL


def choose_together() -> bool:
    """Show the choice whether to group runs that differ only in their seed."""
    key = keep_in_url("seeds", True, SEEDS.get, lambda together: "together" if together else "apart")
    return st.toggle(text("training_curves.together"), key=key, help=text("training_curves.together.help"))


def choose_runs(groups: list[RunGroup]) -> list[RunGroup]:
    """Show the choice of runs and return them; at first the selected run and its other seeds."""
    by_id = {group.id: group for group in groups}
    ids = {entry.name: group.id for group in groups for entry in group.entries}

    find = among(list(ids))

    def read(written: str) -> list[str] | None:
        names = (find(name) for name in written.split(SEPARATOR))
        known = dict.fromkeys(ids[name] for name in names if name is not None)
        return list(known) or None

    start = [ids[name] for name in (run_choice.selected().name,) if name in ids] or list(by_id)[:1]
    linked = read_link("runs").split(SEPARATOR)
    key = keep_in_url("runs", start, read, SEPARATOR.join)
    if unknown := [name for name in linked if name and find(name) is None]:
        missing()["runs"] = SEPARATOR.join(unknown)
    selected_ids = st.multiselect(
        text("training_curves.runs"), list(by_id), key=key, format_func=lambda group: by_id[group].label
    )
    return [by_id[group] for group in selected_ids]


def choose_smoothing() -> float:
    """Show the choice of the smoothing."""
    key = keep_in_url("smoothing", 0.0, among(SMOOTHINGS))
    return st.select_slider(
        text("training_curves.smoothing"), SMOOTHINGS, key=key, format_func=lambda value: f"{value:.0%}"
    )


layout.show_head("training_curves")
run_choice.say_blank(run_choice.selected())
readable = [entry for entry in run_choice.entries() if entry.run]
grouped = group_runs(readable)
grid = st.grid(2, min_column_width=280)
runs_cell, smoothing_cell = grid.cell(), grid.cell()
if len(grouped) < len(readable) and not choose_together():
    grouped = group_runs(readable, together=False)
with runs_cell:
    selection = choose_runs(grouped)
with smoothing_cell:
    strength = choose_smoothing()
colors = {group.id: charts.RUN_COLORS[at % len(charts.RUN_COLORS)] for at, group in enumerate(grouped)}
if selection:
    training = any(entry.state == "training" for group in selection for entry in group.entries)
    follow = st.fragment(curves.show_curves, run_every=REFRESH_SECONDS if training else None)
    follow(selection, strength, colors)
else:
    layout.show_notice(text("training_curves.none.title"), text("training_curves.choose"))
selected = run_choice.selected()
if selected.state == "damaged":
    run_choice.show_problem(selected)
else:
    confusion.show_confusion(selected.name, selected.explained)
