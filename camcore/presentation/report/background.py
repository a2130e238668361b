"""A report's last sections: the training, how to read it, how it was made."""

import plotly.graph_objects as go
from markupsafe import Markup

from camcore.backbones import BACKBONES
from camcore.presentation.charts import RUN_COLORS, draw_column, draw_curves
from camcore.presentation.html import render
from camcore.presentation.report.subject import ReportInput
from camcore.presentation.texts import Text
from camcore.presentation.wording import format_tiny
from camcore.runs.run import Run

CURVES = ("loss", "accuracy")
RATE_HEIGHT = 210
FORMATS = {"train_accuracy": "{:.1%}", "val_accuracy": "{:.1%}", "learning_rate": "{:.2e}", "epoch": "{:.0f}"}


def draw_training(subject: ReportInput) -> dict[str, go.Figure]:
    """Return the training's figures by name, as in the section's HTML; none without a history."""
    history = subject.run.history()
    if history.empty:
        return {}
    histories, colors = {subject.run.name: history}, {subject.run.name: RUN_COLORS[0]}
    figures = {quantity: draw_curves(subject.text, histories, colors, quantity, 0) for quantity in CURVES}
    return figures | {"learning_rate": draw_column(subject.text, histories, colors, "learning_rate")}


def write_training(subject: ReportInput) -> Markup:
    """Return the section of the training: its charts, and their numbers as a table."""
    text, history = subject.text, subject.run.history()
    if history.empty:
        file = subject.run.imported_from
        lead = text("report.training.none") if file is None else text("report.training.imported", file=file)
        return render("section", title=text("report.training.title"), lead=lead)
    return render(
        "report/training",
        text=text,
        curves=CURVES,
        rate_height=RATE_HEIGHT,
        columns=list(history.columns),
        rows=[[_format(name, row[name]) for name in history.columns] for row in history.to_dict("records")],
    )


def write_reading(subject: ReportInput) -> Markup:
    """Return how to read the report and, if there is one, its verdict."""
    text = subject.text
    body = text("report.reading.body")
    if subject.verdict is not None:
        body += "\n" + text("verdict.reading.body")
    lines = [line.removeprefix("- ") for line in body.splitlines()]
    return render("report/reading", text=text, lines=lines)


def write_about(subject: ReportInput) -> Markup:
    """Return data set, network, training, machine and versions."""
    return render("report/about", text=subject.text, facts=_list_facts(subject))


def _list_facts(subject: ReportInput) -> list[tuple[str, str]]:
    text, run, manifest = subject.text, subject.run, subject.explanation.manifest
    model, view = run.config.model, run.config.view
    kind = run.config.dataset.kind.replace("-", " ")
    grids = ", ".join(f"{layer.height} × {layer.width} ({layer.name})" for layer in manifest.layers)
    check = manifest.cam_check
    exists = "report.about.cam.yes" if check.holds else "report.about.cam.no"
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
        "cam": "" if check.max_error is None else text(exists, error=format_tiny(check.max_error)),
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


def _format(column: str, value: float) -> str:
    return FORMATS.get(column, "{:.4g}").format(value)
