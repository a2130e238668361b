"""The claims of a verdict in words."""

from typing import Any

import pytest

from camcore.presentation.sentences import SENTENCES, write_sentence, write_sentences
from camcore.presentation.texts import text_in
from camcore.verdict.document import Claim
from tests.support.synthetic_verdict import small_verdict

TEXT = text_in("en")
VERDICT = small_verdict()
CLAIMS = {
    "identical_up_to_drawing": {"first": "cam", "second": "grad_cam", "methods": ["cam", "grad_cam", "hires_cam"]},
    "drawing_effect": {"source": "cam", "measure": "off_object", "literature": 0.636, "positive": 0.38},
    "cam_not_applicable": {"max_error": 0.852},
    "separates": {"measure": "insertion", "best": "layer_cam", "worst": "cam", "best_mean": 0.7, "worst_mean": 0.4},
    "nothing_separates": {},
    "best_is": {"source": "layer_cam", "measures": 6, "losses": 2, "of": 12},
    "no_better_than_reference": {"source": ["layer_cam", "eigen_cam"]},
    "worse_than_baseline": {"source": "eigen_cam", "measure": "insertion", "baseline": "baseline_center"}
    | {"mean": 0.31, "baseline_mean": 0.47},
    "does_not_follow_class": {"source": "eigen_cam", "mean": 0.11, "best_source": "cam", "best_mean": 0.83},
    "fails_randomization": {"sources": ["eigen_cam"]},
    "price_none": {"difference": -0.013, "low": -0.038, "high": 0.012, "accuracy": 0.752, "accuracy_against": 0.765}
    | {"against": "other"},
    "price_some": {"difference": -0.05, "low": -0.08, "high": -0.02, "accuracy": 0.7, "accuracy_against": 0.75}
    | {"against": "other"},
    "reason_to_prefer": {"source": "grad_cam", "reason": "freedom"},
}
SEEDS = {"group": "dogs", "count": 3, "count_against": 2}
CLAIMS |= {f"price_over_seeds_{amount}": CLAIMS[f"price_{amount}"] | SEEDS for amount in ("none", "some")}


def say(code: str, parameters: dict[str, Any]) -> str | None:
    return write_sentence(TEXT, VERDICT, Claim(code=code, parameters=parameters))


@pytest.mark.parametrize("code", SENTENCES)
def test_every_claim_has_a_sentence(code: str) -> None:
    sentence = say(code, CLAIMS[code])
    assert sentence and sentence.endswith(".") and "{" not in sentence


def test_sentences_say_what_the_parameters_say() -> None:
    sentences = {code: say(code, given) for code, given in CLAIMS.items()}
    assert sentences["identical_up_to_drawing"] == (
        "On this network CAM, Grad-CAM and HiResCAM are the same map. They differ only in how they are normalised for "
        "display."
    )
    assert sentences["cam_not_applicable"] == (
        "CAM is not defined for this network: mean(CAM) + bias differs from the logits by 85% of their range."
    )
    assert sentences["drawing_effect"] == (
        "64% of CAM's activation lies outside the object if normalised as in the literature, 38% if only positive "
        "evidence counts."
    )
    assert sentences["separates"] == (
        "The clearest difference from CAM is in insertion (how fast the class probability returns with the pixels "
        "of highest activation): LayerCAM 70%, CAM 40%."
    )
    assert sentences["best_is"] == "LayerCAM is better than CAM on 6 of 12 measures and worse on 2."
    assert say("best_is", CLAIMS["best_is"] | {"losses": 0}) == (
        "LayerCAM is better than CAM on 6 of 12 measures and worse on none."
    )
    assert sentences["no_better_than_reference"] == (
        "Apart from normalisation, no measure shows an advantage of LayerCAM and Eigen-CAM over CAM."
    )
    assert "75.2% for this run, 76.5% for other. Difference: −1.3 points" in str(sentences["price_none"])
    assert "is less accurate than other: 70.0%, compared with 75.0%" in str(sentences["price_some"])
    assert "is more accurate than other" in str(say("price_some", CLAIMS["price_some"] | {"difference": 0.05}))


def test_a_price_over_seeds_explains_its_interval() -> None:
    def said(amount: str, difference: float) -> str | None:
        return say(f"price_over_seeds_{amount}", CLAIMS[f"price_over_seeds_{amount}"] | {"difference": difference})

    assert said("none", -0.013) == (
        "On these seeds and images, the architecture that CAM needs has no measurable cost in accuracy. Mean accuracy: "
        "75.2% over 3 seeds of dogs, 76.5% over 2 seeds of other. Difference: −1.3 points, 95% interval −3.8 to "
        "+1.2. This does not prove that there is no cost."
    )
    assert said("some", -0.05) == (
        "dogs has the architecture that CAM needs, and is less accurate than other. Mean accuracy: 70.0% over 3 "
        "seeds, compared with 75.0% over 2 seeds. Difference: −5.0 points, 95% interval −8.0 to −2.0 over seeds "
        "and images. Other training images were not tried."
    )
    assert "is more accurate than other" in str(said("some", 0.05))


@pytest.mark.parametrize("reason", ["freedom", "cost", "localization", "faithfulness", "none"])
def test_every_reason_has_a_sentence(reason: str) -> None:
    assert say("reason_to_prefer", {"source": "cam", "reason": reason})


@pytest.mark.parametrize(
    "claim",
    [
        {"code": "of_tomorrow", "parameters": {}},
        {"code": "best_is", "parameters": {"source": "layer_cam", "measures": 6, "of": 12}},
        {"code": "separates", "parameters": {"measure": None}},
    ],
)
def test_unknown_claims_are_left_out(claim: Any) -> None:
    assert say(**claim) is None


def test_the_reason_to_prefer_is_not_folded() -> None:
    claims = [{"code": code, "parameters": given} for code, given in CLAIMS.items()]
    sentences, left = write_sentences(TEXT, small_verdict(claims=claims))
    assert len(sentences) == 5 and sentences[-1].startswith("Prefer Grad-CAM")
    assert len(left) == len(CLAIMS) - 5
    assert write_sentences(TEXT, VERDICT) == ([], [])
