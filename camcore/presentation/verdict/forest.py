"""The forest plot: differences with intervals, and means for correct and incorrect predictions.

HTML without scripts; its style is in `camcore/presentation/style/verdict.css`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from markupsafe import Markup

from camcore.presentation.html import render
from camcore.presentation.texts import Text
from camcore.presentation.wording import name_of, percent, points, probability
from camcore.verdict.document import Difference, VerdictDocument

LEAST_REACH = 0.02  # two points on either side, so that tiny differences do not look large
BASELINES_SHARE = 0.4  # baselines lie far off and may leave the plot, which shows at least this share of their reach
DRAWN = "off_object_literature"  # the one measure in which equal maps differ, because it depends on how they are drawn
MARKS = {"better": "▲", "worse": "▼", "no_difference": ""}


@dataclass(frozen=True)
class Effect:
    """A difference, its sign turned so that more is better."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Scale:
    """Map differences to places on the plot, in per cent of its width."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Return a value's place, 0 to 100; values beyond the plot go to its edge."""
        return round(100 * min(1.0, max(0.0, (value - self.low) / (self.high - self.low))), 2)


class Mark(NamedTuple):
    """A symbol on a row's track; `place` in %, None for the zero line."""

    place: float | None
    css: str = ""
    symbol: str = ""


@dataclass(frozen=True)
class PlotRow:
    """A row of the plot: a name, marks on a track, and numbers or words.

    Attributes:
        title: The tooltip.
        interval: Start and length of a line, in per cent of the track's width.
        mean, numbers: A value in bold type and its interval, or numbers without a value.
    """

    name: str
    marks: Sequence[Mark] = ()
    interval: tuple[float, float] | None = None
    mean: str = ""
    numbers: str = ""
    words: str = ""
    css: str = ""
    title: str = ""


def draw_forest(text: Text, verdict: VerdictDocument, measure: str, method: str) -> Markup:
    """Return all methods' and baselines' differences to the reference; the selected row is marked."""
    lower = verdict.measures[measure].better == "lower"
    differences = verdict.measures[measure].differences
    effects = {
        source: effect for source, difference in differences.items() if (effect := turn(difference, lower)) is not None
    }
    scale = fit_scale(
        [effects[source] for source in verdict.sources if source in effects],
        [effects[source] for source in verdict.baselines if source in effects],
    )

    def make_row(source: str, css: str, by_drawing: bool) -> PlotRow:
        row = _make_row(text, differences[source], effects.get(source), scale, by_drawing)
        return replace(row, name=name_of(text, source), css=f"{css} {row.css}".strip())

    words = text("verdict.forest.reference")
    reference = PlotRow(name_of(text, verdict.reference), [Mark(None, symbol="◆")], words=words, css="cc-same")
    methods = [source for source in verdict.sources if source in differences and source != verdict.reference]
    return render(
        "verdict/forest",
        text=text,
        zero=scale.place(0),
        methods=[
            reference,
            *(make_row(source, "cc-chosen" if source == method else "", measure == DRAWN) for source in methods),
        ],
        baselines=[make_row(source, "cc-base", False) for source in verdict.baselines if source in differences],
        ticks=_list_ticks(scale),
    )


def turn(difference: Difference, lower_is_better: bool) -> Effect | None:
    """Return a difference so that more is better, None if it has no numbers."""
    mean, low, high = difference.mean_difference, difference.low, difference.high
    if mean is None or low is None or high is None:
        return None
    return Effect(-mean, -high, -low) if lower_is_better else Effect(mean, low, high)


def fit_scale(methods: Iterable[Effect], baselines: Iterable[Effect]) -> Scale:
    """Return a scale that fits the methods and shows at least the baselines' direction."""
    low, high = -LEAST_REACH, LEAST_REACH
    for effects, share in ((methods, 1.0), (baselines, BASELINES_SHARE)):
        for effect in effects:
            low, high = min(low, share * effect.low), max(high, share * effect.high)
    reach = high - low
    return Scale(min(low - 0.04 * reach, -0.15 * reach), max(high + 0.04 * reach, 0.15 * reach))


def draw_correctness(text: Text, verdict: VerdictDocument, measure: str, method: str) -> Markup:
    """Return each method's mean over the images answered correctly and over those answered incorrectly."""
    means = verdict.measures[measure].by_correctness
    values = [value for group in (means.correct, means.incorrect) for value in group.values() if value is not None]
    highest = max(values, default=1.0) or 1.0
    rows = []
    for source in verdict.sources:
        pair = {"cc-right": means.correct.get(source), "cc-wrong": means.incorrect.get(source)}
        marks = [Mark(round(92 * mean / highest + 4, 2), css) for css, mean in pair.items() if mean is not None]
        if marks:
            correct, incorrect = (percent(mean) for mean in pair.values())
            numbers = text("verdict.correctness.numbers", right=correct, wrong=incorrect)
            css = "cc-chosen" if source == method else ""
            rows.append(PlotRow(name_of(text, source), marks, numbers=numbers, css=css))
    return render("verdict/dots", rows=rows)


def _make_row(text: Text, difference: Difference, effect: Effect | None, scale: Scale, by_drawing: bool) -> PlotRow:
    """Return a difference's row without its name. `by_drawing`: equal maps may differ in this measure."""
    same = "by_theory" if difference.identical_by_theory else "identical" if difference.identical else ""
    by_drawing = by_drawing and same == "by_theory" and not difference.identical
    if effect is None or (same and not by_drawing):
        words = text(f"verdict.forest.{same}") if same else "–"
        return PlotRow("", [Mark(None, symbol="=")] if same else [], words=words, css="cc-same")
    outcome = f"{MARKS[difference.outcome]} {text(f'verdict.forest.verdict.{difference.outcome}')}".strip()
    marks, interval = _place_effect(effect, scale)
    return PlotRow(
        "",
        marks,
        interval,
        mean=points(effect.mean),
        numbers=text("verdict.forest.interval", low=points(effect.low), high=points(effect.high)),
        words=text("verdict.forest.drawing") if by_drawing else outcome,
        css=f"cc-is-{difference.outcome}",
        title=_write_details(text, difference),
    )


def _place_effect(effect: Effect, scale: Scale) -> tuple[list[Mark], tuple[float, float] | None]:
    """Return the mean and its interval, with an arrow for a mean off the scale."""
    mean, left, right = (scale.place(value) for value in (effect.mean, effect.low, effect.high))
    if not scale.low <= effect.mean <= scale.high:
        return [Mark(mean, "cc-beyond", "◂" if effect.mean < 0 else "▸")], None
    return [Mark(mean)], (left, max(right - left, 0.4))


def _write_details(text: Text, difference: Difference) -> str:
    return text(
        "verdict.forest.details",
        test=difference.test,
        n=difference.n,
        p=probability(difference.p_value),
        p_adjusted=probability(difference.p_adjusted),
        effect="–" if difference.effect_size is None else f"{difference.effect_size:.2f}",
        interval=difference.interval,
    )


def _list_ticks(scale: Scale) -> list[tuple[float, str]]:
    """Return place and label of each tick."""
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2) if (scale.high - scale.low) / step <= 6)
    ticks = [number * step for number in range(-200, 201) if scale.low < number * step < scale.high]
    return [(scale.place(tick), points(tick).removesuffix(".0")) for tick in ticks]
