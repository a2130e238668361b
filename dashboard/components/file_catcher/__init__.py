"""Pictures that are pasted or dropped anywhere on the page, handed to the page's file uploader."""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


def file_catcher(key: str) -> None:
    """Listen while this page is shown. Nothing is sent to Python: the uploader does that, with its own checks."""
    _mount()(key=key, height=0)


@cache
def _mount() -> Any:
    js = (_FOLDER / "catcher.js").read_text(encoding="utf-8")
    return st.components.v2.component("file_catcher", html="<span hidden>\n</span>", js=js, isolate_styles=False)
