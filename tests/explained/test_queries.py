"""Numbers of all images: equal for any block size, with constant memory."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from camcore.explained import queries
from camcore.explained.explanation import Explanation, open_explanation
from camcore.heatmaps.drawing import CONVENTIONS, draw
from camcore.measures import similarity
from camcore.presentation import image_table
from camcore.runs.run import Run, open_run
from tests.support.synthetic_run import make_run

IMAGES = 60
MEASURED: dict[str, Callable[[Run, Explanation], Any]] = {
    "distances": lambda run, explanation: queries.measure_pair(explanation, "cam", "grad_cam@layer3").to_numpy(),
    "off the object": lambda run, explanation: queries.measure_off_object(
        run, explanation, explanation.samples, "grad_cam@layer3"
    ),
    "range": lambda run, explanation: queries.measure_range(explanation, "cam"),
    "likeness": lambda run, explanation: queries.measure_similarity(explanation, 7),
    "table": lambda run, explanation: image_table.write_csv(
        run, explanation, np.arange(len(explanation.samples))[::-1], "cam", "grad_cam"
    ),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(make_run(tmp_path_factory.mktemp("runs"), "run", images=IMAGES))


def set_blocks(monkeypatch: pytest.MonkeyPatch, images: int) -> None:
    monkeypatch.setattr(queries, "BLOCK", images)
    monkeypatch.setattr(similarity, "ROWS_AT_ONCE", images)
    monkeypatch.setattr(image_table, "ROWS_AT_ONCE", images)


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize("images", [1, 7, IMAGES])
def test_blocks_of_any_size_say_the_same(name: str, images: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    set_blocks(monkeypatch, 1000)
    whole = MEASURED[name](run, open_explanation(run))
    set_blocks(monkeypatch, images)
    values = MEASURED[name](run, open_explanation(run))
    if isinstance(whole, np.ndarray):
        np.testing.assert_allclose(values, whole, rtol=1e-12, atol=1e-12)
    else:
        assert values == whole


def test_two_classes_may_have_one_name(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path, "run", images=6, classes=("crane", "pug", "crane")))
    samples = queries.name_samples(run, open_explanation(run))
    assert samples["label_name"].tolist() == ["crane", "pug", "crane"] * 2
    assert samples["predicted_name"].tolist() == [run.class_names[label] for label in samples["predicted"]]
    assert (samples["label_name"] == "crane").sum() == 4


def test_some_images_have_the_numbers_that_they_have_among_all(run: Run) -> None:
    explanation, some = open_explanation(run), [59, 3, 9, 12]
    pair = queries.measure_pair(explanation, "cam", "grad_cam@layer3")
    np.testing.assert_array_equal(queries.measure_pair(explanation, "cam", "grad_cam@layer3", some), pair.iloc[some])
    shares = queries.measure_off_object(run, explanation, explanation.samples, "cam")
    of_some = queries.measure_off_object(run, explanation, explanation.samples, "cam", some)
    np.testing.assert_array_equal(of_some, shares[some])


def test_the_range_leaves_out_what_is_not_finite(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path, "run", images=5, sources=("cam",)))
    path = open_explanation(run).path / "cam.npy"
    maps = np.load(path)
    maps[:4, 0], maps[4, 0] = np.nan, -3
    maps[0, 0, 0, 0], maps[1, 0, 0, 0], maps[:, 1:] = np.inf, 2, 99
    np.save(path, maps)
    assert queries.measure_range(open_explanation(run), "cam") == (-3, 2)
    np.save(path, np.full_like(maps, np.nan))
    assert queries.measure_range(open_explanation(run), "cam") == (0, 0)


def test_heat_off_the_object_is_that_of_each_image_alone(run: Run) -> None:
    explanation = open_explanation(run)
    shares = queries.measure_off_object(run, explanation, explanation.samples, "cam")
    for index in (0, 9, 12, 59):
        sample = explanation.samples.iloc[index]
        fine = 2000  # the share of each cell by counting points
        inside = np.zeros((fine, fine), dtype=bool)
        across, down = ((np.arange(fine) + 0.5) / fine * sample[side] for side in ("width", "height"))
        for x0, y0, x1, y1, _ in sample["boxes"]:
            inside |= ((down > y0) & (down < y1))[:, None] & ((across > x0) & (across < x1))[None, :]
        edges = np.arange(7) * fine // 7
        counted = np.add.reduceat(np.add.reduceat(inside.astype(float), edges, 0), edges, 1) / (fine / 7) ** 2
        for at, convention in enumerate(CONVENTIONS):
            heat = draw(explanation.maps("cam")[index].astype(float), convention, "cam")
            expected = (heat * (1 - counted)).sum() / heat.sum() if heat.any() else np.nan
            assert shares[index, at] == pytest.approx(expected, abs=2e-3, nan_ok=True)


def measure_peak(make: Callable[[], Any]) -> tuple[int, int]:
    """Return the peak bytes while `make` runs, and the bytes left afterwards."""
    tracemalloc.start()
    result = make()
    left, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del result
    return peak, left


@pytest.mark.parametrize("name", ["distances", "off the object", "range", "likeness"])
def test_memory_does_not_grow_with_the_images(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_blocks(monkeypatch, 100)
    monkeypatch.setattr(queries, "count_cores", lambda: 1)
    working = []
    for images in (200, 2000):
        run = open_run(make_run(tmp_path, str(images), images=images))
        explanation = open_explanation(run)
        _ = explanation.samples
        MEASURED[name](run, explanation)  # what is kept of the first time, as weights of an interpolation, is no growth
        peak, left = measure_peak(lambda run=run, explanation=explanation: MEASURED[name](run, explanation))
        working.append(peak - left)
    assert working[1] < 1.3 * working[0] + 2 * 2000 * 8 * 8, "beside the results, once in parts and once together"
