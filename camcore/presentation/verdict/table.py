"""A verdict's numbers as rows and columns, and the browser's table of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from camcore.presentation.texts import Text
from camcore.presentation.wording import measure_meaning, measure_title, name_of, percent, why_no_cam
from camcore.verdict.document import MeasureResult, VerdictDocument

STAR = "★"
AFTER = {"better": "▲", "worse": "▼", "no_difference": ""}

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Column:
    """A measure: its name, its group, and the notes below its name."""

    id: str
    title: str
    group: str
    notes: Sequence[str]
    help: str
    chosen: bool


@dataclass(frozen=True)
class Cell:
    """A number: value, lines below, marks before and after, and its meaning."""

    value: str
    notes: Sequence[str] = ()
    before: str = ""
    after: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Row:
    """A method or baseline. `note` replaces the cells if the method does not apply."""

    id: str
    title: str
    cells: Sequence[Cell]
    note: str = ""
    quiet: bool = False
    chosen: bool = False


def encode_table(columns: Sequence[Column], rows: Sequence[Row], corner: str) -> dict[str, Any]:
    """Return the data of the table's script, ready for JSON.

    Args:
        columns: Those of one group stand next to each other.
        rows: As many cells as columns each, or a note.
        corner: The head of the first column.
    """
    return {"columns": [asdict(column) for column in columns], "rows": [asdict(row) for row in rows], "corner": corner}


@cache
def read_table_front_end() -> tuple[str, str, str]:
    """Return the table's HTML, style sheet and script; its default export draws what `encode_table` returns."""
    html, css, script = ((_FOLDER / f"table.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    return html, css, script


def make_columns(text: Text, verdict: VerdictDocument, selected: str) -> list[Column]:
    """Return a column per measure, grouped."""
    order = list(dict.fromkeys(measure.group for measure in verdict.measures.values()))
    names = sorted(verdict.measures, key=lambda name: order.index(verdict.measures[name].group))
    return [_make_column(text, name, verdict.measures[name], name == selected) for name in names]


def make_rows(text: Text, verdict: VerdictDocument, columns: list[Column], selected: str) -> list[Row]:
    """Return a row per method, with a reason if it doesn't apply, and per baseline."""
    best = {column.id: verdict.best(column.id) for column in columns}
    rows = [
        Row(
            source,
            name_of(text, source),
            (),
            text("verdict.table.not_applicable", reason=why_no_cam(text, why.max_error)),
        )
        for source, why in verdict.not_applicable.items()
    ]
    for source in (*verdict.sources, *verdict.baselines):
        cells = [_make_cell(text, verdict, column.id, source, best[column.id]) for column in columns]
        rows.append(
            Row(source, name_of(text, source), cells, quiet=source in verdict.baselines, chosen=source == selected),
        )
    return rows


def _make_column(text: Text, name: str, measure: MeasureResult, chosen: bool) -> Column:
    notes = [text("verdict.table.n", n=measure.n)]
    if measure.chance is not None:
        notes.append(text("verdict.table.chance", value=percent(measure.chance)))
    if measure.better == "lower":
        notes.append(text("verdict.table.lower"))
    group = text(f"verdict.table.group.{measure.group}")
    return Column(name, measure_title(text, name), group, notes, measure_meaning(text, name), chosen)


def _make_cell(text: Text, verdict: VerdictDocument, name: str, source: str, best: list[str]) -> Cell:
    measure = verdict.measures[name]
    value = percent(measure.mean_of(source))
    difference = measure.differences.get(source)
    meanings = [
        text("verdict.table.cell", source=name_of(text, source), measure=measure_title(text, name), value=value)
    ]
    if source in best:
        meanings.append(text("verdict.table.best"))
    if difference is not None and difference.identical_by_theory:
        meanings.append(text("verdict.table.theory", reference=name_of(text, verdict.reference)))
    return Cell(
        value,
        _notes(text, measure, source),
        before=STAR if source in best else "",
        after="" if difference is None else AFTER[difference.outcome],
        meaning="; ".join(meanings),
    )


def _notes(text: Text, measure: MeasureResult, source: str) -> list[str]:
    value = measure.values.get(source)
    notes = []
    if value is not None and value.low is not None and value.high is not None:
        notes.append(text("verdict.table.interval", low=percent(value.low), high=percent(value.high)))
    oracle = (measure.oracle or {}).get(source)
    if oracle is not None:
        notes.append(text("verdict.table.oracle", value=percent(oracle)))
    return notes
