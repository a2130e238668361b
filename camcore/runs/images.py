"""`images.parquet`: the images that a run was made with, to say what has changed in its data set since."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pyarrow import parquet

from camcore.data.dataset import Dataset, Sample
from camcore.errors import RunError
from camcore.runs.run import Run
from camcore.system.checksums import verify
from camcore.system.files import RESTORE, atomic_path
from camcore.system.names import nfc
from camcore.system.ranks import written_by_first

NAME = "images.parquet"
SCHEMA = pa.schema(
    [
        ("split", pa.string()),
        ("path", pa.string()),
        ("bytes", pa.int64()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("label", pa.int64()),
        ("boxes", pa.string()),  # JSON
    ]
)
MOST_NAMED = 3


class ImageRow(NamedTuple):
    """One image as it was: its label counts in the data set's classes, as do those of its boxes."""

    split: str
    path: str
    bytes: int
    width: int
    height: int
    label: int
    boxes: str


@dataclass(frozen=True)
class ImageChanges:
    """Paths of images that were added to, removed from, or changed in a data set."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    def describe(self) -> str:
        """Return the numbers, with the first names; empty without changes."""
        parts = {"added": self.added, "removed": self.removed, "changed": self.changed}
        return ", ".join(f"{len(paths)} {how} ({_name_first(paths)})" for how, paths in parts.items() if paths)


@written_by_first
def write_images(run: Run, dataset: Dataset) -> None:
    """Store the images of a data set in the run; of generated ones there is nothing to store."""
    if dataset.root is None:
        return
    columns = zip(*_list_rows(dataset), strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    with atomic_path(run.path / NAME) as part:
        parquet.write_table(pa.table(arrays, SCHEMA), part, compression="zstd", write_page_checksum=True)


def read_images(run: Run) -> list[ImageRow] | None:
    """Return the images that a run was made with; None if an earlier version made it.

    Raises:
        RunError: The file is damaged.
    """
    path = run.path / NAME
    verify(path, RESTORE)
    if not path.exists():
        return None
    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
        if not table.schema.equals(SCHEMA):
            raise ValueError("its columns are others")
        return [ImageRow(*row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]
    except Exception as error:  # a damaged file raises nearly everything
        raise RunError(f"{path} is damaged ({error}). {RESTORE}") from error


def find_changes(before: Sequence[ImageRow], dataset: Dataset, class_names: Sequence[str]) -> ImageChanges:
    """Return what differs between a run's images and a data set. An image that only changed its split is the same.

    `class_names` are those that the data set had. If they changed, labels are not compared.
    """
    compared = slice(2, None if _are_same(class_names, dataset.class_names) else 5)
    old, new = ({row.path: row[compared] for row in rows} for rows in (before, _list_rows(dataset)))
    return ImageChanges(
        added=tuple(path for path in new if path not in old),
        removed=tuple(path for path in old if path not in new),
        changed=tuple(path for path in old if path in new and new[path] != old[path]),
    )


def keep_validation(
    before: Sequence[ImageRow], dataset: Dataset, class_names: Sequence[str], fingerprint: str
) -> Dataset | None:
    """Return the data set with the run's own validation split and fingerprint; None if that split is not intact.

    Args:
        before: The run's images.
        dataset: The data set as it is now.
        class_names: The classes that the data set had for the run.
        fingerprint: The fingerprint that the data set had.
    """
    if not _are_same(class_names, dataset.class_names):
        return None
    now = {row.path: row[2:] for row in _list_rows(dataset)}
    samples = {sample.path: sample for sample in (*dataset.train, *dataset.val)}
    rows = [row for row in before if row.split == "val"]
    if not rows or any(now.get(row.path) != row[2:] for row in rows):
        return None
    val = tuple(samples.pop(row.path) for row in rows)
    return replace(dataset, train=tuple(samples.values()), val=val, fingerprint=fingerprint)


def _are_same(names: Sequence[str], others: Sequence[str]) -> bool:
    return [*map(nfc, names)] == [*map(nfc, others)]


def _list_rows(dataset: Dataset) -> list[ImageRow]:
    return [
        _make_row(dataset.root or Path(), split, sample)
        for split, samples in (("train", dataset.train), ("val", dataset.val))
        for sample in samples
    ]


def _make_row(root: Path, split: str, sample: Sample) -> ImageRow:
    boxes = json.dumps([[box.x0, box.y0, box.x1, box.y1, box.label] for box in sample.boxes])
    size = (root / sample.path).stat().st_size
    return ImageRow(split, sample.path, size, sample.width, sample.height, sample.label, boxes)


def _name_first(paths: Iterable[str]) -> str:
    names = list(paths)
    more = ", ..." if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
