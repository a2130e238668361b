"""The report as one file. Its content security policy blocks all requests.

Text is escaped: in HTML by the templates, in data as JSON without `<`, `>` and `&`. Only scripts of known hash run, so
that a class name that looks like HTML stays text.
"""

import base64
import gzip
import hashlib
import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup
from plotly.offline import get_plotlyjs

import camcore
from camcore.presentation.grid.encoding import read_front_end
from camcore.presentation.html import read_style, render, write_theme
from camcore.presentation.verdict.table import read_table_front_end

GENERATOR = "camcore"
_FOLDER = Path(__file__).parent
# A script element ends at the first `</script`, even inside a JSON string.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


class Script(NamedTuple):
    """A script of the page."""

    content: str
    is_module: bool


def assemble_page(language: str, title: str, body: Markup, data: Mapping[str, Any]) -> str:
    """Return the whole file.

    Args:
        language: A code of `LANGUAGES`, for screen readers and fonts.
        title: The title of the browser's tab.
        body: HTML.
        data: `grid` of `encode_grid`, `charts` as Plotly's JSON by name, and `table` of `encode_table`.
    """
    plotly, plotly_hash = _pack_plotly()
    scripts = _list_scripts()
    hashes = [_hash(script.content) for script in scripts] + [plotly_hash]
    grid_html, grid_style, _ = read_front_end()
    style = "\n".join((write_theme(), read_style(), read_table_front_end()[1], _read("page.css")))
    return render(
        "report/page",
        language=language,
        policy=_write_policy(hashes),
        generator=f"{GENERATOR} {camcore.__version__}",
        title=title,
        body=body,
        # These are our own files, and data that `encode_data` has escaped.
        style=Markup(style),  # noqa: S704
        grid_style=Markup(grid_style),  # noqa: S704
        grid_html=Markup(grid_html),  # noqa: S704
        data=Markup(encode_data(data)),  # noqa: S704
        plotly=plotly,
        scripts=[Script(Markup(script.content), script.is_module) for script in scripts],  # noqa: S704
    )


def encode_data(data: Mapping[str, Any]) -> str:
    """Return data as JSON for a script element; numbers that are not finite become null."""
    return json.dumps(_finite(data), ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)


def is_report(path: Path) -> bool:
    """Whether a file was written by this module."""
    with path.open("rb") as file:
        return f'<meta name="generator" content="{GENERATOR} '.encode() in file.read(4096)


def _write_policy(hashes: list[str]) -> str:
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _list_scripts() -> list[Script]:
    """Return the page's own script, the grid's and the table's, in this order."""
    return [
        Script(_read("page.js"), is_module=False),
        Script(f"{read_front_end()[2]}\nmountGrid(showHeatmapGrid);\n", is_module=True),
        Script(f"{read_table_front_end()[2]}\nmountTable(showVerdictTable);\n", is_module=True),
    ]


@cache
def _pack_plotly() -> tuple[str, str]:
    """Return Plotly, compressed, as text, and the hash of the script to run. About 2 MB."""
    script = get_plotlyjs()
    return base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode("ascii"), _hash(script)


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
