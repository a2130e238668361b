"""The one place that decodes an image file."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageChops, UnidentifiedImageError

from camcore.errors import CamcoreError
from camcore.system.files import require_file

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
STRIP_ROWS = 256
REASON_LENGTH = 200
_PILLOW_FILTER: tuple[Any, ...] = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


def load_rgb(path: Path, least: int | None = None) -> Image.Image:
    """Return the image of a file: 8-bit RGB, upright by EXIF, transparency on white, first frame of an animation.

    16-bit grey is scaled by 65535; grey values outside 0..65535 and floating-point ones have no fixed white and are
    scaled by their own range. Of a PNG, the orientation counts only where it precedes the pixels. Colour profiles are
    ignored.

    Args:
        path: The file.
        least: A JPEG file may come at a half, a quarter or an eighth of its size, which decodes faster, as long as both
            sides keep this many pixels. None: in full.

    Raises:
        CamcoreError: no such file, no image, a damaged or truncated one, or more pixels than `Image.MAX_IMAGE_PIXELS`.
    """
    try:
        return decode_rgb(path, least=least)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly everything on damaged files, struct.error to KeyError
        reason = explain_failure(path, error)
        raise CamcoreError(
            f"Cannot read the image {str(path)!r}: {reason}. Replace it, or take it out of the data set."
        ) from error


def decode_rgb(
    file: Path | BinaryIO,
    most_pixels: int | None = None,
    formats: tuple[str, ...] | None = None,
    least: int | None = None,
) -> Image.Image:
    """Return what `load_rgb` does, of a path or an opened file; whatever Pillow raises comes through.

    Args:
        file: The path, or the file's content.
        most_pixels: More are refused as `Image.DecompressionBombError`; `Image.MAX_IMAGE_PIXELS` where it is None.
        formats: Pillow's names of the formats to try; None for all of them.
        least: As of `load_rgb`.
    """
    with _open(file, most_pixels, formats) as image:
        orientation = _read_orientation(image)
        if least is not None:
            image.draft(None, (least, least))
        image.load()
        rgb = _to_rgb(image)
    return rgb.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else rgb


def decode_size(path: Path) -> tuple[int, int]:
    """Return width and height of the upright image in pixels, after decoding it: whoever gets them can load it.

    A JPEG file is decoded at an eighth of its size, for which all of it is read as well. Whatever Pillow raises comes
    through.
    """
    with _open(path) as image:
        whole = image.size
        orientation = _read_orientation(image)
        is_reduced = image.draft(None, (1, 1)) is not None
        image.load()
        _to_rgb(image)
        width, height = whole if is_reduced else image.size
    return (height, width) if orientation in _SWAPS_SIDES else (width, height)


@contextmanager
def _open(
    file: Path | BinaryIO, most_pixels: int | None = None, formats: tuple[str, ...] | None = None
) -> Iterator[Image.Image]:
    _silence_pillow()
    if isinstance(file, Path):
        require_file(file)
    if formats is None:
        # Else the first thread that meets a rare format registers its decoder while a second one finds none.
        Image.init()
    with Image.open(file, formats=formats) as image:
        _refuse_unsafe(image, most_pixels)
        yield image


def _silence_pillow() -> None:
    """Ignore Pillow's warnings about files of doubtful quality; what matters is an error here.

    `warnings.catch_warnings` would be the usual way, but it is not safe where several threads decode.
    """
    if list(warnings.filters[:1]) != [_PILLOW_FILTER]:
        warnings.filterwarnings("ignore", module=r"PIL\.")


def _refuse_unsafe(image: Image.Image, most_pixels: int | None = None) -> None:
    limit = Image.MAX_IMAGE_PIXELS if most_pixels is None else most_pixels
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
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        image = ImageChops.invert(image)  # Pillow takes every such file for one of Adobe's, which store 255 - ink
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_scale_to_8_bit(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _scale_to_8_bit(grey: NDArray[Any]) -> NDArray[np.uint8]:
    """Return grey values of any range as bytes. In strips, because a large picture is eight times larger on the way."""
    strips = [grey[at : at + STRIP_ROWS] for at in range(0, len(grey), STRIP_ROWS)]
    ends = [(values.min(), values.max()) for values in map(_to_finite, strips)]
    lowest, highest = min(low for low, _ in ends), max(high for _, high in ends)
    low, high = 0.0, 65535.0
    if grey.dtype.kind == "f" or lowest < low or highest > high:
        low, high = lowest, highest
    scale = 255 / ((high - low) or 1)
    return np.concatenate([np.rint((_to_finite(strip) - low) * scale).astype(np.uint8) for strip in strips])


def _to_finite(values: NDArray[Any]) -> NDArray[np.float64]:
    return np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def explain_failure(path: Path, error: Exception) -> str:
    """Return in one line why a file could not be read, from what reading it raised."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, MemoryError):
        return "too little memory to decode it"
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {Image.MAX_IMAGE_PIXELS} pixels; scale it down"
    if isinstance(error, UnidentifiedImageError):
        with suppress(OSError):
            if path.stat().st_size == 0:
                return "the file is empty"
        return "not an image that Pillow can read"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return describe_damage(error)


def describe_damage(error: Exception) -> str:
    """Return what a decoder says of a damaged file, in one line of bearable length."""
    text = " ".join(str(error).split()) or type(error).__name__
    if not any(character.isalpha() for character in text):  # TIFF's library tells a number alone
        text = f"the decoder gave up ({text})"
    return text if len(text) <= REASON_LENGTH else f"{text[:REASON_LENGTH]}..."
