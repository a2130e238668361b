"""The confusion matrix, the most frequent mistakes and a table of classes."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from camcore.measures.confusion import ClassResult, Confusions
from dashboard.components.mount import mount

SCRIPTS = ("dom.js", "matrix.js", "classes.js", "confusion.js")


def confusion(
    confusions: Confusions, *, parameters: Mapping[str, str], strings: Mapping[str, str], key: str
) -> tuple[int, int | None] | None:
    """Show the element; return the class ids (true, predicted) the user just clicked, else None.

    Args:
        confusions: What to show.
        parameters: Query parameters of the gallery besides the classes, for links opened in a new tab.
        strings: Texts; the script fills in the words in braces.
        key: The same in every run of the script.
    """
    counts = confusions.counts
    data = {
        "names": list(confusions.names),
        "images": counts.sum(1).tolist(),
        "cells": [[int(row), int(column), int(counts[row, column])] for row, column in np.argwhere(counts)],
        "classes": [_encode(result) for result in confusions.classes],
        "mistakes": [[mistake.label, mistake.predicted, mistake.count] for mistake in confusions.mistakes],
        "parameters": dict(parameters),
        "strings": dict(strings),
    }
    cell = mount("confusion", *SCRIPTS)(key=key, data=data, on_chosen_change=lambda: None).get("chosen")
    return None if cell is None else (cell["label"], cell["predicted"])


def _encode(result: ClassResult) -> dict[str, Any]:
    return asdict(result) | {
        "accuracy_text": "" if result.accuracy is None else f"{result.accuracy:.1%}",
        "interval": "" if result.low is None else f"{100 * result.low:.0f}–{100 * (result.high or 0):.0f}%",
        "confidence_text": "" if result.confidence is None else f"{result.confidence:.1%}",
    }
