"""Training curves per run or per group of seeds, and their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd
import streamlit as st

from camcore.errors import RunError
from camcore.runs.seed_groups import Course, average_histories
from dashboard.data import run_groups
from dashboard.data.histories import read_history
from dashboard.data.run_groups import RunGroup
from dashboard.data.runs import RunEntry, read_entry
from dashboard.language import text
from dashboard.widgets import charts, layout

MEASURED = ("learning_rate", "images_per_second", "seconds")
HEIGHT, MEASURED_HEIGHT = 340, 190


@dataclass
class Lines:
    """The histories to draw by name, and the ranges of means over several seeds."""

    histories: dict[str, pd.DataFrame] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    colors: dict[str, str] = field(default_factory=dict)
    rows: dict[str, pd.DataFrame] = field(default_factory=dict)  # the histories per seed, if the line is a mean
    notes: list[str] = field(default_factory=list)


def show_curves(selection: Sequence[RunGroup], smoothing: float, colors: Mapping[str, str]) -> None:
    """Show charts and numbers; rerun the page if a training has ended.

    Args:
        selection: The groups to draw, one line per group.
        smoothing: See `charts.smooth`.
        colors: By group id.
    """
    groups = [replace(group, entries=tuple(read_entry(entry.path) for entry in group.entries)) for group in selection]
    before, now = ([entry for group in some for entry in group.entries] for some in (selection, groups))
    if any(old.state == "training" != new.state for old, new in zip(before, now, strict=True)):
        st.rerun()
    lines = Lines()
    for group in groups:
        _add_line(lines, group, colors[group.id])
    _say_progress(now)
    imported = _say_imported(now)
    if not lines.histories:
        if not imported:
            layout.show_notice(text("training_curves.none.title"), text("training_curves.none.body"))
        return
    _show_charts(lines, smoothing)
    _show_numbers(lines.rows)


def _add_line(lines: Lines, group: RunGroup, color: str) -> None:
    """Add a group's line: its only history, or the mean of those that have begun."""
    histories = {}
    for entry in group.entries:
        try:
            histories[entry.name] = read_history(entry)
        except RunError as error:
            layout.show_problem(str(error), entry.path.parent)
    histories = {name: history for name, history in histories.items() if len(history)}
    if not histories:
        return
    if len(histories) == 1:
        name, history = next(iter(histories.items()))
    else:
        name = run_groups.label(group.name, len(histories))
        course = lines.courses[name] = average_histories(list(histories.values()))
        history = lines.rows[name] = course.mean
        last = int(history["epoch"].max())
        if any(seed_history["epoch"].max() > last for seed_history in histories.values()):
            lines.notes.append(text("training_curves.behind", group=group.name, epoch=last))
    lines.histories[name], lines.colors[name] = history, color
    lines.rows |= histories


def _show_charts(lines: Lines, smoothing: float) -> None:
    grid = st.grid(2, min_column_width=330, gap="medium")
    for quantity in ("loss", "accuracy"):
        with grid.cell():
            layout.show_section(text(f"training_curves.{quantity}"))
            drawn = (lines.histories, lines.colors, quantity, smoothing, lines.courses)
            charts.show_chart(quantity, HEIGHT, charts.draw_curves, *drawn)
    legend = [text("training_curves.legend"), *([text("training_curves.range")] if lines.courses else ()), *lines.notes]
    st.caption(" ".join(legend))
    grid = st.grid(3, min_column_width=250, gap="medium")
    for column in MEASURED:
        with grid.cell():
            layout.show_section(text(f"training_curves.{column}"), level=3)
            measured = (lines.histories, lines.colors, column, lines.courses)
            charts.show_chart(column, MEASURED_HEIGHT, charts.draw_column, *measured)
    st.caption(text("training_curves.speed"))


def _say_progress(entries: Sequence[RunEntry]) -> None:
    for entry in entries:
        if entry.state == "training" and entry.run:
            epochs, planned = len(read_history(entry)), entry.run.config.train.epochs
            st.progress(
                min(1.0, epochs / planned),
                text("training_curves.progress", run=entry.name, done=epochs, planned=planned),
            )


def _say_imported(entries: Sequence[RunEntry]) -> bool:
    """Say which runs were trained elsewhere and have no curves; return whether there is one."""
    files = {entry.name: entry.run.imported_from for entry in entries if entry.run and entry.run.imported_from}
    for name, file in files.items():
        title = text("training_curves.imported.title", run=name)
        layout.show_notice(title, text("training_curves.imported.body", file=file))
    return bool(files)


def _show_numbers(rows: Mapping[str, pd.DataFrame]) -> None:
    with st.expander(text("training_curves.numbers")):
        table = pd.concat(rows, names=["run"]).reset_index(level="run")
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
