"""Builds custom Streamlit elements from markup, styles and scripts, once per process."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_BROWSER = Path(__file__).parent / "browser"


def mount(name: str, *scripts: str) -> Any:
    """Return the element in the folder `browser/NAME`, with the scripts in the given order."""
    return mount_front_end(name, _read_folder, name, scripts)


@cache
def mount_front_end(
    name: str, read: Callable[..., tuple[str, str, str]], *arguments: Any, isolate_styles: bool = False
) -> Any:
    """Return the element whose markup, style and script `read(*arguments)` returns."""
    html, css, js = read(*arguments)
    # None means nothing; Streamlit takes an empty text for a file name.
    return st.components.v2.component(name, html=html or None, css=css or None, js=js, isolate_styles=isolate_styles)


def _read_folder(name: str, scripts: tuple[str, ...]) -> tuple[str, str, str]:
    folder = _BROWSER / name
    html, css = (sorted(folder.glob(f"*.{kind}")) for kind in ("html", "css"))
    files = (html, css, [folder / script for script in scripts])
    markup, style, script = ("\n".join(path.read_text(encoding="utf-8") for path in paths) for paths in files)
    return markup, style, script
