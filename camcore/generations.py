"""What explaining a run left behind: one generation of predictions, raw maps and thumbnails, in force as a whole."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import UnionType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from camcore.errors import CamcoreError, RunError, unknown_choice
from camcore.files import read_json, write_text
from camcore.heatmaps import Source, parse_source
from camcore.runs import FORMAT_VERSION, Run

TARGETS = ("predicted", "true", "runner_up", "other")


@dataclass(frozen=True)
class Generation:
    """The heatmaps of one explain, read-only. Arrays are memory-mapped: opening costs nothing per image."""

    path: Path
    manifest: dict[str, Any]

    @property
    def id(self) -> str:
        """The name of the generation's folder; new maps have a new one, so that caches can go by it."""
        return self.path.name

    @property
    def sources(self) -> tuple[Source, ...]:
        """What was explained, in the order asked for."""
        return tuple(parse_source(text) for text in self.manifest["sources"])

    @property
    def cam_able(self) -> bool:
        """Whether `mean(CAM_c) + b_c == logit_c` held for this run's own images."""
        return bool(self.manifest["cam_check"]["holds"])

    @property
    def accuracy(self) -> float:
        """The share of validation images that are classified right; images of two classes do not count."""
        accuracy = self.manifest["accuracy"]
        return float("nan") if accuracy is None else float(accuracy)

    @cached_property
    def samples(self) -> pd.DataFrame:
        """A row per image: id, path, width, height, label, predicted, confidence, other_label, boxes, status_<source>.

        `boxes` is a list of [x0, y0, x1, y1, label] in pixels of the upright image.
        """
        table: pd.DataFrame = self._read("samples.parquet", pd.read_parquet)
        self._require_length("samples.parquet", len(table), self.manifest["images"])
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
        if source not in self.manifest["sources"]:
            raise unknown_choice("source", source, self.manifest["sources"])
        if target not in TARGETS:
            raise unknown_choice("target", target, TARGETS)
        return self._array(f"{source}.npy")[:, TARGETS.index(target)]

    def all_class_maps(self) -> NDArray[np.float16] | None:
        """Return CAM for every class (N, classes, h, w), None where they were not asked for."""
        return self._array("all_classes.npy") if (self.path / "all_classes.npy").exists() else None

    def thumbnail(self, index: int) -> bytes:
        """Return the encoded picture of an image, JPEG or WebP, upright and in true proportions."""
        start, end = self._thumbnail_offsets[index : index + 2]
        return bytes(self._thumbnail_bytes[start:end])

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
        self._require_length(name, len(array), self.manifest["images"] + (name == "thumbnails.npy"))
        return array  # type: ignore[no-any-return]

    def _require_length(self, name: str, length: int, expected: int, unit: str = "rows") -> None:
        if length != expected:
            raise RunError(f"{self.path / name} is damaged ({length} {unit}, not {expected}). {self._way_out}")

    def _read(self, name: str, reader: Callable[[Path], Any]) -> Any:
        try:
            return reader(self.path / name)
        except FileNotFoundError as error:
            raise RunError(f"{self.path / name} is missing. {self._way_out}") from error
        except (OSError, ValueError, EOFError) as error:
            raise RunError(f"{self.path / name} is damaged ({error}). {self._way_out}") from error

    @property
    def _way_out(self) -> str:
        return f"Make it anew: camcore explain {self.path.parent.parent} --force"


def open_generation(run: Run) -> Generation:
    """Open the generation in force.

    Raises:
        RunError: The run was never explained, or what is there is damaged or of another format version.
    """
    folder = run.path / "explained"
    if not (folder / "current").exists():
        raise RunError(f"{run.path} has no heatmaps yet. Make them: camcore explain {run.path}")
    name = (folder / "current").read_text(encoding="utf-8", errors="replace").strip()
    if not name or name in (".", "..") or Path(name).name != name:
        raise RunError(f"{folder / 'current'} is damaged (it says {name!r}). Run: camcore explain {run.path} --force")
    manifest = read_json(folder / name / "manifest.json")
    version = manifest.get("format_version")
    if version != FORMAT_VERSION:
        raise RunError(
            f"{folder / name / 'manifest.json'} has format version {version!r}; this camcore reads {FORMAT_VERSION}."
        )
    damage = _find_damage(manifest)
    if damage:
        raise RunError(
            f"{folder / name / 'manifest.json'} is damaged ({damage}). Make it anew: camcore explain {run.path} --force"
        )
    return Generation(folder / name, manifest)


def _find_damage(manifest: dict[str, Any]) -> str:
    """Return what a manifest lacks that readers rely on, empty where nothing."""
    types: dict[str, type | UnionType] = {
        "sources": list,
        "images": int,
        "cam_check": dict,
        "layers": list,
        "accuracy": float | None,
    }
    wrong = [name for name, kind in types.items() if not isinstance(manifest.get(name, ...), kind)]
    if wrong:
        return f"no usable {wrong[0]!r}"
    if "holds" not in manifest["cam_check"]:
        return "no usable 'cam_check'"
    try:
        for source in manifest["sources"]:
            parse_source(source)
    except (CamcoreError, AttributeError) as error:
        return str(error)
    return ""


@contextmanager
def new_generation(run: Run) -> Iterator[Path]:
    """Yield an empty folder to write a generation into; it comes into force, as a whole, when the block ends well.

    The generation that was in force before is removed then, and not before.

    Raises:
        CamcoreError: The disk is full, or the folder may not be written to.
    """
    folder = run.path / "explained"
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
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
