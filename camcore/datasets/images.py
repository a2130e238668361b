"""The one place that decodes an image file, and what all data sets made of image files share."""

import hashlib
import json
import re
import warnings
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from camcore.datasets.sample import Dataset, Sample, Skipped
from camcore.errors import CamcoreError

# What brings a stored image upright, by the EXIF tag `Orientation`; 1 and whatever is missing here need nothing.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SWAPS_SIDES = (5, 6, 7, 8)
_PILLOW_FILTER: tuple[Any, ...] = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


def load_rgb(path: Path) -> Image.Image:
    """Return the image of a file: 8-bit RGB, upright by EXIF, transparency on white, first frame of an animation.

    16-bit grey is scaled by 65535; grey values outside 0..65535 and floating-point ones have no fixed white and are
    scaled by their own range. Of a PNG, the orientation counts only where it precedes the pixels. Colour profiles are
    ignored.

    Raises:
        CamcoreError: no such file, no image, a damaged or truncated one, or more pixels than `Image.MAX_IMAGE_PIXELS`.
    """
    _silence_pillow()
    try:
        with Image.open(path) as image:
            _refuse_unsafe(image)
            orientation = _read_orientation(image)
            image.load()
            rgb = _to_rgb(image)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly everything on damaged files, struct.error to KeyError
        raise _unreadable(path, _explain(path, error)) from error
    return rgb.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else rgb


def read_size(path: Path) -> tuple[int, int]:
    """Return width and height of the upright image in pixels, from the header alone.

    Raises:
        CamcoreError: as for `load_rgb`, except that damage behind the header goes unseen.
    """
    size = size_or_reason(path)
    if isinstance(size, str):
        raise _unreadable(path, size)
    return size


def size_or_reason(path: Path) -> tuple[int, int] | str:
    """Return what `read_size` returns, or why it cannot, for callers that list the files they skip."""
    _silence_pillow()
    try:
        with Image.open(path) as image:
            _refuse_unsafe(image)
            width, height = image.size
            return (height, width) if _read_orientation(image) in _SWAPS_SIDES else (width, height)
    except Exception as error:  # as in load_rgb
        return _explain(path, error)


def assemble_dataset(
    kind: str,
    root: Path,
    class_names: Sequence[str],
    train: Sequence[Sample],
    val: Sequence[Sample],
    skipped: Sequence[Skipped] = (),
) -> Dataset:
    """Return the data set of samples whose files lie below `root`, fingerprinted.

    Raises:
        CamcoreError: fewer than two classes, or a class without a training or a validation image.
    """
    if len(class_names) < 2:
        found = "".join(f", {name!r}" for name in class_names)
        raise CamcoreError(f"{str(root)!r} has {len(class_names)} class{'' if found else 'es'}{found}. Two are needed.")
    _require_every_class("training", class_names, train, skipped)
    _require_every_class("validation", class_names, val, skipped)
    return Dataset(
        kind=kind,
        class_names=tuple(class_names),
        train=tuple(train),
        val=tuple(val),
        fingerprint=_fingerprint(kind, root, class_names, {"train": train, "val": val}),
        load_image=partial(_load_sample, root),
        skipped=tuple(skipped),
    )


def _load_sample(root: Path, sample: Sample) -> Image.Image:
    image = load_rgb(root / sample.path)
    if image.size != (sample.width, sample.height):
        raise CamcoreError(
            f"{sample.path!r} has {image.width}x{image.height} pixels where its header had "
            f"{sample.width}x{sample.height}: it changed or is damaged. Replace it and open the data set again."
        )
    return image


def _silence_pillow() -> None:
    """Ignore Pillow's warnings about files of doubtful quality; what matters is an error here.

    `warnings.catch_warnings` would be the usual way, but it is not safe where several threads decode.
    """
    if list(warnings.filters[:1]) != [_PILLOW_FILTER]:
        warnings.filterwarnings("ignore", module=r"PIL\.")


def _refuse_unsafe(image: Image.Image) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        raise Image.DecompressionBombError
    if image.format == "EPS":  # Pillow hands it to Ghostscript: a program to run, not pixels to decode
        raise ValueError("PostScript is not decoded; save it as PNG")


def _read_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1 where there is none, it is broken, or Pillow applies it by itself (TIFF)."""
    if image.format == "TIFF":
        return 1
    try:
        # The base class's: the one of PNG decodes all pixels to look for EXIF data behind them.
        orientation = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
    except Exception:  # broken EXIF raises nearly everything, and says nothing about the pixels
        return 1
    return orientation if isinstance(orientation, int) else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_scale_to_8_bit(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _scale_to_8_bit(grey: NDArray[Any]) -> NDArray[np.uint8]:
    values = np.nan_to_num(grey.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = 0.0, 65535.0
    if grey.dtype.kind == "f" or values.min() < low or values.max() > high:
        low, high = values.min(), values.max()
    return np.rint((values - low) * (255 / ((high - low) or 1))).astype(np.uint8)


def _explain(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {Image.MAX_IMAGE_PIXELS} pixels; scale it down"
    if isinstance(error, UnidentifiedImageError):
        return "not an image that Pillow can read" if path.stat().st_size else "the file is empty"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _unreadable(path: Path, reason: str) -> CamcoreError:
    return CamcoreError(f"Cannot read the image {str(path)!r}: {reason}. Replace it, or take it out of the data set.")


def _require_every_class(
    split: str, class_names: Sequence[str], samples: Iterable[Sample], skipped: Sequence[Skipped]
) -> None:
    present = {sample.label for sample in samples}
    missing = [repr(name) for label, name in enumerate(class_names) if label not in present]
    if not missing:
        return
    if not present:
        fact = f"The {split} split is empty"
    else:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        fact = f"No usable {split} image of: {', '.join(missing[:5])}{more}"
    if skipped:
        fact += f" ({len(skipped)} skipped, the first: {skipped[0].path!r}, {skipped[0].reason})"
    raise CamcoreError(f"{fact}. Every class needs one at least in either split: add images, or remove the class.")


def _fingerprint(kind: str, root: Path, class_names: Sequence[str], splits: dict[str, Sequence[Sample]]) -> str:
    """Return the SHA-256 over kind, class names, and of every sample its split, path, label, bytes, size and boxes."""
    digest = hashlib.sha256(json.dumps([kind, list(class_names)]).encode())
    for split, samples in splits.items():
        for sample in samples:
            boxes = [[box.x0, box.y0, box.x1, box.y1, box.label] for box in sample.boxes]
            file_bytes = (root / sample.path).stat().st_size
            row = [split, sample.path, sample.label, file_bytes, sample.width, sample.height, boxes]
            digest.update(json.dumps(row).encode())
    return digest.hexdigest()
