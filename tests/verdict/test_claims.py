"""A verdict's claims follow from its numbers and respect the intervals."""

from typing import Any

from camcore.verdict.claims import make_claims
from camcore.verdict.document import VerdictDocument
from tests.support.synthetic_verdict import small_measure as measure
from tests.support.synthetic_verdict import small_verdict as verdict


def codes(verdict: VerdictDocument) -> dict[str, dict[str, Any]]:
    return {claim.code: claim.parameters for claim in make_claims(verdict)}


def test_no_difference_is_a_legal_answer() -> None:
    claims = codes(verdict())
    assert claims["identical_up_to_drawing"] == {"first": "cam", "second": "grad_cam", "methods": ["cam", "grad_cam"]}
    assert "nothing_separates" in claims
    assert claims["no_better_than_reference"] == {"source": ["grad_cam", "layer_cam"]}
    assert claims["reason_to_prefer"] == {"source": "grad_cam", "reason": "freedom"}
    assert "best_is" not in claims


def test_a_method_that_wins_is_named_with_how_often() -> None:
    words = {"grad_cam": "theory", "layer_cam": "better"}
    measure_result = measure({"cam": 0.5, "grad_cam": 0.5, "layer_cam": 0.8}, words)
    claims = codes(verdict(measures={"pointing_strict": measure_result, "energy_in_box": measure_result}))
    assert claims["best_is"] == {"source": "layer_cam", "measures": 2, "losses": 0, "of": 2}
    assert claims["separates"]["best"] == "layer_cam"
    assert claims["separates"]["worst_mean"] == 0.5
    assert claims["reason_to_prefer"] == {"source": "layer_cam", "reason": "localization"}


def layer_cam_is(**words: str) -> dict[str, dict[str, Any]]:
    """Return the claims for LayerCAM's outcome per measure; Eigen-CAM never differs."""
    means = {"cam": 0.5, "layer_cam": 0.5, "eigen_cam": 0.5}
    measures = {name: measure(means, {"layer_cam": word, "eigen_cam": "no_difference"}) for name, word in words.items()}
    return codes(verdict(sources=list(means), measures=measures))


def test_losses_are_stated_even_if_more_than_wins() -> None:
    claims = layer_cam_is(pxap="better", insertion="worse", pointing_strict="better", deletion="no_difference")
    assert claims["best_is"] == {"source": "layer_cam", "measures": 2, "losses": 1, "of": 4}
    claims = layer_cam_is(pxap="better", insertion="worse", deletion="worse")
    assert claims["best_is"] == {"source": "layer_cam", "measures": 1, "losses": 2, "of": 3}
    assert "no_better_than_reference" not in claims


def test_off_object_heat_is_not_counted_twice() -> None:
    twice = {"energy_in_box": "better", "off_object_positive": "better", "off_object_literature": "better"}
    assert layer_cam_is(**twice)["best_is"] == {"source": "layer_cam", "measures": 1, "losses": 0, "of": 1}
    claims = layer_cam_is(insertion="no_difference", off_object_literature="better")
    assert claims["no_better_than_reference"] == {"source": ["layer_cam", "eigen_cam"]}


def test_measures_that_a_method_lacks_are_not_counted_for_it() -> None:
    words = {"insertion": "better", "deletion": "no_difference"}
    measures = {name: measure({"cam": 0.5, "layer_cam": 0.6}, {"layer_cam": word}) for name, word in words.items()}
    measures["class_sensitivity"] = measure({"cam": 0.5, "eigen_cam": 0.4}, {"eigen_cam": "worse"})
    claims = codes(verdict(measures=measures, sources=["cam", "layer_cam", "eigen_cam"]))
    assert claims["best_is"]["of"] == 2


def test_one_loss_is_enough_to_give_no_reason_to_prefer() -> None:
    wins = dict.fromkeys(("pointing_strict", "energy_in_box", "pxap"), "better")
    assert layer_cam_is(**wins)["reason_to_prefer"] == {"source": "layer_cam", "reason": "localization"}
    assert layer_cam_is(**wins, insertion="worse")["reason_to_prefer"] == {"source": "cam", "reason": "none"}


def test_the_lowest_is_best_if_lower_is_better() -> None:
    measure_result = measure({"cam": 0.2, "grad_cam": 0.2, "layer_cam": 0.6}, {"layer_cam": "worse"}, better="lower")
    claims = codes(verdict(measures={"deletion": measure_result}))
    assert (claims["separates"]["best"], claims["separates"]["worst"]) == ("cam", "layer_cam")


def test_normalisation_is_claimed_only_if_visible() -> None:
    def off_object(literature: float) -> dict[str, Any]:
        parts = {"literature": literature, "positive": 0.235}
        return {f"off_object_{name}": measure({"cam": mean}, {}, better="lower") for name, mean in parts.items()}

    claims = codes(verdict(measures=off_object(0.348)))
    assert claims["drawing_effect"] == {
        "source": "cam",
        "measure": "off_object",
        "literature": 0.348,
        "positive": 0.235,
    }
    assert "drawing_effect" not in codes(verdict(measures=off_object(0.24)))


