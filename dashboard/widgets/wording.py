"""Names of sources and measures in the language of this session."""

import re
from functools import partial

from camcore.presentation import wording
from dashboard.language import text

source_title = partial(wording.source_title, text)
name_of = partial(wording.name_of, text)
measure_title = partial(wording.measure_title, text)
measure_meaning = partial(wording.measure_meaning, text)
join_names = partial(wording.join_names, text)


_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ARROWS = re.compile(r"(?<=[-<])(?=[->])")  # Streamlit makes arrows and dashes of these, escaped or not
_WORD_JOINER = "\u2060"  # is not seen, and breaks no line


def as_markdown(name: str) -> str:
    """Return Markdown that shows a name as it is, whatever stands in it: `*a*`, `:smile:`, `<img>`, `$x$`."""
    return _PUNCTUATION.sub(r"\\\1", _ARROWS.sub(_WORD_JOINER, name))
