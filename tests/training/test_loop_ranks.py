"""A training on several ranks: the curve of one process, and an end for all where one ends."""

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from camcore.runs.run import HISTORY_COLUMNS, Run, open_run
from tests.support.kill_process import KILLED
from tests.support.torchrun import Forks, run_torchrun, start_forks

COMPARED = [name for name in HISTORY_COLUMNS if name not in ("seconds", "images_per_second")]
GPUS = torch.cuda.device_count()


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    with start_forks(tmp_path_factory.mktemp("forks")) as running:
        yield running


def training(root: Path, path: Path, *options: object, device: str = "cpu") -> tuple[object, ...]:
    """Three epochs of the twelve images, in batches of five: the last one has two.

    Of smaller images the last grid is one cell, whose normalisation over two images makes anything of rounding errors:
    there, weights that differ by 1e-7 part as far within one process.
    """
    small = ("--backbone", "resnet10_narrow", "--size", 64, "--batch-size", 5, "--epochs", 3, "--precision", "fp32")
    source = ("--dataset", "image-folder", "--root", root, "--device", device, "--workers", 0)
    return ("train", *source, *small, "--learning-rate", 3e-4, *options, "--run", path)


def assert_alike(run: Run, whole: Run, tolerance: float = 1e-3) -> None:
    """Compare history and weights with those of one process; accuracies may differ by no image."""
    found, expected = (one.history()[COMPARED].to_numpy() for one in (run, whole))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
    weights, others = load_file(run.weights_path), load_file(whole.weights_path)
    assert {path.name for path in run.path.iterdir()} == {path.name for path in whole.path.iterdir()}
    for name, tensor in weights.items():
        apart, length = (float(one.float().norm()) for one in (tensor - others[name], others[name]))
        assert apart <= 0.1 * length + 1e-6, f"{name}: {apart:.2g} of {length:.2g}"


@pytest.mark.parametrize(
    ("ranks", "options"),
    [
        (2, ()),
        (3, ("--ema", 0.7, "--mixing", 0.7)),  # of the last batch, one of the ranks has no image
        (2, ("--keep", "best", "--frozen", "batchnorm", "--optimizer", "sgd", "--learning-rate", 0.01)),
        (2, ("--frozen", "trunk", "--views", 2, "--keep", "held-out", "--patience", 2)),
    ],
    ids=["plain", "mixing and average", "frozen normalisation", "frozen trunk"],
)
def test_ranks_come_to_the_curve_of_one_process(
    ranks: int, options: tuple[object, ...], forks: Forks, tmp_path: Path, tiny_folder: Path
) -> None:
    alone = forks.killer.run(*training(tiny_folder, tmp_path / "alone" / "run", *options))
    assert alone.status == 0, alone.said
    shutil.rmtree(forks.killer.folder / "cache")
    outcomes = forks.run(*training(tiny_folder, tmp_path / "run", *options), ranks=ranks)
    assert [outcome.status for outcome in outcomes] == [0] * ranks, [outcome.said for outcome in outcomes]
    assert [bool(outcome.said) for outcome in outcomes] == [True] + [False] * (ranks - 1), "the first one speaks"
    assert_alike(open_run(tmp_path / "run"), open_run(tmp_path / "alone" / "run"))


def test_each_rank_has_an_image_of_every_batch(forks: Forks, tmp_path: Path, tiny_folder: Path) -> None:
    outcomes = forks.run(*training(tiny_folder, tmp_path / "run", "--batch-size", 2), ranks=3)
    assert "".join(outcome.said for outcome in outcomes) == (
        "Error: batch_size is 2, for all 3 ranks together, and each needs an image. Start fewer ranks, or train with a"
        " larger --batch-size.\n"
    )
    assert [outcome.status for outcome in outcomes] == [1, 1, 1]
    assert not (tmp_path / "run").exists()


FAILS = """
if rank == {rank}:
    from camcore import training_data
    from camcore.errors import CamcoreError

    def fail(*_):
        raise CamcoreError("This rank has a problem.")

    training_data.build_augmentation = fail
"""


@pytest.mark.parametrize("rank", [0, 1])
def test_what_ends_one_rank_ends_all_in_one_line(rank: int, forks: Forks, tmp_path: Path, tiny_folder: Path) -> None:
    started = time.monotonic()
    outcomes = forks.run(*training(tiny_folder, tmp_path / "run"), before=FAILS.format(rank=rank))
    assert time.monotonic() - started < 30
    assert [outcome.status for outcome in outcomes] == [1, 1]
    assert "".join(outcome.said for outcome in outcomes) == "Error: This rank has a problem.\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_wish_to_stop_that_one_rank_hears_stops_all_behind_the_same_step(
    number: int, forks: Forks, tmp_path: Path, tiny_folder: Path
) -> None:
    path = tmp_path / "run"
    processes = forks.start(*training(tiny_folder, path, "--epochs", 300))
    while not (path / "history.csv").exists():
        time.sleep(0.01)
    os.kill(processes[1], number)
    outcomes = forks.wait(processes)
    assert [outcome.status for outcome in outcomes] == [130, 130]
    said = "".join(outcome.said for outcome in outcomes)
    assert said.count("Stopped. ") == 1
    assert said.endswith(f"are kept. Resume: camcore train --run {path} --resume\n")
    stopped = open_run(path)
    assert not stopped.finished
    assert torch.load(stopped.state_path, weights_only=True)["begun"]["random"] is not None