def test_a_run_without_cam_says_why() -> None:
    claims = codes(verdict(not_applicable={"cam": {"max_error": 0.85}}))
    assert claims["cam_not_applicable"] == {"max_error": 0.85}


def test_lower_class_specificity_is_claimed_if_significant() -> None:
    means = {"cam": 0.8, "layer_cam": 0.3}

    def said_where_layer_cam_is(word: str) -> dict[str, Any] | None:
        measure_result = measure(means if word != "better" else {"cam": 0.3, "layer_cam": 0.8}, {"layer_cam": word})
        return codes(verdict(measures={"follows_class": measure_result})).get("does_not_follow_class")

    assert said_where_layer_cam_is("no_difference") is None
    apart = {"mean": 0.3, "best_mean": 0.8}
    assert said_where_layer_cam_is("worse") == {"source": "layer_cam", "best_source": "cam", **apart}
    assert said_where_layer_cam_is("better") == {"source": "cam", "best_source": "layer_cam", **apart}


def test_the_clearest_difference_has_the_largest_effect() -> None:
    far = measure({"cam": 0.8, "layer_cam": 0.2}, {"layer_cam": "worse"}, effect_size=-0.3)
    clear = measure({"cam": 0.5, "layer_cam": 0.6}, {"layer_cam": "better"}, effect_size=0.9)
    unseen = measure({"cam": 0.5, "layer_cam": 0.505}, {"layer_cam": "better"}, effect_size=0.99)
    unshown = measure({"cam": 0.5, "layer_cam": 0.9}, {"layer_cam": "no_difference"}, effect_size=1)
    measures = {"pxap": far, "insertion": clear, "deletion": unseen, "pointing_strict": unshown}
    pair = {"best": "layer_cam", "best_mean": 0.6, "worst": "cam", "worst_mean": 0.5}
    assert codes(verdict(measures=measures))["separates"] == {"measure": "insertion", **pair}


def test_maps_that_are_the_same_are_called_so_without_boxes_too() -> None:
    measure_result = measure({"cam": 0.9, "grad_cam": 0.9}, {"grad_cam": "theory"}, group="faithfulness")
    claims = codes(verdict(measures={"insertion": measure_result}))
    assert claims["identical_up_to_drawing"]["methods"] == ["cam", "grad_cam"]
    assert claims["reason_to_prefer"] == {"source": "grad_cam", "reason": "freedom"}


def test_one_method_or_one_image_gives_no_claim() -> None:
    alone = verdict(sources=["cam"], measures={"insertion": measure({"cam": 0.9}, {})})
    assert codes(alone) == {"reason_to_prefer": {"source": "cam", "reason": "none"}}
    single = measure({"cam": 0.1, "layer_cam": 0.2, "baseline_center": 0.9}, {"layer_cam": "no_difference"})
    for estimate in single["values"].values():
        estimate["low"] = estimate["high"] = None
    claims = codes(verdict(measures={"insertion": single}, baselines=["baseline_center"]))
    assert "worse_than_baseline" not in claims


def test_failed_randomisation_and_baseline_wins_are_claimed() -> None:
    words = {"grad_cam": "theory", "layer_cam": "no_difference", "baseline_center": "better"}
    measure_result = measure({"cam": 0.9, "grad_cam": 0.9, "layer_cam": 0.5, "baseline_center": 0.7}, words)
    check = {"steps": [], "similarity": {}, "low": {}, "high": {}, "passes": {"cam": True, "layer_cam": False}}
    claims = codes(
        verdict(measures={"energy_in_box": measure_result}, baselines=["baseline_center"], randomization=check)
    )
    assert claims["fails_randomization"] == {"sources": ["layer_cam"]}
    assert claims["worse_than_baseline"]["source"] == "layer_cam"


def test_the_price_needs_an_interval_without_zero() -> None:
    price = {
        "against": "other",
        "accuracy": 0.97,
        "accuracy_against": 0.96,
        "difference": 0.01,
        "n": 360,
        "p_value": 0.4,
    }
    assert "price_none" in codes(verdict(price=price | {"low": -0.01, "high": 0.03}))
    assert "price_some" in codes(verdict(price=price | {"low": 0.001, "high": 0.03}))
    assert "price_none" in codes(verdict(price=price | {"low": None, "high": None})), "of one image"
    members = [{"run": f"dogs-seed{seed}", "seed": seed, "accuracy": 0.97} for seed in (1, 2, 3)]
    seeds = {"group": "dogs", "members": members, "members_against": members[:2], "deviation": 0.0}
    seeds |= {"deviation_against": 0.0, "differs": "", "unfinished": [], "standard_errors": 2.8}
    none = codes(verdict(price=price | {"low": -0.01, "high": 0.03, "seeds": seeds}))
    assert none["price_over_seeds_none"]["group"] == "dogs" and "price_none" not in none
    some = codes(verdict(price=price | {"low": 0.001, "high": 0.03, "seeds": seeds}))
    assert (some["price_over_seeds_some"]["count"], some["price_over_seeds_some"]["count_against"]) == (3, 2)
    assert "price_some" not in some
