"""Names from data inside Markdown, shown as they are."""

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ARROWS = re.compile(r"(?<=[-<])(?=[->])")  # Streamlit makes arrows and dashes of these, escaped or not
_WORD_JOINER = "\u2060"  # is not seen, and breaks no line


def as_markdown(name: str) -> str:
    """Return Markdown that shows a name as it is, whatever stands in it: `*a*`, `:smile:`, `<img>`, `$x$`."""
    return _PUNCTUATION.sub(r"\\\1", _ARROWS.sub(_WORD_JOINER, name))
