"""A stopped explain resumes after its last finished part and gives the same maps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from camcore.data.dataset import Dataset
from camcore.data.image_folder import open_image_folder
from camcore.errors import CamcoreError, RunError
from camcore.explained import resume
from camcore.explained.explain import choose_targets, explain
from camcore.explained.explanation import Explanation, open_explanation
from camcore.explained.job import make_job
from camcore.heatmaps.sources import Source
from camcore.runs.run import Run
from camcore.runs.weights import load_model, save_weights

BOTH = [Source("cam"), Source("grad_cam")]


@pytest.fixture
def dataset(tiny_folder: Path) -> Dataset:
    return open_image_folder(tiny_folder)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Split six images into a part of two batches and one of one."""
    monkeypatch.setattr("camcore.explained.resume.PART_IMAGES", 4)
    monkeypatch.setattr("camcore.explained.job.BATCH_SIZE", 2)


class Batches:
    """Counts computed batches and presses Ctrl-C in a given one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self.stop_at, self._choose = 0, 0, choose_targets
        monkeypatch.setattr("camcore.explained.explain.choose_targets", self)

    def __call__(self, *given: Any) -> Any:
        self.count += 1
        if self.count == self.stop_at:
            raise KeyboardInterrupt
        return self._choose(*given)


def explain_now(run: Run, dataset: Dataset, sources: list[Source], all_classes: bool = False) -> Explanation:
    job = make_job(run, dataset, load_model(run), sources, torch.device("cpu"), all_classes)
    return explain(job, workers=0)


def read_all(explanation: Explanation) -> dict[str, Any]:
    """Return every file's content except the list of sums and the manifest's date and speed."""
    others = ("manifest.json", "samples.parquet", "SHA256SUMS")
    files = [path for path in explanation.path.iterdir() if path.name not in others]
    return {path.name: path.read_bytes() for path in files} | {"samples": explanation.samples.to_csv()}


def stop(run: Run, dataset: Dataset, batches: Batches, at: int) -> None:
    batches.count, batches.stop_at = 0, at
    with pytest.raises(KeyboardInterrupt):
        explain_now(run, dataset, BOTH, all_classes=True)
    batches.count = batches.stop_at = 0


def parts(run: Run) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in (run.path / "explained" / ".unfinished").glob("*"))


def test_what_is_finished_is_not_computed_again(
    own_run: Run, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_all(explain_now(own_run, dataset, BOTH, all_classes=True))
    before, batches = open_explanation(own_run).id, Batches(monkeypatch)
    stop(own_run, dataset, batches, at=3)
    assert open_explanation(own_run).id == before, "the old maps are current until all new ones exist"
    assert parts(own_run) == ["0000000000", "plan.json"]
    result = explain_now(own_run, dataset, BOTH, all_classes=True)
    assert batches.count == 1
    assert read_all(result) == whole
    assert result.id == open_explanation(own_run).id != before
    assert parts(own_run) == []


def test_resume_keeps_the_trunk_choice(own_run: Run, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = Batches(monkeypatch)
    stop(own_run, dataset, batches, at=3)
    monkeypatch.setattr(
        "camcore.explained.explain.choose_trunk", lambda *_: pytest.fail("half of the maps are made already")
    )
    assert explain_now(own_run, dataset, BOTH, all_classes=True).manifest.precision.path == "fp32"


def test_a_stop_before_a_part_is_finished_leaves_nothing(
    own_run: Run, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(own_run, dataset, Batches(monkeypatch), at=2)
    assert parts(own_run) == []


@pytest.mark.parametrize("change", ["sources", "weights"])
def test_parts_of_other_maps_are_not_taken(
    change: str, own_run: Run, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = Batches(monkeypatch)
    stop(own_run, dataset, batches, at=3)
    if change == "weights":
        model = load_model(own_run)
        with torch.no_grad():
            model.head[-1].weight.mul_(2)
        save_weights(own_run, model, 2)
    result = explain_now(own_run, dataset, BOTH[:1] if change == "sources" else BOTH, all_classes=True)
    assert batches.count == 3
    if change == "weights":
        features = np.array(result.pooled)
        expected = features @ load_model(own_run).head[-1].weight.detach().numpy().T
        bias = load_model(own_run).head[-1].bias.detach().numpy()
        np.testing.assert_allclose(result.logits, expected + bias, rtol=1e-4, atol=1e-5)


def test_parts_of_another_explain_are_ignored(own_run: Run, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read_all(explain_now(own_run, dataset, BOTH, all_classes=True))
    batches = Batches(monkeypatch)
    stop(own_run, dataset, batches, at=3)
    (part,) = (own_run.path / "explained" / ".unfinished").glob("0000000000-*")
    late = part.read_bytes()
    make_folder = resume._make

    def make_beside(folder: Path) -> None:
        make_folder(folder)
        part.write_bytes(late)

    monkeypatch.setattr(resume, "_make", make_beside)
    result = explain_now(own_run, dataset, BOTH[:1], all_classes=True)
    assert batches.count == 3, "all is computed"
    assert read_all(result) != whole


def test_unwritable_parts_are_one_line(own_run: Run, dataset: Dataset) -> None:
    (own_run.path / "explained" / ".unfinished").write_text("in the way")
    with pytest.raises(CamcoreError) as caught:
        explain_now(own_run, dataset, BOTH)
    assert str(caught.value).startswith(f"Could not make {own_run.path / 'explained' / '.unfinished'}: File exists.")


def test_a_damaged_part_is_named_with_the_remedy(
    own_run: Run, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = Batches(monkeypatch)
    stop(own_run, dataset, batches, at=3)
    (part,) = (own_run.path / "explained" / ".unfinished").glob("0000000000-*.safetensors")
    part.write_bytes(part.read_bytes()[:-9])
    with pytest.raises(RunError) as caught:
        explain_now(own_run, dataset, BOTH, all_classes=True)
    assert str(caught.value).startswith(f"{part} is damaged (")
    assert str(caught.value).endswith(f"Remove {part.parent}, and explain again.")
