"""The fastest trunk variant that agrees with float32 computes the maps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from camcore.config import ModelConfig, RunConfig, ViewConfig
from camcore.data.dataset import Dataset
from camcore.data.image_folder import open_image_folder
from camcore.errors import CamcoreError
from camcore.explained import agreement, trunk_choice
from camcore.explained.explanation import Agreement, TrunkReport
from camcore.explained.job import ExplainJob
from camcore.explained.trunk_choice import choose_trunk, describe_choice
from camcore.heatmaps.sources import CamCheck, Source
from camcore.models.classifier import Classifier
from camcore.models.fast_trunk import BF16, EXACT, FUSED, FastTrunk
from camcore.runs.run import Run

VIEW = ViewConfig(size=64)
SECONDS = {EXACT.name: 0.1, FUSED.name: 0.05, BF16.name: 0.01}  # per image


@pytest.fixture
def job(tiny_folder: Path) -> ExplainJob:
    dataset: Dataset = open_image_folder(tiny_folder)
    config = RunConfig(view=VIEW, model=ModelConfig("resnet10_narrow"))
    torch.manual_seed(0)
    model = Classifier(config.model, VIEW, len(dataset.class_names)).eval()
    run = Run(tiny_folder, config, dataset.class_names, {})
    sources = (Source("cam"), Source("grad_cam"))
    return ExplainJob(run, dataset, model, sources, CamCheck(True, 0.0, ""), all_classes=False, batch_size=4)


@pytest.fixture
def long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend long work, bfloat16, no compiler, and a speed per variant."""
    monkeypatch.setattr(trunk_choice, "WORTH_PROBING", 0)
    monkeypatch.setattr(trunk_choice, "_variants_of", lambda device: [FUSED, BF16])
    monkeypatch.setattr(trunk_choice, "_measure", lambda job, images, rows, trunk: SECONDS[trunk.variant.name])


def agree(rho: float, clear_flips: int = 0) -> Agreement:
    return Agreement(
        images=6, clear_flips=clear_flips, flips=clear_flips, median_rho={"cam": rho}, lowest_rho={"cam": rho}
    )


class Disturbed(FastTrunk):
    """A trunk with flipped features, unless it is exact."""

    def __call__(self, values: Tensor, start: int, stop: int, rows: Sequence[int] = ()) -> Tensor:
        features = super().__call__(values, start, stop, rows)
        return features if self.variant is EXACT or start == stop else features.flip(-1).flip(1)


def test_short_work_is_done_in_float32(job: ExplainJob) -> None:
    choice = choose_trunk(job, "auto")
    assert choice.is_exact
    assert choice.report == TrunkReport(path="fp32", asked="auto", reason="float32 takes 0 s")
    assert describe_choice(choice.report) == ""


def test_exact_is_float32_even_for_long_work(job: ExplainJob, long_work: None) -> None:
    choice = choose_trunk(job, "exact")
    assert choice.is_exact
    assert choice.report.to_json() == {"path": "fp32", "asked": "exact"}


def test_the_fastest_variant_that_agrees_is_taken(
    job: ExplainJob, long_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement, "LEAST_MEDIAN", 0.9)
    report = choose_trunk(job, "auto").report
    assert report.path == BF16.name
    assert report.check is not None
    assert report.check.images == job.images
    assert report.check.clear_flips == 0
    assert 0.9 < report.check.lowest_rho["cam"] <= report.check.median_rho["cam"] <= 1
    line = describe_choice(report)
    assert line.startswith("Computing in bf16, fused (100 images/s, plain fp32 10); checked on 6 images: ")


def test_an_inexact_trunk_variant_is_skipped(job: ExplainJob, long_work: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk_choice, "compare", lambda probe, trunk: agree(0.98 if trunk.variant is BF16 else 0.9995))
    report = choose_trunk(job, "auto").report
    assert report.path == FUSED.name
    assert report.refused == {BF16.name: agree(0.98)}
    assert describe_choice(report).endswith("refused: bf16, fused.")


def test_a_variant_that_changes_a_clear_prediction_is_refused(
    job: ExplainJob, long_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trunk_choice, "compare", lambda probe, trunk: agree(1, clear_flips=1))
    assert choose_trunk(job, "auto").is_exact


def test_a_variant_that_is_wrong_is_refused(job: ExplainJob, long_work: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk_choice, "FastTrunk", Disturbed)
    choice = choose_trunk(job, "auto")
    assert choice.is_exact
    assert choice.report.refused is not None
    assert set(choice.report.refused) == {FUSED.name, BF16.name}


def test_a_variant_that_fails_is_left_out_with_its_reason(
    job: ExplainJob, long_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = trunk_choice._measure

    def fail_in_bf16(job: ExplainJob, images: Any, rows: Any, trunk: FastTrunk) -> float:
        if trunk.variant is BF16:
            raise RuntimeError("no compiler that works\nand a long story")
        return measure(job, images, rows, trunk)

    monkeypatch.setattr(trunk_choice, "_measure", fail_in_bf16)
    monkeypatch.setattr(trunk_choice, "compare", lambda probe, trunk: agree(1))
    report = choose_trunk(job, "auto").report
    assert report.path == FUSED.name
    assert report.refused == {BF16.name: "no compiler that works"}


def test_an_unknown_precision_is_refused(job: ExplainJob) -> None:
    with pytest.raises(CamcoreError, match="Unknown precision 'half'"):
        choose_trunk(job, "half")
