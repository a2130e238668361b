"""What a run says in a few numbers, in words. `text` is as in `wording`."""

from collections.abc import Sequence

import numpy as np

from camcore.explained.explanation import Generation
from camcore.measures.disagreement import Shares
from camcore.presentation.texts import Text
from camcore.presentation.wording import source_title

NOTICEABLE = 0.02  # a difference between two means that one would see in the charts

Fact = tuple[str, str, str]


def list_facts(
    text: Text, generation: Generation, sources: tuple[str, str], off_object: Shares | None, moved: Shares | None
) -> list[Fact]:
    """Return the headline numbers of an explained run: label, value and a line that explains it.

    Args:
        text: Gives texts by key.
        generation: The maps in force.
        sources: Those that are compared.
        off_object: The mean share of the first one's heat off the object, None where no image has a box.
        moved: The mean share of heat that moves from the first to the second, None where they are one.
    """
    last = generation.manifest["layers"][-1]
    images = f"{generation.manifest['images']:,}"
    cells = text("overview.facts.images.note", height=last["height"], width=last["width"])
    facts = [
        (text("overview.facts.accuracy"), _percent(generation.accuracy, 1), text("overview.facts.accuracy.note")),
        (text("overview.facts.images"), images, cells),
    ]
    titles = dict(zip(("first", "second"), (source_title(text, source) for source in sources), strict=True))
    if off_object is not None:
        facts.append((text("overview.facts.off_object", **titles), *_two_numbers(text, *off_object)))
    if moved is not None:
        facts.append((text("overview.facts.moved", **titles), *_two_numbers(text, *moved)))
    return facts


def say_drawing_share(text: Text, sources: tuple[str, str], shares: Shares, identical: bool) -> tuple[str, str]:
    """Return what two mean distances between two sources say, and why; `identical` as in `judge_shares`."""
    if not np.isfinite(shares).all():
        return text("verdict.unknown"), text("verdict.unknown.why")
    kind = judge_shares(*shares, identical)
    names = dict(zip(("first", "second"), (source_title(text, source) for source in sources), strict=True))
    values = names | dict(zip(("drawn", "left"), shares, strict=True))
    return text(f"verdict.{kind}", **values), text(f"verdict.{kind}.why", **values)


def list_shares(text: Text, shares: Shares) -> list[Fact]:
    """Return convention, value and label of a number in both conventions."""
    conventions = ("literature", "positive")
    values = zip(conventions, shares, strict=True)
    return [(name, _percent(value, 0), text(f"convention.{name}")) for name, value in values]


def judge_shares(drawn: float, left: float, identical: bool) -> str:
    """Return what two mean distances say, as the last part of a text's key.

    Args:
        drawn: The mean distance between the maps as drawn in the literature.
        left: The same between their positive evidence.
        identical: The maps are equal by theory, up to a positive factor.
    """
    if identical:
        return "identical"
    if drawn - left > NOTICEABLE:
        return "partly_drawing"
    if left - drawn > NOTICEABLE:
        return "hidden"
    return "real" if left > NOTICEABLE else "alike"


def say_seeds(text: Text, group: str, accuracies: Sequence[tuple[int, float]], runs: int) -> tuple[str, str]:
    """Return what runs have in common that differ in their seed alone, as a heading and a line below it.

    Args:
        text: Gives texts by key.
        group: The name that the runs share.
        accuracies: Seed and accuracy, 0 to 1, of each that has finished.
        runs: How many there are in all.
    """
    each = ", ".join(text("overview.seeds.each", seed=seed, accuracy=_percent(value, 1)) for seed, value in accuracies)
    if len(accuracies) > 1:
        values = np.array([value for _, value in accuracies])
        mean, deviation = f"{100 * values.mean():.1f}", f"{100 * values.std(ddof=1):.1f}"
        title = text("overview.seeds", group=group, mean=mean, deviation=deviation, count=len(values))
        lead = text("overview.seeds.lead", each=each)
    else:
        title, lead = text("overview.seeds.few", group=group, count=runs), text("overview.seeds.few.lead")
    unfinished = text("overview.seeds.unfinished", count=runs, finished=len(accuracies))
    return title, f"{lead} {unfinished}" if len(accuracies) < runs else lead


def _two_numbers(text: Text, literature: float, positive: float) -> tuple[str, str]:
    """Return a number in both conventions, or once where they agree, and the line that says what is what."""
    first, second = _percent(literature, 0), _percent(positive, 0)
    if first == second:
        return first, text("overview.facts.either")
    return f"{first} → {second}", text("overview.facts.conventions")


def _percent(value: float, digits: int) -> str:
    return f"{value:.{digits}%}" if np.isfinite(value) else "–"
