"""The stored result of one `camcore explain`: predictions, raw maps, thumbnails, and its manifest."""

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
from camcore.heatmaps.drawing import is_too_coarse
from camcore.heatmaps.sources import CamCheck, Source, parse_source
from camcore.runs.run import FORMAT_VERSION, Run
from camcore.system.checksums import verify
from camcore.system.documents import Document, read_document
from camcore.system.files import open_array, write_text

THUMBNAIL_FORMATS = ("WEBP", "JPEG")  # else Pillow would try the decoders of all formats
TARGETS = ("predicted", "true", "runner_up", "other")


def _require_source(text: str) -> str:
    try:
        parse_source(text)
    except CamcoreError as error:
        raise ValueError(error) from error
    return text


class Agreement(Document):
    """A trunk variant's agreement with float32 on `images`: changed predictions, and Spearman's rho per source.

    `flips` counts all changed predictions, `clear_flips` those with a clear margin in float32.
    """

    images: NonNegativeInt
    clear_flips: NonNegativeInt
    flips: NonNegativeInt
    median_rho: dict[str, float]
    lowest_rho: dict[str, float]


class TrunkReport(Document):
    """The trunk variant that computed the maps, and why. `path` is its name, `asked` the requested precision.

    `images_per_second` holds measured speeds by variant, `refused` why a faster variant was not taken, `check` how the
    one taken agrees with float32.
    """

    path: str
    asked: str | None = None
    reason: str | None = None
    images_per_second: dict[str, float] | None = None
    refused: dict[str, str | Agreement] | None = None
    check: Agreement | None = None


class Manifest(Document):
    """`manifest.json`: the contents of an explanation and the weights and data it was made from."""

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
    """Whether a run has an explanation, even a damaged one."""
    return any((run.path / "explained").glob("[!.]*"))


def find_current(run: Run) -> str:
    """Return the name of a run's current explanation.

    Raises:
        RunError: There is none, or its name can't be read.
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
    """Return the name in a folder's file `current`, or that of the only explanation.

    Raises:
        OSError: The file can't be read, or is missing.
    """
    try:
        return (folder / "current").read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        names = [manifest.parent.name for manifest in folder.glob("[!.]*/manifest.json")]
        if len(names) == 1:  # the very first explain was stopped before it wrote the file
            return names[0]
        raise


def damaged_current(run: Run, reason: str) -> RunError:
    """Return the error for an unusable name of the current explanation."""
    path = run.path / "explained" / "current"
    return RunError(
        f"{path} is damaged ({reason}). Recreate the heatmaps: {shell_command('explain', run.path, '--force')}"
    )


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of an explanation.

    Raises:
        RunError: It is missing, damaged, or of another format version.
    """
    remedy = f"Recreate it: {shell_command('explain', path.parents[2], '--force')}"
    verify(path, remedy)
    try:
        return read_document(path, Manifest, FORMAT_VERSION, remedy)
    except RunError:
        raise
    except CamcoreError as error:  # the view is out of range
        raise RunError(f"{path} is damaged ({error}). {remedy}") from error


