"""How did the training go, and is it still going?"""

import pandas as pd
import streamlit as st

from camcore.errors import RunError
from dashboard import charts, confusion, layout, selection
from dashboard.data import Entry, read_entry, read_history
from dashboard.language import text
from dashboard.url_state import among, keep_in_url

REFRESH_SECONDS = 3
SMOOTHINGS = (0.0, 0.3, 0.6, 0.8, 0.9)
SEPARATOR = ","


def choose_runs() -> list[Entry]:
    """Show the choice of runs and return them; the selected run alone to begin with."""
    readable = {entry.name: entry for entry in selection.entries() if entry.run}

    def read(written: str) -> list[str] | None:
        names = [name for name in written.split(SEPARATOR) if name in readable]
        return names or None

    start = [name for name in (selection.selected().name,) if name in readable] or list(readable)[:1]
    key = keep_in_url("runs", start, read, SEPARATOR.join)
    names = st.multiselect(text("training_curves.runs"), list(readable), key=key)
    return [readable[name] for name in names]


def choose_smoothing() -> float:
    """Show the choice of how much to smooth."""
    key = keep_in_url("smoothing", 0.0, among(SMOOTHINGS))
    return st.select_slider(
        text("training_curves.smoothing"), SMOOTHINGS, key=key, format_func=lambda value: f"{value:.0%}"
    )


def show_curves(paths: list[Entry], smoothing: float, colors: dict[str, str]) -> None:
    """Show the charts and the numbers; ask for the whole page anew when a training has come to its end."""
    entries = [read_entry(entry.path) for entry in paths]
    if any(old.state == "training" != new.state for old, new in zip(paths, entries, strict=True)):
        st.rerun()
    histories: dict[str, pd.DataFrame] = {}
    for entry in entries:
        try:
            histories[entry.name] = read_history(entry)
        except RunError as error:
            layout.show_problem(str(error), entry.path.parent)
    histories = {name: history for name, history in histories.items() if len(history)}
    _say_progress(entries)
    if not histories:
        layout.show_notice(text("training_curves.none.title"), text("training_curves.none.body"))
        return
    grid = st.grid(2, min_column_width=330, gap="medium")
    for quantity in ("loss", "accuracy"):
        with grid.cell():
            layout.show_section(text(f"training_curves.{quantity}"))
            charts.show_chart(charts.draw_curves(histories, colors, quantity, smoothing), quantity, 340)
    st.caption(text("training_curves.legend"))
    layout.show_section(text("training_curves.learning_rate"))
    charts.show_chart(charts.draw_rates(histories, colors), "learning_rate", 210)
    _show_numbers(histories)


def _say_progress(entries: list[Entry]) -> None:
    for entry in entries:
        if entry.state == "training" and entry.run:
            done, planned = len(read_history(entry)), entry.run.config.train.epochs
            st.progress(
                min(1.0, done / planned), text("training_curves.progress", run=entry.name, done=done, planned=planned)
            )


def _show_numbers(histories: dict[str, pd.DataFrame]) -> None:
    with st.expander(text("training_curves.numbers")):
        table = pd.concat(histories, names=["run"]).reset_index(level="run")
        percent = {"train_accuracy", "val_accuracy"}
        columns = {
            name: st.column_config.NumberColumn(
                text(f"training_curves.column.{name}"),
                format="percent" if name in percent else None,
            )
            for name in table.columns
            if name != "run"
        }
        columns["run"] = st.column_config.TextColumn(text("training_curves.column.run"))
        st.dataframe(table, hide_index=True, column_config=columns)


layout.show_head("training_curves")
with st.grid(2, min_column_width=280):
    chosen = choose_runs()
    strength = choose_smoothing()
all_names = [entry.name for entry in selection.entries() if entry.run]
run_colors = {name: charts.RUN_COLORS[at % len(charts.RUN_COLORS)] for at, name in enumerate(all_names)}
if chosen:
    training = any(entry.state == "training" for entry in chosen)
    follow = st.fragment(show_curves, run_every=REFRESH_SECONDS if training else None)
    follow(chosen, strength, run_colors)
else:
    layout.show_notice(text("training_curves.none.title"), text("training_curves.choose"))
confusion.show_confusion(selection.selected())
