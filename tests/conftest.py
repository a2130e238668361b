"""Fixtures of the engine's tests: small images, a trained run, networks.

Fixtures import torch themselves, so that the tests of pages run without it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image, ImageDraw

from camcore.backbones import BACKBONES
from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.runs.run import Run, open_run
from camcore.system.checksums import SUMS
from camcore.workflows.machine import Machine
from tests.support.command_line import CPU
from tests.support.kill_process import Killer, start_killer

if TYPE_CHECKING:
    from torch import Tensor

    from camcore.models.classifier import Classifier
    from tests.support.torchrun import Forks

# For torch, which is not imported yet, and for what tests start: two processes share the tests on two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples every time, none stored.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("repeatable")

CLASS_NAMES = ("bar", "disc", "frame")
SIZES = ((48, 40), (36, 52), (44, 44))
TINY_SOURCES = "cam,grad_cam,grad_cam@layer3"
TINY_CONFIG = RunConfig(
    DatasetConfig("image-folder"),
    ViewConfig(size=64),
    ModelConfig("resnet10_narrow", "gap", 16),  # 4 x 4 cells, the fewest that are drawn and measured
    TrainConfig(epochs=2, batch_size=4, warmup_epochs=0.5, augmentation="light", precision="fp32"),
)
BuildModel = Callable[[ModelConfig], "Classifier"]
LARGE = ("resnet34", "resnet50", "densenet121", "convnext_tiny", "vgg16")
GAP_NETWORKS = [
    pytest.param((name, stride), marks=[pytest.mark.slow] if name in LARGE and stride < 32 else [])
    for name, backbone in BACKBONES.items()
    for stride in backbone.map_strides
]


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use a temporary cache instead of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAMCORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image folder of three classes with four training and two validation images each, JPEG and PNG."""
    root = tmp_path_factory.mktemp("tiny-folder")
    random = np.random.default_rng(0)
    for label, name in enumerate(CLASS_NAMES):
        for index in range(6):
            folder = root / ("train" if index < 4 else "val") / name
            folder.mkdir(parents=True, exist_ok=True)
            picture = draw_picture(label, SIZES[index % len(SIZES)], random)
            picture.save(folder / f"{index}.{'jpg' if index % 2 else 'png'}")
    return root


def draw_picture(label: int, size: tuple[int, int], random: np.random.Generator) -> Image.Image:
    """Return a bright shape, which decides the class, on dark noise."""
    width, height = size
    image = Image.fromarray(random.integers(0, 90, (height, width, 3), dtype=np.uint8))
    x, y = (int(value) for value in random.integers(2, 16, 2))
    box = (x, y, x + 18, y + 18)
    canvas = ImageDraw.Draw(image)
    if label == 0:
        canvas.rectangle((x, y + 6, x + 18, y + 12), fill="#f0e0c0")
    elif label == 1:
        canvas.ellipse(box, fill="#f0e0c0")
    else:
        canvas.rectangle(box, outline="#f0e0c0", width=3)
    return image


@pytest.fixture(scope="session")
def tiny_config() -> RunConfig:
    """The configuration of `trained_run`: two epochs of the smallest network at 64 pixels."""
    return TINY_CONFIG


@pytest.fixture(scope="session")
def single_thread() -> None:
    """Compute with one thread, which is faster for tensors this small."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def trained_run(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory, single_thread: None) -> Run:
    """A finished run, explained with CAM and Grad-CAM at two layers. Shared: to change it, use `own_run`."""
    from camcore.workflows import explain, train

    path = tmp_path_factory.mktemp("runs") / "tiny"
    train.train_run(path, TINY_CONFIG, Machine(tiny_folder, "cpu", 0))
    explain.explain_run(path, CPU, TINY_SOURCES)
    return open_run(path)


@pytest.fixture
def own_run(trained_run: Run, tmp_path: Path) -> Run:
    """A copy of `trained_run` that tests may change."""
    return open_run(Path(shutil.copytree(trained_run.path, tmp_path / "own")))


@pytest.fixture
def old_run(own_run: Run) -> Run:
    """The same in the format of earlier versions, without lists of files and images."""
    for listed in (*own_run.path.rglob(SUMS), own_run.path / "images.parquet"):
        listed.unlink()
    return own_run


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    """A runner of commands that imports torch once for all tests."""
    with start_killer(tmp_path_factory.mktemp("forks")) as running:
        yield running


@pytest.fixture
def killer(fork_server: Killer, tmp_path: Path) -> Killer:
    """A runner of commands that change files in `tmp_path`."""
    return fork_server.move_to(tmp_path)


@pytest.fixture
def forks(killer: Killer) -> "Forks":
    """A runner of commands on several ranks."""
    from tests.support.torchrun import Forks

    return Forks(killer)


@pytest.fixture(scope="session")
def build_model(single_thread: None) -> BuildModel:
    """Return a function that builds a network of five classes, in evaluation mode. Shared: don't change the models."""
    return lru_cache(maxsize=4)(_build_model)


@pytest.fixture(scope="session", params=GAP_NETWORKS, ids=lambda network: f"{network[0]}-stride{network[1]}")
def gap_model(request: pytest.FixtureRequest, build_model: BuildModel) -> "Classifier":
    """Every backbone with mean pooling and one linear layer, at every map stride (slow: fine maps of large ones)."""
    name, stride = request.param
    return build_model(ModelConfig(name, "gap", stride))


@pytest.fixture(scope="session", params=BACKBONES)
def coarse_model(request: pytest.FixtureRequest, build_model: BuildModel) -> "Classifier":
    """Every backbone as `gap_model`, at its coarsest map alone, which is the fastest."""
    return build_model(ModelConfig(request.param, "gap", max(BACKBONES[request.param].map_strides)))


@pytest.fixture(scope="session")
def noise_images() -> "Tensor":
    """Three noise images of 64 pixels, uint8 (3, 3, 64, 64)."""
    import torch

    return torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def _build_model(config: ModelConfig) -> "Classifier":
    """Return a network with random weights and stable activations."""
    import torch

    from camcore.models.classifier import Classifier

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Classifier(config, ViewConfig(size=64), 5)
        # With the initial batch norm statistics, deep networks fade to 1e-13: measure them.
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
        with torch.no_grad():
            model.train()(torch.randint(0, 256, (8, 3, 64, 64), dtype=torch.uint8))
    return model.eval()
