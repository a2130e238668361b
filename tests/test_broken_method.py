"""The verdict detects a broken method and accepts a copy, on the shipped run's maps.

The table: `pytest -n 0 -m slow -s tests/test_broken_method.py`.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from camcore.data.registry import open_dataset
from camcore.explained.explanation import Explanation, open_explanation
from camcore.heatmaps.methods import METHODS
from camcore.runs.run import open_run
from camcore.verdict.comparison import correct_for_all
from camcore.verdict.document import MeasureResult
from camcore.verdict.scoring import read_truth, score_maps
from camcore.verdict.verdict import choose_images, summarize

RUN = Path(__file__).parents[1] / "checkpoints" / "paper-dogs-gap"
SOURCES = ["cam", "copy", "shifted"]
LOCALIZATION = {"pointing_strict", "pointing_15px", "energy_in_box", "off_object_positive", "off_object_literature"}
LOCALIZATION |= {"max_box_acc", "max_box_acc_v2", "pxap", "pointing_parts", "energy_in_parts"}


@pytest.fixture
def added_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adds the methods `copy` and `shifted`, drawn like CAM, without identities by theory."""
    for name in ("copy", "shifted"):
        monkeypatch.setitem(METHODS, name, replace(METHODS["cam"], title=name.capitalize(), gap_identity=False))


def shift(maps: np.ndarray) -> np.ndarray:
    """Return maps (..., h, w) moved right by a third, wrapped around."""
    return np.roll(maps, round(maps.shape[-1] / 3), axis=-1)


def measure(folder: Path, images: int) -> dict[str, MeasureResult]:
    """Return the verdict's measures of CAM, its copy and its shifted maps on some images."""
    run = open_run(RUN)
    stored, dataset = open_explanation(run), open_dataset(run.config.dataset, None)
    indices = choose_images(len(stored.samples), images, seed=0)
    cam = np.load(stored.path / "cam.npy")[indices]
    for name, maps in zip(SOURCES, (cam, cam, shift(cam)), strict=True):
        np.save(folder / f"{name}.npy", maps)
    stored.samples.iloc[indices].reset_index(drop=True).to_parquet(folder / "samples.parquet")
    explanation = Explanation(folder, stored.manifest.model_copy(update={"images": len(indices), "sources": SOURCES}))
    dataset = replace(dataset, val=tuple(dataset.val[index] for index in indices))
    truth = read_truth(run, dataset, explanation.samples)
    comparisons = summarize(score_maps(explanation, SOURCES, {}, truth), truth, "cam", [], seed=0)
    return correct_for_all(comparisons, SOURCES, [])


def describe(measures: dict[str, MeasureResult]) -> str:
    """Return the measures as a table."""
    lines = [f"{'measure':22}{'n':>4}  {'CAM':>5} {'shifted':>7}  {'difference [95%]':23} {'p':>8}  shifted / copy"]
    for name, result in measures.items():
        means = {source: result.values[source].mean for source in ("cam", "shifted")}
        shifted, copy = (result.differences[source] for source in ("shifted", "copy"))
        interval = f"{shifted.mean_difference:+.3f} [{shifted.low:+.3f}, {shifted.high:+.3f}]"
        words = f"{shifted.outcome} / {copy.outcome}"
        lines.append(
            f"{name:22}{result.n:>4}  {means['cam']:.3f} {means['shifted']:>7.3f}  {interval:23}"
            f" {shifted.p_adjusted:8.1e}  {words}"
        )
    return "\n".join(lines)


@pytest.mark.parametrize("images", [100, pytest.param(400, marks=pytest.mark.slow)])
def test_localisation_measures_detect_a_shifted_map(images: int, added_methods: None, tmp_path: Path) -> None:
    measures = measure(tmp_path, images)
    table = describe(measures)
    print(f"\n{table}")
    words = {
        source: {name: result.differences[source].outcome for name, result in measures.items()}
        for source in SOURCES[1:]
    }
    assert {name for name, result in measures.items() if result.group == "localization"} == LOCALIZATION
    assert {name for name in LOCALIZATION if words["shifted"][name] != "worse"} == set(), table
    assert set(words["copy"].values()) == {"no_difference"}, table
    assert words["shifted"]["class_sensitivity"] == "no_difference", "shifting moves both classes' heat alike"
