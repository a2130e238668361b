"""Names of sources and measures in the session's language."""

import re
from functools import partial

from camcore.presentation import wording
from dashboard.language import text

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ARROWS = re.compile(r"(?<=[-<])(?=[->])")  # Streamlit turns these into arrows and dashes, even if escaped
_WORD_JOINER = "\u2060"  # invisible, and never breaks a line

source_title = partial(wording.source_title, text)
name_of = partial(wording.name_of, text)
measure_title = partial(wording.measure_title, text)
measure_meaning = partial(wording.measure_meaning, text)


def as_markdown(name: str) -> str:
    """Return Markdown that shows a name unchanged, whatever it contains: `*a*`, `:smile:`, `<img>`, `$x$`."""
    return _PUNCTUATION.sub(r"\\\1", _ARROWS.sub(_WORD_JOINER, name))
