"""The accuracy price compares two runs, or all finished seeds of two similar groups."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from camcore.config import RunConfig
from camcore.errors import CamcoreError, RunError
from camcore.explained.explanation import open_explanation
from camcore.runs.run import open_run
from camcore.runs.seed_groups import find_sides
from camcore.stats.crossed import crossed_difference
from camcore.verdict.accuracy_price import measure_accuracy_price
from tests.support.command_line import ON_CPU, run_camcore
from tests.support.synthetic_run import make_group, make_run

IMAGES = 30
Groups = tuple[list[Path], list[Path]]


def price_of(run: Path, against: Path) -> dict[str, Any]:
    """Return the price as in `verdict.json`."""
    price: dict[str, Any] = json.loads(
        json.dumps(measure_accuracy_price(*find_sides(open_run(run), against)).to_json())
    )
    return price


def refusal(run: Path, against: Path, kind: type[CamcoreError] = CamcoreError) -> str:
    with pytest.raises(kind) as raised:
        price_of(run, against)
    return str(raised.value)


def change_run(path: Path, part: str, **values: Any) -> None:
    """Change a part of `run.json`, e.g. `config.view`."""
    document = json.loads((path / "run.json").read_text(encoding="utf-8"))
    place = document
    for name in part.split("."):
        place = place[name]
    place.update(values)
    (path / "run.json").write_text(json.dumps(document), encoding="utf-8")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seeds with CAM and two without it, over the same images."""
    folder = tmp_path_factory.mktemp("groups")
    make_group(folder, "gap", (0.8, 0.7, 0.9), images=IMAGES)
    make_group(folder, "mlp", (0.9, 0.85), images=IMAGES, cam_able=False)
    return folder


