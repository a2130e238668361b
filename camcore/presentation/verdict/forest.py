"""The forest plot: differences to the reference with their intervals, and means for correct and incorrect answers.

HTML without any script; its style is in `camcore/presentation/style/verdict.css`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from camcore.presentation.texts import Text
from camcore.presentation.wording import name_of, percent, points, probability
from camcore.verdict.document import Difference, VerdictDocument

LEAST_REACH = 0.02  # two points on either side, so that nothing is blown up to look like much
BASELINES_SHARE = 0.4  # baselines lie far off and may leave the plot, but reach this far at least
DRAWN = "off_object_literature"  # the one measure that tells equal maps apart: by how they are drawn
MARKS = {"better": "▲", "worse": "▼", "no_difference": ""}


@dataclass(frozen=True)
class Effect:
    """A difference, its sign turned so that more is better."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Scale:
    """From differences to places on the plot, in per cent of its width."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Return where a value lies, from 0 to 100; what lies beyond the plot is put at its edge."""
        return round(100 * min(1.0, max(0.0, (value - self.low) / (self.high - self.low))), 2)


def draw_forest(text: Text, verdict: VerdictDocument, measure: str, method: str) -> str:
    """Return the differences of all methods and baselines to the reference; the chosen method's row is marked."""
    lower = verdict.measures[measure].better == "lower"
    differences = verdict.measures[measure].differences
    effects = {
        source: effect for source, difference in differences.items() if (effect := turn(difference, lower)) is not None
    }
    scale = fit_scale(
        [effects[source] for source in verdict.sources if source in effects],
        [effects[source] for source in verdict.baselines if source in effects],
    )
    rows = [_reference_row(text, verdict.reference)]
    for source in verdict.sources:
        if source in differences and source != verdict.reference:
            css = "cc-chosen" if source == method else ""
            rows.append(_row(text, source, differences[source], effects.get(source), scale, css, measure == DRAWN))
    baselines = [source for source in verdict.baselines if source in differences]
    if baselines:
        rows.append(f'<div class="cc-forest-part">{escape(text("verdict.forest.baselines"))}</div>')
        rows += [
            _row(text, source, differences[source], effects.get(source), scale, "cc-base", False)
            for source in baselines
        ]
    body = f"{_directions(text)}{''.join(rows)}{_axis(_ticks(scale))}"
    return f'<div class="cc-forest" style="--zero:{scale.place(0)}%">{body}</div>'


def turn(difference: Difference, lower_is_better: bool) -> Effect | None:
    """Return a difference so that more is better, None if it has no numbers."""
    mean, low, high = difference.mean_difference, difference.low, difference.high
    if mean is None or low is None or high is None:
        return None
    return Effect(-mean, -high, -low) if lower_is_better else Effect(mean, low, high)


def fit_scale(methods: Iterable[Effect], baselines: Iterable[Effect]) -> Scale:
    """Return a scale on which the methods fit and the baselines at least show their direction."""
    low, high = -LEAST_REACH, LEAST_REACH
    for effects, share in ((methods, 1.0), (baselines, BASELINES_SHARE)):
        for effect in effects:
            low, high = min(low, share * effect.low), max(high, share * effect.high)
    reach = high - low
    return Scale(min(low - 0.04 * reach, -0.15 * reach), max(high + 0.04 * reach, 0.15 * reach))


def draw_correctness(text: Text, verdict: VerdictDocument, measure: str, method: str) -> str:
    """Return each method's mean over the images answered correctly and over those answered incorrectly."""
    means = verdict.measures[measure].by_correctness
    correct, incorrect = means.correct, means.incorrect
    values = [value for group in (correct, incorrect) for value in group.values() if value is not None]
    highest = max(values, default=1.0) or 1.0
    rows = "".join(
        _pair_row(text, source, (correct.get(source), incorrect.get(source)), highest, source == method)
        for source in verdict.sources
        if correct.get(source) is not None or incorrect.get(source) is not None
    )
    return f'<div class="cc-forest cc-dots">{rows}</div>'


