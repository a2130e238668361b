"""Stores the finished parts of an explain, so that a stopped one can resume."""

import hashlib
import json
import math
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from camcore.errors import CamcoreError, RunError
from camcore.explained.explanation import TrunkReport
from camcore.runs.run import Run
from camcore.system.collectives import from_first
from camcore.system.documents import Document
from camcore.system.files import atomic_path, write_json
from camcore.system.ranks import current_rank, written_by_first

PART_IMAGES = 1024
PARTS_PER_RANK = 4  # at least, so that all ranks have about as much to do
LONGEST_DELAY = 120.0  # seconds; a network file system may remember for a minute that a file did not exist
_MAP = "map "  # before the name of a source, among the names of a part's arrays


@dataclass(frozen=True)
class ExplainedBatch:
    """The stored results of a batch: arrays in the explanation's format, and encoded thumbnails."""

    logits: NDArray[np.float32]
    pooled: NDArray[np.float32]
    targets: NDArray[np.int64]
    maps: dict[str, NDArray[np.float32]]
    all_classes: NDArray[np.float16] | None
    thumbnails: list[bytes]


class _Plan(Document):
    """`plan.json`: which explain the finished parts belong to."""

    key: dict[str, Any]
    report: TrunkReport
    size: PositiveInt


@dataclass(frozen=True)
class FinishedParts:
    """The finished parts of an explain: a file for each `size` images of the split.

    `report` says which trunk variant computes the parts. `mark` tells them from parts of another explain, which one of
    its ranks may still be writing.
    """

    folder: Path
    images: int
    size: int
    report: TrunkReport
    mark: str

    @property
    def starts(self) -> range:
        """The first row of each part."""
        return range(0, self.images, self.size)

    def rows(self, start: int) -> range:
        """The rows of the part that starts there."""
        return range(start, min(start + self.size, self.images))

    def missing(self) -> list[int]:
        """Return the starts of the parts that are not finished yet."""
        return [start for start in self.starts if not self._path(start).exists()]

    def wait(self) -> None:
        """Wait until this machine sees all parts: a network file system takes a while.

        Raises:
            CamcoreError: They don't appear.
        """
        latest = time.monotonic() + LONGEST_DELAY
        while missing := self.missing():
            if time.monotonic() > latest:
                raise CamcoreError(
                    f"{self._path(missing[0])} was written by another rank, and this one can't see it. Put the run on"
                    " a file system that all machines share."
                )
            time.sleep(0.5)

    def write(self, start: int, batches: Sequence[ExplainedBatch], seconds: float) -> None:
        """Write a part, and the seconds that it took, in one step.

        Raises:
            CamcoreError: The disk is full.
        """
        _make(self.folder)  # another machine may not see it yet
        thumbnails = [picture for batch in batches for picture in batch.thumbnails]
        arrays = {
            "logits": np.concatenate([batch.logits for batch in batches]),
            "pooled": np.concatenate([batch.pooled for batch in batches]),
            "targets": np.concatenate([batch.targets for batch in batches]),
            "thumbnails": np.frombuffer(b"".join(thumbnails), np.uint8),
            "lengths": np.array([len(picture) for picture in thumbnails]),
            "seconds": np.array([seconds]),
        }
        for name in batches[0].maps:
            arrays[_MAP + name] = np.concatenate([batch.maps[name] for batch in batches])
        every_class = [batch.all_classes for batch in batches if batch.all_classes is not None]
        if every_class:
            arrays["all_classes"] = np.concatenate(every_class)
        with atomic_path(self._path(start)) as part:
            part.write_bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))

    def read(self, start: int) -> tuple[ExplainedBatch, float]:
        """Return a part and the seconds that it took.

        Raises:
            RunError: The file is damaged.
        """
        path = self._path(start)
        try:
            arrays = load_file(path)
            ends = np.cumsum(arrays["lengths"])
            pictures = arrays["thumbnails"].tobytes()
            starts = ends - arrays["lengths"]
            batch = ExplainedBatch(
                logits=arrays["logits"],
                pooled=arrays["pooled"],
                targets=arrays["targets"],
                maps={name.removeprefix(_MAP): values for name, values in arrays.items() if name.startswith(_MAP)},
                all_classes=arrays.get("all_classes"),
                thumbnails=[pictures[begin:end] for begin, end in zip(starts, ends, strict=True)],
            )
            return batch, float(arrays["seconds"][0])
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            raise RunError(f"{path} is damaged ({error}). Remove {self.folder}, and explain again.") from error

    def _path(self, start: int) -> Path:
        return self.folder / f"{start:010}-{self.mark}.safetensors"


def find_report(run: Run, key: Mapping[str, Any]) -> TrunkReport | None:
    """Return which trunk variant a stopped explain used; None without one of the same key.

    Args:
        run: The run.
        key: Everything that decides what the maps become, JSON values.
    """
    plan = _read_plan(run)
    return plan.report if plan is not None and plan.key == key else None


@contextmanager
def open_parts(run: Run, key: Mapping[str, Any], images: int, report: TrunkReport) -> Iterator[FinishedParts]:
    """Yield the finished parts of an explain. They are removed if the block succeeds, else kept.

    All ranks share them; the first one makes and removes their folder.

    Args:
        run: The run.
        key: Everything that decides what the maps become; parts of another key are removed.
        images: How many images the split has.
        report: Which trunk variant computes the parts.

    Raises:
        CamcoreError: The disk is full, or the folder may not be written to.
    """
    folder = _folder(run)
    size = from_first(lambda: _find_size(run, key, images, report))
    plan = json.dumps([dict(key), report.to_json(), size], sort_keys=True)
    parts = FinishedParts(folder, images, size, report, hashlib.sha256(plan.encode()).hexdigest()[:8])
    try:
        yield parts
    except BaseException:
        if parts.missing() == list(parts.starts):
            _remove(folder)  # there is nothing to resume from
        raise
    _remove(folder)


def choose_size(images: int, batch_size: int, ranks: int) -> int:
    """Return the images per part: whole batches, equal for any number of ranks."""
    if ranks == 1:
        return PART_IMAGES
    return min(PART_IMAGES, batch_size * math.ceil(images / (batch_size * PARTS_PER_RANK * ranks)))


def _find_size(run: Run, key: Mapping[str, Any], images: int, report: TrunkReport) -> int:
    """Return the size of the parts: the stopped explain's, else that of a new plan."""
    plan = _read_plan(run)
    if plan is not None and plan.key == key and plan.report == report:
        return plan.size
    size = choose_size(images, key["batch_size"], current_rank().count)
    _begin(_folder(run), _Plan(key=dict(key), report=report, size=size))
    return size


def _read_plan(run: Run) -> _Plan | None:
    """Return the plan of a stopped explain, or None if none is readable."""
    try:
        return _Plan.model_validate_json((_folder(run) / "plan.json").read_bytes())
    except (OSError, ValidationError):
        return None


def _begin(folder: Path, plan: _Plan) -> None:
    _remove(folder)
    _make(folder)
    try:
        write_json(folder / "plan.json", plan.to_json())
    except CamcoreError:
        _remove(folder)
        raise


@written_by_first
def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CamcoreError(f"Could not make {folder}: {error.strerror or error}. The maps are unchanged.") from error


def _folder(run: Run) -> Path:
    return run.path / "explained" / ".unfinished"
