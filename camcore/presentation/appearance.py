"""The look that dashboard and report share: one style sheet, and colours for light and dark."""

from functools import cache
from pathlib import Path

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
