"""Downloads of the filtered images as table or contact sheet, computed on request."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from camcore.explained.explanation import TARGETS
from camcore.presentation.contact_sheet import MOST_IMAGES, draw_contact_sheet, to_png
from camcore.presentation.grid.encoding import DEFAULTS, read_display
from camcore.presentation.image_table import write_csv
from camcore.presentation.texts import text_in
from dashboard.components.address import read_address
from dashboard.data.runs import ExplainedRun
from dashboard.language import language, text


def show_downloads(
    explained: ExplainedRun,
    ordered: NDArray[np.intp],
    page: Sequence[int],
    sources: tuple[str, str],
    defaults: Mapping[str, str],
) -> None:
    """Show the download buttons. Contact sheets wait until the browser has reported how it draws.

    Args:
        ordered: The images that pass the filters, in their order.
        page: The images on the current page.
        defaults: How the page draws if its address says nothing.
    """
    place = st.popover(text("gallery.download.name"), icon=":material/download:", on_change="rerun", key="download")
    if not place.open:
        return
    with place:
        address = read_address("download_address")
        display = DEFAULTS | dict(defaults) | read_display(address or {})
        if display["target"] not in TARGETS:  # a contact sheet has no maps of a class chosen in the browser
            display |= {"target": DEFAULTS["target"]}
        _offer("csv", explained, _csv_of(explained, ordered, sources), len(ordered))
        if len(page) < len(ordered):
            _offer("page", explained, _sheet_of(explained, page, sources, display), len(page), disabled=address is None)
        first = ordered[:MOST_IMAGES].tolist()
        kind = "all" if len(first) == len(ordered) else "first"
        _offer(kind, explained, _sheet_of(explained, first, sources, display), len(first), disabled=address is None)


def _offer(kind: str, explained: ExplainedRun, make: Callable[[], bytes], count: int, disabled: bool = False) -> None:
    ending, mime, meaning = ("csv", "text/csv", "csv") if kind == "csv" else ("png", "image/png", "sheet")
    st.download_button(
        text(f"gallery.download.{kind}", count=count),
        make,
        f"{explained.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}.{ending}",
        mime,
        key=f"download_{kind}",
        help=text(f"gallery.download.{meaning}.help", count=count),
        on_click="ignore",
        disabled=disabled,
        width="stretch",
    )


def _csv_of(explained: ExplainedRun, indices: NDArray[np.intp], sources: tuple[str, str]) -> Callable[[], bytes]:
    return lambda: write_csv(explained.run, explained.explanation, indices, *sources)


def _sheet_of(
    explained: ExplainedRun, indices: Sequence[int], sources: tuple[str, str], display: Mapping[str, str]
) -> Callable[[], bytes]:
    say = text_in(language())
    return lambda: to_png(draw_contact_sheet(explained.run, explained.explanation, indices, sources, display, say))
