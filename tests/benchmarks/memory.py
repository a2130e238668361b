"""Measures the peak memory of `camcore explain` for two numbers of images: `python tests/benchmarks/memory.py`.

Both data sets differ only in the number of validation images; each is explained in its own process.
"""

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.measured_process import run_camcore

sys.path.insert(0, str(Path(__file__).parents[2]))

from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.workflows.machine import Machine
from camcore.workflows.train import train_run

DISTINCT, TRAINING = 40, 16


def make_images(root: Path, images: int) -> None:
    """Write an image folder: few different photographs, each under many names."""
    generator = np.random.default_rng(0)
    originals = root / "originals"
    originals.mkdir(parents=True)
    for index in range(DISTINCT):
        pixels = generator.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((160, 120), Image.Resampling.BICUBIC).save(originals / f"{index}.jpg")
    for split, count in (("train", TRAINING), ("val", images)):
        for index in range(count):
            place = root / "set" / split / ("cat", "dog")[index % 2] / f"{index:06}.jpg"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.hardlink_to(originals / f"{index % DISTINCT}.jpg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs=2, default=[1000, 20_000])
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.machine()}")
    peaks = []
    for images in options.images:
        with tempfile.TemporaryDirectory() as folder:
            make_images(Path(folder), images)
            view, model = ViewConfig(size=64), ModelConfig("resnet10_narrow")
            config = RunConfig(DatasetConfig("image-folder"), view, model, TrainConfig(epochs=1, batch_size=8))
            run = train_run(Path(folder) / "run", config, Machine(Path(folder) / "set", workers=0))
            seconds, peak = run_camcore("explain", run.path, "--sources", "cam,grad_cam")
        print(f"{images:8,} images: peak {peak:6.0f} MiB, {seconds:.0f} s")
        peaks.append(peak)
    print(f"ratio {peaks[1] / peaks[0]:.3f}")


if __name__ == "__main__":
    main()
