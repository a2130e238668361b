"""Derive a verdict's claims from its numbers: codes with parameters, which each language words.

A claim never says more than its intervals allow. "Better" and "worse" mean a difference to the reference that is
significant after the correction for all comparisons of the verdict; everything else is no difference.
"""

from collections import Counter
from collections.abc import Sequence

from camcore.verdict.document import Claim, Difference, Outcome, Parameter, VerdictDocument

NOTICEABLE = 0.01  # an effect below one per cent is not worth a sentence
# One minus the energy in the box, under both drawing conventions: counting them would count that measure again.
RESTATED = ("off_object_positive", "off_object_literature")


def make_claims(verdict: VerdictDocument) -> tuple[Claim, ...]:
    """Return a verdict's claims, the most important first."""
    makers = (
        claim_identity,
        claim_drawing,
        claim_separation,
        claim_best,
        claim_class,
        claim_randomization,
        claim_baselines,
        claim_accuracy_price,
        claim_preference,
    )
    return tuple(claim for make in makers for claim in make(verdict))


def claim_identity(verdict: VerdictDocument) -> list[Claim]:
    """Say which methods are the reference up to drawing, or why there is no CAM."""
    claims = [_claim("cam_not_applicable", max_error=why.max_error) for why in verdict.not_applicable.values()]
    same = verdict.same_by_theory
    if len(same) > 1:
        others = [source for source in same if source != verdict.reference]
        methods = [verdict.reference, *others]
        claims.append(_claim("identical_up_to_drawing", first=verdict.reference, second=others[0], methods=methods))
    return claims


def claim_drawing(verdict: VerdictDocument) -> list[Claim]:
    """Say how much off-object heat drawing CAM as the literature does adds."""
    literature, positive = (
        verdict.measures[name].mean_of("cam") if name in verdict.measures else None
        for name in ("off_object_literature", "off_object_positive")
    )
    if literature is None or positive is None or literature - positive < NOTICEABLE:
        return []
    return [_claim("drawing_effect", source="cam", measure="off_object", literature=literature, positive=positive)]


def claim_separation(verdict: VerdictDocument) -> list[Claim]:
    """Say on which measure a method differs from the reference most clearly, if on any."""
    if not _tally(verdict, _counted(verdict)):
        return []
    clearest = _find_clearest(verdict, _counted(verdict))
    if clearest is None:
        return [_claim("nothing_separates")]
    name, best, worst = clearest
    values = verdict.measures[name].values
    means = {"best_mean": values[best].mean, "worst_mean": values[worst].mean}
    return [_claim("separates", measure=name, best=best, worst=worst, **means)]


def claim_best(verdict: VerdictDocument) -> list[Claim]:
    """Claim the method furthest ahead of the reference, with wins and losses; or none."""
    tally = _tally(verdict, _counted(verdict))
    winners = [source for source, outcomes in tally.items() if outcomes["better"]]
    if not winners:
        return [_claim("no_better_than_reference", source=list(tally))] if tally else []
    best = max(winners, key=lambda source: (tally[source]["better"] - tally[source]["worse"], tally[source]["better"]))
    outcomes = tally[best]
    counts = {"measures": outcomes["better"], "losses": outcomes["worse"], "of": outcomes.total()}
    return [_claim("best_is", source=best, **counts)]


def claim_class(verdict: VerdictDocument) -> list[Claim]:
    """Claim whether a method or the reference is less class-specific, if two-class images show it."""
    clearest = _find_clearest(verdict, ["follows_class"])
    if clearest is None:
        return []
    name, best, worst = clearest
    values = verdict.measures[name].values
    means: dict[str, Parameter] = {"mean": values[worst].mean, "best_source": best, "best_mean": values[best].mean}
    return [_claim("does_not_follow_class", source=worst, **means)]


def claim_randomization(verdict: VerdictDocument) -> list[Claim]:
    """Claim the sources whose maps don't measurably change with random weights."""
    failed = [source for source, passes in verdict.randomization.passes.items() if not passes]
    return [_claim("fails_randomization", sources=failed)] if failed else []


