"""From the numbers of a verdict to what may be said: claims as codes with parameters, which each language words.

A claim never says more than its intervals allow. "Better" and "worse" mean a difference to the reference that is left
after the correction for all comparisons of the verdict; everything else is no difference.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

Claim = dict[str, Any]
Verdict = dict[str, Any]

NOTICEABLE = 0.01  # an effect below one per cent is not worth a sentence
# Energy in the box seen from the other side, and the same again as it is drawn: they count for no method.
RESTATED = ("off_object_positive", "off_object_literature")


def make_claims(verdict: Verdict) -> list[Claim]:
    """Return what a verdict says, the most important first."""
    makers = (
        claim_identity,
        claim_drawing,
        claim_separation,
        claim_best,
        claim_class,
        claim_randomization,
        claim_baselines,
        claim_price,
        claim_preference,
    )
    return [claim for make in makers for claim in make(verdict)]


def claim_identity(verdict: Verdict) -> list[Claim]:
    """Say which methods are the reference up to drawing, or why there is no CAM."""
    claims = [_claim("cam_not_applicable", **why) for why in verdict["not_applicable"].values()]
    same = _same_by_theory(verdict)
    if same:
        reference = verdict["reference"]
        claims.append(_claim("identical_up_to_drawing", first=reference, second=same[0], methods=[reference, *same]))
    return claims


def claim_drawing(verdict: Verdict) -> list[Claim]:
    """Say what drawing CAM as the literature does adds to the heat that people see off the object."""
    try:
        literature, positive = (
            verdict["measures"][f"off_object_{convention}"]["values"]["cam"]["mean"]
            for convention in ("literature", "positive")
        )
    except KeyError:
        return []
    if literature - positive < NOTICEABLE:
        return []
    return [_claim("drawing_effect", source="cam", measure="off_object", literature=literature, positive=positive)]


def claim_separation(verdict: Verdict) -> list[Claim]:
    """Say on which measure a method differs from the reference most clearly, if on any."""
    if not _tally(verdict, _counted(verdict)):
        return []
    found = _find_clearest(verdict, _counted(verdict))
    if found is None:
        return [_claim("nothing_separates")]
    name, best, worst = found
    values = verdict["measures"][name]["values"]
    means = {"best_mean": values[best]["mean"], "worst_mean": values[worst]["mean"]}
    return [_claim("separates", measure=name, best=best, worst=worst, **means)]


def claim_best(verdict: Verdict) -> list[Claim]:
    """Say which method is furthest ahead of the reference, wins beside losses; or that none wins anywhere."""
    tally = _tally(verdict, _counted(verdict))
    winners = [source for source, words in tally.items() if words["better"]]
    if not winners:
        return [_claim("no_better_than_reference", source=list(tally))] if tally else []
    best = max(winners, key=lambda source: (tally[source]["better"] - tally[source]["worse"], tally[source]["better"]))
    words = tally[best]
    return [_claim("best_is", source=best, measures=words["better"], losses=words["worse"], of=words.total())]


def claim_class(verdict: Verdict) -> list[Claim]:
    """Say of a method and the reference which one follows the class asked for less, where two-class images show it."""
    found = _find_clearest(verdict, ["follows_class"])
    if found is None:
        return []
    name, best, worst = found
    values = verdict["measures"][name]["values"]
    means = {"mean": values[worst]["mean"], "best_source": best, "best_mean": values[best]["mean"]}
    return [_claim("does_not_follow_class", source=worst, **means)]


def claim_randomization(verdict: Verdict) -> list[Claim]:
    """Say whose maps are not shown to change when the model's weights are random."""
    failed = [source for source, passes in verdict["randomization"]["passes"].items() if not passes]
    return [_claim("fails_randomization", sources=failed)] if failed else []


def claim_baselines(verdict: Verdict) -> list[Claim]:
    """Say where a method's interval lies wholly on the wrong side of a map that has seen no network.

    Stricter than a paired test: intervals of the same width that do not touch have p < 0.006 even where the values have
    nothing in common, and those of two maps of the same images have much.
    """
    for name in ("pointing_strict", "energy_in_box", "insertion"):
        measure = verdict["measures"].get(name)
        if measure is None:
            continue
        for source in _sources_of(verdict, measure):
            for baseline in verdict["baselines"]:
                ours, theirs = measure["values"][source], measure["values"][baseline]
                if ours["high"] is not None and theirs["low"] is not None and ours["high"] < theirs["low"]:
                    means = {"mean": ours["mean"], "baseline_mean": theirs["mean"]}
                    return [_claim("worse_than_baseline", source=source, measure=name, baseline=baseline, **means)]
    return []


