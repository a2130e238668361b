"""What the page Verdict makes of the file: sentences, paired differences, marks and curves, by hand."""

import json

import numpy as np
import pandas as pd
import pytest
from synthetic_run import make_run
from synthetic_verdict import BASELINES, MEASURES, write_verdict

from dashboard import verdict_table
from dashboard.data import read_entry
from dashboard.language.en import STRINGS
from dashboard.verdict_curves import choose_lines
from dashboard.verdict_data import Verdict, pair_images, read_verdict
from dashboard.verdict_examples import order_images
from dashboard.verdict_forest import Effect, fit_scale, turn
from dashboard.verdict_format import join_names, points, probability
from dashboard.verdict_sentences import SENTENCES, write_sentence, write_sentences

CLAIMS = {
    "identical_up_to_drawing": {"first": "cam", "second": "grad_cam", "methods": ["cam", "grad_cam", "hires_cam"]},
    "drawing_effect": {"source": "cam", "measure": "off_object", "literature": 0.636, "positive": 0.38},
    "cam_not_applicable": {"reason": "the head is not linear"},
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


@pytest.fixture(scope="module")
def gap(tmp_path_factory) -> Verdict:
    path = make_run(tmp_path_factory.mktemp("runs"), "gap", images=60)
    write_verdict(path)
    verdict = read_verdict(read_entry(path))
    assert verdict is not None
    return verdict


@pytest.mark.parametrize("code", SENTENCES)
def test_every_claim_has_a_sentence(code, gap):
    sentence = write_sentence(gap, {"code": code, "parameters": CLAIMS[code]})
    assert sentence and sentence.endswith(".") and "{" not in sentence


def test_sentences_say_what_the_parameters_say(gap):
    said = {code: write_sentence(gap, {"code": code, "parameters": given}) for code, given in CLAIMS.items()}
    assert said["identical_up_to_drawing"] == (
        "On this network CAM and Grad-CAM are the same map, and so is HiResCAM; only how they are drawn differs."
    )
    assert "64% of CAM's heat lies off the object; of its positive evidence alone, 38%" in str(said["drawing_effect"])
    assert said["separates"] == (
        "The clearest difference to CAM is in insertion, how fast the answer comes back with the hottest pixels: "
        "LayerCAM has 70%, CAM 40%."
    )
    assert said["best_is"] == "LayerCAM is better than CAM on 6 of 12 measures and worse on 2."
    unbeaten = {"code": "best_is", "parameters": CLAIMS["best_is"] | {"losses": 0}}
    assert write_sentence(gap, unbeaten) == "LayerCAM is better than CAM on 6 of 12 measures and worse on none."
    assert said["no_better_than_reference"] == (
        "Drawing aside, no measure shows LayerCAM and Eigen-CAM to be better than CAM."
    )
    assert "75.2% here and 76.5% in other, a difference of −1.3 points" in str(said["price_none"])
    assert "is less accurate than other: 70.0% beside 75.0%" in str(said["price_some"])
    higher = {"code": "price_some", "parameters": CLAIMS["price_some"] | {"difference": 0.05}}
    assert "is more accurate than other" in str(write_sentence(gap, higher))


@pytest.mark.parametrize("reason", ["freedom", "cost", "localization", "faithfulness", "none"])
def test_every_reason_has_a_sentence(reason, gap):
    assert write_sentence(gap, {"code": "reason_to_prefer", "parameters": {"source": "cam", "reason": reason}})


@pytest.mark.parametrize(
    "claim",
    [
        {"code": "of_tomorrow", "parameters": {}},
        {"code": "best_is", "parameters": {"source": "layer_cam", "measures": 6, "of": 12}},
        {"code": "separates"},
    ],
)
def test_unknown_claims_are_left_out(claim, gap):
    assert write_sentence(gap, claim) is None


def test_the_reason_to_prefer_is_said_at_once(gap):
    claims = [{"code": code, "parameters": given} for code, given in CLAIMS.items()]
    said, left = write_sentences(Verdict(gap.document | {"claims": claims}))
    assert len(said) == 5 and said[-1].startswith("A reason to prefer Grad-CAM")
    assert len(left) == len(CLAIMS) - 5
    assert write_sentences(Verdict(gap.document | {"claims": []})) == ([], [])


def test_what_lies_right_is_better():
    difference = {"mean_difference": -0.1, "low": -0.2, "high": 0.05}
    assert turn(difference, lower_is_better=False) == Effect(-0.1, -0.2, 0.05)
    assert turn(difference, lower_is_better=True) == Effect(0.1, -0.05, 0.2)
    assert turn({"mean_difference": None}, lower_is_better=True) is None


def test_methods_fit_the_plot_and_baselines_may_leave_it():
    scale = fit_scale([Effect(-0.1, -0.2, 0.1)], [Effect(-0.9, -1.0, -0.8)])
    assert scale.low < -0.4 and scale.high > 0.1
    assert 0 < scale.place(-0.2) < scale.place(0) < scale.place(0.1) < 100
    assert scale.place(-1.0) == 0
    assert fit_scale([], []).place(0) == 50


def test_pairs_by_hand(tmp_path):
    path = make_run(tmp_path, "run", images=40)
    generation = write_verdict(path)
    rows = {"cam": [0.5, 0.5, 0.5, np.nan], "layer_cam": [0.7, 0.4, 0.5 + 1e-9, 0.9]}
    pd.DataFrame(
        [{"index": i, "source": s, "deletion": v} for s, values in rows.items() for i, v in enumerate(values)]
    ).to_parquet(generation / "measures.parquet")
    entry = read_entry(path)
    verdict = read_verdict(entry)
    assert verdict is not None
    pairs = pair_images(entry, verdict, "deletion", "layer_cam")
    assert pairs["index"].tolist() == [0, 1, 2]
    assert pairs["gain"].tolist() == pytest.approx([-0.2, 0.1, 0])  # a low deletion is good
    assert order_images(pairs, "better")["index"].tolist() == [1]
    assert order_images(pairs, "worse")["index"].tolist() == [0]
    assert pair_images(entry, verdict, "pxap", "layer_cam").empty


def test_the_best_of_a_column_is_marked_even_where_several_are(gap):
    document = json.loads(json.dumps(gap.document))
    means = {source: {"mean": 0.3, "low": 0.2, "high": 0.4} for source in (*gap.sources, *BASELINES)}
    means["cam"]["mean"] = means["grad_cam"]["mean"] = 0.1
    means["baseline_center"]["mean"] = 0.0
    document["measures"]["deletion"]["values"] = means
    verdict = Verdict(document)
    assert verdict.best("deletion") == ["cam", "grad_cam"]
    columns = verdict_table.make_columns(verdict, "deletion")
    at = [column.id for column in columns].index("deletion")
    marked = [row.id for row in verdict_table.make_rows(verdict, columns, "cam") if row.cells[at].before == "★"]
    assert marked == ["cam", "grad_cam"]


def test_columns_say_n_chance_and_direction(gap):
    columns = {column.id: column for column in verdict_table.make_columns(gap, "pxap")}
    assert columns["pointing_strict"].notes == ["n 60", "chance 31.0"]
    assert columns["deletion"].notes == ["n 60", "low is good"]
    assert columns["follows_class"].notes == ["n 6"]
    assert columns["pxap"].chosen and not columns["deletion"].chosen
    rows = {row.id: row for row in verdict_table.make_rows(gap, list(columns.values()), "cam")}
    assert rows["cam"].cells[list(columns).index("pxap")].notes[1].startswith("oracle ")


def test_maps_that_are_the_same_by_theory_share_a_curve(gap):
    lines = choose_lines(gap, "xgrad_cam")
    assert lines[0].name == "CAM, Grad-CAM, HiResCAM and XGrad-CAM" and lines[0].chosen
    assert [line.source for line in lines if line.dashed] == ["grad_cam@layer3"]
    assert len({(line.color, line.dashed) for line in lines}) == len(lines)


def test_every_measure_has_its_texts():
    wanted = [f"verdict.measure.{name}{part}" for name in MEASURES for part in ("", ".help", ".phrase")]
    assert [key for key in wanted if key not in STRINGS] == []
    assert [name for name in BASELINES if f"verdict.baseline.{name}" not in STRINGS] == []


def test_numbers_and_names_as_people_write_them():
    assert (points(-0.0312), points(0.05), points(-0.0001)) == ("−3.1", "+5.0", "0.0")
    assert (probability(0.0004), probability(0.021)) == ("< 0.001", "= 0.021")
    assert join_names(["cam", "baseline_edges", "of_tomorrow"]) == "CAM, Edges of the picture and of_tomorrow"
    assert join_names(["grad_cam@layer3"]) == "Grad-CAM at layer3"
