"""Texts by key. One file per language; `en` holds every key."""

from typing import Any

from dashboard.language.en import STRINGS as ENGLISH

LANGUAGES: dict[str, dict[str, str]] = {"en": ENGLISH}
LANGUAGE = "en"


def text(key: str, **parameters: Any) -> str:
    """Return a text in the language chosen, its parameters filled in.

    Raises:
        KeyError: There is no such text.
    """
    found = LANGUAGES[LANGUAGE].get(key) or ENGLISH[key]
    return found.format(**parameters)
