"""The numbers on pages, by hand and compared with the engine."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from camcore.errors import RunError
from camcore.explained import queries
from camcore.explained.explanation import open_explanation
from camcore.heatmaps.drawing import CONVENTIONS
from camcore.measures.disagreement import MEASURES, compare
from camcore.presentation.sentences import judge_shares
from camcore.runs.run import open_run
from dashboard import settings
from dashboard.data import measures, runs
from dashboard.data.examples import find_examples
from dashboard.gallery import masks
from tests.support import synthetic_run
from tests.support.synthetic_run import make_run

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def gap(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs"), "gap", images=40)


@pytest.fixture(scope="module")
def mlp(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return make_run(folder, "mlp", images=40, cam_able=False, sources=("grad_cam", "grad_cam@layer3"))


def test_the_synthetic_run_is_what_it_says(gap):
    explanation = open_explanation(open_run(gap))
    cam, grad_cam = (np.asarray(explanation.maps(source)) for source in ("cam", "grad_cam"))
    np.testing.assert_allclose(grad_cam * 49, cam, rtol=1e-6)
    assert explanation.maps("grad_cam@layer3").shape == (40, 14, 14)
    assert explanation.samples["boxes"].map(len).tolist() == [2 if i % 10 == 9 else 1 for i in range(40)]
    assert (explanation.samples["status_cam"] == "no_positive_evidence").sum() == 3
    assert explanation.thumbnail(39)[:4] == b"RIFF"
    right = (explanation.samples["label"] == explanation.samples["predicted"])[explanation.samples["other_label"] == -1]
    assert explanation.manifest.accuracy == pytest.approx(right.mean())


def test_a_synthetic_run_that_is_made_in_blocks_is_a_whole_one(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic_run, "IMAGES_AT_ONCE", 16)
    explanation = open_explanation(open_run(make_run(tmp_path, "run", images=70)))
    explanation.read_all()
    assert explanation.samples["id"].tolist() == [f"val/{index:05d}" for index in range(70)]
    np.testing.assert_allclose(explanation.maps("grad_cam") * 49, explanation.maps("cam"), rtol=1e-6)
    np.testing.assert_array_equal(explanation.logits.argmax(1), explanation.samples["predicted"])
    assert explanation.thumbnail(69) == explanation.thumbnail(9) != explanation.thumbnail(10)
    wrong = explanation.samples["label"] != explanation.samples["predicted"]
    assert np.flatnonzero(wrong).tolist() == list(range(3, 70, 4))


def test_runs_folder_from_argument_environment_or_default(monkeypatch):
    monkeypatch.delenv("CAMCORE_RUNS", raising=False)
    assert settings.find_runs_folder([]) == REPOSITORY / "checkpoints"
    monkeypatch.setenv("CAMCORE_RUNS", "elsewhere")
    assert settings.find_runs_folder([]) == Path("elsewhere")
    assert settings.find_runs_folder(["--runs", "there", "--other"]) == Path("there"), "another server's options"
    assert settings.find_runs_folder(["--runs"]) == Path("elsewhere")


def test_every_folder_is_an_entry_with_its_state(tmp_path, gap):
    shutil.copytree(gap, tmp_path / "explained")
    make_run(tmp_path, "trained", images=4, explained=False)
    make_run(tmp_path, "training", images=4, explained=False, finished=False, epochs=3)
    (tmp_path / "no-run").mkdir()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "run.json").write_text("{", encoding="utf-8")
    shutil.copytree(gap, tmp_path / "no-manifest")
    next((tmp_path / "no-manifest" / "explained").glob("*/manifest.json")).unlink()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a-file").touch()
    states = {entry.name: entry.state for entry in runs.list_entries(tmp_path)}
    assert states == {
        "explained": "explained",
        "half": "damaged",
        "no-manifest": "damaged",
        "no-run": "damaged",
        "trained": "trained",
        "training": "training",
    }
    assert runs.list_entries(tmp_path / "nowhere") == []


def test_samples_have_names_and_whether_the_prediction_is_right(gap):
    samples = measures.load_samples(runs.read_explained(gap))
    assert samples["label_name"].iloc[0] == "Beagle"
    assert samples["right"].tolist() == [i % 4 != 3 for i in range(40)]
    assert samples["index"].tolist() == list(range(40))


def test_the_distances_are_the_engine_s(gap):
    explained = runs.read_explained(gap)
    explanation = open_explanation(open_run(gap))
    expected = compare(np.asarray(explanation.maps("cam")), "cam", np.asarray(explanation.maps("grad_cam")), "grad_cam")
    for measure in MEASURES:
        measured = measures.measure_pair(explained, "cam", "grad_cam", measure)
        assert list(measured) == [f"{measure}_{convention}" for convention in CONVENTIONS]
        np.testing.assert_array_equal(measured, expected[list(measured)])
        assert measures.mean_pair(explained, "cam", "grad_cam", measure) == pytest.approx(measured.mean().tolist())
    assert expected["heat_moved_positive"].max() < 1e-6 < expected["heat_moved_literature"].min()


def test_heat_off_the_object_by_hand(tmp_path):
    path = make_run(tmp_path, "run", images=2, sources=("cam",), grid=(4, 4))
    explanation = open_explanation(open_run(path))
    maps = np.zeros((2, 4, 4, 4), dtype=np.float32)
    maps[0, 0], maps[1, 0] = [3, 3, 1, 1], [-2, -2, 2, 2]
    np.save(explanation.path / "cam.npy", maps)
    samples = explanation.samples
    left_half = [
        [[0.0, 0.0, width / 2, float(height), 0.0]] for width, height in samples[["width", "height"]].to_numpy()
    ]
    samples.assign(boxes=left_half).to_parquet(explanation.path / "samples.parquet")
    explained = runs.read_explained(path)
    # literature draws [3, 1] as [1, 0] and [-2, 2] as [0, 1]; positive evidence draws [3, 1] as [1, 1/3]
    assert measures.measure_off_object(explained, "cam")["literature"].tolist() == [0, 1]
    assert measures.measure_off_object(explained, "cam")["positive"].tolist() == pytest.approx([0.25, 1])
    assert measures.mean_off_object(explained, ("cam",)) == pytest.approx(
        {("cam", "literature"): 0.5, ("cam", "positive"): 0.625}
    )


def test_the_most_probable_classes_by_hand(tmp_path):
    path = make_run(tmp_path, "run", images=2, classes=("a", "b", "c"), sources=("cam",))
    explanation = open_explanation(open_run(path))
    np.save(explanation.path / "logits.npy", np.log(np.array([[0.2, 0.7, 0.1], [1, 1, 1]], dtype=np.float32)))
    explained = runs.read_explained(path)
    top = queries.top_classes(explained.run, explained.explanation, 0)
    assert [name for name, _ in top] == ["b", "a", "c"]
    assert [share for _, share in top] == pytest.approx([0.7, 0.2, 0.1])
    assert len(queries.top_classes(explained.run, explained.explanation, 0, count=2)) == 2


def test_the_identity_holds_for_gap_heads(gap, mlp):
    explanations = [open_explanation(open_run(path)) for path in (gap, mlp)]
    assert queries.same_by_theory(explanations[0], "cam", "grad_cam")
    assert not queries.same_by_theory(explanations[0], "cam", "grad_cam@layer3")
    assert not queries.same_by_theory(explanations[1], "grad_cam", "grad_cam@layer3")


def test_a_new_generation_or_configuration_has_a_new_key(gap):
    explained = runs.read_explained(gap)
    key = explained.key
    document = json.loads((gap / "run.json").read_text(encoding="utf-8"))
    (gap / "run.json").write_text(json.dumps(document), encoding="utf-8")
    assert runs.read_explained(gap).key != key


def test_a_missing_file_says_what_to_do(tmp_path):
    path = make_run(tmp_path, "run", images=4)
    next((path / "explained").glob("*/samples.parquet")).unlink()
    with pytest.raises(RunError, match=r"samples\.parquet is missing\. Recreate it: camcore explain .*run --force"):
        measures.load_samples(runs.read_explained(path))


@pytest.mark.parametrize(
    "search, count",
    [("", 40), ("beagle", 10), ("BEAG  le", 10), ("00007", 1), ("class-3 beagle", 1), ("(", 0)],
)
def test_search_finds_all_words_in_any_column(gap, search, count):
    explained = runs.read_explained(gap)
    passes = masks.contains(measures.load_samples(explained), lambda: measures.load_texts(explained), search)
    assert passes.sum() == count


def test_the_examples_make_their_points(gap, mlp):
    explained = runs.read_explained(gap)
    samples = measures.load_samples(explained)
    drawing, layers, wrong = find_examples(explained)
    assert (drawing.kind, layers.kind, wrong.kind) == ("drawing", "layers", "wrong")
    assert drawing.numbers[0] > 2 * drawing.numbers[1]
    distances = measures.measure_pair(explained, "grad_cam", "grad_cam@layer3", "heat_moved")["heat_moved_positive"]
    ok = samples["right"] & (samples["status_grad_cam"] == "ok") & (samples["status_grad_cam@layer3"] == "ok")
    assert layers.numbers == (distances[ok].max(),)
    assert not samples["right"][wrong.index] and samples["other_label"][wrong.index] == -1
    assert [example.kind for example in find_examples(runs.read_explained(mlp))] == ["layers", "wrong"]


@pytest.mark.parametrize(
    "drawn, left, identical, kind",
    [
        (0.6, 0.0, True, "identical"),
        (0.6, 0.3, False, "partly_drawing"),
        (0.1, 0.4, False, "hidden"),
        (0.3, 0.3, False, "real"),
        (0.01, 0.01, False, "alike"),
    ],
)
def test_two_means_are_put_into_words(drawn, left, identical, kind):
    assert judge_shares(drawn, left, identical) == kind
