"""Reads an uploaded image into the model input and a picture for display.

Everything stays in memory; nothing here opens or writes a file.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from camcore.config import ViewConfig
from camcore.data.image_files import decode_rgb, describe_damage
from camcore.geometry import BoxXyxy, apply_view, view_box

MOST_MEGABYTES = 20  # photographs of phones have 2 to 15
MOST_PIXELS = 64_000_000  # room for the 50 megapixels of phones; decoding takes up to 16 bytes for each
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")  # Pillow's names; fewer decoders are safer
EXTENSIONS = ("jpg", "jpeg", "png", "webp", "avif", "gif", "bmp", "tif", "tiff")
LONG_SIDE = (512, 1024)  # px; for display, smaller pictures are enlarged and larger ones reduced
_NAME_LENGTH = 80


class RefusedImage(Exception):  # noqa: N818 it says what happened to the image
    """A refused upload: `code` names the reason, `details` the values for its message."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code, self.details = code, details


@dataclass(frozen=True)
class UploadedImage:
    """An uploaded image, upright unless the run does not turn its images.

    Attributes:
        width, height: Size of the image in px.
        seen: The model input, uint8 (3, size, size).
        picture: RGB picture for display in true proportions, its longer side within `LONG_SIDE`.
        view_box: The part of the image that the model sees, in px.
    """

    width: int
    height: int
    seen: NDArray[np.uint8]
    picture: Image.Image
    view_box: BoxXyxy


def read_uploaded_image(content: bytes, view: ViewConfig, upright: bool = True) -> UploadedImage:
    """Return the image in a file's bytes, decoded as by `load_rgb`.

    Args:
        content: The whole file.
        view: What the model sees of an image.
        upright: Turn the image upright by EXIF.

    Raises:
        RefusedImage: The file is empty, too large, has too many pixels, is no image of `FORMATS`, or is damaged.
    """
    if not content:
        raise RefusedImage("empty")
    megabytes = len(content) / 1024**2
    if megabytes > MOST_MEGABYTES:
        raise RefusedImage("bytes", megabytes=megabytes, most=MOST_MEGABYTES)
    try:
        image = decode_rgb(io.BytesIO(content), MOST_PIXELS, FORMATS, upright=upright)
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:
        raise RefusedImage("pixels", most=MOST_PIXELS // 1_000_000) from error
    except UnidentifiedImageError as error:
        raise RefusedImage("kind") from error
    except Exception as error:  # Pillow's decoders raise nearly everything on damaged files
        raise RefusedImage("damaged", reason=describe_damage(error)) from error
    seen = np.ascontiguousarray(np.asarray(apply_view(image, view.kind, view.size)).transpose(2, 0, 1))
    return UploadedImage(*image.size, seen, _fit(image), view_box(view.kind, *image.size))


def shorten_name(name: str) -> str:
    """Return a file name as one line of limited length."""
    line = " ".join(name.split())
    return line if len(line) <= _NAME_LENGTH else f"{line[: _NAME_LENGTH - 1]}…"


def encode_webp(image: Image.Image, long_side: int) -> bytes:
    """Return a picture as WebP with at most `long_side` px per side."""
    small = image.copy()
    small.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=84, method=4)
    return buffer.getvalue()


def _fit(image: Image.Image) -> Image.Image:
    """Return an image scaled so that its longer side is within `LONG_SIDE`."""
    least, most = LONG_SIDE
    long_side = min(max(max(image.size), least), most)
    factor = long_side / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)
