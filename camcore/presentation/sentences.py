"""Sentences for a verdict's claims, the normalisation effect, and a run's main numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from camcore.explained.explanation import Explanation, counts_in_accuracy
from camcore.heatmaps.drawing import Conventions, finer_settings
from camcore.heatmaps.sources import parse_source
from camcore.presentation.html import Fact
from camcore.presentation.texts import Text
from camcore.presentation.wording import join_names, measure_phrase, name_of, points, source_title, why_no_cam
from camcore.runs.run import Run
from camcore.verdict.document import Claim, VerdictDocument

Parameters = Mapping[str, Any]

MOST_SENTENCES = 5
LAST_WORD = "reason_to_prefer"
SEEDS = ("group", "count", "count_against")
NOTICEABLE = 0.02  # smallest difference of two means that is visible in the charts


class Share(NamedTuple):
    """A number in one convention, as the template `split` shows it."""

    convention: str
    value: str
    label: str


def write_sentences(text: Text, verdict: VerdictDocument) -> tuple[list[str], list[str]]:
    """Return the first claims, the reason to prefer a method last, and the rest.

    Claims that this version does not know are left out.
    """
    sentences = [(claim.code, write_sentence(text, verdict, claim)) for claim in verdict.claims]
    others = [sentence for code, sentence in sentences if sentence and code != LAST_WORD]
    last = [sentence for code, sentence in sentences if sentence and code == LAST_WORD][:1]
    room = MOST_SENTENCES - len(last)
    return others[:room] + last, others[room:]


def write_basis(text: Text, verdict: VerdictDocument) -> str:
    """Return the basis of the numbers: images, steps, seed and duration."""
    duration = (
        text("verdict.basis.minutes", count=verdict.seconds / 60)
        if verdict.seconds >= 90
        else text("verdict.basis.seconds", count=verdict.seconds)
    )
    return text(
        "verdict.basis",
        images=verdict.images.all,
        faithfulness=verdict.images.faithfulness,
        two_class=verdict.images.two_class,
        randomization=verdict.images.randomization,
        steps=verdict.steps,
        seed=verdict.seed,
        minutes=duration,
    )


def write_sentence(text: Text, verdict: VerdictDocument, claim: Claim) -> str | None:
    """Return a claim's sentence, or None for a code or parameters of another version."""
    write = SENTENCES.get(claim.code)
    try:
        return None if write is None else write(text, verdict, claim.parameters)
    except (KeyError, TypeError, ValueError):
        return None


def list_facts(
    text: Text,
    explanation: Explanation,
    samples: pd.DataFrame,
    sources: tuple[str, str],
    off_object: Conventions | None,
    moved: Conventions | None,
) -> list[Fact]:
    """Return an explained run's headline numbers: label, value and explanation.

    Args:
        text: Gives texts by key.
        explanation: Its heatmaps.
        samples: Their table, which pages hold already.
        sources: Those that are compared.
        off_object: The mean share of the first one's heat off the object, None if no image has a box.
        moved: The mean share of heat that moves from the first to the second, None if they are the same.
    """
    last = explanation.manifest.layers[-1]
    images = f"{explanation.manifest.images:,}"
    counted = text(f"overview.facts.accuracy.{'all' if counts_in_accuracy(samples).all() else 'note'}")
    cells = text("overview.facts.images.note", height=last.height, width=last.width)
    facts = [
        Fact(text("overview.facts.accuracy"), _percent(explanation.accuracy, 1), counted),
        Fact(text("overview.facts.images"), images, cells),
    ]
    titles = dict(zip(("first", "second"), (source_title(text, source) for source in sources), strict=True))
    if off_object is not None:
        facts.append(Fact(text("overview.facts.off_object", **titles), *_two_numbers(text, off_object)))
    if moved is not None:
        facts.append(Fact(text("overview.facts.moved", **titles), *_two_numbers(text, moved)))
    return facts


def say_drawing_share(text: Text, sources: tuple[str, str], shares: Conventions, identical: bool) -> tuple[str, str]:
    """Return what two mean distances between two sources say, and why; `identical` as in `judge_shares`."""
    if not np.isfinite(shares).all():
        return text("drawing_share.unknown"), text("drawing_share.unknown.why")
    kind = judge_shares(*shares, identical)
    names = dict(zip(("first", "second"), (source_title(text, source) for source in sources), strict=True))
    values = {**names, "drawn": shares.literature, "left": shares.positive}
    return text(f"drawing_share.{kind}", **values), text(f"drawing_share.{kind}.why", **values)


def list_shares(text: Text, shares: Conventions) -> list[Share]:
    """Return a number in both conventions."""
    return [Share(name, _percent(value, 0), text(f"convention.{name}")) for name, value in shares._asdict().items()]


def judge_shares(drawn: float, left: float, identical: bool) -> str:
    """Return the meaning of two mean distances, as the last part of a text key.

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


def say_blank(text: Text, run: Run, explanation: Explanation, blank: Mapping[str, str]) -> list[str]:
    """Return a heading and a sentence per reason why sources have no heatmap that shows where; none if all have one.

    `blank` is from `find_blank`.
    """
    if not blank:
        return []
    sources_by_grid: dict[tuple[str, int, int], list[str]] = {}
    for name, status in blank.items():
        grid = explanation.grid(parse_source(name)) if status == "too_coarse" else (0, 0)
        sources_by_grid.setdefault((status, *grid), []).append(name)
    size, stride = finer_settings(run.config, run.imported_from is not None)
    options = text("blank.size", size=size) if stride is None else text("blank.stride", size=size, stride=stride)
    sentences = [
        text(f"blank.{status}", sources=join_names(text, names), height=height, width=width, options=options)
        for (status, height, width), names in sources_by_grid.items()
    ]
    return [text("blank.all" if len(blank) == len(explanation.sources) else "blank.some"), *sentences]


def say_seeds(text: Text, group: str, accuracies: Sequence[tuple[int, float]], runs: int) -> tuple[str, str]:
    """Return a heading and a line on runs that differ only in their seed.

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


