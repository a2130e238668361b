"""What explaining a run left behind: one explanation of predictions, raw maps and thumbnails, in force as a whole."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image
from pydantic import AfterValidator, Field, NonNegativeInt

from camcore.config import ViewConfig
from camcore.errors import CamcoreError, ReplacedError, RunError, shell_command, unknown_choice
from camcore.geometry import LayerGrid
from camcore.heatmaps.sources import CamCheck, Source, parse_source
from camcore.runs.run import FORMAT_VERSION, Run
from camcore.system.checksums import find_run, verify
from camcore.system.documents import Document, read_document
from camcore.system.files import write_text

THUMBNAIL_FORMATS = ("WEBP", "JPEG")  # Pillow would try every format, with decoders that nobody needs here
TARGETS = ("predicted", "true", "runner_up", "other")


def _require_source(text: str) -> str:
    try:
        parse_source(text)
    except CamcoreError as error:
        raise ValueError(error) from error
    return text


class Agreement(Document):
    """How closely a trunk variant agrees with float32 on `images`: changed predictions, and Spearman's rho per source.

    `flips` counts all changed predictions, `clear_flips` those with a clear margin in float32.
    """

    images: NonNegativeInt
    clear_flips: NonNegativeInt
    flips: NonNegativeInt
    median_rho: dict[str, float]
    lowest_rho: dict[str, float]


class TrunkReport(Document):
    """Which trunk variant computed the maps, and why: `path` is its name, `asked` the precision asked for.

    `images_per_second` holds measured speeds by variant, `refused` why a faster variant was not taken, `check` how
    the one taken agrees with float32.
    """

    path: str
    asked: str | None = None
    reason: str | None = None
    images_per_second: dict[str, float] | None = None
    refused: dict[str, str | Agreement] | None = None
    check: Agreement | None = None


class Manifest(Document):
    """`manifest.json`: what an explanation holds, and what it was made from."""

    format_version: int
    camcore_version: str
    created: str  # ISO 8601, UTC
    images: NonNegativeInt
    sources: tuple[Annotated[str, AfterValidator(_require_source)], ...]
    layers: tuple[LayerGrid, ...] = Field(min_length=1)  # in the network's order; the last one enters pooling
    targets: tuple[str, ...]
    all_classes: bool
    precision: TrunkReport
    weights_sha256: str
    weights_epoch: int | None = None  # unknown to earlier versions, and for imported weights
    dataset_fingerprint: str
    cam_check: CamCheck
    accuracy: float | None  # None if no image counts in it
    seconds: float
    images_per_second: float
    view: ViewConfig


def is_explained(run: Run) -> bool:
    """Whether there is anything of an explanation, whole or damaged."""
    return any((run.path / "explained").glob("[!.]*"))


def find_current(run: Run) -> str:
    """Return the name of the explanation in force.

    Raises:
        RunError: There is none, or it can't be read which one it is.
    """
    try:
        name = read_current(run.path / "explained")
    except FileNotFoundError as error:
        if is_explained(run):
            raise damaged_current(run, "it is missing") from error
        raise RunError(f"{run.path} has no heatmaps yet. Make them: {shell_command('explain', run.path)}") from error
    except OSError as error:
        raise damaged_current(run, error.strerror or str(error)) from error
    if not name or name in (".", "..") or Path(name).name != name:
        raise damaged_current(run, f"it says {name!r}")
    return name


def read_current(folder: Path) -> str:
    """Return what a run's folder of explanations says is in force.

    Raises:
        OSError: It can't be read, or there is none.
    """
    try:
        return (folder / "current").read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        there = [manifest.parent.name for manifest in folder.glob("[!.]*/manifest.json")]
        if len(there) == 1:  # its maker was stopped before it said so; where there were others, it had
            return there[0]
        raise


def damaged_current(run: Run, reason: str) -> RunError:
    """Return the error for a name in force that is of no use."""
    path = run.path / "explained" / "current"
    return RunError(
        f"{path} is damaged ({reason}). Make the heatmaps anew: {shell_command('explain', run.path, '--force')}"
    )


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of an explanation.

    Raises:
        RunError: It is missing, damaged, or of another format version.
    """
    way_out = f"Make it anew: {shell_command('explain', find_run(path.parent), '--force')}"
    verify(path, way_out)
    try:
        return read_document(path, Manifest, FORMAT_VERSION, way_out)
    except RunError:
        raise
    except CamcoreError as error:  # the view is out of range
        raise RunError(f"{path} is damaged ({error}). {way_out}") from error


