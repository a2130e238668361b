"""The verdict's plots and table: positions, marks and curves, by hand."""

import json

import pytest

from camcore.explained.explanation import open_explanation
from camcore.presentation.texts import read_texts, text_in
from camcore.presentation.verdict.costs import draw_seeds, list_price, pair_seeds, write_price_lead
from camcore.presentation.verdict.curves import choose_lines
from camcore.presentation.verdict.forest import Effect, fit_scale, turn
from camcore.presentation.verdict.table import make_columns, make_rows
from camcore.presentation.wording import join_names, points, probability
from camcore.runs.run import open_run
from camcore.verdict.document import Difference, VerdictDocument, read_verdict
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import BASELINES, MEASURES, parse_verdict, small_measure, write_verdict

TEXT = text_in("en")
PRICE = ("accuracy", "accuracy_against", "difference", "low", "high", "p_value")


@pytest.fixture(scope="module")
def gap(tmp_path_factory: pytest.TempPathFactory) -> VerdictDocument:
    path = make_run(tmp_path_factory.mktemp("runs"), "gap", images=60)
    write_verdict(path)
    verdict = read_verdict(open_explanation(open_run(path)))
    assert verdict is not None
    return verdict


def test_what_lies_right_is_better() -> None:
    measure = small_measure({"cam": 0.6, "layer_cam": 0.5}, {"layer_cam": "no_difference"})
    difference = Difference.model_validate(
        measure["differences"]["layer_cam"] | {"mean_difference": -0.1, "low": -0.2, "high": 0.05}
    )
    assert turn(difference, lower_is_better=False) == Effect(-0.1, -0.2, 0.05)
    assert turn(difference, lower_is_better=True) == Effect(0.1, -0.05, 0.2)
    assert turn(difference.model_copy(update={"low": None}), lower_is_better=True) is None


def test_methods_fit_the_plot_and_baselines_may_leave_it() -> None:
    scale = fit_scale([Effect(-0.1, -0.2, 0.1)], [Effect(-0.9, -1.0, -0.8)])
    assert scale.low < -0.4 and scale.high > 0.1
    assert 0 < scale.place(-0.2) < scale.place(0) < scale.place(0.1) < 100
    assert scale.place(-1.0) == 0
    assert fit_scale([], []).place(0) == 50


def test_all_best_values_of_a_column_are_marked(gap: VerdictDocument) -> None:
    document = json.loads(json.dumps(gap.to_json()))
    means = {source: {"mean": 0.3, "low": 0.2, "high": 0.4} for source in (*gap.sources, *BASELINES)}
    means["cam"]["mean"] = means["grad_cam"]["mean"] = 0.1
    means["baseline_center"]["mean"] = 0.0
    document["measures"]["deletion"]["values"] = means
    verdict = parse_verdict(document)
    assert verdict.best("deletion") == ["cam", "grad_cam"]
    columns = make_columns(TEXT, verdict, "deletion")
    at = [column.id for column in columns].index("deletion")
    marked = [row.id for row in make_rows(TEXT, verdict, columns, "cam") if row.cells[at].before == "★"]
    assert marked == ["cam", "grad_cam"]


def test_columns_say_n_chance_and_direction(gap: VerdictDocument) -> None:
    columns = {column.id: column for column in make_columns(TEXT, gap, "pxap")}
    assert columns["pointing_strict"].notes == ["n 60", "chance 31.0"]
    assert columns["deletion"].notes == ["n 60", "lower is better"]
    assert columns["follows_class"].notes == ["n 6"]
    assert columns["pxap"].chosen and not columns["deletion"].chosen
    rows = {row.id: row for row in make_rows(TEXT, gap, list(columns.values()), "cam")}
    assert rows["cam"].cells[list(columns).index("pxap")].notes[1].startswith("oracle ")


