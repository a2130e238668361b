"""HTML from the templates in `templates/`, and its style sheet."""

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_FOLDER = Path(__file__).parent


class Fact(NamedTuple):
    """A number in large type, its label, and a line that explains it."""

    label: str
    value: str
    note: str


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


def render(template: str, /, **values: Any) -> Markup:
    """Return the HTML of a template: every value is escaped, unless it is `Markup`."""
    return Markup(_open_templates().get_template(f"{template}.html").render(values))  # noqa: S704 escaped by jinja2


@cache
def _open_templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.globals["render"] = render  # a template writes another one in place as Python does
    templates.filters["bold"] = _write_bold
    return templates


def _write_bold(text: str) -> Markup:
    """Return a text with `**words**` in bold; no other marks are known."""
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", str(escape(text))))  # noqa: S704 escaped first


@cache
def read_style() -> str:
    """Return the style sheet of everything that the templates write."""
    return "\n".join((_FOLDER / "style" / name).read_text(encoding="utf-8") for name in ("style.css", "verdict.css"))


def write_theme() -> str:
    """Return CSS with the theme variables `--st-*`, light and dark, for pages without Streamlit."""
    light, dark = (
        "".join(f"--st-{name}: {value}; " for name, value in colors.items())
        for colors in (LIGHT | LIGHT_MARKS, DARK | DARK_MARKS)
    )
    return (
        f":root {{ color-scheme: light dark; --st-font: {FONT}; --st-heading-font: {FONT}; {light}}}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"
    )
