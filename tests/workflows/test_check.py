"""`camcore check`: what it finds and accepts; unreadable files are never accepted."""

import json
import shutil
from pathlib import Path

import pytest

from camcore.errors import CamcoreError
from camcore.explained.explanation import open_explanation
from camcore.runs.run import Run, open_run
from camcore.system import checksums
from camcore.system.checksums import RUN_FILES, SUMS, read_sums, write_sums
from camcore.verdict import verdict
from camcore.verdict.document import read_values, read_verdict
from camcore.verdict.scoring import Scores
from camcore.workflows.check import check_run
from tests.support.command_line import run_camcore
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import write_verdict


def list_all(path: Path) -> None:
    """List a synthetic run's files like a real one's."""
    write_sums(path, RUN_FILES)
    explanation = open_explanation(open_run(path)).path
    write_sums(explanation, [file.name for file in explanation.iterdir()])


@pytest.mark.parametrize("name", ["paper-dogs-gap", "paper-dogs-mlp"])
def test_the_runs_in_the_repository_are_as_they_were_written(name: str) -> None:
    report = check_run(Path(__file__).parents[2] / "checkpoints" / name)
    assert (report.problems, report.unlisted) == ([], ())
    assert report.files > 15


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_run(tmp_path_factory.mktemp("made"), "judged", images=20)
    write_verdict(path)
    list_all(path)
    return path


@pytest.fixture
def judged(template: Path, tmp_path: Path) -> Path:
    """A small run with a verdict, with all files listed."""
    return Path(shutil.copytree(template, tmp_path / "runs" / "judged"))


def count(path: Path) -> int:
    return len(read_sums(path) or ()) + len(read_sums(open_explanation(open_run(path)).path) or ())


def test_a_whole_run_takes_one_line(judged: Path) -> None:
    result = run_camcore("check", judged)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{judged}: {count(judged)} files are as listed (")
    assert result.stdout.endswith(" MB).\n")
    assert result.stdout.count("\n") == 1


def test_without_a_name_all_runs_are_checked(judged: Path) -> None:
    make_run(judged.parent, "old", images=2, explained=False)
    (judged.parent / "none").mkdir()
    result = run_camcore("check", "--runs", judged.parent)
    assert result.exit_code == 0
    first, none, old = result.stdout.splitlines()
    assert first.startswith(f"{judged}: {count(judged)} files are as listed")
    listing = f"`camcore runs --runs {judged.parent}` lists what is there."
    assert none == f"{judged.parent / 'none'} is not a run: it has no run.json. {listing}"
    assert old == f"{judged.parent / 'old'}: opens; no {SUMS} in {judged.parent / 'old'}."


def test_a_folder_without_runs_names_the_next_command(tmp_path: Path) -> None:
    result = run_camcore("check", "--runs", tmp_path)
    assert (result.exit_code, result.stdout) == (
        0,
        f"No runs in {tmp_path}. Make one: camcore demo --run {tmp_path / 'demo'}\n",
    )


def test_every_damaged_file_is_named_with_its_remedy(judged: Path) -> None:
    explanation = open_explanation(open_run(judged)).path
    measures = "measures.parquet"
    for path in (judged / "history.csv", explanation / "cam.npy", explanation / "grad_cam.npy", explanation / measures):
        flip(path)
    (explanation / "thumbnails.bin").unlink()
    result = run_camcore("check", judged)
    assert result.exit_code == 1
    changed = f"is damaged (its SHA-256 is not the one in {SUMS})."
    explain, judge = (
        f"Recreate it: camcore {command}" for command in (f"explain {judged} --force", f"verdict {judged}")
    )
    assert sorted(result.stdout.splitlines()) == sorted(
        [
            f"damaged: {judged / 'history.csv'} {changed} Restore it from a copy, or train the run again.",
            f"damaged: {explanation / 'cam.npy'} {changed} {explain}",
            f"damaged: {explanation / 'grad_cam.npy'} {changed} {explain}",
            f"damaged: {explanation / measures} {changed} {judge}",
            f"damaged: {explanation / 'thumbnails.bin'} is missing. {explain}",
        ]
    )


def test_large_files_are_hashed_too(judged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checksums.verify, "__defaults__", (10,))
    flip(open_explanation(open_run(judged)).path / "cam.npy")
    open_explanation(open_run(judged)).maps("cam")
    result = run_camcore("check", judged)
    assert result.exit_code == 1
    assert "cam.npy is damaged" in result.stdout


def test_an_own_change_is_reported_and_can_be_accepted(judged: Path) -> None:
    document = json.loads((judged / "run.json").read_text(encoding="utf-8"))
    document["class_names"][0] = "Basset"
    (judged / "run.json").write_text(json.dumps(document), encoding="utf-8")
    refused = run_camcore("report", judged, "--out", judged.parent / "report.html")
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"Error: {judged / 'run.json'} is damaged (its SHA-256 is not the one in {SUMS}). Restore it from a copy, or"
        f" recreate the run. If you changed it yourself: camcore check {judged} --accept\n"
    )
    accepted = run_camcore("check", judged, "--accept")
    assert accepted.exit_code == 0
    assert accepted.stdout.startswith(f"{judged}: {count(judged)} files are as listed (")
    assert open_run(judged).class_names[0] == "Basset"
    assert run_camcore("check", judged).exit_code == 0


