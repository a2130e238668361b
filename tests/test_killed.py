"""Commands killed at any moment: no finished work is lost, no file is incomplete."""

import hashlib
import itertools
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from camcore.data import download
from camcore.errors import RunError
from camcore.explained.explanation import open_explanation
from camcore.runs.run import Run, list_runs, open_run
from camcore.runs.weights import load_model, save_weights
from camcore.system.checksums import sha256_of
from camcore.verdict.document import read_values, read_verdict
from tests.support.file_server import pack, start_server
from tests.support.kill_process import KILLED, Killer, Outcome

KILLS = pytest.mark.parametrize("kills", [2, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
TIMINGS = ["seconds", "images_per_second"]
FEW = 4  # kills in CI, all of them at a change of a file: the same ones every time
Command = Callable[[], tuple[object, ...]]


@pytest.fixture(scope="module")
def whole(fork_server: Killer, tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Run:
    """An uninterrupted training."""
    folder = tmp_path_factory.mktemp("whole")
    assert fork_server.move_to(folder).run(*training(tiny_folder, folder / "run")).status == 0
    return open_run(folder / "run")


class Moments:
    """When to kill: before a change of a file, or after some time."""

    def __init__(self, kills: int, most_changes: int, most_seconds: float) -> None:
        self.random = np.random.default_rng(kills)
        self.by_time, self.most_changes, self.most_seconds = kills > FEW, most_changes, most_seconds

    def run(self, killer: Killer, arguments: tuple[object, ...], source: str | None = None) -> Outcome:
        if self.by_time and self.random.random() < 0.5:
            return killer.run(*arguments, source=source, after=float(self.random.uniform(0, self.most_seconds)))
        return killer.run(*arguments, source=source, at=int(self.random.integers(1, self.most_changes + 1)))


def kill_often(killer: Killer, moments: Moments, command: Command, check: Callable[[], None], kills: int) -> None:
    """Run a command until it was killed this often; check the files each time."""
    killed = 0
    while killed < kills:
        outcome = moments.run(killer, command())
        assert outcome.status in (0, KILLED), outcome.output
        killed += outcome.status == KILLED
        check()
    assert killer.run(*command()).status == 0
    check()


def training(root: Path, path: Path, epochs: int = 8) -> tuple[object, ...]:
    small = ("--backbone", "resnet10_narrow", "--size", 32, "--batch-size", 4, "--ema", 0.9, "--precision", "fp32")
    source = ("--dataset", "image-folder", "--root", root)
    return ("train", *source, *small, "--epochs", epochs, "--device", "cpu", "--workers", 0, "--run", path)


def assert_readable(folder: Path) -> None:
    """Open everything that a reader of a runs folder would."""
    for run in list_runs(folder):
        assert not isinstance(run, RunError), run
        epochs = len(run.history())
        if run.weights_path.exists():
            load_file(run.weights_path)
            assert run.kept_epoch() in (epochs, epochs + 1), "the history follows the weights"


def assert_same_training(first: Run, second: Run) -> None:
    pd.testing.assert_frame_equal(
        first.history().drop(columns=TIMINGS), second.history().drop(columns=TIMINGS), check_exact=True
    )
    assert first.weights_path.read_bytes() == second.weights_path.read_bytes()


@KILLS
def test_a_killed_training_resumes_to_the_same_end(
    kills: int, killer: Killer, whole: Run, tmp_path: Path, tiny_folder: Path
) -> None:
    runs, killed, moments = tmp_path / "runs", 0, Moments(kills, 45, 1.0)
    while killed < kills:
        path = runs / f"after-{killed}"
        while not ((path / "run.json").exists() and open_run(path).finished):
            command = ("train", "--run", path, "--resume") if (path / "run.json").exists() else None
            outcome = moments.run(killer, command or training(tiny_folder, path))
            assert outcome.status in (0, KILLED), outcome.output
            killed += outcome.status == KILLED
            assert_readable(runs)
        assert_same_training(whole, open_run(path))
        assert {file.name for file in path.iterdir()} - {".resumed"} == {file.name for file in whole.path.iterdir()}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_wish_to_stop_finishes_the_step_and_says_how_to_go_on(
    number: int, killer: Killer, whole: Run, tmp_path: Path, tiny_folder: Path
) -> None:
    path = tmp_path / "stopped"
    process = killer.start(*training(tiny_folder, path))
    while not (path / "history.csv").exists():
        time.sleep(0.01)
    os.kill(process, number)
    outcome = killer.wait(process)
    assert outcome.status == 130
    assert outcome.output.endswith(f"are kept. Resume: camcore train --run {path} --resume\n")
    assert "Stopping after this step; once more stops at once." in outcome.output
    stopped = open_run(path)
    assert not stopped.finished
    assert killer.run("train", "--run", path, "--resume").status == 0
    assert_same_training(whole, stopped)


def test_a_full_disk_ends_the_training_in_one_line(
    killer: Killer, whole: Run, tmp_path: Path, tiny_folder: Path
) -> None:
    path = tmp_path / "runs" / "run"
    for at in range(20, 60):
        killer.run(*training(tiny_folder, path), "--overwrite", at=at)
        if (path / "resume" / "state.pt").exists():
            break
    state = (path / "resume" / "state.pt").read_bytes()
    outcome = killer.run("train", "--run", path, "--resume", limit=len(state) // 2)
    assert outcome.status == 1
    assert outcome.output.splitlines()[-1].startswith("Error: Could not write ")
    assert outcome.output.endswith(": File too large. What was there before is kept.\n")
    assert (path / "resume" / "state.pt").read_bytes() == state
    assert_readable(path.parent)
    assert killer.run("train", "--run", path, "--resume").status == 0
    assert_same_training(whole, open_run(path))


@pytest.mark.parametrize("limit", [200, 3_000])
def test_a_full_disk_keeps_the_old_maps(limit: int, killer: Killer, own_run: Run) -> None:
    before = open_explanation(own_run).id
    outcome = killer.run("explain", own_run.path, "--force", "--device", "cpu", "--workers", 0, limit=limit)
    assert outcome.status == 1
    assert outcome.output.startswith("Error: Could not write ")
    assert outcome.output.count("\n") == 1
    assert open_explanation(own_run).id == before
    assert [path.name for path in (own_run.path / "explained").iterdir() if path.name.startswith(".")] == []


@KILLS
def test_a_killed_explain_leaves_old_or_new_maps(kills: int, killer: Killer, own_run: Run) -> None:
    def maps_in_force() -> tuple[str, bytes]:
        explanation = open_explanation(open_run(own_run.path))
        assert len(explanation.samples) == len(explanation.logits) == len(explanation.maps("cam"))
        return explanation.manifest.weights_sha256, np.array(explanation.maps("cam")).tobytes()

    def check() -> None:
        assert maps_in_force() in known
        assert [run.name for run in list_runs(own_run.path.parent) if isinstance(run, Run)] == [own_run.name]

    known = [maps_in_force()]
    model = load_model(own_run)
    with torch.no_grad():
        model.head[-1].weight.mul_(2)
    save_weights(own_run, model, 2)
    command = ("explain", own_run.path, "--force", "--sources", "cam,grad_cam", "--device", "cpu", "--workers", 0)
    outcome = killer.run(*command)
    known.append(maps_in_force())
    assert known[0] != known[1]
    kill_often(killer, Moments(kills, outcome.changes, 1.0), lambda: command, check, kills)
    assert maps_in_force() == known[1]
    assert sha256_of(own_run.weights_path) == known[1][0]
    assert len(list((own_run.path / "explained").iterdir())) == 2, "the current maps and their name, nothing else"


@KILLS
def test_a_killed_verdict_leaves_the_old_one_or_the_new(kills: int, killer: Killer, own_run: Run) -> None:
    def check() -> None:
        explanation = open_explanation(open_run(own_run.path))
        if (verdict := read_verdict(explanation)) is not None:
            values = read_values(explanation, verdict)
            assert set(values.index.get_level_values("source")) == {*verdict.sources, *verdict.baselines}
            seen.add(verdict.seed)

    seen: set[int] = set()
    seeds = itertools.count()
    few = ("--images", 2, "--methods", "cam,grad_cam", "--workers", 0)
    first = killer.run("verdict", own_run.path, *few, "--seed", next(seeds))
    assert first.status == 0, first.output
    kill_often(
        killer,
        Moments(kills, first.changes, 3.0),
        lambda: ("verdict", own_run.path, *few, "--seed", next(seeds)),
        check,
        kills,
    )
    assert len(seen) > 1, "some came to their end"
    folder = open_explanation(open_run(own_run.path)).path
    assert len(list(folder.glob("measures-*.parquet"))) == 1
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@KILLS
def test_a_killed_report_leaves_the_old_one_or_the_new(
    kills: int, killer: Killer, trained_run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    command = ("report", trained_run.path, "--out", out, "--images", 2)
    first = killer.run(*command)
    assert first.status == 0
    known = {out.read_bytes()}
    assert killer.run(*command, "--language", "ko").status == 0
    known.add(out.read_bytes())
    kill_often(
        killer, Moments(kills, first.changes, 1.0), lambda: command, lambda: _assert_in(out.read_bytes(), known), kills
    )


def _assert_in(content: bytes, known: set[bytes]) -> None:
    assert content in known


@KILLS
def test_a_killed_import_leaves_no_half_of_a_run(
    kills: int, killer: Killer, trained_run: Run, tiny_folder: Path, tmp_path: Path
) -> None:
    model = load_model(trained_run)
    state = dict(model.trunk.state_dict())
    torch.save(state | {f"fc.{name}": getattr(model.head[-1], name) for name in ("weight", "bias")}, tmp_path / "w.pth")
    path = tmp_path / "runs" / "imported"
    source = ("--dataset", "image-folder", "--root", tiny_folder, "--size", 64, "--classes", "dataset")
    command = ("import", "--run", path, "--backbone", "resnet10_narrow", "--weights", tmp_path / "w.pth", *source)
    first = killer.run(*command)
    assert first.status == 0, first.output
    weights = open_run(path).weights_path.read_bytes()

    def check() -> None:
        assert_there = list_runs(path.parent)
        assert len(assert_there) <= 1
        for run in assert_there:
            assert isinstance(run, Run)
            assert run.finished
            assert run.weights_path.read_bytes() == weights

    kill_often(killer, Moments(kills, first.changes, 0.5), lambda: (*command, "--overwrite"), check, kills)
    assert [file.name for file in path.parent.iterdir() if file.suffix != ".lock"] == ["imported"]


@KILLS
def test_a_killed_download_resumes(kills: int, killer: Killer, tmp_path: Path) -> None:
    files = {
        "lists.tar": pack({"train_list.mat": b"1" * 5000, "test_list.mat": b"2"}),
        "annotation.tar": pack({"Annotation/n1-a/n1_1": b"<annotation/>"}),
        "images.tar": pack({f"Images/n1-a/n1_{index}.jpg": bytes([index]) * 10_000 for index in range(5)}),
    }
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    killed, moments, count = 0, Moments(kills, 40, 0.1), 0
    with start_server() as server:
        server.files = files
        source = (
            "from dataclasses import replace; from pathlib import Path; from camcore.data import download\n"
            f"sums = {json.dumps(sums)}\n"
            "download.ARCHIVES = [replace(one, sha256=sums[one.name]) for one in download.ARCHIVES]\n"
            "download.BLOCK_BYTES, download.PAUSE_SECONDS = 1000, 0.0\n"
        )
        while killed < kills:
            count += 1
            root, status = tmp_path / f"set{count}", KILLED
            while status == KILLED:
                fetch = f"download.download_stanford_dogs(Path({str(root)!r}), {server.url!r})\n"
                outcome = moments.run(killer, (), source + fetch)
                status = outcome.status
                assert status in (0, KILLED), outcome.output
                killed += status == KILLED
                for archive in download.ARCHIVES:  # what is in place is whole
                    for name in archive.contents:
                        assert not (root / name).is_dir() or len(list((root / name).rglob("n1_*"))) in (1, 5)
            left_files = sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file())
            images = [f"Images/n1-a/n1_{index}.jpg" for index in range(5)]
            wanted = ["Annotation/n1-a/n1_1", *images, "test_list.mat", "train_list.mat"]
            assert [name for name in left_files if not name.endswith(".tar")] == wanted
            assert (root / "train_list.mat").read_bytes() == b"1" * 5000
            assert [(root / name).read_bytes() for name in images] == [bytes([index]) * 10_000 for index in range(5)]


def test_a_second_writer_is_refused_until_the_first_has_gone(
    killer: Killer, own_run: Run, tmp_path: Path, tiny_folder: Path
) -> None:
    path = tmp_path / "runs" / "run"
    first = killer.start(*training(tiny_folder, path, 2000))
    while not (path / "history.csv").exists():
        time.sleep(0.01)
    assert_readable(path.parent)
    os.kill(first, signal.SIGSTOP)  # it keeps the lock, and leaves the processor to the others
    for command in (
        ("train", "--run", path, "--resume"),
        ("explain", path),
        ("verdict", path),
        ("check", path, "--accept"),
    ):
        refused = killer.run(*command)
        assert refused.status == 1
        assert refused.output.startswith(f"Error: {path} is being written to by process {first} on ")
        assert refused.output.endswith(". Wait until that is done, or stop it.\n")
        assert_readable(path.parent)
    assert killer.run("explain", own_run.path, "--device", "cpu", "--workers", 0).status == 0, "another run is free"
    os.kill(first, signal.SIGKILL)
    assert killer.wait(first).status == KILLED
    assert killer.run("explain", path, "--device", "cpu", "--workers", 0).status == 0, "the lock went with its holder"
