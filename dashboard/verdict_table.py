"""Every number of a verdict as rows and columns."""

from collections.abc import Callable
from typing import Any

from camcore.wording import percent
from dashboard.components.verdict_table import Cell, Column, Row, verdict_table
from dashboard.language import text
from dashboard.verdict_data import Verdict, mean_of
from dashboard.wording import measure_meaning, measure_title, name_of, why_no_cam

STAR, BETTER, WORSE = "★", "▲", "▼"


def show_table(verdict: Verdict, measure: str, method: str, on_choose: Callable[[str, str], None]) -> None:
    """Show means and intervals of every method and baseline; `on_choose` is called with a source and a measure."""
    columns = make_columns(verdict, measure)
    rows = make_rows(verdict, columns, method)
    verdict_table(columns, rows, text("verdict.table.method"), "verdict_table", on_choose)


def make_columns(verdict: Verdict, chosen: str) -> list[Column]:
    """Return a column per measure, those of a group next to each other."""
    order = list(dict.fromkeys(measure["group"] for measure in verdict.measures.values()))
    names = sorted(verdict.measures, key=lambda name: order.index(verdict.measures[name]["group"]))
    return [_make_column(name, verdict.measures[name], name == chosen) for name in names]


def make_rows(verdict: Verdict, columns: list[Column], chosen: str) -> list[Row]:
    """Return a row per method, those that do not apply with their reason, and one per baseline."""
    best = {column.id: verdict.best(column.id) for column in columns}
    rows = [
        Row(source, name_of(source), (), text("verdict.table.not_applicable", reason=why_no_cam(why["max_error"])))
        for source, why in verdict.document["not_applicable"].items()
    ]
    for source in (*verdict.sources, *verdict.baselines):
        cells = [_make_cell(verdict, column.id, source, best[column.id]) for column in columns]
        rows.append(
            Row(source, name_of(source), cells, quiet=source in verdict.baselines, chosen=source == chosen),
        )
    return rows


def _make_column(name: str, measure: dict[str, Any], chosen: bool) -> Column:
    notes = [text("verdict.table.n", n=measure["n"])]
    if measure.get("chance") is not None:
        notes.append(text("verdict.table.chance", value=percent(measure["chance"])))
    if measure["better"] == "lower":
        notes.append(text("verdict.table.lower"))
    group = text(f"verdict.table.group.{measure['group']}")
    return Column(name, measure_title(name), group, notes, measure_meaning(name), chosen)


def _make_cell(verdict: Verdict, name: str, source: str, best: list[str]) -> Cell:
    measure = verdict.measures[name]
    value = percent(mean_of(measure["values"], source))
    found = measure["differences"].get(source, {})
    meanings = [text("verdict.table.cell", source=name_of(source), measure=measure_title(name), value=value)]
    if source in best:
        meanings.append(text("verdict.table.best"))
    if found.get("identical_by_theory"):
        meanings.append(text("verdict.table.theory", reference=name_of(verdict.reference)))
    return Cell(
        value,
        _notes(measure, source),
        before=STAR if source in best else "",
        after={"better": BETTER, "worse": WORSE}.get(found.get("verdict", ""), ""),
        meaning="; ".join(meanings),
    )


def _notes(measure: dict[str, Any], source: str) -> list[str]:
    found = measure["values"].get(source) or {}
    notes = []
    if found.get("low") is not None and found.get("high") is not None:
        notes.append(text("verdict.table.interval", low=percent(found["low"]), high=percent(found["high"])))
    oracle = (measure.get("oracle") or {}).get(source)
    if oracle is not None:
        notes.append(text("verdict.table.oracle", value=percent(oracle)))
    return notes
