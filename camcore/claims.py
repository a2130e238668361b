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
    differences = _differences(verdict, "pointing_strict")
    same = [source for source, found in differences.items() if found["identical_by_theory"]]
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
    """Say which measure tells the methods apart most, among those on which any differs from the reference."""
    spreads: dict[str, tuple[float, list[str]]] = {}
    for name, measure in verdict["measures"].items():
        if any(found["verdict"] != "no_difference" for found in _differences(verdict, name).values()):
            ordered = _from_best_to_worst(verdict, measure)
            best, worst = (measure["values"][source]["mean"] for source in (ordered[0], ordered[-1]))
            spreads[name] = abs(best - worst), ordered
    if not spreads:
        return [_claim("nothing_separates")]
    name = max(spreads, key=lambda one: spreads[one][0])
    values, ordered = verdict["measures"][name]["values"], spreads[name][1]
    means = {"best_mean": values[ordered[0]]["mean"], "worst_mean": values[ordered[-1]]["mean"]}
    return [_claim("separates", measure=name, best=ordered[0], worst=ordered[-1], **means)]


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
    """Say which method follows the class asked for least, where two-class images tell it from the best."""
    measure = verdict["measures"].get("follows_class")
    if measure is None:
        return []
    ordered = _from_best_to_worst(verdict, measure)
    best, worst = measure["values"][ordered[0]], measure["values"][ordered[-1]]
    if worst["high"] >= best["low"]:
        return []
    means = {"mean": worst["mean"], "best_source": ordered[0], "best_mean": best["mean"]}
    return [_claim("does_not_follow_class", source=ordered[-1], **means)]


def claim_randomization(verdict: Verdict) -> list[Claim]:
    """Say whose maps stay alike when the model's weights are random."""
    failed = [source for source, passes in verdict["randomization"]["passes"].items() if not passes]
    return [_claim("fails_randomization", sources=failed)] if failed else []


def claim_baselines(verdict: Verdict) -> list[Claim]:
    """Say where a method's interval lies wholly on the wrong side of a map that has seen no network."""
    for name in ("pointing_strict", "energy_in_box", "insertion"):
        measure = verdict["measures"].get(name)
        if measure is None:
            continue
        for source in _sources_of(verdict, measure):
            for baseline in verdict["baselines"]:
                ours, theirs = measure["values"][source], measure["values"][baseline]
                if ours["high"] < theirs["low"]:
                    means = {"mean": ours["mean"], "baseline_mean": theirs["mean"]}
                    return [_claim("worse_than_baseline", source=source, measure=name, baseline=baseline, **means)]
    return []


def claim_price(verdict: Verdict) -> list[Claim]:
    """Say what CAM's architecture costs in accuracy, beside a run of another head."""
    price = verdict["price"]
    if price is None:
        return []
    names = ("difference", "low", "high", "accuracy", "accuracy_against", "against")
    code = "price_none" if price["low"] <= 0 <= price["high"] else "price_some"
    return [_claim(code, **{name: price[name] for name in names})]


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
    is_same = _differences(verdict, "pointing_strict").get("grad_cam", {}).get("identical_by_theory", False)
    if is_same or verdict["reference"] == "grad_cam":
        return [_claim("reason_to_prefer", source="grad_cam", reason="freedom")]
    return [_claim("reason_to_prefer", source=verdict["reference"], reason="none")]


def _claim(code: str, **parameters: Any) -> Claim:
    return {"code": code, "parameters": parameters}


def _differences(verdict: Verdict, measure: str) -> dict[str, dict[str, Any]]:
    found = verdict["measures"].get(measure, {}).get("differences", {})
    return {source: difference for source, difference in found.items() if source in verdict["sources"]}


def _sources_of(verdict: Verdict, measure: dict[str, Any]) -> list[str]:
    return [source for source in verdict["sources"] if source in measure["values"]]


def _from_best_to_worst(verdict: Verdict, measure: dict[str, Any]) -> list[str]:
    values = measure["values"]
    found = _sources_of(verdict, measure)
    return sorted(found, key=lambda source: values[source]["mean"], reverse=measure["better"] == "higher")


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