def test_maps_that_are_the_same_by_theory_share_a_curve(gap: VerdictDocument) -> None:
    lines = choose_lines(TEXT, gap, "xgrad_cam")
    assert lines[0].name == "CAM, Grad-CAM, HiResCAM and XGrad-CAM" and lines[0].selected
    assert [line.source for line in lines if line.dashed] == ["grad_cam@layer3"]
    assert len({(line.color, line.dashed) for line in lines}) == len(lines)


def test_every_measure_has_its_texts() -> None:
    wanted = [f"verdict.measure.{name}{part}" for name in MEASURES for part in ("", ".help", ".phrase")]
    assert [key for key in wanted if key not in read_texts("en")] == []
    assert [name for name in BASELINES if f"verdict.baseline.{name}" not in read_texts("en")] == []


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> VerdictDocument:
    path = make_run(tmp_path_factory.mktemp("grouped"), "dogs-seed1", images=40)
    write_verdict(path, against="mlp", over_seeds=True)
    verdict = read_verdict(open_explanation(open_run(path)))
    assert verdict is not None
    return verdict


def test_a_price_over_seeds_names_groups_and_spread(grouped: VerdictDocument) -> None:
    assert write_price_lead(TEXT, grouped) == "Accuracy of dogs (3 seeds) and of mlp (2 seeds), on the same 40 images."
    assert list_price(TEXT, grouped) == [
        ("Mean accuracy of dogs", "75.2%", "standard deviation 1.4 points over 3 seeds"),
        ("Mean accuracy of mlp", "76.5%", "standard deviation 0.7 points over 2 seeds"),
        ("This run minus mlp, in points", "−1.3", "95% interval −3.8 to +1.2 over seeds and images, p = 0.34"),
    ]


def test_every_seed_has_its_row_and_what_is_left_out_is_named(grouped: VerdictDocument) -> None:
    assert grouped.accuracy_price and grouped.accuracy_price.seeds
    assert pair_seeds(grouped.accuracy_price.seeds) == {1: (0.741, 0.76), 2: (0.748, 0.77), 3: (0.767, None)}
    drawn = draw_seeds(TEXT, grouped)
    places = [drawn.index(words) for words in ("Seed 1", "● 74.1 ○ 76.0", "Seed 3", "● 76.7 ○ –", "Mean", "● 75.2")]
    assert places == sorted(places)
    assert drawn.count('class="cc-right"') == 4 and drawn.count("<b style=") == 3
    assert 'left:20.41%"' in drawn, "74.1% on a scale from 73.1% to 78.0%"
    assert "it would extend 2.0. Left out, because their training is not finished: mlp-seed3.</p>" in drawn
    document = json.loads(json.dumps(grouped.to_json()))
    document["price"]["seeds"] |= {"differs": "train.epochs is 9, not <b>", "unfinished": []}
    line = "They differ in more than the head: train.epochs is 9, not &lt;b&gt;.</p>"
    assert line in draw_seeds(TEXT, parse_verdict(document))


def test_a_price_of_single_runs_and_none_at_all_draw_no_seeds(gap: VerdictDocument) -> None:
    single = parse_verdict(gap.to_json() | {"price": dict.fromkeys(PRICE, 0.0) | {"against": "mlp", "n": 60}})
    assert write_price_lead(TEXT, single) == "Accuracy of this run and of mlp, on the same 60 images."
    labels = [label for label, _, _ in list_price(TEXT, single)]
    assert labels == ["Accuracy of this run", "Accuracy of mlp", "This run minus mlp, in points"]
    assert draw_seeds(TEXT, single) == draw_seeds(TEXT, gap) == ""
    assert (write_price_lead(TEXT, gap), list_price(TEXT, gap)) == ("", [])


def test_numbers_and_names_as_people_write_them() -> None:
    assert (points(-0.0312), points(0.05), points(-0.0001)) == ("−3.1", "+5.0", "0.0")
    assert (probability(0.0004), probability(0.021)) == ("< 0.001", "= 0.021")
    assert join_names(TEXT, ["cam", "baseline_edges", "of_tomorrow"]) == "CAM, Edge detector and of_tomorrow"
    assert join_names(TEXT, ["grad_cam@layer3"]) == "Grad-CAM at layer3"