def test_an_older_run_gets_its_lists(old_run: Run) -> None:
    result = run_camcore("check", old_run.path)
    explanation = open_explanation(old_run).path
    assert (result.exit_code, result.stdout) == (
        0,
        f"{old_run.path}: opens; no {SUMS} in {old_run.path}; no {SUMS} in {explanation}.\n",
    )
    assert run_camcore("check", old_run.path, "--accept").exit_code == 0
    assert list(read_sums(old_run.path) or ()) == ["history.csv", "model.safetensors", "run.json"]
    assert {path.name for path in explanation.iterdir()} == {*(read_sums(explanation) or ()), SUMS}


def test_damaged_lists_are_rewritten(judged: Path) -> None:
    explanation = open_explanation(open_run(judged)).path
    for folder in (judged, explanation):
        (folder / SUMS).write_bytes(b"")
    assert run_camcore("check", judged).exit_code == 1
    assert run_camcore("check", judged, "--accept").exit_code == 0
    assert run_camcore("check", judged).exit_code == 0


@pytest.mark.parametrize("name", ["run.json", "history.csv", "model.safetensors", "cam.npy", "verdict.json"])
def test_what_can_not_be_opened_is_not_accepted(name: str, judged: Path) -> None:
    explanation = open_explanation(open_run(judged)).path
    path = next(folder / name for folder in (judged, explanation) if (folder / name).exists())
    path.write_bytes(b"{")
    lists = [(folder / SUMS).read_bytes() for folder in (judged, explanation)]
    result = run_camcore("check", judged, "--accept")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {path} is damaged (")
    assert [(folder / SUMS).read_bytes() for folder in (judged, explanation)] == lists


def test_what_can_not_be_opened_gets_no_list(old_run: Run) -> None:
    (old_run.path / "history.csv").write_bytes(b"{")
    assert run_camcore("check", old_run.path, "--accept").exit_code == 1
    assert not list(old_run.path.rglob(SUMS))


def test_a_run_that_still_changes_is_not_listed(old_run: Run) -> None:
    old_run.resume_path.mkdir()
    result = run_camcore("check", old_run.path, "--accept")
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: {old_run.path} is unfinished: its files change with every epoch."
        f" Resume: camcore train --run {old_run.path} --resume\n",
    )
    assert not list(old_run.path.rglob(SUMS))


def test_accepting_wants_the_runs_named(judged: Path) -> None:
    result = run_camcore("check", "--accept")
    assert result.exit_code == 2
    assert "--accept needs at least one RUN." in result.stderr


def test_runs_lists_heatmaps_that_can_not_be_used(judged: Path) -> None:
    manifest = open_explanation(open_run(judged)).path / "manifest.json"
    manifest.unlink()
    row, reason = run_camcore("runs", "--runs", judged.parent).stdout.splitlines()
    assert row.endswith(" trained, heatmaps unusable")
    assert reason == f"unusable: {manifest} is missing. Recreate it: camcore explain {judged} --force"


def stop_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop everything at the `step`th renaming of a file."""
    replace, left = Path.replace, [step]

    def replace_or_stop(self: Path, target: Path) -> Path:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_or_stop)


@pytest.mark.parametrize("old_values", [True, False])
@pytest.mark.parametrize("step", range(8))
def test_a_stop_while_replacing_a_verdict(
    step: int, old_values: bool, judged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explanation = open_explanation(open_run(judged))

    def write_one(mark: float) -> None:
        current = read_verdict(explanation)
        assert current
        scores = Scores()
        for source in (*current.sources, *current.baselines):
            scores.add("deletion", source, explanation.logits[:, 0] * 0 + mark)
        verdict.write_verdict(explanation, current.model_copy(update={"seconds": mark}), scores)

    if not old_values:
        write_one(1.0)
    with monkeypatch.context() as patch:
        stop_at(step, patch)
        try:
            write_one(2.0)
        except KeyboardInterrupt:
            stopped = True
        else:
            stopped = False
    current = read_verdict(explanation)
    assert current
    values = read_values(explanation, current)["deletion"]
    mark = current.seconds
    assert (values == mark).all() if mark in (1.0, 2.0) else "pointing_strict" in read_values(explanation, current)
    assert stopped or mark == 2.0
    assert run_camcore("check", judged).exit_code == 0
    write_one(3.0)
    assert len(list(explanation.path.glob("measures*"))) == 1
    assert run_camcore("check", judged).exit_code == 0


def test_a_verdict_of_other_heatmaps_is_none(judged: Path) -> None:
    explanation = open_explanation(open_run(judged))
    other = make_run(judged.parent, "other", images=20, seed=1)
    shutil.copy(write_verdict(other) / "verdict.json", explanation.path)
    (explanation.path / SUMS).unlink()
    with pytest.raises(CamcoreError, match=r"verdict\.json is damaged \(it is of other heatmaps, "):
        read_verdict(explanation)
