"""The input of a report: an explained run, two sources, a language."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from camcore.backbones import BACKBONES
from camcore.errors import CamcoreError, shell_command, unknown_choice
from camcore.explained import queries
from camcore.explained.explanation import Explanation, open_explanation
from camcore.heatmaps.drawing import CONVENTIONS, Conventions
from camcore.measures.disagreement import mean_of_finite
from camcore.presentation import wording
from camcore.presentation.sentences import list_shares, say_drawing_share
from camcore.presentation.texts import LANGUAGES, Text, text_in
from camcore.runs.run import Run
from camcore.verdict.document import VerdictDocument, read_verdict

MEASURE, CONVENTION = "heat_moved", "literature"


@dataclass(frozen=True)
class ReportInput:
    """The run of a report and its two sources; `pair` holds a single source twice."""

    run: Run
    explanation: Explanation
    pair: tuple[str, str]
    language: str
    verdict: VerdictDocument | None

    @property
    def text(self) -> Text:
        """Texts by key, in the report's language."""
        return text_in(self.language)

    def command(self, name: str) -> str:
        """Return a command on the run. A report must not reveal folders of this machine: it names the last two."""
        return shell_command(name, Path(*self.run.path.resolve().parts[-2:]).as_posix())

    @cached_property
    def samples(self) -> pd.DataFrame:
        """A row per image, as in `queries.name_samples`."""
        return queries.name_samples(self.run, self.explanation)

    @cached_property
    def distances(self) -> pd.DataFrame | None:
        """The distance between both sources in both conventions, None if they are equal."""
        if self.pair[0] == self.pair[1]:
            return None
        return queries.measure_pair(self.explanation, *self.pair, measures=[MEASURE])

    @cached_property
    def blank(self) -> dict[str, str]:
        """The sources without any map that shows where, each with the commonest status of its maps."""
        return queries.find_blank(self.samples)

    @cached_property
    def moved(self) -> Conventions | None:
        """The mean of the report's measure in both conventions."""
        if self.distances is None:
            return None
        if set(self.pair) <= self.blank.keys():
            return Conventions(np.nan, np.nan)
        return Conventions(*(mean_of_finite(self.distances[f"{MEASURE}_{name}"]) for name in CONVENTIONS))

    @cached_property
    def off_object(self) -> Conventions | None:
        """The first source's mean heat off the object in both conventions, None without boxes or heat."""
        if self.pair[0] in self.blank:
            return None
        shares = queries.measure_off_object(self.run, self.explanation, self.samples, self.pair[0])
        means = Conventions(*(mean_of_finite(column) for column in shares.T))
        return None if np.isnan(means.literature) else means  # NaN: no box anywhere

    @cached_property
    def drawing_share(self) -> dict[str, Any] | None:
        """The values of the template `split`, None if there is one source."""
        if self.moved is None:
            return None
        identical = queries.same_by_theory(self.explanation, *self.pair)
        title, reason = say_drawing_share(self.text, self.pair, self.moved, identical)
        return {"title": title, "reason": reason, "numbers": list_shares(self.text, self.moved)}

    def title(self, source: str) -> str:
        """Return a source's title in the report's language."""
        return wording.source_title(self.text, source)

    def describe(self) -> str:
        """Return network and data set in one line."""
        model = self.run.config.model
        kind = self.run.config.dataset.kind.replace("-", " ")
        return self.text("app.run_facts", backbone=BACKBONES[model.backbone].title, head=model.head, dataset=kind)


def open_report_input(run: Run, language: str, sources: Sequence[str] | None) -> ReportInput:
    """Open what a report needs of a run.

    Raises:
        CamcoreError: The run has no heatmaps, or something of it is damaged; a source or language is unknown.
    """
    if language not in LANGUAGES:
        raise unknown_choice("language", language, LANGUAGES)
    explanation = open_explanation(run)
    stored = [source.id for source in explanation.sources]
    pair = wording.default_pair(stored) if sources is None else _choose_pair(sources, stored)
    return ReportInput(run, explanation, pair, language, read_verdict(explanation))


def _choose_pair(sources: Sequence[str], stored: Sequence[str]) -> tuple[str, str]:
    if len(sources) != 2 or sources[0] == sources[1]:
        given, names = ",".join(sources), ", ".join(stored)
        raise CamcoreError(f"A report compares two different sources, not {given!r}. Name two of: {names}.")
    for source in sources:
        if source not in stored:
            raise unknown_choice("source", source, stored)
    return sources[0], sources[1]
