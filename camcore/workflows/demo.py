"""`camcore demo`: a small run on paper dogs, trained and explained."""

from pathlib import Path

from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.explained.explanation import Explanation
from camcore.workflows.explain import explain_run
from camcore.workflows.machine import Machine
from camcore.workflows.train import train_run

DEMO_CONFIG = RunConfig(
    DatasetConfig("paper-dogs", val_images=200),
    ViewConfig(size=128),
    ModelConfig("resnet10_narrow", "gap", map_stride=16),
    TrainConfig(epochs=16, augmentation="light"),
)
DEMO_SOURCES = "cam,grad_cam,grad_cam@layer3"


def make_demo(path: Path, machine: Machine, *, overwrite: bool = False) -> Explanation:
    """Train and explain a small network on paper dogs.

    Raises:
        CamcoreError: The run exists.
    """
    train_run(path, DEMO_CONFIG, machine, overwrite=overwrite)
    return explain_run(path, machine, DEMO_SOURCES)[0]