def kill_at(rank: int, step: int) -> str:
    return f"""
if rank == {rank}:
    from camcore import train
    learn, steps = train.reduce_gradients, []

    def learn_or_die(parameters):
        steps.append(0)
        if len(steps) == {step}:
            os.kill(os.getpid(), 9)
        learn(parameters)

    train.reduce_gradients = learn_or_die
"""


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_that_is_killed_ends_all_and_any_number_goes_on(
    rank: int, forks: Forks, tmp_path: Path, tiny_folder: Path
) -> None:
    path = tmp_path / "run"
    alone = forks.killer.run(*training(tiny_folder, tmp_path / "alone" / "run", "--ema", 0.5))
    assert alone.status == 0, alone.said
    outcomes = forks.run(*training(tiny_folder, path, "--ema", 0.5), before=kill_at(rank, step=5))
    assert outcomes[rank].status == KILLED
    assert outcomes[1 - rank].status == 1
    assert re.fullmatch(
        r"(epoch +1/3 .*\n)?Error: Rank \d lost touch with the other ranks \(.*\), so all 2 end\. What is finished is"
        r" kept: the same command goes on from there, `camcore train` with --resume\.\n",
        outcomes[1 - rank].said,
    )
    assert len(open_run(path).history()) == 1
    for outcome in forks.run("train", "--run", path, "--resume", "--device", "cpu", "--workers", 0, ranks=3 - 2 * rank):
        assert outcome.status == 0, outcome.said
    assert_alike(open_run(path), open_run(tmp_path / "alone" / "run"))


def test_torchrun_trains(tmp_path: Path, tiny_folder: Path) -> None:
    ended = run_torchrun(tmp_path, *training(tiny_folder, tmp_path / "run", "--epochs", 1))
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("Trained: ") == 1
    assert open_run(tmp_path / "run").finished


def test_torchrun_ends_what_has_lost_a_rank(tmp_path: Path, tiny_folder: Path) -> None:
    path = tmp_path / "run"
    words = [str(word) for word in training(tiny_folder, path)]
    command = f"from camcore.cli.main import main\nmain({words!r})"
    source = f"import os\nrank = int(os.environ['RANK'])\n{kill_at(1, 5)}\n{command}"
    ended = run_torchrun(tmp_path, source=source)
    assert ended.returncode == 1
    assert ended.stderr.count("Error: Rank ") <= 1, "that of the rank that was left, unless torchrun stopped it first"
    assert "collectives.py" not in ended.stderr, "and no traceback through the engine"
    assert "Signal 9 (SIGKILL)" in ended.stderr
    assert len(open_run(path).history()) == 1
    assert not list(path.rglob("*.part"))


STOPS_TORCHRUN = """
import os, signal, time
from camcore import train
from camcore.cli import main

learn, steps = train.reduce_gradients, []

def learn_and_stop(parameters):
    steps.append(0)
    if len(steps) == 5 and os.environ["RANK"] == "0":
        os.kill(os.getppid(), signal.SIGTERM)
    if len(steps) == 5:
        time.sleep(2)
    learn(parameters)

train.reduce_gradients = learn_and_stop
main({words!r})
"""


def test_what_ends_torchrun_ends_behind_a_step_that_is_kept(tmp_path: Path, tiny_folder: Path) -> None:
    """It sends SIGTERM to whole groups of processes, to those too that read images for a rank."""
    path = tmp_path / "run"
    words = [str(word) for word in training(tiny_folder, path, "--epochs", 300, "--workers", 1)]
    ended = run_torchrun(tmp_path, source=STOPS_TORCHRUN.format(words=words))
    assert ended.returncode != 0
    assert ended.stderr.count("Stopped. ") == 1, ended.stderr
    assert "Error: " not in ended.stderr
    begun = torch.load(open_run(path).state_path, weights_only=True)["begun"]
    assert (begun["steps"], begun["random"] is not None) == (2, True)


@pytest.mark.skipif(GPUS < 2, reason=f"needs two GPUs, one for each rank; there are {GPUS}")
def test_ranks_on_gpus_come_to_the_curve_of_one(tmp_path: Path, tiny_folder: Path) -> None:
    for path, ranks in ((tmp_path / "alone" / "run", 1), (tmp_path / "run", 2)):
        ended = run_torchrun(tmp_path, *training(tiny_folder, path, device="cuda"), ranks=ranks)
        assert ended.returncode == 0, ended.stderr
    assert_alike(open_run(tmp_path / "run"), open_run(tmp_path / "alone" / "run"), tolerance=1e-2)
