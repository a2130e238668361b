"""Measures how fast photographs become heatmaps: `python tests/benchmarks/heatmaps.py --root FOLDER --peers`, medians.

FOLDER has the layout of Stanford Dogs. A network is trained on it for a few epochs first: an untrained one has maps of
noise, for which no faster variant agrees with float32. All contenders compute CAM and Grad-CAM of the same photographs,
in turns. camcore's own choice of a variant runs over all of them several times, because choosing pays off only in long
runs. `limit` is 1 / (1/d + 1/f), with the speeds of decoding (d) and the fastest forward pass (f) alone on all cores.
Libraries that are not installed are left out.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2]))

from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.data.dataset import Dataset
from camcore.data.model_input import Decoder, apply_view_to_pixels, to_pixels
from camcore.explained.explain import explain
from camcore.explained.job import BATCH_SIZE, make_job
from camcore.heatmaps.attribution import explain_targets, run_forward
from camcore.heatmaps.methods import METHODS
from camcore.heatmaps.sources import Source
from camcore.models.classifier import Classifier
from camcore.models.fast_trunk import VARIANTS, FastTrunk
from camcore.runs.run import open_run
from camcore.runs.weights import load_model
from camcore.system.threads import OrderedThreads, choose_threads
from camcore.workflows.dataset import open_run_dataset
from camcore.workflows.machine import Machine
from camcore.workflows.train import train_run

CPU = torch.device("cpu")
BOTH = (Source("cam"), Source("grad_cam"))
FAMILY = tuple(Source(name) for name, method in METHODS.items() if method.needs != "passes")
PEERS = {"torchcam": "torchcam", "captum": "captum", "pytorch-grad-cam": "grad-cam"}


@dataclass(frozen=True)
class Bench:
    """The inputs of all contenders: a trained run, its model, and the photographs of both splits."""

    path: Path
    dataset: Dataset
    model: Classifier
    size: int

    def load_model(self) -> Classifier:
        return load_model(open_run(self.path)).eval()


def train(root: Path, backbone: str, size: int, epochs: int, path: Path) -> None:
    model, view = ModelConfig(backbone), ViewConfig(size=size)
    train_run(path, RunConfig(DatasetConfig("stanford-dogs"), view, model, TrainConfig(epochs=epochs)), Machine(root))


def prepare(root: Path, trained: Path, folder: Path) -> Bench:
    """Open a copy of a trained run and its photographs; all are explained."""
    run = open_run(Path(shutil.copytree(trained, folder / "copy")))
    dataset = open_run_dataset(run, root)
    every = replace(dataset, val=dataset.val + dataset.train)
    return Bench(run.path, every, load_model(run).eval(), run.config.view.size)


def run_camcore(bench: Bench, precision: str, repeat: int = 1) -> float:
    """Return images per second from files to stored maps, without the choice of the trunk variant."""
    dataset = replace(bench.dataset, val=bench.dataset.val * repeat)
    explanation = explain(make_job(open_run(bench.path), dataset, bench.load_model(), BOTH, CPU), precision=precision)
    return float(explanation.manifest.images_per_second)


def run_torchcam(bench: Bench) -> float:
    """Return images per second of the usual loop with torchcam: one forward pass, both extractors."""
    from torchcam.methods import CAM, GradCAM

    model = as_torchvision(bench.load_model())
    extractors = CAM(model, "layer4", fc_layer="fc"), GradCAM(model, "layer4")
    stored: list[list[np.ndarray]] = [[], []]
    started = time.perf_counter()
    for samples in batches(bench.dataset.val):
        images = torch.stack([to_input(bench, bench.dataset.load_image(sample)) for sample in samples])
        scores = model(images)
        classes = scores.argmax(1).tolist()
        for maps, extractor in zip(stored, extractors, strict=True):
            maps.append(extractor(classes, scores)[0].detach().numpy())
    return len(bench.dataset.val) / (time.perf_counter() - started)


def to_input(bench: Bench, image: Image.Image) -> Tensor:
    pixels = torch.from_numpy(np.array(image.resize((bench.size, bench.size), Image.Resampling.BILINEAR)))
    return (pixels.permute(2, 0, 1).float() - bench.model.mean) / bench.model.std


def as_torchvision(model: Classifier) -> nn.Module:
    """Return a classifier as a module for the libraries: named layers, pooling, then `fc`."""

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, layer in model.layers:
                self.add_module(name, layer)
            self.fc = model.head[-1]

        def forward(self, images: Tensor) -> Tensor:
            for name, _ in model.layers:
                images = getattr(self, name)(images)
            return self.fc(images.mean((2, 3)))  # type: ignore[no-any-return]

    return Network().eval()


def batches(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[at : at + BATCH_SIZE] for at in range(0, len(items), BATCH_SIZE)]


def measure_limit(bench: Bench, path: str) -> dict[str, float]:
    """Return images per second of decoding and of the forward pass, each alone on all cores."""
    decoder = Decoder(bench.dataset, "squash", bench.size, exact=False)
    images = decoder.decode_batch(bench.dataset.val[:BATCH_SIZE]).images
    trunk, last = FastTrunk(bench.model, VARIANTS[path], BATCH_SIZE), len(bench.model.layers)

    def decode(samples: Sequence[Any]) -> None:
        for sample in samples:
            apply_view_to_pixels(to_pixels(bench.dataset.load_image(sample, bench.size)), "squash", bench.size)

    @torch.no_grad()
    def forward(_: Sequence[Any]) -> None:
        bench.model.classify(trunk(images, 0, last))

    forward(())  # builds the trunk in one thread
    rates = {}
    full = [batch for batch in batches(bench.dataset.val) if len(batch) == BATCH_SIZE]
    with OrderedThreads(choose_threads()) as threads:
        for name, work in (("d", decode), ("f", forward)):
            list(threads.map_ordered(work, full[:4]))
            started = time.perf_counter()
            list(threads.map_ordered(work, full))
            rates[name] = len(full) * BATCH_SIZE / (time.perf_counter() - started)
    return rates


def compute_contenders(bench: Bench, path: str, peers: Sequence[str]) -> dict[str, Callable[[], object]]:
    """Return functions that compute maps of one batch in memory."""
    images = (
        Decoder(bench.dataset, "squash", bench.size, exact=False).decode_batch(bench.dataset.val[:BATCH_SIZE]).images
    )
    trunk, last = FastTrunk(bench.model, VARIANTS[path], BATCH_SIZE), len(bench.model.layers)
    floats = bench.model.normalize(images).contiguous()

    def camcore(sources: Sequence[Source]) -> None:
        output = run_forward(bench.model, images, sources, trunk)
        explain_targets(bench.model, images, output, output.logits.detach().argmax(1)[:, None], sources)

    @torch.no_grad()
    def forward() -> None:
        bench.model.classify(trunk(images, 0, last))

    contenders: dict[str, Callable[[], object]] = {
        "bare forward": forward,
        "CAM and Grad-CAM": lambda: camcore(BOTH),
        f"{len(FAMILY)} methods": lambda: camcore(FAMILY),
    }
    if "captum" in peers:
        from captum.attr import LayerGradCam

        network = as_torchvision(bench.load_model())
        captum = LayerGradCam(network, network.get_submodule("layer4"))
        contenders["captum, Grad-CAM alone"] = lambda: captum.attribute(floats, network(floats).argmax(1).tolist())
    if "pytorch-grad-cam" in peers:
        from pytorch_grad_cam import GradCAM

        other = as_torchvision(bench.load_model())
        grad_cam = GradCAM(other, [other.get_submodule("layer4")])
        contenders["pytorch-grad-cam, Grad-CAM alone"] = lambda: grad_cam(floats, None)
    return contenders


def in_turns(contenders: dict[str, Callable[[], Any]], rounds: int, timed: bool) -> dict[str, list[float]]:
    """Run contenders in turns; return each result, or with `timed` its images per second."""
    measured: dict[str, list[float]] = defaultdict(list)
    for turn in range(rounds + timed):
        for name, run in contenders.items():
            started = time.perf_counter()
            value = run()
            if timed:
                value = BATCH_SIZE / (time.perf_counter() - started)
            if turn or not timed:
                measured[name].append(value)
    return measured


def is_there(peer: str) -> bool:
    try:
        metadata.version(PEERS[peer])
    except metadata.PackageNotFoundError:
        return False
    return True


def show(title: str, measured: dict[str, list[float]], unit: str, against: str) -> None:
    print(f"\n{title}")
    base = statistics.median(measured[against])
    for name, values in measured.items():
        median = statistics.median(values)
        spread = f"{min(values):.1f} to {max(values):.1f}"
        print(f"  {name:34} {median:8.1f} {unit} ({spread}), {median / base:.2f} times {against}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--backbone", default="resnet18", choices=["resnet18", "resnet50"])
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--run", type=Path, help="A run trained on FOLDER, in place of training one.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=5, help="How many times camcore's own choice sees them.")
    parser.add_argument("--peers", action="store_true", help="Also run torchcam, captum and pytorch-grad-cam.")
    parser.add_argument("--json", type=Path, help="Write every value there.")
    options = parser.parse_args()
    peers = [peer for peer in PEERS if options.peers and is_there(peer)]
    with tempfile.TemporaryDirectory() as folder:
        trained = options.run or Path(folder) / "run"
        if not options.run:
            train(options.root, options.backbone, options.size, options.epochs, trained)
        bench = prepare(options.root, trained, Path(folder))
        run_camcore(bench, "auto", options.repeat)
        run = open_run(bench.path)
        path = str(json.loads(next(run.path.glob("explained/*/manifest.json")).read_text())["precision"]["path"])
        contenders: dict[str, Callable[[], float]] = {
            "camcore": lambda: run_camcore(bench, "auto", options.repeat),
            "camcore --precision exact": lambda: run_camcore(bench, "exact"),
        }
        if "torchcam" in peers:
            contenders["torchcam"] = lambda: run_torchcam(bench)
        whole = in_turns(contenders, options.rounds, timed=False)
        show("Files to stored maps", whole, "images/s", list(whole)[-1])
        alone = [measure_limit(bench, path) for _ in range(options.rounds)]
        computed = in_turns(compute_contenders(bench, path, peers), options.rounds, timed=True)
    limits = [1 / (1 / rates["d"] + 1 / rates["f"]) for rates in alone]
    versions = {name: metadata.version(name) for name in ("torch", "torchvision", *(PEERS[peer] for peer in peers))}
    photographs = f"{len(bench.dataset.val)} photographs, batches of {BATCH_SIZE}"
    print(f"\n{bench.model.config.backbone}, {bench.size} px, {photographs}; {path}")
    print(f"{os.cpu_count()} cores, {platform.machine()}, {torch.backends.cpu.get_cpu_capability()}; {versions}")
    for name in ("d", "f"):
        print(f"  {name} alone: {statistics.median(rates[name] for rates in alone):.1f} images/s")
    print(f"  share of the limit: {statistics.median(whole['camcore']) / statistics.median(limits):.2f}")
    show("Computation alone", computed, "images/s", "bare forward")
    if options.json:
        every = {"whole": whole, "alone": alone, "computed": computed, "path": path, "versions": versions}
        options.json.write_text(json.dumps(every, indent=1))


if __name__ == "__main__":
    main()