def is_correct(samples: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which predictions are correct, (N,). In an image of two classes either one counts.

    Args:
        samples: Rows of `Explanation.samples`.
    """
    predicted = samples["predicted"].to_numpy()
    return np.asarray((predicted == samples["label"].to_numpy()) | (predicted == samples["other_label"].to_numpy()))


def counts_in_accuracy(samples: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which images count in the accuracy, (N,): those of one class.

    Args:
        samples: Rows of `Explanation.samples`.
    """
    return np.asarray(samples["other_label"].to_numpy() < 0)


@dataclass(frozen=True)
class Explanation:
    """The heatmaps of one explain, read-only. Arrays are memory-mapped: opening costs nothing per image."""

    path: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """The name of the explanation's folder; new maps have a new one, so that caches can go by it."""
        return self.path.name

    @property
    def sources(self) -> tuple[Source, ...]:
        """What was explained, in the order asked for."""
        return tuple(parse_source(text) for text in self.manifest.sources)

    @property
    def cam_able(self) -> bool:
        """Whether `mean(CAM_c) + b_c == logit_c` held for this run's own images."""
        return self.manifest.cam_check.holds

    @property
    def accuracy(self) -> float:
        """The share of validation images that are classified right; images of two classes do not count."""
        accuracy = self.manifest.accuracy
        return float("nan") if accuracy is None else accuracy

    @cached_property
    def samples(self) -> pd.DataFrame:
        """A row per image: id, path, width, height, label, predicted, confidence, other_label, boxes, status_<source>.

        `boxes` is a list of [x0, y0, x1, y1, label] in pixels of the upright image.
        """
        table: pd.DataFrame = self._read("samples.parquet", _read_table)
        self._require_length("samples.parquet", len(table), self.manifest.images)
        return table

    @cached_property
    def logits(self) -> NDArray[np.float32]:
        """(N, classes)."""
        return self._array("logits.npy")

    @cached_property
    def pooled(self) -> NDArray[np.float32]:
        """(N, K), the mean of the last layer's features."""
        return self._array("pooled.npy")

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """(N, T), the explained class per column of `TARGETS`, -1 where there is none."""
        return self._array("targets.npy")

    def maps(self, source: str, target: str = "predicted") -> NDArray[np.float32]:
        """Return the raw signed maps (N, h, w) of a source for one of `TARGETS`; NaN where there is no such target.

        Raises:
            CamcoreError: The source was not explained, or its file is damaged.
        """
        if source not in self.manifest.sources:
            raise unknown_choice("source", source, self.manifest.sources)
        if target not in TARGETS:
            raise unknown_choice("target", target, TARGETS)
        return self._array(f"{source}.npy")[:, TARGETS.index(target)]

    def all_class_maps(self) -> NDArray[np.float16] | None:
        """Return CAM for every class (N, classes, h, w), None where they were not asked for."""
        there = self.manifest.all_classes or (self.path / "all_classes.npy").exists()
        return self._array("all_classes.npy") if there else None

    def read_all(self) -> None:
        """Open every file, as `reading` does.

        Raises:
            RunError: One is missing or damaged.
        """
        for source in self.sources:
            self.maps(source.id)
        _ = self.samples, self.logits, self.pooled, self.targets, self._thumbnail_bytes, self.all_class_maps()

    def thumbnail(self, index: int) -> bytes:
        """Return the encoded picture of an image, JPEG or WebP, upright and in true proportions."""
        start, end = self._thumbnail_offsets[index : index + 2]
        return bytes(self._thumbnail_bytes[start:end])

    def picture(self, index: int) -> Image.Image:
        """Return that picture decoded, RGB.

        Raises:
            RunError: It is damaged.
        """
        with self.reading("thumbnails.bin", self._way_out):
            return Image.open(BytesIO(self.thumbnail(index)), formats=THUMBNAIL_FORMATS).convert("RGB")

    @cached_property
    def _thumbnail_offsets(self) -> NDArray[np.int64]:
        return self._array("thumbnails.npy")

    @cached_property
    def _thumbnail_bytes(self) -> NDArray[np.uint8]:
        pictures: NDArray[np.uint8] = self._read("thumbnails.bin", lambda path: np.memmap(path, np.uint8, mode="r"))
        self._require_length("thumbnails.bin", len(pictures), int(self._thumbnail_offsets[-1]), "bytes")
        return pictures

    def _array(self, name: str) -> NDArray[Any]:
        array = self._read(name, lambda path: np.load(path, mmap_mode="r", allow_pickle=False))
        self._require_length(name, len(array), self.manifest.images + (name == "thumbnails.npy"))
        return array  # type: ignore[no-any-return]

    def _require_length(self, name: str, length: int, expected: int, unit: str = "rows") -> None:
        if length != expected:
            raise RunError(f"{self.path / name} is damaged ({length} {unit}, not {expected}). {self._way_out}")

    def _read(self, name: str, reader: Callable[[Path], Any]) -> Any:
        with self.reading(name, self._way_out) as path:
            return reader(path)

    @contextmanager
    def reading(self, name: str, way_out: str) -> Iterator[Path]:
        """Yield the path of one of its files, to be read in the block.

        Up to `checksums.LARGEST` bytes it is compared with its list first; of a larger one only its form is looked at.

        Raises:
            ReplacedError: Other heatmaps are in force by now, and these are removed.
            RunError: The file is missing or damaged; `way_out` ends the message.
        """
        path = self.path / name
        try:
            verify(path, way_out)
            yield path
        except Exception as error:  # damaged files raise nearly everything
            if not self.in_force:
                raise ReplacedError(
                    f"The heatmaps of {find_run(self.path)} were made anew or removed while they were read. Run the"
                    " command, or load the page, once more."
                ) from error
            if isinstance(error, RunError):
                raise
            said = str(error).partition("\n")[0]
            reason = "missing" if isinstance(error, FileNotFoundError) else f"damaged ({said})"
            raise RunError(f"{path} is {reason}. {way_out}") from error

    @property
    def in_force(self) -> bool:
        """Whether these still are the run's heatmaps."""
        try:
            return read_current(self.path.parent) == self.id
        except OSError:
            return False

    @property
    def _way_out(self) -> str:
        return f"Make it anew: {shell_command('explain', find_run(self.path), '--force')}"


def _read_table(path: Path) -> pd.DataFrame:
    """Read a table whose lists stay as they are stored: as Python objects boxes take ten times the memory."""
    with pq.ParquetFile(path) as file:
        table: pd.DataFrame = file.read().to_pandas(
            types_mapper=lambda kind: pd.ArrowDtype(kind) if pa.types.is_nested(kind) else None
        )
    return table


def open_explanation(run: Run, name: str | None = None) -> Explanation:
    """Open the explanation in force, or the one of a name.

    Raises:
        RunError: The run was never explained, or what is there is damaged or of another format version.
    """
    if name is not None:
        return _open(run, name)
    name = find_current(run)
    try:
        return _open(run, name)
    except RunError:
        if (now := find_current(run)) != name:
            return _open(run, now)  # it was put into force, and the other one removed, after the first look
        if not (run.path / "explained" / name).is_dir():
            raise damaged_current(run, f"it names {name!r}, which is not there") from None
        raise


def _open(run: Run, name: str) -> Explanation:
    path = run.path / "explained" / name
    return Explanation(path, read_manifest(path / "manifest.json"))


def choose_name() -> str:
    """Return a name for a new explanation."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@contextmanager
def new_explanation(run: Run, name: str | None = None) -> Iterator[Path]:
    """Yield an empty folder to write an explanation into. If the block succeeds, it becomes the current one.

    The old explanation is removed after that.

    Raises:
        CamcoreError: The disk is full, or the folder may not be written to.
    """
    folder, name = run.path / "explained", name or choose_name()
    partial = folder / f".{name}.partial"
    try:
        partial.mkdir(parents=True)
        yield partial
        partial.rename(folder / name)
        write_text(folder / "current", name + "\n")
    except OSError as error:
        reason = error.strerror or error
        raise CamcoreError(f"Could not write to {run.path}: {reason}. Its maps are left as they are.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    for old in folder.iterdir():
        if old.is_dir() and old.name != name and not old.name.startswith("."):
            shutil.rmtree(old, ignore_errors=True)