def is_correct(samples: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows of `Explanation.samples` are correct, (N,). In an image of two classes either one counts."""
    predicted = samples["predicted"].to_numpy()
    return np.asarray((predicted == samples["label"].to_numpy()) | (predicted == samples["other_label"].to_numpy()))


def counts_in_accuracy(samples: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows of `Explanation.samples` count in the accuracy, (N,): images of one class."""
    return np.asarray(samples["other_label"].to_numpy() < 0)


@dataclass(frozen=True)
class Explanation:
    """The heatmaps of one explain, read-only. Arrays are memory-mapped: opening costs nothing per image."""

    path: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """The name of the explanation's folder. New maps have a new name, so it can be a cache key."""
        return self.path.name

    @property
    def run_path(self) -> Path:
        """The folder of its run."""
        return self.path.parents[1]

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources, in the order they were asked for."""
        return tuple(parse_source(text) for text in self.manifest.sources)

    @property
    def cam_able(self) -> bool:
        """Whether `mean(CAM_c) + b_c == logit_c` held for this run's own images."""
        return self.manifest.cam_check.holds

    def grid(self, source: Source) -> tuple[int, int]:
        """Return height and width of a source's maps, in cells."""
        layers = self.manifest.layers
        layer = next((layer for layer in layers if layer.name == source.layer), layers[-1])
        return layer.height, layer.width

    @property
    def accuracy(self) -> float:
        """The share of correct predictions among images of one class; NaN if there are none."""
        accuracy = self.manifest.accuracy
        return float("nan") if accuracy is None else accuracy

    @cached_property
    def samples(self) -> pd.DataFrame:
        """A row per image: id, path, width, height, label, predicted, confidence, other_label, boxes, status_<source>.

        `boxes` is a list of [x0, y0, x1, y1, label] in pixels of the upright image.
        """
        table: pd.DataFrame = self._read("samples.parquet", _read_table)
        self._require_length("samples.parquet", len(table), self.manifest.images)
        for source in self.sources:
            if is_too_coarse(*self.grid(source)):  # earlier versions stored another status
                table[f"status_{source.id}"] = "too_coarse"
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
        """(N, T), the explained class per column of `TARGETS`, -1 for none."""
        return self._array("targets.npy")

    def maps(self, source: str, target: str = "predicted") -> NDArray[np.float32]:
        """Return a source's raw signed maps (N, h, w) for one of `TARGETS`; NaN for images without it.

        Raises:
            CamcoreError: The source was not explained, or its file is damaged.
        """
        if source not in self.manifest.sources:
            raise unknown_choice("source", source, self.manifest.sources)
        if target not in TARGETS:
            raise unknown_choice("target", target, TARGETS)
        return self._array(f"{source}.npy")[:, TARGETS.index(target)]

    def all_class_maps(self) -> NDArray[np.float16] | None:
        """Return CAM for every class (N, classes, h, w), or None if it is not stored."""
        stored = self.manifest.all_classes or (self.path / "all_classes.npy").exists()
        return self._array("all_classes.npy") if stored else None

    def read_all(self) -> None:
        """Open every file, as `reading` does.

        Raises:
            RunError: One is missing or damaged.
        """
        for source in self.sources:
            self.maps(source.id)
        _ = self.samples, self.logits, self.pooled, self.targets, self._thumbnail_bytes, self.all_class_maps()

    def thumbnail(self, index: int) -> bytes:
        """Return an image's thumbnail, JPEG or WebP, upright and in true proportions."""
        start, end = self._thumbnail_offsets[index : index + 2]
        return bytes(self._thumbnail_bytes[start:end])

    def picture(self, index: int) -> Image.Image:
        """Return an image's thumbnail, decoded to RGB.

        Raises:
            RunError: It is damaged.
        """
        with self.reading("thumbnails.bin", self._remedy):
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
        array = self._read(name, open_array)
        self._require_length(name, len(array), self.manifest.images + (name == "thumbnails.npy"))
        return array  # type: ignore[no-any-return]

    def _require_length(self, name: str, length: int, expected: int, unit: str = "rows") -> None:
        if length != expected:
            raise RunError(f"{self.path / name} is damaged ({length} {unit}, not {expected}). {self._remedy}")

    def _read(self, name: str, reader: Callable[[Path], Any]) -> Any:
        with self.reading(name, self._remedy) as path:
            return reader(path)

    @contextmanager
    def reading(self, name: str, remedy: str) -> Iterator[Path]:
        """Yield the path of a file, to be read in the block. Its SHA-256 is compared first, unless it is large.

        Raises:
            ReplacedError: A newer explanation has replaced this one.
            RunError: The file is missing or damaged; `remedy` ends the message.
        """
        path = self.path / name
        try:
            verify(path, remedy)
            yield path
        except Exception as error:  # damaged files raise nearly everything
            if not self.is_current:
                raise ReplacedError(
                    f"The heatmaps of {self.run_path} were recreated or removed while they were read. Run the"
                    " command, or load the page, once more."
                ) from error
            if isinstance(error, RunError):
                raise
            cause = str(error).partition("\n")[0]
            reason = "missing" if isinstance(error, FileNotFoundError) else f"damaged ({cause})"
            raise RunError(f"{path} is {reason}. {remedy}") from error

    @property
    def is_current(self) -> bool:
        """Whether this is still the run's current explanation."""
        try:
            return read_current(self.path.parent) == self.id
        except OSError:
            return False

    @property
    def _remedy(self) -> str:
        return f"Recreate it: {shell_command('explain', self.run_path, '--force')}"


def open_explanation(run: Run, name: str | None = None) -> Explanation:
    """Open a run's current explanation, or the one with a name.

    Raises:
        RunError: The run was never explained, or its explanation is damaged or of another format version.
    """
    if name is not None:
        return _open(run, name)
    name = find_current(run)
    try:
        return _open(run, name)
    except RunError:
        if (now := find_current(run)) != name:
            return _open(run, now)  # it was replaced after the first look
        if not (run.path / "explained" / name).is_dir():
            raise damaged_current(run, f"it names {name!r}, which is not there") from None
        raise


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
        raise CamcoreError(f"Could not write to {run.path}: {reason}. Its maps are unchanged.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    for old in folder.iterdir():
        if old.is_dir() and old.name != name and not old.name.startswith("."):
            shutil.rmtree(old, ignore_errors=True)


def _open(run: Run, name: str) -> Explanation:
    path = run.path / "explained" / name
    return Explanation(path, read_manifest(path / "manifest.json"))


def _read_table(path: Path) -> pd.DataFrame:
    """Read a table. Lists stay Arrow arrays, because boxes as Python objects take ten times the memory."""
    with pq.ParquetFile(path) as file:
        table: pd.DataFrame = file.read().to_pandas(
            types_mapper=lambda kind: pd.ArrowDtype(kind) if pa.types.is_nested(kind) else None
        )
    return table
