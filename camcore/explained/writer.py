"""Writes an explanation: arrays part by part, then the manifest, then the list of files."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import camcore
from camcore.backbones import BACKBONES
from camcore.data.dataset import Sample
from camcore.explained.explanation import (
    TARGETS,
    Explanation,
    Manifest,
    TrunkReport,
    choose_name,
    counts_in_accuracy,
    is_correct,
    new_explanation,
)
from camcore.explained.job import ExplainJob
from camcore.explained.resume import ExplainedBatch
from camcore.heatmaps.drawing import map_status
from camcore.models.classifier import layer_grids
from camcore.runs.run import FORMAT_VERSION
from camcore.system.checksums import sha256_of, write_sums
from camcore.system.files import create_array, write_json

ROWS_AT_ONCE = 4096  # of logits copied at once


class ExplanationWriter:
    """Writes an explanation part by part, to keep memory constant."""

    explanation: Explanation  # set by `write_explanation`, after it is the current one

    def __init__(self, folder: Path, job: ExplainJob) -> None:
        self.folder, self.job = folder, job
        self.position = 0
        run, sources, model = job.run, job.sources, job.model
        count, classes = job.images, len(run.class_names)
        last = BACKBONES[run.config.model.backbone].stages[-1]
        names = {last} | {source.layer for source in sources if source.layer is not None}
        self.layers = layer_grids(model, run.config.view.size, names)
        grids = {layer.name: (layer.height, layer.width) for layer in self.layers}
        self.logits = self._create("logits", (count, classes), np.float32)
        self.pooled = self._create("pooled", (count, model.channels), np.float32)
        self.targets = self._create("targets", (count, len(TARGETS)), np.int64)
        self.maps = {
            source.id: self._create(source.id, (count, len(TARGETS), *grids[source.layer or last]), np.float32)
            for source in sources
        }
        shape = (count, classes, *grids[last])
        self.all_classes = self._create("all_classes", shape, np.float16) if job.all_classes else None
        self.offsets = [0]

    def write(self, batch: ExplainedBatch) -> None:
        """Write the next images."""
        rows = slice(self.position, self.position + len(batch.targets))
        self.logits[rows], self.pooled[rows], self.targets[rows] = batch.logits, batch.pooled, batch.targets
        for name, values in batch.maps.items():
            self.maps[name][rows] = values
        if self.all_classes is not None and batch.all_classes is not None:
            self.all_classes[rows] = batch.all_classes
        with (self.folder / "thumbnails.bin").open("ab") as file:
            for picture in batch.thumbnails:
                file.write(picture)
                self.offsets.append(self.offsets[-1] + len(picture))
        self.position += len(batch.targets)

    def finish(self, seconds: float, report: TrunkReport) -> None:
        """Write table, manifest and list of files. `seconds` is the work of all parts."""
        np.save(self.folder / "thumbnails.npy", np.array(self.offsets, dtype=np.int64))
        run, samples = self.job.run, self._table()
        samples.to_parquet(self.folder / "samples.parquet", index=False)
        counted = is_correct(samples)[counts_in_accuracy(samples)]
        self.manifest = Manifest(
            format_version=FORMAT_VERSION,
            camcore_version=camcore.__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            images=self.position,
            sources=tuple(source.id for source in self.job.sources),
            layers=tuple(self.layers),
            targets=TARGETS,
            all_classes=self.all_classes is not None,
            precision=report,
            weights_sha256=sha256_of(run.weights_path),
            weights_epoch=run.kept_epoch(),
            dataset_fingerprint=self.job.dataset.fingerprint,
            cam_check=self.job.check,
            accuracy=float(counted.mean()) if len(counted) else None,
            seconds=seconds,
            images_per_second=self.position / seconds,
            view=run.config.view,
        )
        self._close()
        write_json(self.folder / "manifest.json", self.manifest.to_json())
        write_sums(self.folder, [path.name for path in self.folder.iterdir()])

    def _close(self) -> None:
        """Flush and close the arrays, because Windows can't rename a folder with mapped files."""
        for array in (self.logits, self.pooled, self.targets, self.all_classes, *self.maps.values()):
            if array is not None:
                array.flush()
        del self.logits, self.pooled, self.targets, self.all_classes, self.maps

    def _table(self) -> pd.DataFrame:
        samples = self.job.dataset.val
        blocks = [slice(start, start + ROWS_AT_ONCE) for start in range(0, len(samples), ROWS_AT_ONCE)]
        columns: dict[str, Any] = {
            "id": [sample.id for sample in samples],
            "path": [sample.path for sample in samples],
            "width": [sample.width for sample in samples],
            "height": [sample.height for sample in samples],
            "label": [sample.label for sample in samples],
            "predicted": self.targets[:, 0],
            "confidence": np.concatenate([_find_confidence(self.logits[rows]) for rows in blocks]),
            "other_label": [sample.other_label for sample in samples],
            "boxes": [_box_rows(sample) for sample in samples],
        }
        columns |= {
            f"status_{name}": np.concatenate([map_status(values[rows, 0]) for rows in blocks])
            for name, values in self.maps.items()
        }
        return pd.DataFrame(columns)

    def _create(self, name: str, shape: tuple[int, ...], dtype: type) -> Any:
        return create_array(self.folder / f"{name}.npy", shape, dtype)


@contextmanager
def write_explanation(job: ExplainJob) -> Iterator[ExplanationWriter]:
    """Yield a writer. If the block finishes it, its explanation replaces the run's current one.

    After the block, the writer's `explanation` is the new one, opened.

    Raises:
        CamcoreError: The disk is full, or the folder may not be written to.
    """
    name = choose_name()
    with new_explanation(job.run, name) as folder:
        writer = ExplanationWriter(folder, job)
        yield writer
    writer.explanation = Explanation(job.run.path / "explained" / name, writer.manifest)


def _find_confidence(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    exponents = np.exp(logits - logits.max(1, keepdims=True))
    confidence: NDArray[np.float32] = (exponents / exponents.sum(1, keepdims=True)).max(1)
    return confidence


def _box_rows(sample: Sample) -> list[list[float]]:
    return [[box.x0, box.y0, box.x1, box.y1, box.label] for box in sample.boxes]
