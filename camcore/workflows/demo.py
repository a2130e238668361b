"""`camcore demo`: a small run on paper dogs, trained and explained."""

from pathlib import Path

from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.explained.explanation import Explanation
from camcore.runs.run import open_run
from camcore.workflows.explain import explain_run
from camcore.workflows.machine import Machine
from camcore.workflows.train import resume_run, train_run

DEMO_CONFIG = RunConfig(
    DatasetConfig("paper-dogs", val_images=200),
    ViewConfig(size=128),
    ModelConfig("resnet10_narrow", "gap", map_stride=16),
    TrainConfig(epochs=16, augmentation="light"),
)
DEMO_SOURCES = "cam,grad_cam,grad_cam@layer3"


def make_demo(path: Path, machine: Machine, *, overwrite: bool = False) -> Explanation:
    """Train and explain a small network on paper dogs; continue if it was stopped.

    Raises:
        CamcoreError: Another run is there.
    """
    begun = (path / "run.json").exists() and not overwrite and open_run(path).config == DEMO_CONFIG
    if not begun:
        train_run(path, DEMO_CONFIG, machine, overwrite=overwrite)
    elif not open_run(path).finished:
        resume_run(path, machine)
    return explain_run(path, machine, DEMO_SOURCES)[0]
