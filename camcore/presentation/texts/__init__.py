"""Texts by key: what the dashboard, the report and the command line say to people. `en` holds every key."""

from collections.abc import Callable
from functools import partial
from typing import Any

from camcore.presentation.texts import en, en_grid, ko, ko_grid

Text = Callable[..., str]

LANGUAGES = {"en": en.STRINGS, "ko": ko.STRINGS}
GRID_LANGUAGES = {"en": en_grid.GRID_STRINGS, "ko": ko_grid.GRID_STRINGS}


def say(language: str, key: str, **parameters: Any) -> str:
    """Return a text in a language of `LANGUAGES`, its parameters filled in.

    Raises:
        KeyError: There is no such text.
    """
    return LANGUAGES[language][key].format(**parameters)


def text_in(language: str) -> Text:
    """Return `say` in one language: a function of a key and its parameters."""
    return partial(say, language)


def grid_strings(language: str) -> dict[str, str]:
    """Return the texts of the heatmap grid, which fills in their parameters itself."""
    return GRID_LANGUAGES[language]
