"""One chip per active filter; a click removes the filter."""

import streamlit as st

from dashboard.gallery import masks
from dashboard.gallery.filters import SLOTS, Values
from dashboard.language import text
from dashboard.url_state import reset
from dashboard.widgets.gallery_link import ALL_NAMES, NAMES
from dashboard.widgets.wording import as_markdown, source_title


def show_chips(values: Values, sources: tuple[str, str], like: str) -> None:
    """Show a chip per active filter and for the similarity order, and one that removes all."""
    active = [name for name in NAMES if name in values and masks.is_narrowed(values[name])]
    if not active and not like:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filter_chips"):
        if like:
            _chip(
                "like",
                text("gallery.like.chip", id=like),
                text("gallery.like.clear"),
                ("like", "page"),
                ":material/hub:",
            )
        for name in active:
            _chip(name, describe_filter(name, values, sources), text("gallery.filter.remove"), (name, "page"))
        if active:
            st.button(text("gallery.filter.clear"), key="clear_all", type="tertiary", on_click=reset, args=(ALL_NAMES,))


def describe_filter(name: str, values: Values, sources: tuple[str, str]) -> str:
    """Return a short text that says which images an active filter shows."""
    value = values[name]
    if name in ("confidence", "disagreement", "off_object"):
        title = _describe_range(name, values, sources)
        return text("gallery.filter.chip.range", title=title, low=value[0], high=value[1])
    if name in ("status_a", "status_b"):
        title = source_title(sources[SLOTS.index(name[-1])])
        return text("gallery.filter.chip.named", title=title, name=text(f"gallery.filter.status.{value}"))
    if name == "result":
        return text(f"gallery.filter.chip.{value}")
    label = text(f"gallery.filter.objects.{value}") if name == "objects" else value
    return text("gallery.filter.chip.named", title=text(f"gallery.filter.{name}"), name=label)


def _describe_range(name: str, values: Values, sources: tuple[str, str]) -> str:
    if name == "disagreement":
        return text(f"measure.{values['disagreement_by']}")
    if name == "off_object":
        return text(
            "gallery.filter.chip.off_object", source=source_title(sources[SLOTS.index(values["off_object_of"])])
        )
    return text("gallery.filter.confidence")


def _chip(name: str, label: str, meaning: str, forget: tuple[str, ...], sign: str = "") -> None:
    st.button(
        f"{sign} {as_markdown(label)}".strip(),
        key=f"chip_{name}",
        icon=":material/close:",
        icon_position="right",
        help=meaning,
        on_click=reset,
        args=(forget,),
    )
