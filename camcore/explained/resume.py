"""An explain under way: the finished parts of the split, kept until all are there, so that a stop costs one part."""

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
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from camcore.errors import CamcoreError, RunError
from camcore.runs.run import Run
from camcore.system.collectives import from_first
from camcore.system.files import atomic_path, read_json, write_json
from camcore.system.ranks import current_rank

SHARD_IMAGES = 1024
SHARDS_PER_RANK = 4  # or more, so that all have about as much to do
LONGEST_DELAY = 120.0  # seconds; network file systems remember for up to one minute that a file was not there
_MAP = "map "  # before the name of a source, among the names of a shard's arrays


@dataclass(frozen=True)
class ExplainedBatch:
    """What is stored of some images: arrays as the explanation's files hold them, and encoded thumbnails."""

    logits: NDArray[np.float32]
    pooled: NDArray[np.float32]
    targets: NDArray[np.int64]
    maps: dict[str, NDArray[np.float32]]
    all_classes: NDArray[np.float16] | None
    thumbnails: list[bytes]


@dataclass(frozen=True)
class Shards:
    """The finished parts, a file for each `size` images of the split.

    `report` says how the trunk is run: what is left must be computed the same way. `mark` tells them from the parts of
    another explain, which a rank that was left over from that may still write.
    """

    folder: Path
    images: int
    size: int
    report: dict[str, Any]
    mark: str

    @property
    def starts(self) -> range:
        """The first row of each part."""
        return range(0, self.images, self.size)

    def rows(self, start: int) -> range:
        """The rows of the part that begins there."""
        return range(start, min(start + self.size, self.images))

    def missing(self) -> list[int]:
        """Return the starts of the parts that are not there yet."""
        return [start for start in self.starts if not self._path(start).exists()]

    def wait(self) -> None:
        """Wait until all parts are seen here: those of other machines may take a while.

        Raises:
            CamcoreError: They don't come.
        """
        latest = time.monotonic() + LONGEST_DELAY
        while missing := self.missing():
            if time.monotonic() > latest:
                raise CamcoreError(
                    f"{self._path(missing[0])} was written by another rank and is not to be seen here. Put the run on"
                    " a file system that all machines share."
                )
            time.sleep(0.5)

    def write(self, start: int, batches: Sequence[ExplainedBatch], seconds: float) -> None:
        """Write a part, which took so many seconds, in one step.

        Raises:
            CamcoreError: The disk is full.
        """
        _make(self.folder)  # another machine may not have seen yet that it is there
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
        of_all = [batch.all_classes for batch in batches if batch.all_classes is not None]
        if of_all:
            arrays["all_classes"] = np.concatenate(of_all)
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


def find_report(run: Run, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how the trunk was run in an explain that was stopped, None where there is none of the same key.

    Args:
        run: The run.
        key: All that decides what the maps become, JSON values.
    """
    try:
        plan = read_json(_folder(run) / "plan.json")
    except RunError:
        return None
    report = plan.get("report")
    return report if plan.get("key") == key and isinstance(report, dict) else None


@contextmanager
def open_shards(run: Run, key: Mapping[str, Any], images: int, report: dict[str, Any]) -> Iterator[Shards]:
    """Yield the parts of an explain; they go when the block ends well, and stay for the next one where it does not.

    All ranks share them; the first one makes and removes their folder.

    Args:
        run: The run.
        key: As of `find_report`; parts of another one are removed.
        images: How many images the split has.
        report: How the trunk is run.

    Raises:
        CamcoreError: The disk is full, or the folder may not be written to.
    """
    folder = _folder(run)
    size = from_first(lambda: _find_size(run, key, images, report))
    plan = json.dumps([dict(key), report, size], sort_keys=True)
    shards = Shards(folder, images, size, report, hashlib.sha256(plan.encode()).hexdigest()[:8])
    try:
        yield shards
    except BaseException:
        if current_rank().is_first and shards.missing() == list(shards.starts):
            shutil.rmtree(folder, ignore_errors=True)  # there is nothing to go on from
        raise
    if current_rank().is_first:
        shutil.rmtree(folder, ignore_errors=True)


def _find_size(run: Run, key: Mapping[str, Any], images: int, report: dict[str, Any]) -> int:
    """Return how many images a part has: as before where there are parts to go on from, else as is worth it now."""
    folder = _folder(run)
    if find_report(run, key) == report:
        before = read_json(folder / "plan.json").get("size")
        if isinstance(before, int) and before > 0:
            return before
    size = choose_size(images, key["batch_size"], current_rank().count)
    _begin(folder, {"key": dict(key), "report": report, "size": size})
    return size


def choose_size(images: int, batch_size: int, ranks: int) -> int:
    """Return how many images a part should have: whole batches, so that they are the same for any number of ranks."""
    if ranks == 1:
        return SHARD_IMAGES
    return min(SHARD_IMAGES, batch_size * math.ceil(images / (batch_size * SHARDS_PER_RANK * ranks)))


def _begin(folder: Path, plan: dict[str, Any]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _make(folder)
    try:
        write_json(folder / "plan.json", plan)
    except CamcoreError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CamcoreError(
            f"Could not make {folder}: {error.strerror or error}. The maps are left as they are."
        ) from error


def _folder(run: Run) -> Path:
    return run.path / "explained" / ".unfinished"
