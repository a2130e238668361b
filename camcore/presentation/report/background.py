"""What stands behind the numbers of a report: the training, how the run was made, how to read it."""

import re
from html import escape

import pandas as pd
import plotly.graph_objects as go

from camcore.backbones import BACKBONES
from camcore.presentation import html
from camcore.presentation.charts import RUN_COLORS, draw_column, draw_curves
from camcore.presentation.report.subject import ReportInput
from camcore.presentation.report.verdict import write_chart
from camcore.presentation.texts import Text
from camcore.presentation.wording import format_tiny
from camcore.runs.run import Run

CURVES = ("loss", "accuracy")
RATE_HEIGHT = 210
FORMATS = {"train_accuracy": "{:.1%}", "val_accuracy": "{:.1%}", "learning_rate": "{:.2e}", "epoch": "{:.0f}"}


def draw_training(subject: ReportInput) -> dict[str, go.Figure]:
    """Return the training's figures by the names that the markup has for them; none without a history."""
    history = subject.run.history()
    if history.empty:
        return {}
    histories, colors = {subject.run.name: history}, {subject.run.name: RUN_COLORS[0]}
    figures = {quantity: draw_curves(subject.text, histories, colors, quantity, 0) for quantity in CURVES}
    return figures | {"learning_rate": draw_column(subject.text, histories, colors, "learning_rate")}


def write_training(subject: ReportInput) -> str:
    """Return the section of the training: its charts, and their numbers as a table."""
    text, history = subject.text, subject.run.history()
    if history.empty:
        file = subject.run.imported_from
        nothing = text("report.training.none") if file is None else text("report.training.imported", file=file)
        return html.section(text("report.training.title"), nothing)
    curves = "".join(
        f"<div>{html.section(text(f'training_curves.{quantity}'), level=3)}"
        f"{write_chart(quantity, text(f'training_curves.{quantity}'))}</div>"
        for quantity in CURVES
    )
    rate = text("training_curves.learning_rate")
    return (
        html.section(text("report.training.title"), text("training_curves.legend"))
        + f'<div class="pair">{curves}</div>'
        + f"<div>{html.section(rate, level=3)}{write_chart('learning_rate', rate, RATE_HEIGHT)}</div>"
        + f"<details><summary>{escape(text('training_curves.numbers'))}</summary>{_write_history(subject, history)}"
        "</details>"
    )


def write_reading(subject: ReportInput) -> str:
    """Return how to read the report, and the verdict where there is one."""
    text = subject.text
    body = text("report.reading.body")
    if subject.verdict is not None:
        body += "\n" + text("verdict.reading.body")
    return html.section(text("report.reading.title")) + write_list(body)


def write_list(marked: str) -> str:
    """Return a text of lines `- words, **bold** ones too` as a list. For texts of our own: no other marks are known."""
    items = [re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(line.removeprefix("- "))) for line in marked.splitlines()]
    return f'<ul class="reading">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


def write_about(subject: ReportInput) -> str:
    """Return data set, network, training, machine and versions."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in _list_facts(subject) if value)
    return html.section(subject.text("report.about.title")) + f'<dl class="about">{rows}</dl>'


def _list_facts(subject: ReportInput) -> list[tuple[str, str]]:
    text, run, manifest = subject.text, subject.run, subject.explanation.manifest
    model, view = run.config.model, run.config.view
    kind = run.config.dataset.kind.replace("-", " ")
    grids = ", ".join(f"{layer['height']} × {layer['width']} ({layer['name']})" for layer in manifest["layers"])
    check = manifest["cam_check"]
    exists = "report.about.cam.yes" if check["holds"] else "report.about.cam.no"
    environment = run.info.get("environment") or {}
    machine = (environment.get("processor"), environment.get("system"))
    versions = environment.get("versions") or {}
    facts = {
        "dataset": text("report.about.dataset.value", dataset=kind, classes=len(run.dataset_labels)),
        "model": text(
            "report.about.model.value",
            backbone=BACKBONES[model.backbone].title,
            head=model.head,
            weights=model.weights or text("report.about.weights.none"),
        ),
        "view": text("report.about.view.value", view=view.kind, size=view.size, grids=grids),
        "training": _describe_training(text, run),
        "cam": text(exists, error=format_tiny(check["max_error"])) if "max_error" in check else "",
        "trained" if run.imported_from is None else "imported": str(run.info.get("created") or "")[:10],
        "machine": ", ".join(str(part) for part in machine if part),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    return [(text(f"report.about.{name}"), value) for name, value in facts.items()]


def _describe_training(text: Text, run: Run) -> str:
    if run.imported_from is not None:
        return text("report.about.training.elsewhere", classes=len(run.class_names))
    train = run.config.train
    return text(
        "report.about.training.value",
        epochs=train.epochs,
        optimizer=train.optimizer,
        rate=train.learning_rate,
        batch=train.batch_size,
        seed=train.seed,
    )


def _write_history(subject: ReportInput, history: pd.DataFrame) -> str:
    head = "".join(f"<th>{escape(subject.text(f'training_curves.column.{name}'))}</th>" for name in history.columns)
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{FORMATS.get(name, '{:.4g}').format(row[name])}</td>" for name in history.columns)
        + "</tr>"
        for row in history.to_dict("records")
    )
    return (
        f'<div class="scroll" tabindex="0"><table class="numbers"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
