"""Which classes a network mixes up: matrix, most frequent mistakes and a row per class; each opens its images."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from camcore.measures.confusion import ClassResult, Counts, Mistake

_FOLDER = Path(__file__).parent
SCRIPTS = ("dom.js", "matrix.js", "classes.js", "confusion.js")


def confusion(
    names: Sequence[str],
    counts: Counts,
    classes: Sequence[ClassResult],
    mistakes: Sequence[Mistake],
    *,
    parameters: Mapping[str, str],
    strings: Mapping[str, str],
    key: str,
) -> tuple[int, int | None] | None:
    """Show them; return the class ids (true, predicted) that were chosen just now, None in every other run.

    Args:
        names: A name per class id.
        counts: A row per true class, a column per predicted one.
        classes: A result per class.
        mistakes: The most frequent ones first.
        parameters: What the address of the gallery holds besides the classes; links opened in a new tab go by it.
        strings: Texts; words in braces are filled in by the script.
        key: Stable over reruns.
    """
    data = {
        "names": list(names),
        "images": counts.sum(1).tolist(),
        "cells": [[int(row), int(column), int(counts[row, column])] for row, column in np.argwhere(counts)],
        "classes": [_encode(result) for result in classes],
        "mistakes": [[mistake.label, mistake.predicted, mistake.count] for mistake in mistakes],
        "parameters": dict(parameters),
        "strings": dict(strings),
    }
    chosen = _mount()(key=key, data=data, on_chosen_change=lambda: None).get("chosen")
    return None if chosen is None else (chosen["label"], chosen["predicted"])


def _encode(result: ClassResult) -> dict[str, Any]:
    return asdict(result) | {
        "accuracy_text": "" if result.accuracy is None else f"{result.accuracy:.1%}",
        "interval": "" if result.low is None else f"{100 * result.low:.0f}–{100 * (result.high or 0):.0f}%",
        "confidence_text": "" if result.confidence is None else f"{result.confidence:.1%}",
    }


@cache
def _mount() -> Any:
    html, css = ((_FOLDER / f"confusion.{kind}").read_text(encoding="utf-8") for kind in ("html", "css"))
    script = "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return st.components.v2.component("confusion", html=html, css=css, js=script, isolate_styles=False)
