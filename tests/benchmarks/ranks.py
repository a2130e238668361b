"""Compares several ranks with one process: `python tests/benchmarks/ranks.py`: differences and seconds.

It trains on paper dogs with one process and with `torchrun`, and explains the same weights by both. One process with
another number of threads shows the effect of rounding alone. Ranks share this machine's cores, so two of them are no
faster than one process with two threads.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS.parent))

from camcore.runs.run import open_run  # noqa: E402
from camcore.system.environment import count_cores  # noqa: E402
from tests.explained.test_explain_ranks import EXACT, read_maps  # noqa: E402 needs the path above

TRAINING = ("--dataset", "paper-dogs", "--backbone", "resnet10_narrow", "--map-stride", "16", "--size", "128")


def run_camcore(ranks: int, *arguments: object, threads: int | None = None) -> float:
    """Run a command on some ranks and return its seconds. Ranks share the cores, or have `threads` each."""
    threads = threads or max(1, count_cores() // ranks)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)) if ranks > 1 else ()
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *torchrun, "-m", "camcore", "--", *map(str, arguments)],
        env=os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(TESTS.parent)},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    print(f"{options.ranks} ranks, torch {torch.__version__}, {count_cores()} cores, {platform.machine()}")
    with tempfile.TemporaryDirectory() as folder:
        alone, shared = Path(folder, "alone"), Path(folder, "ranks")
        arguments = ("--epochs", options.epochs, "--learning-rate", options.learning_rate, "--device", options.device)
        training = (
            "train",
            *TRAINING,
            *arguments,
            "--precision",
            "fp32",
            "--frozen",
            "batchnorm",
        )  # else local to a rank
        run_camcore(1, *training, "--run", alone)
        run_camcore(options.ranks, *training, "--run", shared)
        run_camcore(1, *training, "--run", Path(folder, "rounded"), threads=1)
        single, many, rounded = (open_run(Path(folder, name)).history() for name in ("alone", "ranks", "rounded"))
        print(f"train, {options.epochs} epochs: greatest difference to one process of any epoch, with ranks / threads")
        for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy"):
            apart = [(single[name] - other[name]).abs() for other in (many, rounded)]
            print(f"  {name:16} {apart[0].max():.1e} / {apart[1].max():.1e}; in the first epoch", end=" ")
            print(f"{apart[0].iloc[0]:.1e} / {apart[1].iloc[0]:.1e}; it ends at {single[name].iloc[-1]:.3f}")
        seconds = [history["seconds"].median() for history in (single, many)]
        print(f"  {seconds[0]:.1f} s an epoch with one process, {seconds[1]:.1f} s with ranks")
        shutil.rmtree(shared)
        shutil.copytree(alone, shared)
        where = ("--device", options.device)
        seconds = [
            run_camcore(ranks, "explain", path, *EXACT, *where) for path, ranks in ((alone, 1), (shared, options.ranks))
        ]
        maps = read_maps(open_run(alone)), read_maps(open_run(shared))
        print(f"explain --precision exact: {len(maps[0])} files, the same to the byte: {maps[0] == maps[1]};", end=" ")
        print(f"{seconds[0]:.0f} and {seconds[1]:.0f} s")


if __name__ == "__main__":
    main()
