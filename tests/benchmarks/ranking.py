"""Measures ranking a million images by disagreement: `python tests/benchmarks/ranking.py`.

It generates maps of CAM and Grad-CAM as `explain` stores them, 7 by 7 per target, and ranks them by each measure in its
own process. The peak memory includes mapped files. The files are read once before, to exclude the disk's time.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from camcore.explained.explanation import TARGETS, Explanation
from camcore.explained.queries import measure_pair
from camcore.measures.disagreement import MEASURES

SOURCES = ("cam", "grad_cam")


def generate(folder: Path, images: int) -> None:
    """Write maps in an explanation's format, in blocks."""
    generator = np.random.default_rng(0)
    shape = (images, len(TARGETS), 7, 7)
    files = [np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype="f4", shape=shape) for name in SOURCES]
    for start in range(0, images, 50_000):
        rows = slice(start, start + 50_000)
        cam = generator.normal(0.3, 1, (len(files[0][rows]), len(TARGETS), 7, 7))
        files[0][rows], files[1][rows] = cam, cam / 49 + generator.normal(0, 0.01, cam.shape)
    for file in files:
        file.flush()


def rank(folder: Path, images: int, measure: str) -> None:
    """Rank once and print seconds and MiB, as JSON."""
    explanation = Explanation(folder, {"sources": list(SOURCES), "images": images})
    started = time.perf_counter()
    distances = measure_pair(explanation, *SOURCES, measures=[measure], conventions=["literature"])
    order = np.argsort(-distances.to_numpy()[:, 0], kind="stable")
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak": read_peak() / 1024, "first": int(order[0])}))


def read_peak() -> int:
    """Return this process's peak resident memory in KiB; `ru_maxrss` would include the parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rank", nargs=2, metavar=("FOLDER", "MEASURE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rank:
        rank(Path(options.rank[0]), options.images, options.rank[1])
        return
    print(f"{options.images:,} images; {os.cpu_count()} cores, {platform.machine()}, numpy {np.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), options.images)
        for measure in MEASURES:
            command = [sys.executable, __file__, "--images", str(options.images), "--rank", folder, measure]
            results = [json.loads(subprocess.check_output(command)) for _ in range(options.rounds)]
            seconds = np.median([result["seconds"] for result in results])
            peak = max(result["peak"] for result in results)
            print(f"{measure:24} median {seconds:5.2f} s, peak {peak:6.0f} MiB")


if __name__ == "__main__":
    main()
