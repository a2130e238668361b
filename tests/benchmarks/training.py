"""Measures training in images per second, medians: `python tests/benchmarks/training.py --root FOLDER`.

FOLDER has the layout of Stanford Dogs. camcore's epoch (images decoded once, autocast if the hardware has it, channels
last) is compared with the usual loop: float32, Pillow and torchvision's transforms in one worker process. Both run in
turns over the same photographs, from decoded files to the optimiser's step. The first epoch of each is not counted,
because it fills the caches.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from torchvision.transforms import v2

sys.path.insert(0, str(Path(__file__).parents[2]))

from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.data.dataset import Dataset
from camcore.data.registry import open_dataset
from camcore.models.classifier import Classifier
from camcore.runs.create import create_run
from camcore.system.progress import show_progress
from camcore.training.checkpoint import TrainingProgress
from camcore.training.data import load_training_data
from camcore.training.loading import EpochBatches, choose_workers
from camcore.training.loop import build_trainer, train_steps

CPU = torch.device("cpu")
BATCH_SIZE = 32


class Photographs(TorchDataset[tuple[Tensor, int]]):
    """Training photographs with the usual transforms."""

    def __init__(self, dataset: Dataset, size: int) -> None:
        self.dataset = dataset
        steps = [v2.RandomResizedCrop(size, antialias=True), v2.RandomHorizontalFlip(), v2.PILToTensor()]
        steps += [v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
        self.transform = v2.Compose(steps)

    def __len__(self) -> int:
        return len(self.dataset.train)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        sample = self.dataset.train[index]
        return self.transform(self.dataset.load_image(sample)), sample.label


def build_usual_epoch(dataset: Dataset, backbone: str, size: int) -> Callable[[], int]:
    """Return a function that trains one float32 epoch and returns the number of images."""
    network = getattr(torchvision.models, backbone)(num_classes=len(dataset.class_names)).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    loader = DataLoader(Photographs(dataset, size), BATCH_SIZE, shuffle=True, num_workers=1, persistent_workers=True)

    def run() -> int:
        seen = 0
        for images, labels in loader:
            loss = nn.functional.cross_entropy(network(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += len(images)
        return seen

    return run


def build_camcore_epoch(dataset: Dataset, config: RunConfig, folder: Path) -> Callable[[], int]:
    """Return a function that trains one epoch like `camcore train` and returns the number of images."""
    run = create_run(folder / "run", config, dataset.class_names, {"kind": dataset.kind})
    model = Classifier(config.model, config.view, len(dataset.class_names))
    trainer = build_trainer(config.train, model, len(dataset.class_names), CPU)
    data = load_training_data(run, dataset, model, None)
    loader, workers = data.make_batches(0), None

    def train() -> int:
        nonlocal loader, workers
        batches, started = EpochBatches(loader, epoch=0), time.perf_counter()
        with show_progress(len(dataset.train), "training") as bar:
            for images in train_steps(trainer, data, batches, TrainingProgress()):
                bar.update(images)
        if workers is None:
            workers = choose_workers(batches.waited, time.perf_counter() - started)
            loader = data.make_batches(workers)
        return len(dataset.train)

    return train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--augmentation", default="light")
    parser.add_argument("--json", type=Path, help="Write every value there.")
    options = parser.parse_args()
    train = TrainConfig(epochs=10_000, batch_size=BATCH_SIZE, augmentation=options.augmentation)
    view, model = ViewConfig(size=options.size), ModelConfig(options.backbone)
    config = RunConfig(DatasetConfig("stanford-dogs"), view, model, train)
    dataset = open_dataset(config.dataset, options.root)
    rates: dict[str, list[Any]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        contenders = {
            "camcore": build_camcore_epoch(dataset, config, Path(folder)),
            "float32, Pillow": build_usual_epoch(dataset, options.backbone, options.size),
        }
        for turn in range(options.rounds + 1):
            for name, run in contenders.items():
                started = time.perf_counter()
                rate = run() / (time.perf_counter() - started)
                if turn:
                    rates[name].append(rate)
    print(f"{options.backbone}, {options.size} px, batches of {BATCH_SIZE}, {len(dataset.train)} photographs")
    capability = torch.backends.cpu.get_cpu_capability()
    print(f"{os.cpu_count()} cores, {platform.machine()}, {capability}; torch {metadata.version('torch')}")
    base = statistics.median(rates["float32, Pillow"])
    for name, values in rates.items():
        median = statistics.median(values)
        print(f"{name:18} {median:6.1f} images/s ({min(values):.1f} to {max(values):.1f}), {median / base:.2f} times")
    if options.json:
        options.json.write_text(json.dumps(rates, indent=1))


if __name__ == "__main__":
    main()
