"""The verdict in a report: what may be said, the differences of every measure, the table, the curves, the cost."""

from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from camcore.errors import shell_command
from camcore.presentation import html
from camcore.presentation.report.pictures import write_drawing_share
from camcore.presentation.report.subject import ReportInput
from camcore.presentation.sentences import write_basis, write_sentences
from camcore.presentation.texts import Text
from camcore.presentation.verdict import costs, curves, forest, table
from camcore.presentation.wording import measure_meaning, measure_title, name_of
from camcore.verdict.document import VerdictDocument


def write_finding(subject: ReportInput) -> str:
    """Return what a reader should know in five seconds: the verdict's sentences, or else what the drawing makes."""
    text = subject.text
    if subject.verdict is None:
        return write_drawing_share(subject) + _write_missing(subject)
    said, left = write_sentences(text, subject.verdict)
    more = f"<details><summary>{escape(text('verdict.more'))}</summary>{html.listing(left)}</details>" if left else ""
    return html.finding(said or [text("verdict.claim.none")]) + more


def write_verdict(text: Text, verdict: VerdictDocument) -> str:
    """Return the section's markup; the table's script fills the element `report-table`, the charts are named."""
    lead = write_basis(text, verdict)
    measures = "".join(_write_measure(text, verdict, measure) for measure in verdict.measures)
    reference = name_of(text, verdict.reference)
    above_table = html.section(text("verdict.table.title"), text("report.verdict.table.lead", reference=reference), 3)
    return "".join(
        (
            html.section(text("report.verdict.title"), lead),
            _write_choice(text, verdict),
            measures,
            above_table,
            f'<div id="report-table">{table.read_table_front_end()[0]}</div>',
            _write_curves(text, verdict),
            _write_cost(text, verdict),
        )
    )


def encode_verdict_table(text: Text, verdict: VerdictDocument) -> dict[str, Any]:
    """Return what the table's script draws; the page marks the chosen measure itself."""
    columns = table.make_columns(text, verdict, "")
    return table.encode_table(columns, table.make_rows(text, verdict, columns, ""), text("verdict.table.method"))


def draw_verdict_charts(text: Text, verdict: VerdictDocument) -> dict[str, go.Figure]:
    """Return the figures by the names that the markup has for them."""
    lines = curves.choose_lines(text, verdict, "")
    figures = {kind: curves.draw_faithfulness(text, verdict, kind, lines) for kind in curves.FAITHFULNESS}
    return figures | {"randomization": curves.draw_randomization(text, verdict, lines)}


def write_chart(name: str, label: str, height: int = 300) -> str:
    """Return the place of a chart, with what it is for those who can't see it."""
    place = f'class="chart" data-chart="{name}" style="height:{height}px"'
    return f'<div {place} role="img" aria-label="{escape(label)}"></div>'


def _write_missing(subject: ReportInput) -> str:
    text = subject.text
    # The last two parts alone: where the folder lies on this machine is nobody's business.
    path = Path(*subject.run.path.resolve().parts[-2:]).as_posix()
    command = escape(shell_command("verdict", path))
    box = html.notice(text("report.verdict.missing.title"), text("report.verdict.missing.body"))
    return box.removesuffix("</div>") + f'<pre tabindex="0"><code>{command}</code></pre></div>'


def _write_choice(text: Text, verdict: VerdictDocument) -> str:
    options = "".join(
        f'<option value="{escape(name)}"{" selected" if name == verdict.main_measure else ""}>'
        f"{escape(measure_title(text, name))}</option>"
        for name in verdict.measures
    )
    label = escape(text("report.verdict.measure"))
    return f'<label class="choice"><span>{label}</span><select id="report-measure">{options}</select></label>'


def _write_measure(text: Text, verdict: VerdictDocument, measure: str) -> str:
    """Return the differences of one measure; all but the main one wait to be chosen."""
    turned = text("verdict.forest.turned") if verdict.measures[measure].better == "lower" else ""
    names = {"measure": measure_title(text, measure), "reference": name_of(text, verdict.reference)}
    lead = text("verdict.forest.lead", meaning=measure_meaning(text, measure), turned=turned).strip()
    left = html.section(text("verdict.forest.title", **names), lead, 3)
    left += forest.draw_forest(text, verdict, measure, "")
    right = html.section(text("verdict.correctness.title"), text("verdict.correctness.lead"), 3)
    right += forest.draw_correctness(text, verdict, measure, "")
    hidden = "" if measure == verdict.main_measure else " hidden"
    return f'<div class="pair wide" data-measure="{escape(measure)}"{hidden}><div>{left}</div><div>{right}</div></div>'


def _write_curves(text: Text, verdict: VerdictDocument) -> str:
    legend = curves.write_legend(text, curves.choose_lines(text, verdict, ""))
    charts = "".join(write_chart(kind, text(f"verdict.curves.{kind}")) for kind in curves.FAITHFULNESS)
    random = write_chart("randomization", text("verdict.randomization.title"))
    return (
        html.section(text("verdict.curves.title"), text("verdict.curves.lead"), 3)
        + legend
        + f'<div class="pair">{charts}</div>'
        + html.section(text("verdict.randomization.title"), text("verdict.randomization.lead"), 3)
        + f'<div class="pair">{random}<div>{curves.write_checks(text, verdict)}</div></div>'
    )


def _write_cost(text: Text, verdict: VerdictDocument) -> str:
    lead = text("verdict.cost.lead", forward=verdict.timing.forward_milliseconds)
    written = html.section(text("verdict.cost.title"), lead, 3)
    written += costs.draw_cost(text, verdict, "")
    facts = costs.list_price(text, verdict)
    if facts:
        lead = costs.write_price_lead(text, verdict)
        written += html.section(text("verdict.price.title"), lead, 3) + html.facts(facts)
        written += costs.draw_seeds(text, verdict)
    return written
