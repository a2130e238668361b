"""The report of a run: one HTML file that needs no server and no network."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup

import camcore
from camcore.errors import CamcoreError
from camcore.explained.queries import epochs_apart
from camcore.presentation.charts import style_chart
from camcore.presentation.html import render
from camcore.presentation.report import background, pictures, verdict
from camcore.presentation.report.page import assemble_page, is_report
from camcore.presentation.report.subject import ReportInput, open_report_input
from camcore.presentation.sentences import list_facts, say_blank
from camcore.runs.run import Run
from camcore.system.files import write_text

IMAGES = 48


def write_report(
    run: Run, path: Path, *, language: str = "en", images: int = IMAGES, sources: Sequence[str] | None = None
) -> Path:
    """Write an explained run's report atomically and return its path.

    Args:
        run: An explained run.
        path: The file to write.
        language: One of `LANGUAGES`.
        images: How many images it shows.
        sources: The two that are compared; None for `wording.default_pair`.

    Raises:
        CamcoreError: The run has no heatmaps or is damaged; the file can't be written, or is something else.
    """
    _require_writable(path)
    write_text(path, make_report(run, language=language, images=images, sources=sources))
    return path


def make_report(run: Run, *, language: str = "en", images: int = IMAGES, sources: Sequence[str] | None = None) -> str:
    """Return the report of an explained run as HTML; arguments and errors as in `write_report`."""
    subject = open_report_input(run, language, sources)
    charts = background.draw_training(subject)
    data: dict[str, Any] = {"grid": pictures.encode_pictures(subject, images)}
    if subject.verdict is not None:
        charts |= verdict.draw_verdict_charts(subject.text, subject.verdict)
        data["table"] = verdict.encode_verdict_table(subject.text, subject.verdict)
    data["charts"] = {name: _encode_chart(figure) for name, figure in charts.items()}
    title = subject.text("report.title", run=run.name)
    return assemble_page(language, title, _write_body(subject, images, title), data)


def _write_body(subject: ReportInput, images: int, title: str) -> Markup:
    text = subject.text
    sections = [("pictures", text("report.sections.pictures"), pictures.write_pictures(subject, images))]
    if subject.verdict is not None:
        sections.append(("verdict", text("report.verdict.title"), verdict.write_verdict(text, subject.verdict)))
    sections += [
        ("training", text("report.training.title"), background.write_training(subject)),
        ("reading", text("report.reading.title"), background.write_reading(subject)),
        ("about", text("report.about.title"), background.write_about(subject)),
    ]
    return render(
        "report/body",
        text=text,
        title=title,
        lead=_write_lead(subject),
        headline=verdict.write_headline(subject),
        facts=list_facts(text, subject.explanation, subject.samples, subject.pair, subject.off_object, subject.moved),
        sections=sections,
        footer=text("report.footer", version=camcore.__version__, date=datetime.now(UTC).date().isoformat()),
    )


def _write_lead(subject: ReportInput) -> str:
    manifest = subject.explanation.manifest
    date, version = manifest.created[:10], manifest.camcore_version
    made = subject.text("report.made", images=manifest.images, date=date, version=version)
    apart = epochs_apart(subject.run, subject.explanation)
    outdated = []
    if apart is not None:
        command = subject.command("explain")
        outdated = [subject.text("app.outdated", made=apart[0], now=apart[1], command=command)]
    blank = say_blank(subject.text, subject.run, subject.explanation, subject.blank)
    return " ".join([f"{subject.describe()}. {made}", *outdated, *blank])


def _encode_chart(figure: go.Figure) -> Any:
    """Return a figure as Plotly's JSON, without text colours, which the page's theme sets."""
    figure = style_chart(figure, figure.layout.height or 300)
    figure.layout.template = go.layout.Template()  # importing Streamlit replaces Plotly's default template
    figure.update_layout(height=None)
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(tickfont_color=None, title_font_color=None)
    return json.loads(figure.to_json())


def _require_writable(path: Path) -> None:
    if path.is_dir():
        raise CamcoreError(f"{path} is a folder. Name a file in it: --out {path / 'report.html'}")
    if not path.parent.is_dir():
        folder = path.parent
        raise CamcoreError(
            f"There is no folder {folder} to write {path.name} into. Make it, or name another file with --out."
        )
    if path.exists() and not is_report(path):
        raise CamcoreError(f"{path} is there already and is not a report of camcore. Name another file with --out.")