def claim_price(verdict: Verdict) -> list[Claim]:
    """Say what CAM's architecture costs in accuracy, beside a run of another head, or over the seeds of both."""
    price = verdict["price"]
    if price is None:
        return []
    names = ("difference", "low", "high", "accuracy", "accuracy_against", "against")
    found = {name: price[name] for name in names}
    amount = "none" if price["low"] <= 0 <= price["high"] else "some"
    seeds = price.get("seeds")
    if seeds is None:
        return [_claim(f"price_{amount}", **found)]
    counts = {"count": len(seeds["members"]), "count_against": len(seeds["members_against"])}
    return [_claim(f"price_over_seeds_{amount}", **found, group=seeds["group"], **counts)]


def claim_preference(verdict: Verdict) -> list[Claim]:
    """Say the one reason there is to prefer a method, or that there is none.

    Better on most measures of a group and worse on none of any is a reason.
    """
    tally = _tally(verdict, _counted(verdict))
    for group in ("localization", "faithfulness"):
        names = [name for name in _counted(verdict) if verdict["measures"][name]["group"] == group]
        wins = {source: words["better"] for source, words in _tally(verdict, names).items()}
        best = max(wins, key=lambda source: wins[source], default=None)
        if best is not None and 2 * wins[best] > len(names) and not tally[best]["worse"]:
            return [_claim("reason_to_prefer", source=best, reason=group)]
    if "grad_cam" in (*_same_by_theory(verdict), verdict["reference"]):
        return [_claim("reason_to_prefer", source="grad_cam", reason="freedom")]
    return [_claim("reason_to_prefer", source=verdict["reference"], reason="none")]


def _claim(code: str, **parameters: Any) -> Claim:
    return {"code": code, "parameters": parameters}


def _differences(verdict: Verdict, measure: str) -> dict[str, dict[str, Any]]:
    found = verdict["measures"].get(measure, {}).get("differences", {})
    return {source: difference for source, difference in found.items() if source in verdict["sources"]}


def _sources_of(verdict: Verdict, measure: dict[str, Any]) -> list[str]:
    return [source for source in verdict["sources"] if source in measure["values"]]


def _same_by_theory(verdict: Verdict) -> list[str]:
    """Return the methods that are the reference up to drawing."""
    found = [_differences(verdict, name) for name in verdict["measures"]]
    return [
        source
        for source in verdict["sources"]
        if any(differences.get(source, {}).get("identical_by_theory") for differences in found)
    ]


def _counted(verdict: Verdict) -> list[str]:
    """Return the measures that a method can win or lose."""
    return [name for name in verdict["measures"] if name not in RESTATED]


def _tally(verdict: Verdict, names: Sequence[str]) -> dict[str, Counter[str]]:
    """Return per method on how many of the measures it is `better`, `worse` or of `no_difference` to the reference."""
    counts: dict[str, Counter[str]] = {}
    for name in names:
        for source, found in _differences(verdict, name).items():
            counts.setdefault(source, Counter())[found["verdict"]] += 1
    return counts


def _find_clearest(verdict: Verdict, names: Sequence[str]) -> tuple[str, str, str] | None:
    """Return the measure on which a method differs most clearly from the reference, and the better and the worse one.

    Of the differences left after the correction, the one of the largest effect size, which compares across measures as
    means do not; what is too small to notice comes last.
    """
    shown = [
        ((abs(found["mean_difference"]) >= NOTICEABLE, abs(found["effect_size"])), name, source, found["verdict"])
        for name in names
        for source, found in _differences(verdict, name).items()
        if found["verdict"] != "no_difference"
    ]
    if not shown:
        return None
    _, name, source, word = max(shown, key=lambda one: one[0])
    reference = verdict["reference"]
    return (name, source, reference) if word == "better" else (name, reference, source)