def draw_row(css: str, name: str, plot: str, numbers: str, title: str = "") -> str:
    """Return a row of marks on a track; all but `title`, which shows at the pointer, is HTML."""
    return (
        f'<div class="cc-forest-row {css}" title="{escape(title)}"><span class="cc-name">{name}</span>'
        f'<div class="cc-track">{plot}</div><span class="cc-effect">{numbers}</span></div>'
    )


def _row(
    text: Text, source: str, difference: Difference, effect: Effect | None, scale: Scale, css: str, drawn: bool
) -> str:
    name = escape(name_of(text, source))
    same = "by_theory" if difference.identical_by_theory else "identical" if difference.identical else ""
    by_drawing = drawn and same == "by_theory" and not difference.identical
    if effect is None or (same and not by_drawing):
        note = escape(text(f"verdict.forest.{same}")) if same else "–"
        return draw_row(f"{css} cc-same", name, "<b>=</b>" if same else "", f"<em>{note}</em>")
    interval = escape(text("verdict.forest.interval", low=points(effect.low), high=points(effect.high)))
    outcome = f"{MARKS[difference.outcome]} {text(f'verdict.forest.verdict.{difference.outcome}')}".strip()
    outcome = escape(text("verdict.forest.drawing") if by_drawing else outcome)
    numbers = f"<span><b>{points(effect.mean)}</b> <small>{interval}</small></span><em>{outcome}</em>"
    return draw_row(
        f"{css} cc-is-{difference.outcome}", name, _plot(effect, scale), numbers, _details(text, difference)
    )


def _plot(effect: Effect, scale: Scale) -> str:
    """Return the interval and the mean; an arrow at the edge where the mean lies beyond it."""
    mean, left, right = (scale.place(value) for value in (effect.mean, effect.low, effect.high))
    if not scale.low <= effect.mean <= scale.high:
        return f'<b class="cc-beyond" style="left:{mean}%">{"◂" if effect.mean < 0 else "▸"}</b>'
    return f'<i style="left:{left}%;width:{max(right - left, 0.4):.2f}%"></i><b style="left:{mean}%"></b>'


def _details(text: Text, difference: Difference) -> str:
    return text(
        "verdict.forest.details",
        test=difference.test,
        n=difference.n,
        p=probability(difference.p_value),
        p_adjusted=probability(difference.p_adjusted),
        effect="–" if difference.effect_size is None else f"{difference.effect_size:.2f}",
        interval=difference.interval,
    )


def _reference_row(text: Text, reference: str) -> str:
    note = f"<em>{escape(text('verdict.forest.reference'))}</em>"
    return draw_row("cc-same", escape(name_of(text, reference)), "<b>◆</b>", note)


def _pair_row(text: Text, source: str, means: tuple[float | None, float | None], highest: float, chosen: bool) -> str:
    places = dict(zip(("cc-right", "cc-wrong"), means, strict=True))
    dots = "".join(
        f'<b class="{name}" style="left:{92 * value / highest + 4:.2f}%"></b>'
        for name, value in places.items()
        if value is not None
    )
    correct, incorrect = (percent(mean) for mean in means)
    numbers = text("verdict.correctness.numbers", right=correct, wrong=incorrect)
    return draw_row(
        "cc-chosen" if chosen else "", escape(name_of(text, source)), dots, f"<span>{escape(numbers)}</span>"
    )


def _directions(text: Text) -> str:
    worse, better = (escape(text(f"verdict.forest.{name}")) for name in ("worse", "better"))
    return _axis(f'<u class="cc-to-left">{worse}</u><u class="cc-to-right">{better}</u>')


def _axis(track: str) -> str:
    return f'<div class="cc-forest-row cc-axis"><span></span><div class="cc-track">{track}</div><span></span></div>'


def _ticks(scale: Scale) -> str:
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2) if (scale.high - scale.low) / step <= 6)
    ticks = [number * step for number in range(-200, 201) if scale.low < number * step < scale.high]
    return "".join(f'<u style="left:{scale.place(tick)}%">{points(tick).removesuffix(".0")}</u>' for tick in ticks)
