"""Training on several ranks equals one process; if a rank ends, all end."""

import os
import re
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy

from camcore.config import RunConfig
from camcore.data.image_folder import open_image_folder
from camcore.data.model_input import ViewedImages
from camcore.models.classifier import Classifier
from camcore.runs.create import create_run
from camcore.runs.run import HISTORY_COLUMNS, Run, open_run
from camcore.runs.weights import load_model
from camcore.training.data import load_training_data
from camcore.training.loading import EpochSampler
from camcore.training.loop import rank_rng
from tests.support.kill_process import KILLED
from tests.support.torchrun import Forks, become_rank, read_maps, run_torchrun

COMPARED = [name for name in HISTORY_COLUMNS if name not in ("seconds", "images_per_second")]
GPUS = torch.cuda.device_count()
OWN_NORM = "Batch norm on CPU ranks: each uses its own part of a batch; the statistics of rank 0 are saved.\n"


def training(root: Path, path: Path, *options: object, device: str = "cpu") -> tuple[object, ...]:
    """Return options for three epochs of twelve images in two batches; batch norm is frozen by default."""
    small = ("--backbone", "resnet10_narrow", "--size", 64, "--batch-size", 6, "--epochs", 3, "--precision", "fp32")
    source = ("--dataset", "image-folder", "--root", root, "--device", device, "--workers", 0)
    return ("train", *source, *small, "--learning-rate", 3e-4, "--frozen", "batchnorm", *options, "--run", path)


def assert_alike(run: Run, whole: Run, tolerance: float = 1e-4) -> None:
    """Compare history and weights with those of one process; accuracies must be equal."""
    values, expected = (each.history()[COMPARED].to_numpy() for each in (run, whole))
    np.testing.assert_allclose(values, expected, rtol=0, atol=tolerance)
    weights, others = load_file(run.weights_path), load_file(whole.weights_path)
    assert {path.name for path in run.path.iterdir()} == {path.name for path in whole.path.iterdir()}
    for name, tensor in weights.items():
        apart, length = (float(each.float().norm()) for each in (tensor - others[name], others[name]))
        assert apart <= 0.1 * length + 1e-6, f"{name}: {apart:.2g} of {length:.2g}"


@pytest.mark.parametrize(
    ("ranks", "options"),
    [
        (3, ("--ema", 0.7)),
        (2, ("--keep", "best", "--optimizer", "sgd", "--learning-rate", 0.01, "--batch-size", 4)),
        (2, ("--frozen", "trunk", "--views", 2, "--keep", "held-out", "--patience", 2, "--batch-size", 9)),
    ],
    ids=["average", "sgd", "frozen trunk"],
)
def test_ranks_come_to_the_curve_of_one_process(
    ranks: int, options: tuple[object, ...], forks: Forks, tmp_path: Path, tiny_folder: Path
) -> None:
    alone = forks.killer.run(*training(tiny_folder, tmp_path / "alone" / "run", *options))
    assert alone.status == 0, alone.output
    shutil.rmtree(forks.killer.folder / "cache")
    outcomes = forks.run(*training(tiny_folder, tmp_path / "run", *options), ranks=ranks)
    assert [outcome.status for outcome in outcomes] == [0] * ranks, [outcome.output for outcome in outcomes]
    assert [bool(outcome.output) for outcome in outcomes] == [True] + [False] * (ranks - 1), "rank 0 alone prints"
    assert OWN_NORM not in outcomes[0].output
    assert_alike(open_run(tmp_path / "run"), open_run(tmp_path / "alone" / "run"))


def test_batch_norm_of_cpu_ranks_is_that_of_rank_0(forks: Forks, tmp_path: Path, tiny_folder: Path) -> None:
    """After one step, the saved statistics come from rank 0's half of the batch."""
    options = ("--frozen", "none", "--batch-size", 12, "--epochs", 1, "--augmentation", "none")
    outcomes = forks.run(*training(tiny_folder, tmp_path / "run", *options))
    assert [outcome.status for outcome in outcomes] == [0, 0], [outcome.output for outcome in outcomes]
    assert outcomes[0].output.count(OWN_NORM) == 1
    run, dataset = open_run(tmp_path / "run"), open_image_folder(tiny_folder)
    torch.manual_seed(run.config.train.seed)
    start = Classifier(run.config.model, run.config.view, 3)
    half = ViewedImages(dataset, [dataset.train[at] for at in EpochSampler(12, 0).order()[:6]], "squash", 64)
    values = start.run_from_images(torch.stack([half[at] for at in range(6)]), 0, 1)
    mean = load_file(run.weights_path)["trunk.bn1.running_mean"]
    torch.testing.assert_close(mean, 0.1 * values.mean((0, 2, 3)), rtol=1e-3, atol=1e-5)
    val = ViewedImages(dataset, dataset.val, "squash", 64)
    with torch.no_grad():
        logits = load_model(run)(torch.stack([val[at] for at in range(len(val))]))
    loss = float(cross_entropy(logits, torch.tensor([sample.label for sample in dataset.val])))
    assert run.history()["val_loss"].item() == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize(("ranks", "batches"), [(1, [5, 5, 2]), (2, [3, 3])])
