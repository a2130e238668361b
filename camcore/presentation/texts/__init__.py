"""Texts by key and language: what the dashboard, the report and the command line show.

There is one TOML file per page and language. A key begins with the name of its file; `app.toml` alone holds the keys of
what several pages show. Words in braces are filled in.
"""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

Text = Callable[..., str]

LANGUAGES = ("en", "ko")


@cache
def read_texts(language: str) -> Mapping[str, str]:
    """Return every text of a language in `LANGUAGES` by its key, read once per process."""
    texts: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / language).glob("*.toml")):
        texts |= tomllib.loads(path.read_text(encoding="utf-8"))
    return texts


def say(language: str, key: str, **parameters: Any) -> str:
    """Return a text in a language of `LANGUAGES`, its parameters filled in.

    Raises:
        KeyError: There is no such text.
    """
    return read_texts(language)[key].format(**parameters)


def text_in(language: str) -> Text:
    """Return `say` in one language: a function of a key and its parameters."""
    return partial(say, language)


@cache
def grid_strings(language: str) -> Mapping[str, str]:
    """Return the heatmap grid's texts by the names that its script uses. The script fills in their parameters."""
    return {key.removeprefix("grid."): text for key, text in read_texts(language).items() if key.startswith("grid.")}