def _identical(text: Text, _: VerdictDocument, given: Parameters) -> str:
    pair = (given["first"], given["second"])
    others = [method for method in given["methods"] if method not in pair]
    return text("verdict.claim.identical_up_to_drawing", names=join_names(text, [*pair, *others]))


def _drawing(text: Text, _: VerdictDocument, given: Parameters) -> str:
    shares = {"literature": given["literature"], "positive": given["positive"]}
    return text("verdict.claim.drawing_effect", source=name_of(text, given["source"]), **shares)


def _no_cam(text: Text, _: VerdictDocument, given: Parameters) -> str:
    return text("verdict.claim.cam_not_applicable", reason=why_no_cam(text, given["max_error"]))


def _separates(text: Text, verdict: VerdictDocument, given: Parameters) -> str:
    return text(
        "verdict.claim.separates",
        reference=name_of(text, verdict.reference),
        phrase=measure_phrase(text, given["measure"]),
        best=name_of(text, given["best"]),
        worst=name_of(text, given["worst"]),
        best_mean=given["best_mean"],
        worst_mean=given["worst_mean"],
    )


def _nothing_separates(text: Text, _: VerdictDocument, __: Parameters) -> str:
    return text("verdict.claim.nothing_separates")


def _best(text: Text, verdict: VerdictDocument, given: Parameters) -> str:
    names = {"source": name_of(text, given["source"]), "reference": name_of(text, verdict.reference)}
    counts = {"won": given["measures"], "lost": given["losses"], "total": given["of"]}
    key = "verdict.claim.best_is.loses" if given["losses"] else "verdict.claim.best_is"
    return text(key, **names, **counts)


def _no_better(text: Text, verdict: VerdictDocument, given: Parameters) -> str:
    sources = given["source"] if isinstance(given["source"], list) else [given["source"]]
    names = {"sources": join_names(text, sources), "reference": name_of(text, verdict.reference)}
    return text("verdict.claim.no_better_than_reference", **names)


def _worse_than_baseline(text: Text, _: VerdictDocument, given: Parameters) -> str:
    return text(
        "verdict.claim.worse_than_baseline",
        source=name_of(text, given["source"]),
        phrase=measure_phrase(text, given["measure"]),
        baseline=name_of(text, given["baseline"]),
        mean=given["mean"],
        baseline_mean=given["baseline_mean"],
    )


def _does_not_follow(text: Text, _: VerdictDocument, given: Parameters) -> str:
    names = {"source": name_of(text, given["source"]), "best_source": name_of(text, given["best_source"])}
    means = {"mean": given["mean"], "best_mean": given["best_mean"]}
    return text("verdict.claim.does_not_follow_class", **names, **means)


def _fails(text: Text, _: VerdictDocument, given: Parameters) -> str:
    return text("verdict.claim.fails_randomization", sources=join_names(text, given["sources"]))


def _no_price(text: Text, _: VerdictDocument, given: Parameters) -> str:
    return text("verdict.claim.price_none", **_price(given))


def _price_paid(text: Text, _: VerdictDocument, given: Parameters) -> str:
    direction = "lower" if given["difference"] < 0 else "higher"
    return text(f"verdict.claim.price_some.{direction}", **_price(given))


def _no_price_over_seeds(text: Text, _: VerdictDocument, given: Parameters) -> str:
    return text("verdict.claim.price_over_seeds_none", **_price(given, *SEEDS))


def _price_over_seeds(text: Text, _: VerdictDocument, given: Parameters) -> str:
    direction = "lower" if given["difference"] < 0 else "higher"
    return text(f"verdict.claim.price_over_seeds_some.{direction}", **_price(given, *SEEDS))


def _price(given: Parameters, *more: str) -> dict[str, Any]:
    plain = {name: given[name] for name in ("accuracy", "accuracy_against", "against", *more)}
    return plain | {name: points(given[name]) for name in ("difference", "low", "high")}


def _prefer(text: Text, _: VerdictDocument, given: Parameters) -> str:
    if given["reason"] == "none":
        return text("verdict.claim.reason_to_prefer.none")
    return text(f"verdict.claim.reason_to_prefer.{given['reason']}", source=name_of(text, given["source"]))


def _two_numbers(text: Text, number: Conventions) -> tuple[str, str]:
    """Return a number in both conventions, or once if they agree, and an explanation."""
    first, second = _percent(number.literature, 0), _percent(number.positive, 0)
    if first == second:
        return first, text("overview.facts.either")
    return f"{first} → {second}", text("overview.facts.conventions")


def _percent(value: float, digits: int) -> str:
    return f"{value:.{digits}%}" if np.isfinite(value) else "–"


SENTENCES: dict[str, Callable[[Text, VerdictDocument, Parameters], str]] = {
    "identical_up_to_drawing": _identical,
    "drawing_effect": _drawing,
    "cam_not_applicable": _no_cam,
    "separates": _separates,
    "nothing_separates": _nothing_separates,
    "best_is": _best,
    "no_better_than_reference": _no_better,
    "worse_than_baseline": _worse_than_baseline,
    "does_not_follow_class": _does_not_follow,
    "fails_randomization": _fails,
    "price_none": _no_price,
    "price_some": _price_paid,
    "price_over_seeds_none": _no_price_over_seeds,
    "price_over_seeds_some": _price_over_seeds,
    "reason_to_prefer": _prefer,
}
