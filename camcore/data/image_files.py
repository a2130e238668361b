"""Decode image files; the only place that does."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageChops, UnidentifiedImageError

from camcore.errors import CamcoreError
from camcore.geometry import BoxXyxy
from camcore.system.files import require_file

# How to turn a stored image upright, by its EXIF `Orientation`; other values need no change.
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
_MIRRORS_X, _MIRRORS_Y = (2, 3, 6, 7), (3, 4, 7, 8)  # after the sides are swapped
STRIP_ROWS = 256
REASON_LENGTH = 200
_PILLOW_FILTER: tuple[Any, ...] = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


class ImageSize(NamedTuple):
    """Width and height of an image as it is stored, in pixels, and its EXIF orientation, from 1 to 8."""

    width: int
    height: int
    orientation: int = 1

    @property
    def stored(self) -> tuple[int, int]:
        """Width and height of the image as it is stored."""
        return self.width, self.height

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height of the upright image."""
        return (self.height, self.width) if self.orientation in _SWAPS_SIDES else self.stored


def load_rgb(path: Path, least: int | None = None, upright: bool = True) -> Image.Image:
    """Return a file's image: 8-bit RGB, upright by EXIF, transparency on white, first frame.

    16-bit grey is divided by 65535. Floating-point grey and values outside 0..65535 have no fixed white and are scaled
    by their own range. The orientation of a PNG is used only if it precedes the pixels. Colour profiles are ignored.

    Args:
        path: The file.
        least: Decode a JPEG at 1/2, 1/4 or 1/8 of its size, which is faster, as long as both sides keep this many
            pixels. None decodes the full size.
        upright: Turn the image upright. Without it, the pixels stay as they are stored; Pillow turns TIFF always.

    Raises:
        CamcoreError: No such file, no image, a damaged image, or more than `Image.MAX_IMAGE_PIXELS` pixels.
    """
    try:
        return decode_rgb(path, least=least, upright=upright)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly everything on damaged files, struct.error to KeyError
        reason = explain_failure(path, error)
        raise CamcoreError(
            f"Cannot read the image {str(path)!r}: {reason}. Replace it, or remove it from the data set."
        ) from error


def decode_rgb(
    file: Path | BinaryIO,
    most_pixels: int | None = None,
    formats: tuple[str, ...] | None = None,
    least: int | None = None,
    upright: bool = True,
) -> Image.Image:
    """Decode like `load_rgb`, from a path or an open file. Pillow's exceptions are not caught.

    Args:
        file: The path, or the file's content.
        most_pixels: More pixels raise `Image.DecompressionBombError`. None means `Image.MAX_IMAGE_PIXELS`.
        formats: Pillow's names of the formats to try; None for all.
        least, upright: See `load_rgb`.
    """
    with _open(file, most_pixels, formats) as image:
        orientation = _read_orientation(image)
        if least is not None:
            image.draft(None, (least, least))
        image.load()
        rgb = _to_rgb(image)
    return turn_upright(rgb, orientation) if upright else rgb


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Return a stored image upright. `undo` gives the orientation that turns it back."""
    return image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image


def undo(orientation: int) -> int:
    """Return the EXIF orientation that undoes another."""
    return {6: 8, 8: 6}.get(orientation, orientation)


def turn_box(box_xyxy: BoxXyxy, size: tuple[int, int], orientation: int) -> BoxXyxy:
    """Return a box in an image of width and height `size` after `turn_upright`."""
    x0, y0, x1, y1 = box_xyxy
    width, height = size
    if orientation in _SWAPS_SIDES:
        x0, y0, x1, y1, width, height = y0, x0, y1, x1, height, width
    if orientation in _MIRRORS_X:
        x0, x1 = width - x1, width - x0
    if orientation in _MIRRORS_Y:
        y0, y1 = height - y1, height - y0
    return x0, y0, x1, y1


def decode_size(path: Path) -> ImageSize:
    """Decode an image and return its size.

    A JPEG is decoded at 1/8 of its size, which reads the whole file. Pillow's exceptions are not caught.
    """
    with _open(path) as image:
        whole = image.size
        orientation = _read_orientation(image)
        is_reduced = image.draft(None, (1, 1)) is not None
        image.load()
        _to_rgb(image)
        width, height = whole if is_reduced else image.size
    return ImageSize(width, height, orientation)


@contextmanager
def _open(
    file: Path | BinaryIO, most_pixels: int | None = None, formats: tuple[str, ...] | None = None
) -> Iterator[Image.Image]:
    _silence_pillow()
    if isinstance(file, Path):
        require_file(file)
    if formats is None:
        # Otherwise one thread registers the decoder of a rare format while another finds none.
        Image.init()
    with Image.open(file, formats=formats) as image:
        _refuse_unsafe(image, most_pixels)
        yield image


def _silence_pillow() -> None:
    """Ignore Pillow's warnings about odd files; anything serious raises.

    `warnings.catch_warnings` is not thread-safe.
    """
    if list(warnings.filters[:1]) != [_PILLOW_FILTER]:
        warnings.filterwarnings("ignore", module=r"PIL\.")


def _refuse_unsafe(image: Image.Image, most_pixels: int | None = None) -> None:
    limit = Image.MAX_IMAGE_PIXELS if most_pixels is None else most_pixels
    if limit is not None and image.width * image.height > limit:
        raise Image.DecompressionBombError
    if image.format == "EPS":  # Pillow passes it to Ghostscript, which executes it as a program
        raise ValueError("PostScript is not decoded; save it as PNG")


def _read_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1 if it is missing, unknown, broken or applied by Pillow (TIFF)."""
    if image.format == "TIFF":
        return 1
    try:
        # The base class's method: PNG's decodes all pixels to look for EXIF data after them.
        orientation = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
    except Exception:  # broken EXIF raises almost any error, but the pixels may be fine
        return 1
    return orientation if isinstance(orientation, int) and orientation in UPRIGHT else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        image = ImageChops.invert(image)  # Pillow assumes Adobe's convention (255 - ink) for every such file
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_scale_to_8_bit(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _scale_to_8_bit(grey: NDArray[Any]) -> NDArray[np.uint8]:
    """Return grey values of any range as bytes. It works in strips, because float64 takes eight times the memory."""
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
    """Return in one line why a file could not be read."""
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
    """Return a decoder's message about a damaged file as one line of limited length."""
    text = " ".join(str(error).split()) or type(error).__name__
    if not any(character.isalpha() for character in text):  # libtiff may give only a number
        text = f"the decoder gave up ({text})"
    return text if len(text) <= REASON_LENGTH else f"{text[:REASON_LENGTH]}..."
