"""Which classes an explained run confuses, with links to the images."""

import numpy as np
import pandas as pd
import streamlit as st

from camcore.explained.explanation import counts_in_accuracy
from camcore.measures.confusion import Confusions, count_confusions, describe_classes, most_frequent_mistakes
from camcore.runs.run import Run
from camcore.system.names import natural_key
from dashboard.components.confusion import confusion
from dashboard.data.measures import load_samples
from dashboard.data.runs import ExplainedRun
from dashboard.language import text
from dashboard.url_state import leave_for
from dashboard.widgets import gallery_link, layout

MOST_MISTAKES = 10


def show_confusion(name: str, explained: ExplainedRun | None) -> None:
    """Show matrix, mistakes and classes; a click opens the gallery with only that filter."""
    title = text("training_curves.confusion.title", run=name)
    if explained is None:
        layout.show_section(title, text("training_curves.confusion.unexplained", run=name))
        return
    samples = load_samples(explained)
    confusions = _count(explained.run, samples)
    images, correct = int(confusions.counts.sum()), int(np.trace(confusions.counts))
    lead = f"training_curves.confusion.lead{'.all' if images == len(samples) else ''}"
    layout.show_section(title, text(lead, images=images, right=correct))
    parameters = {"run": name} | ({"objects": "one_class"} if 0 < images < len(samples) else {})
    if "lang" in st.query_params:  # links that open in a new tab keep the language
        parameters["lang"] = st.query_params["lang"]
    clicked = confusion(confusions, parameters=parameters, strings=_strings(), key="confusion")
    if clicked is not None:
        label, guess = clicked
        names = confusions.names
        classes = {"class": names[label]} | ({} if guess is None else {"predicted": names[guess]})
        leave_for(gallery_link.GALLERY, parameters | classes, forget=(*gallery_link.ALL_NAMES, "like"))


def _count(run: Run, samples: pd.DataFrame) -> Confusions:
    """Count over images of one class; the classes are those of the data set, and those predicted, in natural order."""
    single = counts_in_accuracy(samples)
    labels, predicted, confidence = (samples[name].to_numpy()[single] for name in ("label", "predicted", "confidence"))
    guessed = np.flatnonzero(np.bincount(predicted))
    known = np.union1d(run.dataset_labels, guessed).tolist()  # an imported network may have many more classes
    known.sort(key=lambda label: natural_key(run.class_names[label]))
    places = np.zeros(len(run.class_names), dtype=np.int64)
    places[known] = np.arange(len(known))
    labels, predicted = places[labels], places[predicted]
    counts = count_confusions(labels, predicted, len(known))
    return Confusions(
        names=[run.class_names[label] for label in known],
        counts=counts,
        classes=describe_classes(counts, labels, confidence),
        mistakes=most_frequent_mistakes(counts, MOST_MISTAKES),
    )


def _strings() -> dict[str, str]:
    def keep(key: str, *names: str) -> str:
        return text(key, **{name: f"{{{name}}}" for name in names})

    return {
        "matrix": text("training_curves.confusion.matrix"),
        "matrix_help": text("training_curves.confusion.matrix.help"),
        "true": text("training_curves.confusion.true"),
        "predicted": text("training_curves.confusion.predicted"),
        "legend_right": text("training_curves.confusion.legend.right"),
        "legend_wrong": text("training_curves.confusion.legend.wrong"),
        "legend_scale": text("training_curves.confusion.legend.scale"),
        "hint": text("training_curves.confusion.hint"),
        "cell": keep("training_curves.confusion.cell", "true", "predicted", "count", "images", "percent"),
        "mistakes": text("training_curves.confusion.mistakes"),
        "mistake": keep("training_curves.confusion.mistake", "true", "predicted"),
        "mistakes_none": text("training_curves.confusion.mistakes.none"),
        "classes": text("training_curves.confusion.classes"),
        "class": text("training_curves.confusion.class"),
        "images": text("training_curves.confusion.images"),
        "accuracy": text("training_curves.confusion.accuracy"),
        "taken_for": text("training_curves.confusion.taken_for"),
        "confidence": text("training_curves.confusion.confidence"),
        "count": keep("training_curves.confusion.count", "name", "count"),
        "sort": keep("training_curves.confusion.sort", "column"),
    }
