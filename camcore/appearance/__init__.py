"""The look that dashboard and report share: one style sheet, and colours for light and dark."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent

# What Streamlit calls its theme's colours; the same as in .streamlit/config.toml.
LIGHT = {
    "primary-color": "#1d6f6a",
    "background-color": "#fbf9f5",
    "secondary-background-color": "#f1ede5",
    "text-color": "#24211d",
    "border-color": "#ddd6c9",
    "link-color": "#1d6f6a",
}
DARK = {
    "primary-color": "#58b3a9",
    "background-color": "#191816",
    "secondary-background-color": "#24221f",
    "text-color": "#ebe6dc",
    "border-color": "#3a3630",
    "link-color": "#7cc7be",
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans KR', sans-serif"


@cache
def read_style() -> str:
    """Return the style sheet of everything that `markup` and `verdict_view` write."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("style.css", "verdict.css"))