@pytest.fixture
def groups(template: Path, tmp_path: Path) -> Groups:
    """The paths of a copy of these runs, to change."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return [tmp_path / f"gap-seed{seed}" for seed in (1, 2, 3)], [tmp_path / f"mlp-seed{seed}" for seed in (1, 2)]


def read_right(path: Path) -> Any:
    samples = open_explanation(open_run(path)).samples
    return (samples["label"] == samples["predicted"])[samples["other_label"] < 0].to_numpy()


def test_all_seeds_of_both_groups_count(groups: Groups) -> None:
    gap, mlp = groups
    price = price_of(gap[1], mlp[0])
    right, right_against = (np.stack([read_right(path) for path in paths]) for paths in groups)
    difference = crossed_difference(right, right_against)
    assert (price["against"], price["n"]) == ("mlp", right.shape[1]) and price["n"] < IMAGES
    assert (price["accuracy"], price["accuracy_against"]) == pytest.approx((right.mean(), right_against.mean()))
    names = ("difference", "low", "high", "p_value")
    assert [price[name] for name in names] == [getattr(difference, name) for name in names]
    seeds = price["seeds"]
    assert seeds["group"] == "gap" and seeds["standard_errors"] == difference.standard_errors
    members = [(f"gap-seed{seed}", seed, pytest.approx(right[seed - 1].mean())) for seed in (1, 2, 3)]
    assert [tuple(member.values()) for member in seeds["members"]] == members
    assert [member["run"] for member in seeds["members_against"]] == ["mlp-seed1", "mlp-seed2"]
    assert seeds["deviation"] == pytest.approx(right.mean(1).std(ddof=1))
    assert (seeds["differs"], seeds["unfinished"]) == ("", [])


def test_a_group_or_any_of_its_runs_names_the_group(groups: Groups, tmp_path: Path) -> None:
    gap, mlp = groups
    assert price_of(gap[0], tmp_path / "mlp") == price_of(gap[2], mlp[1])


def test_seeds_that_are_not_finished_are_left_out_and_named(groups: Groups, tmp_path: Path) -> None:
    group = {"group": "gap", "train_seed": 9, "images": IMAGES, "explained": False}
    make_run(tmp_path, "gap-seed9", finished=False, **group)
    seeds = price_of(groups[0][0], tmp_path / "mlp")["seeds"]
    assert (len(seeds["members"]), seeds["unfinished"]) == (3, ["gap-seed9"])


def test_without_groups_two_runs_are_compared(groups: Groups, tmp_path: Path) -> None:
    gap, mlp = groups
    alone = make_run(tmp_path, "alone", images=IMAGES, sources=("cam", "grad_cam"))
    plain = make_run(tmp_path, "one", images=IMAGES, cam_able=False, sources=("grad_cam",))
    for run, against in ((alone, mlp[0]), (gap[0], plain)):
        price = price_of(run, against)
        assert price["against"] == against.name and "seeds" not in price
        accuracies = (read_right(run).mean(), read_right(against).mean())
        assert (price["accuracy"], price["accuracy_against"]) == pytest.approx(accuracies)
    assert refusal(alone, tmp_path / "mlp") == (
        f"{tmp_path / 'mlp'} is a group of seeds, but {alone} is a single run. Train it with --seeds too, or name one"
        " run of the group."
    )


def test_one_finished_seed_has_no_spread(groups: Groups, tmp_path: Path) -> None:
    gap, mlp = groups
    shutil.rmtree(mlp[1])
    assert price_of(gap[0], mlp[0])["against"] == "mlp-seed1"
    assert refusal(gap[0], tmp_path / "mlp") == (
        "The group 'mlp' has too few finished runs (1); the spread over seeds needs two or more. Train more of them"
        " with --seeds, or name one run with --against."
    )


def test_a_missing_run_is_reported(groups: Groups, tmp_path: Path) -> None:
    assert refusal(groups[0][0], tmp_path / "resnet", RunError) == (
        f"There is no run at {tmp_path / 'resnet'}, and no group of that name."
        f" `camcore runs --runs {tmp_path}` lists what is there."
    )


def test_a_member_that_differs_in_more_than_its_seed_is_refused(groups: Groups) -> None:
    gap, mlp = groups
    change_run(gap[2], "config.train", epochs=40)
    assert refusal(gap[0], mlp[0]) == (
        f"{gap[2]} differs from {gap[1]} in more than its seed (train.epochs is 40, not 12), so they are not a group."
        " Train it again with --overwrite, or move it elsewhere."
    )


def test_a_copy_does_not_count_twice(groups: Groups, tmp_path: Path) -> None:
    gap, mlp = groups
    copy = Path(shutil.copytree(mlp[0], tmp_path / "mlp-copy"))
    assert refusal(gap[0], mlp[1]) == (
        f"{copy} and {mlp[0]} of the group 'mlp' have the same seed, 1, which would count twice. Move one of them"
        " elsewhere."
    )


def test_groups_of_other_data_are_refused(groups: Groups) -> None:
    gap, mlp = groups
    change_run(mlp[1], "dataset", fingerprint="of other images")
    assert refusal(gap[0], mlp[0]) == (
        f"{mlp[1]} was trained on other data than {gap[0]} (fingerprint of other ima, not synthetic-0), so their"
        " accuracies can't be compared. Train all on the same data set."
    )


def test_groups_of_another_view_are_refused(groups: Groups) -> None:
    gap, mlp = groups
    for path in mlp:
        change_run(path, "config.view", size=96)
    assert refusal(gap[0], mlp[0]) == (
        f"{mlp[0]} has another view than {gap[0]} (view.size is 96, not 224), so their accuracies can't be"
        " compared. Train all with the same view."
    )


def test_groups_that_were_explained_on_other_images_are_refused(groups: Groups) -> None:
    gap, mlp = groups
    table = open_explanation(open_run(mlp[1])).path / "samples.parquet"
    samples = pd.read_parquet(table)
    samples.assign(id="x" + samples["id"]).to_parquet(table)
    assert refusal(gap[0], mlp[0]) == (
        f"{gap[0]} and {mlp[1]} were explained on different images, so their accuracies can't be compared image by"
        " image. Train both on the same data set."
    )


def test_cam_must_apply_to_the_first_group_alone(groups: Groups) -> None:
    gap, mlp = groups
    assert refusal(mlp[0], gap[0]) == (
        "What CAM's architecture costs is measured against a run without it, so CAM must apply to"
        f" {mlp[0]} and {mlp[1]} alone; it applies to {gap[0]} and {gap[1]} and {gap[2]}. Name a run with another head"
        " with --against."
    )
    assert "alone; it applies to" in refusal(gap[0], gap[1])


def test_other_differences_of_groups_are_named(groups: Groups) -> None:
    gap, mlp = groups
    for path in mlp:
        change_run(path, "config.train", batch_size=64)
    assert price_of(gap[0], mlp[0])["seeds"]["differs"] == "train.batch_size is 64, not 32"


def test_the_command_explains_every_seed(
    tmp_path: Path, tiny_folder: Path, tiny_config: RunConfig, single_thread: None
) -> None:
    for head in ("gap", "mlp"):
        settings = ["--dataset", "image-folder", "--root", tiny_folder, "--backbone", "resnet10_narrow", "--head", head]
        arguments = [
            "--run",
            tmp_path / head,
            *settings,
            "--size",
            64,
            "--map-stride",
            16,
            "--epochs",
            1,
            "--seeds",
            "1,2",
        ]
        assert run_camcore("train", *arguments, *ON_CPU).exit_code == 0
    command = ["verdict", tmp_path / "gap-seed1", "--against", tmp_path / "mlp", "--methods", "cam,grad_cam"]
    result = run_camcore(*command, "--images", 2, "--workers", 0)
    assert result.exit_code == 0, result.output
    explanations = {
        name: open_explanation(open_run(tmp_path / name))
        for name in ("gap-seed1", "gap-seed2", "mlp-seed1", "mlp-seed2")
    }
    assert explanations["mlp-seed2"].manifest.sources == ("grad_cam",)
    lines = result.stdout.splitlines()
    at = lines.index("accuracy of gap and mlp (n = 6)")
    for seed, line in enumerate(lines[at + 1 : at + 3], start=1):
        pair = [f"{explanations[f'{head}-seed{seed}'].accuracy:.3f}" for head in ("gap", "mlp")]
        assert line.split() == ["seed", str(seed), *pair]
    assert lines[at + 3].startswith("  mean") and lines[at + 4].startswith("  difference")
    verdict = json.loads((explanations["gap-seed1"].path / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["price"]["seeds"]["members_against"][1]["run"] == "mlp-seed2"
    assert any("over 2 seeds of gap" in line or "over 2 seeds, compared" in line for line in lines)
    run_camcore(*command, "--images", 2, "--workers", 0)
    again = open_explanation(open_run(tmp_path / "mlp-seed2")).id
    assert again == explanations["mlp-seed2"].id, "what is explained already is left alone"
