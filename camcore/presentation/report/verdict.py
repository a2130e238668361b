"""The verdict in a report: sentences, differences, table, curves and costs."""

from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup

from camcore.presentation.html import render
from camcore.presentation.report.subject import ReportInput
from camcore.presentation.sentences import write_basis, write_sentences
from camcore.presentation.texts import Text
from camcore.presentation.verdict import costs, curves, forest, table
from camcore.presentation.wording import measure_meaning, measure_title, name_of
from camcore.verdict.document import VerdictDocument


def write_headline(subject: ReportInput) -> Markup:
    """Return the verdict's sentences, or without a verdict how much of the difference is drawing."""
    text = subject.text
    if subject.verdict is None:
        command = subject.command("verdict")
        return render("report/headline", text=text, sentences=[], drawing_share=subject.drawing_share, command=command)
    sentences, more = write_sentences(text, subject.verdict)
    return render("report/headline", text=text, sentences=sentences or [text("verdict.claim.none")], more=more)


def write_verdict(text: Text, verdict: VerdictDocument) -> Markup:
    """Return the section's HTML; scripts fill the element `report-table` and the charts."""
    return render(
        "report/verdict",
        text=text,
        basis=write_basis(text, verdict),
        reference=name_of(text, verdict.reference),
        main_measure=verdict.main_measure,
        measures=[_describe_measure(text, verdict, measure) for measure in verdict.measures],
        table=Markup(table.read_table_front_end()[0]),  # noqa: S704 our own file
        legend=curves.write_legend(text, curves.choose_lines(text, verdict, "")),
        curves=curves.FAITHFULNESS,
        checks=curves.write_checks(text, verdict),
        cost_lead=text("verdict.cost.lead", forward=verdict.timing.forward_milliseconds),
        costs=costs.draw_cost(text, verdict, ""),
        price=costs.list_price(text, verdict),
        price_lead=costs.write_price_lead(text, verdict),
        seeds=costs.draw_seeds(text, verdict),
    )


def encode_verdict_table(text: Text, verdict: VerdictDocument) -> dict[str, Any]:
    """Return what the table's script draws; the page marks the chosen measure itself."""
    columns = table.make_columns(text, verdict, "")
    return table.encode_table(columns, table.make_rows(text, verdict, columns, ""), text("verdict.table.method"))


def draw_verdict_charts(text: Text, verdict: VerdictDocument) -> dict[str, go.Figure]:
    """Return the figures by name, as in the section's HTML."""
    lines = curves.choose_lines(text, verdict, "")
    figures = {kind: curves.draw_faithfulness(text, verdict, kind, lines) for kind in curves.FAITHFULNESS}
    return figures | {"randomization": curves.draw_randomization(text, verdict, lines)}


def _describe_measure(text: Text, verdict: VerdictDocument, measure: str) -> dict[str, str]:
    turned = text("verdict.forest.turned") if verdict.measures[measure].better == "lower" else ""
    return {
        "name": measure,
        "title": measure_title(text, measure),
        "lead": text("verdict.forest.lead", meaning=measure_meaning(text, measure), turned=turned).strip(),
        "forest": forest.draw_forest(text, verdict, measure, ""),
        "correctness": forest.draw_correctness(text, verdict, measure, ""),
    }
