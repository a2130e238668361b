"""Which way the trunk runs: chosen by measuring, taken only where it agrees with float32."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from camcore.config import ModelConfig, ViewConfig
from camcore.data.dataset import Dataset
from camcore.data.image_folder import open_image_folder
from camcore.errors import CamcoreError
from camcore.explained import agreement, autotune
from camcore.explained.autotune import PathChoice, choose_path, describe_choice
from camcore.heatmaps.sources import Source
from camcore.models.classifier import Classifier
from camcore.models.fast_trunk import BF16, EXACT, FUSED, FastTrunk, TrunkPath

SOURCES = [Source("cam"), Source("grad_cam")]
VIEW = ViewConfig(size=64)
RATES = {EXACT.name: 0.1, FUSED.name: 0.05, BF16.name: 0.01}  # seconds per image


@pytest.fixture
def dataset(tiny_folder: Path) -> Dataset:
    return open_image_folder(tiny_folder)


@pytest.fixture
def model(dataset: Dataset) -> Classifier:
    torch.manual_seed(0)
    return Classifier(ModelConfig("resnet10_narrow"), VIEW, len(dataset.class_names)).eval()


@pytest.fixture
def long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the work is long, that there is bfloat16, no compiler, and what each way would take."""
    monkeypatch.setattr(autotune, "WORTH_PROBING", 0)
    monkeypatch.setattr(autotune, "_candidates", lambda device: [FUSED, BF16])
    monkeypatch.setattr(autotune, "_measure", lambda model, batches, sources, trunk: RATES[trunk.path.name])


def choose(model: Classifier, dataset: Dataset, precision: str = "auto") -> PathChoice:
    return choose_path(model, dataset, VIEW, SOURCES, 4, precision)


class Disturbed(FastTrunk):
    """A way that is fast and wrong: it turns the features around."""

    def __call__(self, values: Tensor, start: int, stop: int) -> Tensor:
        made = super().__call__(values, start, stop)
        return made if self.path is EXACT or start == stop else made.flip(-1).flip(1)


def test_short_work_is_done_in_float32(model: Classifier, dataset: Dataset) -> None:
    choice = choose(model, dataset)
    assert choice.path is EXACT
    assert choice.report["reason"] == "float32 takes 0 s"
    assert describe_choice(choice.report) == ""


def test_exact_means_float32_however_long_it_takes(model: Classifier, dataset: Dataset, long_work: None) -> None:
    choice = choose(model, dataset, "exact")
    assert choice.path is EXACT
    assert choice.report == {"path": "fp32", "asked": "exact"}


def test_the_fastest_way_that_agrees_is_taken(
    model: Classifier, dataset: Dataset, long_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement, "LEAST_MEDIAN", 0.9)
    choice = choose(model, dataset)
    assert choice.path is BF16
    check = choice.report["check"]
    assert check["images"] == len(dataset.val)
    assert check["clear_flips"] == 0
    assert 0.9 < check["lowest_rho"]["cam"] <= check["median_rho"]["cam"] <= 1
    said = describe_choice(choice.report)
    assert said.startswith("Computing in bf16, fused (100 images/s, plain fp32 10); checked on 6 images: ")


def test_a_way_that_blurs_the_maps_is_refused_and_the_next_one_taken(
    model: Classifier, dataset: Dataset, long_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        autotune, "compare_with", lambda probe, trunk_for: agree(0.98 if trunk_for([]).path is BF16 else 0.9995)
    )
    choice = choose(model, dataset)
    assert choice.path is FUSED
    assert choice.report["refused"][BF16.name]["median_rho"] == {"cam": 0.98}
    assert describe_choice(choice.report).endswith("refused: bf16, fused.")


def agree(rho: float, clear_flips: int = 0) -> agreement.Agreement:
    return agreement.Agreement(6, clear_flips, clear_flips, {"cam": rho}, {"cam": rho})


def test_a_way_that_changes_a_clear_prediction_is_refused(
    model: Classifier, dataset: Dataset, long_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autotune, "compare_with", lambda probe, trunk: agree(1, clear_flips=1))
    assert choose(model, dataset).path is EXACT


def test_a_way_that_is_wrong_is_found_out(
    model: Classifier, dataset: Dataset, long_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autotune, "FastTrunk", Disturbed)
    choice = choose(model, dataset)
    assert choice.path is EXACT
    assert set(choice.report["refused"]) == {FUSED.name, BF16.name}


def test_a_way_that_fails_is_left_out_with_its_reason(
    model: Classifier, dataset: Dataset, long_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(trunk: TrunkPath) -> float:
        raise RuntimeError("no compiler that works\nand a long story")

    measure = autotune._measure
    monkeypatch.setattr(
        autotune,
        "_measure",
        lambda *given: fail(given[-1].path) if given[-1].path is BF16 else measure(*given),
    )
    choice = choose(model, dataset)
    assert choice.path is FUSED
    assert choice.report["refused"] == {BF16.name: "no compiler that works"}


def test_an_unknown_precision_is_refused(model: Classifier, dataset: Dataset) -> None:
    with pytest.raises(CamcoreError, match="Unknown precision 'half'"):
        choose(model, dataset, "half")
