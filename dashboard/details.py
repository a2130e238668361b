"""One image in full: larger pictures, the most probable classes, and how far two maps of it lie apart."""

from html import escape

import numpy as np
import streamlit as st

from camcore.disagreement import MEASURES
from camcore.drawing import CONVENTIONS
from dashboard import pictures
from dashboard.data import Entry, load_samples, measure_off_object, measure_pair, same_by_theory, top_classes
from dashboard.language import text
from dashboard.wording import source_title


def show_details(entry: Entry, index: int, sources: tuple[str, str]) -> None:
    """Open the dialog of one image."""
    sample = load_samples(entry).iloc[index]
    title = text(
        "details.right" if sample["right"] else "details.wrong",
        label=sample["label_name"],
        predicted=sample["predicted_name"],
        confidence=sample["confidence"],
    )
    st.dialog(title, width="large")(_show_body)(entry, index, sources)


def _show_body(entry: Entry, index: int, sources: tuple[str, str]) -> None:
    st.html("".join(_pictures(entry, index, sources, convention) for convention in CONVENTIONS))
    st.html(_part("details.classes", _class_bars(entry, index)))
    if sources[0] != sources[1]:
        st.html(_part("details.distances", _distances(entry, index, sources)))
        if same_by_theory(entry, *sources):
            st.caption(text("details.identical"))
    st.caption(f"`{load_samples(entry)['path'].iloc[index]}`")


def _pictures(entry: Entry, index: int, sources: tuple[str, str], convention: str) -> str:
    figures = [
        pictures.overlay_figure(entry, index, source, convention, caption=_caption(entry, index, source, convention))
        for source in dict.fromkeys(sources)
    ]
    if len(figures) == 1:
        figures.insert(0, pictures.plain_figure(entry, index))
    return _part(f"convention.{convention}", pictures.pair(*figures))


def _part(title: str, body: str) -> str:
    return f'<div class="cc-section"><h3>{escape(text(title))}</h3>{body}</div>'


def _caption(entry: Entry, index: int, source: str, convention: str) -> str:
    share = measure_off_object(entry, source, convention)[index]
    title = escape(source_title(source))
    if load_samples(entry)[f"status_{source}"].iloc[index] != "ok":
        return f"{title}: {escape(text('details.no_evidence'))}"
    return f"{title}: {escape(text('details.off_object', share=share))}" if np.isfinite(share) else title


def _class_bars(entry: Entry, index: int) -> str:
    label = load_samples(entry)["label_name"].iloc[index]
    rows = ""
    for name, share in top_classes(entry, index):
        mark, css = (" ✓", "cc-right") if name == label else ("", "")
        rows += f"<span>{escape(name)}{mark}</span>"
        rows += f'<i style="width:{share:.1%}" class="{css}"></i><span>{share:.0%}</span>'
    return f'<div class="cc-bars">{rows}</div>'


def _distances(entry: Entry, index: int, sources: tuple[str, str]) -> str:
    measured = measure_pair(entry, *sources).iloc[index]
    head = "".join(f'<th class="cc-number">{escape(text(f"convention.{name}"))}</th>' for name in CONVENTIONS)
    names = {name: (escape(text(f"measure.{name}")), escape(text(f"measure.{name}.help"))) for name in MEASURES}
    rows = "".join(
        f'<tr><td>{title}<br><small class="cc-quiet">{meaning}</small></td>'
        + "".join(f'<td class="cc-number">{measured[f"{name}_{convention}"]:.0%}</td>' for convention in CONVENTIONS)
        + "</tr>"
        for name, (title, meaning) in names.items()
    )
    return f'<table class="cc-table"><tr><th>{escape(text("control.measure"))}</th>{head}</tr>{rows}</table>'
