"""Bars of class probabilities, and buttons that download this session's own files."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from dashboard.components.mount import mount


@dataclass(frozen=True)
class Bar:
    """A class: name, probability from 0 to 1, its text, and a note after the name."""

    label: str
    share: float
    written: str
    note: str = ""
    chosen: bool = False


@dataclass(frozen=True)
class Panel:
    """A picture's id, name and bars."""

    id: str
    name: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Download:
    """A file to send to the browser. `serial` is new for every file, `content` is Base64."""

    serial: str
    name: str
    kind: str
    content: str


def own_results(
    panels: Sequence[Panel],
    downloads: Sequence[tuple[str, str]],
    strings: tuple[str, str],
    key: str,
    make_file: Callable[[str, str, dict[str, str]], Download],
) -> None:
    """Show a panel per picture, with a button per download.

    Files go over the session's own connection. `st.download_button` would give them an address that everybody can open.

    Args:
        panels: In the order of the pictures.
        downloads: Id and name of each download that a picture offers.
        strings: "Download", and the name of the list of bars.
        key: The same in every run of the script.
        make_file: Called with the picture's id, the download's id and the address's query parameters.
    """
    asked = (st.session_state.get(key) or {}).get("asked")
    file = None
    if asked and any(panel.id == asked["panel"] for panel in panels):
        view = {str(name): str(value) for name, value in dict(asked["view"]).items()}
        file = asdict(make_file(str(asked["panel"]), str(asked["download"]), view))
    data = {
        "panels": [asdict(panel) for panel in panels],
        "downloads": [list(download) for download in downloads],
        "strings": dict(zip(("download", "classes"), strings, strict=True)),
        "file": file,
    }
    mount("own_results", "results.js")(key=key, data=data, on_asked_change=lambda: None)
