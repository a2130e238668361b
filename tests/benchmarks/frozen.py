"""Measures `--recipe frozen` from photographs to heatmaps, in seconds: `python tests/benchmarks/frozen.py`.

It generates photographs in the numbers and usual size of Stanford Dogs (12,000 for training, 8,580 for validation, 120
classes, 500 by 375 pixels; few different ones, each under many names). The ResNet-50 has random weights, damped
residual branches and the photographs' batch statistics. Each command runs in its own process, for its peak memory.
Heatmaps use the stored features if these agree with float32; the choice is printed.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from torchvision.models.resnet import Bottleneck

from tests.support.measured_process import run_camcore

sys.path.insert(0, str(Path(__file__).parents[2]))

from camcore.explained.explanation import open_explanation
from camcore.runs.run import open_run

DISTINCT, WIDTH, HEIGHT = 240, 500, 375


def make_photographs(root: Path, classes: int, per_split: dict[str, int]) -> list[Path]:
    """Write an image folder and return the different photographs in it."""
    generator = np.random.default_rng(0)
    (root / "originals").mkdir(parents=True)
    originals = []
    for index in range(DISTINCT):
        coarse = generator.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), dtype=np.float32)
        pixels = (smooth + generator.normal(0, 12, smooth.shape)).clip(0, 255).astype(np.uint8)
        originals.append(root / "originals" / f"{index}.jpg")
        Image.fromarray(pixels).save(originals[-1], quality=90)
    for split, count in per_split.items():
        for index in range(count):
            place = root / "set" / split / f"breed{index % classes:03}" / f"{index:06}.jpg"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.hardlink_to(originals[index % DISTINCT])
    return originals


def make_weights(path: Path, photographs: list[Path]) -> None:
    """Write the weights of a ResNet-50 with batch statistics of photographs, but untrained."""
    torch.manual_seed(0)
    network = torchvision.models.resnet50().train()
    for module in network.modules():
        if isinstance(module, Bottleneck):
            torch.nn.init.constant_(module.bn3.weight, 0.1)
    images = [np.asarray(Image.open(photograph).resize((224, 224))) for photograph in photographs[:32]]
    batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float().div(255).sub(0.45).div(0.225)
    with torch.no_grad():
        for _ in range(20):
            network(batch)
    torch.save(network.state_dict(), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train-images", type=int, default=12_000)
    parser.add_argument("--val-images", type=int, default=8_580)
    parser.add_argument("--classes", type=int, default=120)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = {"train": options.train_images, "val": options.val_images}
        photographs = make_photographs(folder, options.classes, counts)
        make_weights(folder / "weights.pth", photographs)
        source = ("--dataset", "image-folder", "--root", folder / "set")
        recipe = ("--recipe", "frozen", "--backbone", "resnet50", "--weights", folder / "weights.pth")
        run_here = partial(run_camcore, environment={"CAMCORE_CACHE": str(folder / "cache")})
        trained, train_peak = run_here("train", *source, *recipe, "--run", folder / "run")
        explained, explain_peak = run_here("explain", folder / "run")
        again, _ = run_here("train", *source, *recipe, "--seed", 1, "--run", folder / "again")
        run = open_run(folder / "run")
        history, path = run.history(), open_explanation(run).manifest.precision.path
        cache = sum(file.stat().st_size for file in (folder / "cache").iterdir())
        maps = sum(file.stat().st_size for file in (folder / "run").rglob("*") if file.is_file())
        shutil.rmtree(folder / "cache")
    print(f"{'resnet50'}, {counts['train']:,} + {counts['val']:,} photographs, {options.classes} classes")
    print(f"{os.cpu_count()} cores, {platform.machine()}; torch {torch.__version__}")
    head = history["seconds"].sum()
    print(f"features   {trained - head:6.0f} s")
    print(f"head       {head:6.0f} s, {len(history)} epochs")
    print(f"heatmaps   {explained:6.0f} s, by {path}")
    print(f"together   {trained + explained:6.0f} s; peak memory {max(train_peak, explain_peak):.0f} MiB")
    print(f"on disk    {cache / 1e9:.2f} GB of features, {maps / 1e9:.2f} GB in the run")
    print(f"another seed's head, features kept: {again:.0f} s")


if __name__ == "__main__":
    main()
