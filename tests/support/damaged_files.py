"""A small run with every kind of file, and ways to damage each."""

import random
import shutil
from pathlib import Path

import torch

from camcore.models.classifier import Classifier
from camcore.runs.run import Run, open_run
from camcore.runs.weights import save_weights
from camcore.system.checksums import RUN_FILES, write_sums
from camcore.workflows import explain, verdict
from tests.support.command_line import CPU

# Patterns of one file each, because explanations and verdict values have generated names.
FILES = (
    "run.json",
    "history.csv",
    "model.safetensors",
    "skipped.csv",
    "images.parquet",
    "local.json",
    "SHA256SUMS",
    "explained/current",
    "explained/*/SHA256SUMS",
    "explained/*/manifest.json",
    "explained/*/samples.parquet",
    "explained/*/logits.npy",
    "explained/*/pooled.npy",
    "explained/*/targets.npy",
    "explained/*/cam.npy",
    "explained/*/grad_cam.npy",
    "explained/*/grad_cam@layer3.npy",
    "explained/*/all_classes.npy",
    "explained/*/thumbnails.npy",
    "explained/*/thumbnails.bin",
    "explained/*/verdict.json",
    "explained/*/measures-*.parquet",
)
FLIPS = 4
DAMAGES = ("half", "empty", *(f"bit {number}" for number in range(FLIPS)), "another", "removed", "folder", "unreadable")
UNREADABLE = Path("/proc/self/mem")  # on Linux, reading its first byte is an input/output error, also for root


def complete(run: Run, seed: int) -> Path:
    """Give a copy of `trained_run` every kind of file.

    Those of two seeds differ in every file except those about the data set.
    """
    rows = run.history().to_dict("records")
    run.write_history([{**row, "seconds": row["seconds"] + seed} for row in rows])
    run.write_skipped([(f"val/bar/{seed}.png", "no image")])
    torch.manual_seed(seed)
    save_weights(run, Classifier(run.config.model, run.config.view, len(run.class_names)), 1 + seed % 2)
    document = (run.path / "run.json").read_text(encoding="utf-8")
    (run.path / "run.json").write_text(document.replace("disc", f"disc {seed}"), encoding="utf-8")
    write_sums(run.path, RUN_FILES)
    explain.explain_run(run.path, CPU, "cam,grad_cam,grad_cam@layer3", all_classes=True, force=True)
    verdict.verdict_run(run.path, CPU, methods="cam,grad_cam", images=2)
    return run.path


def copy_complete(trained: Run, path: Path, seed: int) -> Path:
    """Copy `trained_run` and complete the copy."""
    return complete(open_run(Path(shutil.copytree(trained.path, path))), seed)


def find(run: Path, pattern: str) -> Path:
    """Return the file of a run that matches a pattern."""
    (match,) = run.glob(pattern)
    return match


def damage(path: Path, how: str, another: Path) -> None:
    """Damage a file; `another` is the same file of another run."""
    content = path.read_bytes()
    path.unlink()
    if how == "half":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how.startswith("bit "):
        at = random.Random(f"{path.name} {how}").randrange(8 * len(content))  # noqa: S311 no secret
        flipped = bytearray(content)
        flipped[at // 8] ^= 1 << at % 8
        path.write_bytes(flipped)
    elif how == "another":
        shutil.copy(another, path)
    elif how == "folder":
        path.mkdir()
    elif how == "unreadable":
        path.symlink_to(UNREADABLE)
    else:
        assert how == "removed"
