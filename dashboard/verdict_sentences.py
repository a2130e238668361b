"""The claims of a verdict as sentences. They say what the parameters say, and no more."""

from collections.abc import Callable
from html import escape
from typing import Any

import streamlit as st

from dashboard.language import text
from dashboard.verdict_data import Verdict
from dashboard.verdict_format import join_names, measure_phrase, name_of, points

Parameters = dict[str, Any]

MOST_SENTENCES = 5
LAST_WORD = "reason_to_prefer"


def show_sentences(verdict: Verdict) -> None:
    """Show the first claim in large type and the next ones below it; what is left waits to be unfolded."""
    said, left = write_sentences(verdict)
    first, *rest = said or [text("verdict.claim.none")]
    below = "".join(f"<p>{escape(sentence)}</p>" for sentence in rest)
    st.html(f'<div class="cc-verdict cc-finding"><div><h2>{escape(first)}</h2>{below}</div></div>')
    if left:
        with st.expander(text("verdict.more")):
            items = "".join(f"<li>{escape(sentence)}</li>" for sentence in left)
            st.html(f'<ul class="cc-claims">{items}</ul>')


def write_sentences(verdict: Verdict) -> tuple[list[str], list[str]]:
    """Return what the page says at once, the reason to prefer a method at the end, and what is left.

    Claims that this version does not know are left out.
    """
    found = [(claim, write_sentence(verdict, claim)) for claim in verdict.document["claims"]]
    others = [sentence for claim, sentence in found if sentence and claim["code"] != LAST_WORD]
    last = [sentence for claim, sentence in found if sentence and claim["code"] == LAST_WORD][:1]
    room = MOST_SENTENCES - len(last)
    return others[:room] + last, others[room:]


def write_sentence(verdict: Verdict, claim: dict[str, Any]) -> str | None:
    """Return the sentence of a claim, None for an unknown code or parameters that are not as this version has them."""
    write = SENTENCES.get(claim.get("code", ""))
    try:
        return None if write is None else write(verdict, claim["parameters"])
    except (KeyError, TypeError, ValueError):
        return None


def _identical(_: Verdict, given: Parameters) -> str:
    pair = (given["first"], given["second"])
    others = [method for method in given["methods"] if method not in pair]
    names = {"first": name_of(pair[0]), "second": name_of(pair[1])}
    if not others:
        return text("verdict.claim.identical_up_to_drawing", **names)
    are = text(f"verdict.claim.identical_up_to_drawing.{'are' if len(others) > 1 else 'is'}")
    return text("verdict.claim.identical_up_to_drawing.more", **names, are=are, others=join_names(others))


def _drawing(_: Verdict, given: Parameters) -> str:
    shares = {"literature": given["literature"], "positive": given["positive"]}
    return text("verdict.claim.drawing_effect", source=name_of(given["source"]), **shares)


def _no_cam(_: Verdict, given: Parameters) -> str:
    return text("verdict.claim.cam_not_applicable", reason=str(given["reason"]).rstrip("."))


def _separates(verdict: Verdict, given: Parameters) -> str:
    return text(
        "verdict.claim.separates",
        reference=name_of(verdict.reference),
        phrase=measure_phrase(given["measure"]),
        best=name_of(given["best"]),
        worst=name_of(given["worst"]),
        best_mean=given["best_mean"],
        worst_mean=given["worst_mean"],
    )


def _nothing_separates(_: Verdict, __: Parameters) -> str:
    return text("verdict.claim.nothing_separates")


def _best(verdict: Verdict, given: Parameters) -> str:
    names = {"source": name_of(given["source"]), "reference": name_of(verdict.reference)}
    counts = {"won": given["measures"], "lost": given["losses"], "total": given["of"]}
    key = "verdict.claim.best_is.loses" if given["losses"] else "verdict.claim.best_is"
    return text(key, **names, **counts)


def _no_better(verdict: Verdict, given: Parameters) -> str:
    sources = given["source"] if isinstance(given["source"], list) else [given["source"]]
    names = {"sources": join_names(sources), "reference": name_of(verdict.reference)}
    return text("verdict.claim.no_better_than_reference", **names)


def _worse_than_baseline(_: Verdict, given: Parameters) -> str:
    return text(
        "verdict.claim.worse_than_baseline",
        source=name_of(given["source"]),
        phrase=measure_phrase(given["measure"]),
        baseline=name_of(given["baseline"]),
        mean=given["mean"],
        baseline_mean=given["baseline_mean"],
    )


def _does_not_follow(_: Verdict, given: Parameters) -> str:
    names = {"source": name_of(given["source"]), "best_source": name_of(given["best_source"])}
    means = {"mean": given["mean"], "best_mean": given["best_mean"]}
    return text("verdict.claim.does_not_follow_class", **names, **means)


def _fails(_: Verdict, given: Parameters) -> str:
    return text("verdict.claim.fails_randomization", sources=join_names(given["sources"]))


def _no_price(_: Verdict, given: Parameters) -> str:
    return text("verdict.claim.price_none", **_price(given))


def _price_paid(_: Verdict, given: Parameters) -> str:
    direction = "lower" if given["difference"] < 0 else "higher"
    return text(f"verdict.claim.price_some.{direction}", **_price(given))


def _price(given: Parameters) -> Parameters:
    plain = {name: given[name] for name in ("accuracy", "accuracy_against", "against")}
    return plain | {name: points(given[name]) for name in ("difference", "low", "high")}


def _prefer(_: Verdict, given: Parameters) -> str:
    if given["reason"] == "none":
        return text("verdict.claim.reason_to_prefer.none")
    return text(f"verdict.claim.reason_to_prefer.{given['reason']}", source=name_of(given["source"]))


SENTENCES: dict[str, Callable[[Verdict, Parameters], str]] = {
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
    "reason_to_prefer": _prefer,
}
