"""Pieces of pages as HTML, the same in dashboard and report. What comes in is text; the style is `appearance`'s."""

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple


class Fact(NamedTuple):
    """A number in large type, what it is, and a line that explains it."""

    label: str
    value: str
    note: str


def head(title: str, lead: str) -> str:
    """Return a page's title and, below it, the question it answers."""
    return f'<header class="cc-head"><h1>{escape(title)}</h1><p>{escape(lead)}</p></header>'


def section(title: str, lead: str = "", level: int = 2) -> str:
    """Return the heading of a part of a page, with a line below it; `level` 3 for a part of a part."""
    below = f"<p>{escape(lead)}</p>" if lead else ""
    return f'<div class="cc-section"><h{level}>{escape(title)}</h{level}>{below}</div>'


def notice(title: str, body: str) -> str:
    """Return a box for a state that is no fault: what is missing, and how it is made."""
    return f'<div class="cc-notice"><h3>{escape(title)}</h3><p>{escape(body)}</p></div>'


def facts(numbers: Iterable[Fact]) -> str:
    """Return numbers in large type."""
    cells = "".join(
        f'<div class="cc-fact"><span>{escape(label)}</span><b>{escape(value)}</b><small>{escape(note)}</small></div>'
        for label, value, note in numbers
    )
    return f'<div class="cc-facts">{cells}</div>'


def finding(sentences: Sequence[str]) -> str:
    """Return the first sentence in large type and the others below it."""
    below = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences[1:])
    return f'<div class="cc-verdict cc-finding"><div><h2>{escape(sentences[0])}</h2>{below}</div></div>'


def listing(items: Iterable[str]) -> str:
    """Return sentences as a list."""
    return f'<ul class="cc-claims">{"".join(f"<li>{escape(item)}</li>" for item in items)}</ul>'


def split(title: str, reason: str, numbers: Iterable[tuple[str, str, str]]) -> str:
    """Return a statement and the numbers that it stands on: convention, value, label, an arrow between them."""
    cells = "<span>→</span>".join(
        f'<div class="cc-{convention}"><b>{escape(value)}</b><small>{escape(label)}</small></div>'
        for convention, value, label in numbers
    )
    return (
        f'<div class="cc-verdict"><div><h2>{escape(title)}</h2><p>{escape(reason)}</p></div>'
        f'<section class="cc-split">{cells}</section></div>'
    )


_FOLDER = Path(__file__).parent / "style"
# By Streamlit's names; the themes are those of dashboard/.streamlit/config.toml, the marks Streamlit's own.
LIGHT = {
    "primary-color": "#1d6f6a",
    "background-color": "#fbf9f5",
    "secondary-background-color": "#f1ede5",
    "text-color": "#24211d",
    "border-color": "#ddd6c9",
    "link-color": "#1d6f6a",
}
LIGHT_MARKS = {
    "green-text-color": "#0c5a44",
    "green-background-color": "#dcefe6",
    "red-text-color": "#9e303b",
    "red-background-color": "#f8e3e2",
}
DARK = {
    "primary-color": "#58b3a9",
    "background-color": "#191816",
    "secondary-background-color": "#24221f",
    "text-color": "#ebe6dc",
    "border-color": "#3a3630",
    "link-color": "#7cc7be",
}
DARK_MARKS = {
    "green-text-color": "#7ed5b0",
    "green-background-color": "#1d3a30",
    "red-text-color": "#f2919a",
    "red-background-color": "#43252a",
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans KR', sans-serif"


@cache
def read_style() -> str:
    """Return the style sheet of everything that `markup` and `verdict_view` write."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("style.css", "verdict.css"))


def write_theme() -> str:
    """Return CSS that gives a page without Streamlit its theme: the variables `--st-*`, for light and dark."""
    light, dark = (
        "".join(f"--st-{name}: {value}; " for name, value in colors.items())
        for colors in (LIGHT | LIGHT_MARKS, DARK | DARK_MARKS)
    )
    return (
        f":root {{ color-scheme: light dark; --st-font: {FONT}; --st-heading-font: {FONT}; {light}}}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"
    )
