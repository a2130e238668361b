"""How much of the difference between two sources is drawing, in one sentence between two numbers."""

from html import escape

import numpy as np
import streamlit as st

from camcore.drawing import CONVENTIONS
from dashboard.data import Entry, measure_pair, same_by_theory
from dashboard.language import text
from dashboard.wording import source_title

NOTICEABLE = 0.02  # a difference between two means that one would see in the charts


def show_drawing_share(entry: Entry, sources: tuple[str, str], measure: str) -> None:
    """Show the mean distance in both conventions, and say what it means."""
    measured = measure_pair(entry, *sources)
    drawn, left = (float(np.nanmean(measured[f"{measure}_{convention}"])) for convention in CONVENTIONS)
    kind = judge(drawn, left, same_by_theory(entry, *sources))
    names = {"first": source_title(sources[0]), "second": source_title(sources[1]), "drawn": drawn, "left": left}
    title, reason = escape(text(f"verdict.{kind}", **names)), escape(text(f"verdict.{kind}.why", **names))
    numbers = f"{_number('literature', drawn)}<span>→</span>{_number('positive', left)}"
    st.html(
        f'<div class="cc-verdict"><div><h2>{title}</h2><p>{reason}</p></div>'
        f'<section class="cc-split">{numbers}</section></div>'
    )
    st.caption(text("verdict.below", measure=text(f"measure.{measure}"), meaning=text(f"measure.{measure}.help")))


def judge(drawn: float, left: float, identical: bool) -> str:
    """Return what two mean distances say, as the last part of a text's key.

    Args:
        drawn: The mean distance between the maps as drawn in the literature.
        left: The same between their positive evidence.
        identical: The maps are equal by theory, up to a positive factor.
    """
    if identical:
        return "identical"
    if drawn - left > NOTICEABLE:
        return "partly_drawing"
    if left - drawn > NOTICEABLE:
        return "hidden"
    return "real" if left > NOTICEABLE else "alike"


def _number(convention: str, value: float) -> str:
    label = escape(text(f"convention.{convention}"))
    return f'<div class="cc-{convention}"><b>{value:.0%}</b><small>{label}</small></div>'
