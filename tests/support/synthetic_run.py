"""A synthetic run folder of any size, computed without a model in seconds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors.numpy import save

from camcore import geometry
from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig
from camcore.explained.explanation import (
    TARGETS,
    Manifest,
    TrunkReport,
    counts_in_accuracy,
    is_correct,
    new_explanation,
)
from camcore.geometry import LayerGrid
from camcore.heatmaps.drawing import map_status
from camcore.heatmaps.sources import CamCheck
from camcore.runs.create import create_run
from camcore.runs.run import EPOCH_KEY, FORMAT_VERSION, Run
from camcore.system.files import create_array, write_json
from tests.support.synthetic_pictures import Picture, draw_pictures

CLASSES = ("Beagle", "Collie", "Dachshund", "Papillon", "Pug", "Whippet")
DISTINCT_PICTURES = 60  # more pictures (or one per class) repeat; predictions and maps don't
IMAGES_AT_ONCE = 10_000  # larger runs are made in blocks, to limit memory
CHANNELS = 16
EARLIER_LAYER = "layer3"

FloatArray = NDArray[np.float32]


def make_run(
    folder: Path,
    name: str,
    images: int = 40,
    classes: tuple[str, ...] = CLASSES,
    cam_able: bool = True,
    sources: tuple[str, ...] = ("cam", "grad_cam", "grad_cam@layer3"),
    seed: int = 0,
    grid: tuple[int, int] = (7, 7),
    epochs: int = 12,
    finished: bool = True,
    explained: bool = True,
    group: str | None = None,
    kept_epoch: int | None = None,
    train_seed: int | None = None,
    right: NDArray[np.bool_] | None = None,
    channels: int = CHANNELS,
) -> Path:
    """Write a valid, plausible run into `folder / name` and return its path.

    Every fourth prediction is wrong, every tenth image holds a second object, and the maps of every 13th image hold no
    positive evidence. If `cam_able`, `grad_cam` is `cam / Z` as exactly as float32 allows. `group` is the name of its
    seed group, `kept_epoch` the epoch of its (empty) weights, None for the last. `train_seed` is the training's seed if
    it differs from the pictures', `right` says which predictions are correct.
    """
    head = "gap" if cam_able else "mlp"
    config = RunConfig(
        dataset=DatasetConfig(seed=seed, val_images=images),
        model=ModelConfig(backbone="resnet10_narrow", head=head),
        train=TrainConfig(epochs=12, seed=seed if train_seed is None else train_seed),
    )
    dataset = {"kind": "paper-dogs", "fingerprint": f"synthetic-{seed}", "train": 4 * images, "val": images}
    run = create_run(folder / name, config, classes, dataset, group)
    write_history(run, epochs, seed)
    if finished:
        run.weights_path.write_bytes(save({}, {EPOCH_KEY: str(kept_epoch or epochs)}))
    else:
        run.resume_path.mkdir()
    if explained:
        _write_generation(run, images, cam_able, sources, seed, grid, right, channels)
    return run.path


def make_group(
    folder: Path, name: str, accuracies: Sequence[float], images: int, cam_able: bool = True, **changes: Any
) -> list[Path]:
    """Write a run per accuracy, with seeds 1, 2, ... and the same pictures.

    Chance decides which predictions are wrong.
    """
    paths = []
    for seed, accuracy in enumerate(accuracies, start=1):
        order = np.random.default_rng([seed, cam_able]).permutation(images)
        own = {"group": name, "train_seed": seed, "right": order < round(accuracy * images)}
        sources = ("cam", "grad_cam") if cam_able else ("grad_cam",)
        settings = {"images": images, "cam_able": cam_able, "sources": sources, **own, **changes}
        paths.append(make_run(folder, f"{name}-seed{seed}", **settings))
    return paths


def write_history(run: Run, epochs: int, seed: int = 0) -> None:
    """Write a history with its lowest validation loss before the end."""
    noise = np.random.default_rng(seed)
    rows = []
    for epoch in range(1, epochs + 1):
        progress = 1 - np.exp(-epoch / 4)
        rows.append(
            {
                "epoch": epoch,
                "train_loss": float(2.1 - 1.7 * progress + noise.normal(0, 0.02)),
                "train_accuracy": float(np.clip(0.15 + 0.82 * progress + noise.normal(0, 0.01), 0, 1)),
                "val_loss": float(2.1 - 1.5 * progress + 0.02 * max(0, epoch - 8) + noise.normal(0, 0.04)),
                "val_accuracy": float(np.clip(0.15 + 0.74 * progress + noise.normal(0, 0.02), 0, 1)),
                "learning_rate": float(5e-4 * (1 + np.cos(np.pi * epoch / 12))) if epoch > 1 else 5e-4,
                "seconds": 9.5,
                "images_per_second": 168.0,
            }
        )
    run.write_history(rows)


def _write_generation(
    run: Run,
    images: int,
    cam_able: bool,
    sources: tuple[str, ...],
    seed: int,
    grid: tuple[int, int],
    right: NDArray[np.bool_] | None,
    channels: int,
) -> None:
    random = np.random.default_rng(seed)
    classes = len(run.class_names)
    drawn = draw_pictures(min(images, max(DISTINCT_PICTURES, classes)), classes, seed)
    wrong = np.arange(images) % 4 == 3 if right is None else ~right
    tables: list[pd.DataFrame] = []
    with new_explanation(run) as folder:
        files: dict[str, NDArray[Any]] = {}
        for start in range(0, images, IMAGES_AT_ONCE):
            rows = range(start, min(images, start + IMAGES_AT_ONCE))
            pictures = [drawn[index % len(drawn)] for index in rows]
            samples, logits = _predict(pictures, rows, classes, wrong[start : rows.stop], random)
            targets = _choose_targets(samples, logits)
            maps = _make_maps(pictures, samples, targets, sources, cam_able, grid, random)
            for source, values in maps.items():
                samples[f"status_{source}"] = map_status(values[:, 0])
            tables.append(samples)
            pooled = random.random((len(rows), channels), dtype=np.float32)
            arrays = {**maps, "logits": logits, "pooled": pooled, "targets": targets}
            for name, values in arrays.items():
                if name not in files:
                    files[name] = create_array(folder / f"{name}.npy", (images, *values.shape[1:]), values.dtype.type)
                files[name][start : rows.stop] = values
        files.clear()
        samples = pd.concat(tables, ignore_index=True)
        samples.to_parquet(folder / "samples.parquet")
        _write_thumbnails(folder, drawn, images)
        write_json(folder / "manifest.json", _describe(samples, sources, cam_able, grid, channels).to_json())


def _predict(
    pictures: list[Picture], rows: range, classes: int, wrong: NDArray[np.bool_], random: np.random.Generator
) -> tuple[pd.DataFrame, FloatArray]:
    labels = np.array([picture.label for picture in pictures])
    predicted = np.where(wrong, (labels + 1 + np.array(rows) % (classes - 1)) % classes, labels)
    logits = random.normal(0, 1, (len(pictures), classes)).astype(np.float32)
    winners = (np.arange(len(pictures)), predicted)
    logits[winners] = logits.max(1) + random.uniform(0.2, 5, len(pictures))
    probabilities = np.exp(logits - logits.max(1, keepdims=True))
    probabilities /= probabilities.sum(1, keepdims=True)
    table = pd.DataFrame(
        {
            "id": [f"val/{index:05d}" for index in rows],
            "path": [f"val/class-{label}/{index:05d}.png" for index, label in zip(rows, labels, strict=True)],
            "width": [picture.size[0] for picture in pictures],
            "height": [picture.size[1] for picture in pictures],
            "label": labels,
            "predicted": predicted,
            "confidence": probabilities[winners],
            "other_label": [picture.other_label for picture in pictures],
            "boxes": [picture.boxes for picture in pictures],
        }
    )
    return table, logits


def _choose_targets(samples: pd.DataFrame, logits: FloatArray) -> NDArray[np.int64]:
    runner_up = np.argsort(logits, axis=1)[:, -2]
    columns = [samples["predicted"], samples["label"], runner_up, samples["other_label"]]
    return np.stack([np.asarray(column, dtype=np.int64) for column in columns], axis=1)


def _make_maps(
    pictures: list[Picture],
    samples: pd.DataFrame,
    targets: NDArray[np.int64],
    sources: tuple[str, ...],
    cam_able: bool,
    grid: tuple[int, int],
    random: np.random.Generator,
) -> dict[str, FloatArray]:
    """Return maps (N, T, h, w) per source: a hill on the object over mostly negative evidence."""
    shape = (len(pictures), len(TARGETS), *grid)
    places = np.array([[picture.places[min(target, 1)] for target in (0, 0, 0, 1)] for picture in pictures])
    cam = 9 * _hills(places, grid, 0.16) - 3 + 1.6 * _smooth_noise(shape, random)
    cam[np.arange(len(pictures)) % 13 == 12] -= 12
    cam[targets < 0] = np.nan
    cam = cam.astype(np.float32)
    cells = grid[0] * grid[1]
    last = cam / np.float32(cells) if cam_able else (cam + _smooth_noise(shape, random).astype(np.float32)) / cells
    finer = (grid[0] * 2, grid[1] * 2)
    earlier = geometry.upsample(last, *finer) + _smooth_noise((*shape[:2], *finer), random).astype(np.float32) * 0.05
    maps = {"cam": cam, "grad_cam": last, f"grad_cam@{EARLIER_LAYER}": earlier}
    return {source: maps[source].astype(np.float32) for source in sources}


def _hills(places: NDArray[np.float64], grid: tuple[int, int], width: float) -> NDArray[np.float64]:
    """Return Gaussian hills (N, T, h, w) at places (N, T, 2), x and y from 0 to 1."""
    ys, xs = ((np.arange(cells) + 0.5) / cells for cells in grid)
    x, y = places[..., 0, None, None], places[..., 1, None, None]
    hills: NDArray[np.float64] = np.exp(-((xs[None, :] - x) ** 2 + (ys[:, None] - y) ** 2) / (2 * width**2))
    return hills


def _smooth_noise(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.float64]:
    noise: NDArray[np.float64] = geometry.upsample(random.normal(0, 1, (*shape[:2], 4, 4)), *shape[2:])
    return noise


def _write_thumbnails(folder: Path, drawn: list[Picture], images: int) -> None:
    sizes = [len(drawn[index % len(drawn)].webp) for index in range(images)]
    np.save(folder / "thumbnails.npy", np.cumsum([0, *sizes]))
    together = b"".join(picture.webp for picture in drawn)
    with (folder / "thumbnails.bin").open("wb") as file:
        for _ in range(images // len(drawn)):
            file.write(together)
        file.write(together[: sum(sizes[: images % len(drawn)])])


def _describe(
    samples: pd.DataFrame, sources: tuple[str, ...], cam_able: bool, grid: tuple[int, int], channels: int
) -> Manifest:
    layers = tuple(
        LayerGrid(name, grid[0] * factor, grid[1] * factor, channels // factor)
        for name, factor in ((EARLIER_LAYER, 2), ("layer4", 1))
        if factor == 1 or f"grad_cam@{name}" in sources
    )
    reason = "mean(CAM) + bias is the logit" if cam_able else "the head has a hidden layer"
    return Manifest(
        format_version=FORMAT_VERSION,
        camcore_version="0.1.0",
        created="2026-01-01T00:00:00+00:00",
        images=len(samples),
        sources=sources,
        layers=layers,
        targets=TARGETS,
        all_classes=False,
        precision=TrunkReport(path="fp32"),
        weights_sha256="0" * 64,
        dataset_fingerprint="synthetic",
        cam_check=CamCheck(cam_able, 2e-6 if cam_able else 0.31, reason),
        seconds=1.0,
        images_per_second=float(len(samples)),
        accuracy=float(is_correct(samples)[counts_in_accuracy(samples)].mean()),
        view=ViewConfig(),
    )
