"""Names of sources and measures in the language of this session."""

from functools import partial

from camcore.presentation import wording
from dashboard.language import text

source_title = partial(wording.source_title, text)
name_of = partial(wording.name_of, text)
measure_title = partial(wording.measure_title, text)
measure_meaning = partial(wording.measure_meaning, text)
join_names = partial(wording.join_names, text)
