"""The report as one file: nothing in it is loaded from elsewhere, and its policy would not let it.

Every text reaches the file escaped: in markup by `html.escape`, in data as JSON without `<`, `>` and `&`. Scripts are
allowed by their hashes alone, so that a class name that looks like markup can't become one.
"""

import base64
import gzip
import hashlib
import json
import math
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from plotly.offline import get_plotlyjs

import camcore
from camcore.presentation.grid.encoding import read_front_end
from camcore.presentation.html import read_style, write_theme
from camcore.presentation.verdict.table import read_table_front_end

GENERATOR = "camcore"
_FOLDER = Path(__file__).parent
# JSON in a script element ends at `</script`, whatever stands around it.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def assemble_page(language: str, title: str, body: str, data: Mapping[str, Any]) -> str:
    """Return the whole file.

    Args:
        language: A code as in `LANGUAGES`, for screen readers and fonts.
        title: Of the browser's tab, as text.
        body: Markup, its texts escaped.
        data: `grid` as of `encode_grid`, `charts` of Plotly's JSON by name, and `table` as of `encode_table`.
    """
    plotly, plotly_hash = _pack_plotly()
    scripts = _list_scripts()
    hashes = [_hash(content) for _, content in scripts] + [plotly_hash]
    grid_markup, grid_style, _ = read_front_end()
    return Template((_FOLDER / "page.html").read_text(encoding="utf-8")).substitute(
        language=escape(language),
        policy=_write_policy(hashes),
        generator=f"{GENERATOR} {camcore.__version__}",
        title=escape(title),
        style="\n".join((write_theme(), read_style(), read_table_front_end()[1], _read("page.css"))),
        body=body,
        grid_style=grid_style,
        grid_markup=grid_markup,
        data=encode_data(data),
        plotly=plotly,
        scripts="\n".join(f"<script{kind}>{content}</script>" for kind, content in scripts),
    )


def encode_data(data: Mapping[str, Any]) -> str:
    """Return data as JSON that can stand in a script element; what is not a finite number becomes null."""
    return json.dumps(_finite(data), ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)


def is_report(path: Path) -> bool:
    """Whether a file was written by this module."""
    with path.open("rb") as file:
        return f'<meta name="generator" content="{GENERATOR} '.encode() in file.read(4096)


def _write_policy(hashes: list[str]) -> str:
    allowed = " ".join(f"'sha256-{one}'" for one in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _list_scripts() -> list[tuple[str, str]]:
    """Return the scripts in order, each with what its element needs to say: the page's own, the grid, the table."""
    module = ' type="module"'
    return [
        ("", _read("page.js")),
        (module, f"{read_front_end()[2]}\nmountGrid(showHeatmapGrid);\n"),
        (module, f"{read_table_front_end()[2]}\nmountTable(showVerdictTable);\n"),
    ]


@cache
def _pack_plotly() -> tuple[str, str]:
    """Return Plotly, compressed, as text, and the hash of what is to run. About 2 MB."""
    script = get_plotlyjs()
    return base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode("ascii"), _hash(script)


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
