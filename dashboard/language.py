"""The language of this session, and texts in it."""

from typing import Any

from camcore.language import say


def language() -> str:
    """Return the language that this session shows."""
    return "en"


def text(key: str, **parameters: Any) -> str:
    """Return a text in this session's language, its parameters filled in.

    Raises:
        KeyError: There is no such text.
    """
    return say(language(), key, **parameters)
