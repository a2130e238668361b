"""Texts by key: what the dashboard, the report and the command line say to people. `en` holds every key."""

from collections.abc import Callable
from functools import partial
from typing import Any

from camcore.language.en import STRINGS as ENGLISH
from camcore.language.en_grid import GRID_STRINGS as ENGLISH_GRID

Text = Callable[..., str]

LANGUAGES: dict[str, dict[str, str]] = {"en": ENGLISH}
GRID_LANGUAGES: dict[str, dict[str, str]] = {"en": ENGLISH_GRID}


def say(language: str, key: str, **parameters: Any) -> str:
    """Return a text in a language of `LANGUAGES`, its parameters filled in.

    Raises:
        KeyError: There is no such text.
    """
    found = LANGUAGES[language].get(key) or ENGLISH[key]
    return found.format(**parameters)


def text_in(language: str) -> Text:
    """Return `say` in one language: a function of a key and its parameters."""
    return partial(say, language)


def grid_strings(language: str) -> dict[str, str]:
    """Return the texts of the heatmap grid, which fills in their parameters itself."""
    return ENGLISH_GRID | GRID_LANGUAGES[language]
