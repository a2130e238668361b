"""What the methods cost, which networks they allow, and what CAM's architecture costs in accuracy."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from camcore.presentation.html import Fact, render
from camcore.presentation.texts import Text
from camcore.presentation.verdict.forest import Mark, PlotRow, Scale
from camcore.presentation.wording import name_of, percent, points, probability
from camcore.verdict.document import MethodTiming, Requirements, SeedAccuracy, SeedGroups, VerdictDocument

NUMBERS = ("milliseconds", "times")
WORDS = ("needs", "heads", "layers")
MARGIN = 0.01  # one point on either side, so that tiny differences do not look large
Pair = tuple[float | None, float | None]


class CostRow(NamedTuple):
    """A method: its times, its requirements, and whether it is selected."""

    name: str
    numbers: Sequence[str]
    words: Sequence[str]
    selected: bool


def draw_cost(text: Text, verdict: VerdictDocument, method: str) -> Markup:
    """Return a table with a row per method: times, relative times and requirements."""
    rows = [
        CostRow(
            name_of(text, source),
            _write_times(verdict.timing.methods.get(source)),
            _write_requirements(text, verdict.requirements.get(source.partition("@")[0])),
            source == method,
        )
        for source in (*verdict.not_applicable, *verdict.sources)
    ]
    return render("verdict/costs", text=text, numbers=NUMBERS, words=WORDS, rows=rows)


def _write_times(timing: MethodTiming | None) -> tuple[str, str]:
    return ("–", "–") if timing is None else (f"{timing.milliseconds:.1f}", f"{timing.times_forward:.2f}")


def _write_requirements(text: Text, requirements: Requirements | None) -> tuple[str, str, str]:
    if requirements is None:
        return "–", "–", "–"
    return (
        text(f"verdict.cost.needs.{requirements.needs}"),
        ", ".join(requirements.heads),
        text(f"verdict.cost.layers.{requirements.layers}"),
    )


def write_price_lead(text: Text, verdict: VerdictDocument) -> str:
    """Return what the accuracies compare; empty if no price was measured."""
    price = verdict.accuracy_price
    if price is None:
        return ""
    if price.seeds is None:
        return text("verdict.price.lead", n=price.n, against=price.against)
    counts = {"count": len(price.seeds.members), "count_against": len(price.seeds.members_against)}
    return text("verdict.price.seeds.lead", n=price.n, group=price.seeds.group, against=price.against, **counts)


def list_price(text: Text, verdict: VerdictDocument) -> list[Fact]:
    """Return both accuracies and their difference; empty if no price was measured."""
    price = verdict.accuracy_price
    if price is None:
        return []
    interval = {"low": points(price.low), "high": points(price.high), "p": probability(price.p_value)}
    if price.seeds is not None:
        labels = [text("verdict.price.seeds.accuracy", group=group) for group in (price.seeds.group, price.against)]
        notes = [
            _write_deviation(text, price.seeds.deviation, price.seeds.members),
            _write_deviation(text, price.seeds.deviation_against, price.seeds.members_against),
        ]
        note = text("verdict.price.seeds.interval", **interval)
    else:
        labels = [text("verdict.price.here"), text("verdict.price.against", against=price.against)]
        notes, note = ["", ""], text("verdict.price.interval", **interval)
    accuracies = (price.accuracy, price.accuracy_against)
    facts = [
        Fact(label, f"{accuracy:.1%}", deviation)
        for label, accuracy, deviation in zip(labels, accuracies, notes, strict=True)
    ]
    return [*facts, Fact(text("verdict.price.difference", against=price.against), points(price.difference), note)]


def pair_seeds(seeds: SeedGroups) -> dict[int, Pair]:
    """Return per seed the accuracy of either group, None if it has no such run."""
    ours, theirs = (
        {member.seed: member.accuracy for member in members} for members in (seeds.members, seeds.members_against)
    )
    return {seed: (ours.get(seed), theirs.get(seed)) for seed in sorted({*ours, *theirs})}


def draw_seeds(text: Text, verdict: VerdictDocument) -> Markup:
    """Return a row per seed with both groups' accuracies, and how to read it. Empty without groups."""
    price = verdict.accuracy_price
    if price is None or price.seeds is None:
        return Markup()
    seeds, pairs = price.seeds, pair_seeds(price.seeds)
    values = [value for pair in pairs.values() for value in pair if value is not None]
    scale = Scale(min(values) - MARGIN, max(values) + MARGIN)
    rows = [_make_row(text, text("verdict.price.seeds.row", seed=seed), pair, scale) for seed, pair in pairs.items()]
    means = (price.accuracy, price.accuracy_against)
    rows.append(_make_row(text, text("verdict.price.seeds.mean"), means, scale, "cc-chosen"))
    names = {"group": seeds.group, "against": price.against}
    notes = [text("verdict.price.seeds.reading", **names, standard_errors=seeds.standard_errors)]
    if seeds.differs:
        notes.append(text("verdict.price.seeds.differs", difference=seeds.differs))
    if seeds.unfinished:
        notes.append(text("verdict.price.seeds.unfinished", runs=", ".join(seeds.unfinished)))
    return render("verdict/seeds", rows=rows, notes=notes)


def _make_row(text: Text, name: str, pair: Pair, scale: Scale, css: str = "") -> PlotRow:
    sides = zip(("cc-right", ""), pair, strict=True)
    marks = [Mark(scale.place(accuracy), side) for side, accuracy in sides if accuracy is not None]
    numbers = text("verdict.price.seeds.numbers", here=percent(pair[0]), against=percent(pair[1]))
    return PlotRow(name, marks, numbers=numbers, css=css)


def _write_deviation(text: Text, deviation: float, members: Sequence[SeedAccuracy]) -> str:
    return text("verdict.price.seeds.deviation", deviation=percent(deviation), count=len(members))