def claim_baselines(verdict: VerdictDocument) -> list[Claim]:
    """Say whether a method's interval lies wholly on the wrong side of a baseline's.

    Stricter than a paired test: disjoint intervals of the same width have p < 0.006 even for independent values, and
    values of the same images are correlated.
    """
    for name in ("pointing_strict", "energy_in_box", "insertion"):
        if name not in verdict.measures:
            continue
        values = verdict.measures[name].values
        for source in (source for source in verdict.sources if source in values):
            for baseline in (baseline for baseline in verdict.baselines if baseline in values):
                own, other = values[source], values[baseline]
                if own.high is not None and other.low is not None and own.high < other.low:
                    means = {"mean": own.mean, "baseline_mean": other.mean}
                    return [_claim("worse_than_baseline", source=source, measure=name, baseline=baseline, **means)]
    return []


def claim_accuracy_price(verdict: VerdictDocument) -> list[Claim]:
    """Claim the accuracy price of CAM's architecture, against one run or all seeds."""
    price = verdict.accuracy_price
    if price is None:
        return []
    given: dict[str, Parameter] = {
        "difference": price.difference,
        "low": price.low,
        "high": price.high,
        "accuracy": price.accuracy,
        "accuracy_against": price.accuracy_against,
        "against": price.against,
    }
    amount = "none" if price.low is None or price.high is None or price.low <= 0 <= price.high else "some"
    if price.seeds is None:
        return [_claim(f"price_{amount}", **given)]
    counts = {"count": len(price.seeds.members), "count_against": len(price.seeds.members_against)}
    return [_claim(f"price_over_seeds_{amount}", **given, group=price.seeds.group, **counts)]


def claim_preference(verdict: VerdictDocument) -> list[Claim]:
    """Say the one reason to prefer a method, or that there is none.

    Better on most measures of a group and worse on none of any is a reason.
    """
    tally = _tally(verdict, _counted(verdict))
    for group in ("localization", "faithfulness"):
        names = [name for name in _counted(verdict) if verdict.measures[name].group == group]
        wins = {source: outcomes["better"] for source, outcomes in _tally(verdict, names).items()}
        best = max(wins, key=lambda source: wins[source], default=None)
        if best is not None and 2 * wins[best] > len(names) and not tally[best]["worse"]:
            return [_claim("reason_to_prefer", source=best, reason=group)]
    if "grad_cam" in verdict.same_by_theory:
        return [_claim("reason_to_prefer", source="grad_cam", reason="freedom")]
    return [_claim("reason_to_prefer", source=verdict.reference, reason="none")]


def _claim(code: str, **parameters: Parameter) -> Claim:
    return Claim(code=code, parameters=parameters)


def _differences(verdict: VerdictDocument, measure: str) -> dict[str, Difference]:
    """Return the methods' differences to the reference, without baselines."""
    if measure not in verdict.measures:
        return {}
    differences = verdict.measures[measure].differences
    return {source: difference for source, difference in differences.items() if source in verdict.sources}


def _counted(verdict: VerdictDocument) -> list[str]:
    """Return the measures that a method can win or lose."""
    return [name for name in verdict.measures if name not in RESTATED]


def _tally(verdict: VerdictDocument, names: Sequence[str]) -> dict[str, Counter[Outcome]]:
    """Return per method how many of the measures have each outcome."""
    counts: dict[str, Counter[Outcome]] = {}
    for name in names:
        for source, difference in _differences(verdict, name).items():
            counts.setdefault(source, Counter())[difference.outcome] += 1
    return counts


def _find_clearest(verdict: VerdictDocument, names: Sequence[str]) -> tuple[str, str, str] | None:
    """Return the measure with the clearest difference, and its better and worse source.

    Chooses the significant difference with the largest effect size, which is comparable across measures as means are
    not; differences below NOTICEABLE come last.
    """
    significant = [
        (_clarity(difference), name, source, difference.outcome)
        for name in names
        for source, difference in _differences(verdict, name).items()
        if difference.outcome != "no_difference"
    ]
    if not significant:
        return None
    _, name, source, outcome = max(significant, key=lambda entry: entry[0])
    return (name, source, verdict.reference) if outcome == "better" else (name, verdict.reference, source)


def _clarity(difference: Difference) -> tuple[bool, float]:
    return abs(difference.mean_difference or 0) >= NOTICEABLE, abs(difference.effect_size or 0)
