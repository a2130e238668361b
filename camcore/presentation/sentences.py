"""The claims of a verdict as sentences. They say what the parameters say, and no more."""

from collections.abc import Callable
from typing import Any

from camcore.presentation.texts import Text
from camcore.presentation.wording import join_names, measure_phrase, name_of, points, why_no_cam

Verdict = dict[str, Any]
Parameters = dict[str, Any]

MOST_SENTENCES = 5
LAST_WORD = "reason_to_prefer"
SEEDS = ("group", "count", "count_against")


def write_sentences(text: Text, verdict: Verdict) -> tuple[list[str], list[str]]:
    """Return what is said at once, the reason to prefer a method at the end, and what is left.

    Claims that this version does not know are left out.
    """
    found = [(claim, write_sentence(text, verdict, claim)) for claim in verdict["claims"]]
    others = [sentence for claim, sentence in found if sentence and claim["code"] != LAST_WORD]
    last = [sentence for claim, sentence in found if sentence and claim["code"] == LAST_WORD][:1]
    room = MOST_SENTENCES - len(last)
    return others[:room] + last, others[room:]


def write_basis(text: Text, verdict: Verdict) -> str:
    """Return what the numbers stand on: how many images, steps, which seed, how long it took."""
    seconds = float(verdict.get("seconds") or 0)
    duration = (
        text("verdict.basis.minutes", count=seconds / 60)
        if seconds >= 90
        else text("verdict.basis.seconds", count=seconds)
    )
    counts = {name: verdict["images"].get(name, 0) for name in ("faithfulness", "two_class", "randomization")}
    basis = {"images": verdict["images"].get("all", 0), "steps": verdict.get("steps"), "seed": verdict.get("seed")}
    return text("verdict.basis", **basis, **counts, minutes=duration)


def write_sentence(text: Text, verdict: Verdict, claim: dict[str, Any]) -> str | None:
    """Return the sentence of a claim, None for an unknown code or parameters that are not as this version has them."""
    write = SENTENCES.get(claim.get("code", ""))
    try:
        return None if write is None else write(text, verdict, claim["parameters"])
    except (KeyError, TypeError, ValueError):
        return None


def _identical(text: Text, _: Verdict, given: Parameters) -> str:
    pair = (given["first"], given["second"])
    others = [method for method in given["methods"] if method not in pair]
    names = {"first": name_of(text, pair[0]), "second": name_of(text, pair[1])}
    if not others:
        return text("verdict.claim.identical_up_to_drawing", **names)
    are = text(f"verdict.claim.identical_up_to_drawing.{'are' if len(others) > 1 else 'is'}")
    return text("verdict.claim.identical_up_to_drawing.more", **names, are=are, others=join_names(text, others))


def _drawing(text: Text, _: Verdict, given: Parameters) -> str:
    shares = {"literature": given["literature"], "positive": given["positive"]}
    return text("verdict.claim.drawing_effect", source=name_of(text, given["source"]), **shares)


def _no_cam(text: Text, _: Verdict, given: Parameters) -> str:
    return text("verdict.claim.cam_not_applicable", reason=why_no_cam(text, given["max_error"]))


def _separates(text: Text, verdict: Verdict, given: Parameters) -> str:
    return text(
        "verdict.claim.separates",
        reference=name_of(text, verdict["reference"]),
        phrase=measure_phrase(text, given["measure"]),
        best=name_of(text, given["best"]),
        worst=name_of(text, given["worst"]),
        best_mean=given["best_mean"],
        worst_mean=given["worst_mean"],
    )


def _nothing_separates(text: Text, _: Verdict, __: Parameters) -> str:
    return text("verdict.claim.nothing_separates")


def _best(text: Text, verdict: Verdict, given: Parameters) -> str:
    names = {"source": name_of(text, given["source"]), "reference": name_of(text, verdict["reference"])}
    counts = {"won": given["measures"], "lost": given["losses"], "total": given["of"]}
    key = "verdict.claim.best_is.loses" if given["losses"] else "verdict.claim.best_is"
    return text(key, **names, **counts)


def _no_better(text: Text, verdict: Verdict, given: Parameters) -> str:
    sources = given["source"] if isinstance(given["source"], list) else [given["source"]]
    names = {"sources": join_names(text, sources), "reference": name_of(text, verdict["reference"])}
    return text("verdict.claim.no_better_than_reference", **names)


def _worse_than_baseline(text: Text, _: Verdict, given: Parameters) -> str:
    return text(
        "verdict.claim.worse_than_baseline",
        source=name_of(text, given["source"]),
        phrase=measure_phrase(text, given["measure"]),
        baseline=name_of(text, given["baseline"]),
        mean=given["mean"],
        baseline_mean=given["baseline_mean"],
    )


def _does_not_follow(text: Text, _: Verdict, given: Parameters) -> str:
    names = {"source": name_of(text, given["source"]), "best_source": name_of(text, given["best_source"])}
    means = {"mean": given["mean"], "best_mean": given["best_mean"]}
    return text("verdict.claim.does_not_follow_class", **names, **means)


def _fails(text: Text, _: Verdict, given: Parameters) -> str:
    return text("verdict.claim.fails_randomization", sources=join_names(text, given["sources"]))


def _no_price(text: Text, _: Verdict, given: Parameters) -> str:
    return text("verdict.claim.price_none", **_price(given))


def _price_paid(text: Text, _: Verdict, given: Parameters) -> str:
    direction = "lower" if given["difference"] < 0 else "higher"
    return text(f"verdict.claim.price_some.{direction}", **_price(given))


def _no_price_over_seeds(text: Text, _: Verdict, given: Parameters) -> str:
    return text("verdict.claim.price_over_seeds_none", **_price(given, *SEEDS))


def _price_over_seeds(text: Text, _: Verdict, given: Parameters) -> str:
    direction = "lower" if given["difference"] < 0 else "higher"
    return text(f"verdict.claim.price_over_seeds_some.{direction}", **_price(given, *SEEDS))


def _price(given: Parameters, *more: str) -> Parameters:
    plain = {name: given[name] for name in ("accuracy", "accuracy_against", "against", *more)}
    return plain | {name: points(given[name]) for name in ("difference", "low", "high")}


def _prefer(text: Text, _: Verdict, given: Parameters) -> str:
    if given["reason"] == "none":
        return text("verdict.claim.reason_to_prefer.none")
    return text(f"verdict.claim.reason_to_prefer.{given['reason']}", source=name_of(text, given["source"]))


SENTENCES: dict[str, Callable[[Text, Verdict, Parameters], str]] = {
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
