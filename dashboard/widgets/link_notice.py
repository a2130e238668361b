"""Says on the page what the opened link asks for and the page can't show."""

import streamlit as st

from dashboard.language import text
from dashboard.url_state import missing
from dashboard.widgets.wording import as_markdown

# In `missing`, besides names in the URL:
PAGE = "address"  # a page that does not exist
FILTERED = "image_filtered"  # an image that the filters hide
MOST_CHARACTERS = 80  # of a value


def show_missing() -> None:
    """Show a warning if the link asks for a page, run or values that this page can't show."""
    values = dict(missing())
    sentences = []
    if values.pop(PAGE, None) is not None:
        sentences.append(text("link.page", shown=text("overview.name")))
    if (run := values.pop("run", None)) is not None:
        names = {"name": _shorten(run), "shown": _shorten(st.session_state["url_run"])}
        sentences.append(text("link.run", **names))
    if values.pop(FILTERED, None) is not None:
        sentences.append(text("link.image_filtered"))
    if values:
        asked = [f"{name} = {_shorten(value)}" for name, value in values.items()]
        sentences.append(text("link.values", values=", ".join(asked)))
    if sentences:
        st.warning(" ".join(sentences))


def _shorten(value: str) -> str:
    """Return a value on one line, as Markdown."""
    line = " ".join(value.split())
    return as_markdown(line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}…")