def test_a_too_small_last_batch_is_left_out(
    ranks: int,
    batches: list[int],
    tmp_path: Path,
    tiny_folder: Path,
    tiny_config: RunConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second of two ranks has the larger half of each batch of five; the two images left over are dropped."""
    dataset = open_image_folder(tiny_folder)
    config = replace(tiny_config, train=replace(tiny_config.train, batch_size=5))
    run = create_run(tmp_path / "run", config, dataset.class_names, {})
    data = load_training_data(run, dataset, Classifier(config.model, config.view, 3), workers=0)
    become_rank(ranks - 1, ranks, monkeypatch)
    assert [len(labels) for _, labels in data.make_batches(0)] == batches


def test_dropout_differs_between_ranks_and_mixing_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    dropout, mixing = [], []
    for rank in (0, 1):
        become_rank(rank, 2, monkeypatch)
        torch.manual_seed(5)
        with rank_rng(rank):
            dropout.append(float(torch.rand(())))
        mixing.append(float(torch.rand(())))
    assert dropout[0] != dropout[1]
    assert mixing[0] == mixing[1]


def test_each_rank_has_two_images_of_every_batch(forks: Forks, tmp_path: Path, tiny_folder: Path) -> None:
    outcomes = forks.run(*training(tiny_folder, tmp_path / "run", "--batch-size", 5), ranks=3)
    assert "".join(outcome.output for outcome in outcomes) == (
        "Error: batch_size is 5, for all 3 ranks together, of 12 training images, and each rank needs 2 images of a"
        " batch. Start fewer ranks, or train with a larger --batch-size.\n"
    )
    assert [outcome.status for outcome in outcomes] == [1, 1, 1]
    assert not (tmp_path / "run").exists()


FAILS = """
if rank == {rank}:
    from camcore.training import data
    from camcore.errors import CamcoreError

    def fail(*_):
        raise CamcoreError("This rank has a problem.")

    data.build_augmentation = fail
"""


@pytest.mark.parametrize("rank", [0, 1])
def test_what_ends_one_rank_ends_all_in_one_line(rank: int, forks: Forks, tmp_path: Path, tiny_folder: Path) -> None:
    started = time.monotonic()
    outcomes = forks.run(*training(tiny_folder, tmp_path / "run"), before=FAILS.format(rank=rank))
    assert time.monotonic() - started < 30
    assert [outcome.status for outcome in outcomes] == [1, 1]
    output = "".join(outcome.output for outcome in outcomes)
    assert output.endswith("\nError: This rank has a problem.\n") and output.count("Error") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_on_one_rank_stops_all_ranks(number: int, forks: Forks, tmp_path: Path, tiny_folder: Path) -> None:
    path = tmp_path / "run"
    processes = forks.start(*training(tiny_folder, path, "--epochs", 300))
    while not (path / "history.csv").exists():
        time.sleep(0.01)
    os.kill(processes[1], number)
    outcomes = forks.wait(processes)
    assert [outcome.status for outcome in outcomes] == [130, 130]
    output = "".join(outcome.output for outcome in outcomes)
    assert output.count("Stopped. ") == 1
    assert output.endswith(f"are kept. Resume: camcore train --run {path} --resume\n")
    stopped = open_run(path)
    assert not stopped.finished
    assert torch.load(stopped.state_path, weights_only=True)["begun"]["random"] is not None


def kill_at(rank: int, step: int) -> str:
    return f"""
if rank == {rank}:
    import torch
    backward, steps = torch.Tensor.backward, []

    def backward_or_die(*arguments):
        steps.append(0)
        if len(steps) == {step}:
            os.kill(os.getpid(), 9)
        backward(*arguments)

    torch.Tensor.backward = backward_or_die
"""


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_rank_ends_all_and_any_number_resumes(
    rank: int, forks: Forks, tmp_path: Path, tiny_folder: Path
) -> None:
    path = tmp_path / "run"
    alone = forks.killer.run(*training(tiny_folder, tmp_path / "alone" / "run", "--ema", 0.5))
    assert alone.status == 0, alone.output
    outcomes = forks.run(*training(tiny_folder, path, "--ema", 0.5), before=kill_at(rank, step=3))
    assert outcomes[rank].status == KILLED
    assert outcomes[1 - rank].status == 1
    assert re.fullmatch(
        r"(?:(?!Error).*\n)*Error: Rank \d lost touch with the other ranks \(.*\), so all 2 end\. What is finished is"
        r" kept: the same command goes on from there, `camcore train` with --resume\.\n",
        outcomes[1 - rank].output,
    )
    assert len(open_run(path).history()) == 1
    for outcome in forks.run("train", "--run", path, "--resume", "--device", "cpu", "--workers", 0, ranks=3 - 2 * rank):
        assert outcome.status == 0, outcome.output
    assert_alike(open_run(path), open_run(tmp_path / "alone" / "run"))


BOTH_COMMANDS = """
import runpy, sys

out, err = sys.stdout, sys.stderr
for words in {commands!r}:
    sys.argv[1:], sys.stdout, sys.stderr = words, out, err
    try:
        runpy.run_module("camcore", run_name="__main__")
    except SystemExit as end:
        assert not end.code, end.code
"""


def test_torchrun_trains_and_explains_like_one_process(
    forks: Forks, trained_run: Run, tmp_path: Path, tiny_folder: Path
) -> None:
    """The training differs by rounding, the maps do not; both share one slow start of torchrun."""
    paths = [tmp_path / name / "run" for name in ("alone", "ranks")]
    explained = [Path(shutil.copytree(trained_run.path, path.with_name("explained"))) for path in paths]
    exact = ("--force", "--sources", "cam,grad_cam,grad_cam@layer3", "--all-classes", "--precision", "exact")
    on_cpu = ("--device", "cpu", "--workers", 0)
    alone, on_ranks = (
        [training(tiny_folder, path), ("explain", copy, *exact, *on_cpu)]
        for path, copy in zip(paths, explained, strict=True)
    )
    for command in alone:
        outcome = forks.killer.run(*command)
        assert outcome.status == 0, outcome.output
    commands = [[str(word) for word in command] for command in on_ranks]
    ended = run_torchrun(tmp_path, source=BOTH_COMMANDS.format(commands=commands))
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("Trained: ") == 1
    assert ended.stdout.count("Explained 6 images") == 1
    assert "Warning" not in ended.stderr
    assert_alike(open_run(paths[1]), open_run(paths[0]))
    assert read_maps(open_run(explained[1])) == read_maps(open_run(explained[0]))


def test_torchrun_ends_what_has_lost_a_rank(tmp_path: Path, tiny_folder: Path) -> None:
    path = tmp_path / "run"
    words = [str(word) for word in training(tiny_folder, path)]
    command = f"from camcore.cli.main import main\nmain({words!r})"
    source = f"import os\nrank = int(os.environ['RANK'])\n{kill_at(1, 3)}\n{command}"
    ended = run_torchrun(tmp_path, source=source)
    assert ended.returncode == 1
    assert ended.stderr.count("Error: Rank ") <= 1, "that of the rank that was left, unless torchrun stopped it first"
    assert "collectives.py" not in ended.stderr, "and no traceback through the engine"
    assert "Signal 9 (SIGKILL)" in ended.stderr
    assert len(open_run(path).history()) == 1
    assert not list(path.rglob("*.part"))


STOPS_TORCHRUN = """
import os, signal, time
import torch
from camcore.cli.main import main

backward, steps = torch.Tensor.backward, []

def backward_and_stop(*arguments):
    steps.append(0)
    if len(steps) == 5 and os.environ["RANK"] == "0":
        os.kill(os.getppid(), signal.SIGTERM)
    if len(steps) == 5:
        time.sleep(2)
    backward(*arguments)

torch.Tensor.backward = backward_and_stop
main({words!r})
"""


def test_ending_torchrun_keeps_the_current_step(tmp_path: Path, tiny_folder: Path) -> None:
    """It sends SIGTERM to process groups, also to data loader workers."""
    path = tmp_path / "run"
    words = [str(word) for word in training(tiny_folder, path, "--epochs", 300, "--workers", 1, "--batch-size", 4)]
    ended = run_torchrun(tmp_path, source=STOPS_TORCHRUN.format(words=words))
    assert ended.returncode != 0
    assert ended.stderr.count("Stopped. ") == 1, ended.stderr
    assert "Error: " not in ended.stderr
    begun = torch.load(open_run(path).state_path, weights_only=True)["begun"]
    assert (begun["steps"], begun["random"] is not None) == (2, True)


@pytest.mark.skipif(GPUS < 2, reason=f"needs two GPUs, one for each rank; there are {GPUS}")
def test_ranks_on_gpus_come_to_the_curve_of_one(tmp_path: Path, tiny_folder: Path) -> None:
    for path, ranks in ((tmp_path / "alone" / "run", 1), (tmp_path / "run", 2)):
        ended = run_torchrun(tmp_path, *training(tiny_folder, path, "--frozen", "none", device="cuda"), ranks=ranks)
        assert ended.returncode == 0, ended.stderr
    assert_alike(open_run(tmp_path / "run"), open_run(tmp_path / "alone" / "run"), tolerance=1e-2)
