"""Unusual and bad image files, and what is expected of each."""

import io
import os
import stat
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

Write = Callable[[Path], object]
ORIENTATION = 0x0112
WHITE, RED = (255, 255, 255), (255, 0, 0)
NO_IMAGE = "not an image that Pillow can read"
CUT_SHORT = rf"{NO_IMAGE}|Truncated File Read|image file is truncated.*|could not create decoder object"


def draw_blocks(width: int = 48, height: int = 32) -> Image.Image:
    """Return an asymmetric picture of four flat blocks that JPEG keeps nearly unchanged."""
    pixels = np.zeros((height, width, 3), np.uint8)
    middle, left, right = height // 2, width // 3, width * 2 // 3
    pixels[:middle, :left], pixels[:middle, left:] = (250, 0, 0), (0, 250, 0)
    pixels[middle:, :right], pixels[middle:, right:] = (0, 0, 250), (99, 99, 0)
    return Image.fromarray(pixels)


BLOCKS = draw_blocks()
# 16 random greys: too many to compress well, few enough for GIF.
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 16, (32, 48), np.uint8) * 17).convert("RGB")


@dataclass(frozen=True)
class Case:
    """A file: its name, how to make it, and its pixels or the reason why it is skipped.

    `worst`: largest allowed difference in levels of 255. `seen_in`: the image's file, if it is another one.
    """

    name: str
    write: Write
    image: Image.Image | None = None
    reason: str = ""
    worst: int = 0
    seen_in: str = ""

    @property
    def path(self) -> str:
        """The image's path, relative to the folder of the class."""
        return self.seen_in or self.name


def save(image: Image.Image = BLOCKS, format_name: str = "PNG", **options: object) -> Write:
    return lambda path: image.save(path, format_name, **options)


def encode(format_name: str, image: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


def put(content: bytes) -> Write:
    return lambda path: path.write_bytes(content)


def make_png(width: int, height: int, depth: int, color: int, rows: bytes) -> bytes:
    """Return a PNG that Pillow can't write; each row begins with its filter, 0."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)), (b"IDAT", zlib.compress(rows))]
    packed = b""
    for kind, content in [*chunks, (b"IEND", b"")]:
        packed += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return b"\x89PNG\r\n\x1a\n" + packed


def turn(orientation: int) -> Image.Image:
    """Return the blocks as a rotated camera stores them, with EXIF orientation."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return BLOCKS.transpose(undo[orientation]) if orientation in undo else BLOCKS


def make_exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


def save_frames(format_name: str) -> Write:
    frames = [Image.new("RGB", (8, 6), color) for color in (RED, "lime", "blue")]
    return save(frames[0], format_name, save_all=True, append_images=frames[1:], lossless=True)


def put_into_folder(path: Path) -> None:
    path.mkdir()
    BLOCKS.save(path / "inside.png")


def make_socket(path: Path) -> None:
    os.mknod(path, stat.S_IFSOCK | 0o600)


JPEG = encode("JPEG", BLOCKS, quality=95, subsampling=0)
CUT_STREAMS = {
    "baseline.jpg": encode("JPEG", NOISE),
    "progressive.jpg": encode("JPEG", NOISE, progressive=True),
    "image.png": encode("PNG", NOISE),
    "image.webp": encode("WEBP", NOISE, lossless=True),
    "image.gif": encode("GIF", NOISE),
    "image.bmp": encode("BMP", NOISE),
    "image.tif": encode("TIFF", NOISE),
    "lzw.tif": encode("TIFF", NOISE, compression="tiff_lzw"),
}
CUTS: dict[str, Callable[[int], int]] = {
    "1-byte": lambda size: 1,
    "header": lambda size: 20,
    "30-percent": lambda size: size * 3 // 10,
    "90-percent": lambda size: size * 9 // 10,
    "last-2-bytes": lambda size: size - 2,
}
# All pixels precede the last two bytes, so these images are complete.
COMPLETE = ("last-2-bytes-image.png", "last-2-bytes-image.gif")


def _cut_files() -> list[Case]:
    cases = []
    for name, stream in CUT_STREAMS.items():
        for cut, shorten in CUTS.items():
            content = put(stream[: shorten(len(stream))])
            if (file := f"{cut}-{name}") in COMPLETE:
                cases.append(Case(file, content, NOISE))
            else:
                cases.append(Case(file, content, reason=CUT_SHORT))
    return cases


def _foreign_files() -> list[Case]:
    html = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body></body></html>"
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>'
    frame = JPEG.index(b"\xff\xc0") + 5  # height and width follow marker, length and precision
    return [
        Case("empty.jpg", put(b""), reason="the file is empty"),
        Case("zeros.jpg", put(bytes(5000)), reason=NO_IMAGE),
        Case("text.jpg", put(b"I am no image."), reason=NO_IMAGE),
        Case("page.png", put(html), reason=NO_IMAGE),
        Case("drawing.svg", put(svg), reason=NO_IMAGE),
        Case("paper.pdf", put(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"), reason=NO_IMAGE),
        Case(
            "vector.eps",
            put(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
            reason="PostScript is not decoded; .+",
        ),
        Case("bomb.png", put(make_png(100_000, 100_000, 8, 0, b"\0" * 99)), reason=r"more than \d+ pixels; .+"),
        Case(
            "bomb.jpg",
            put(JPEG[:frame] + struct.pack(">HH", 65_500, 65_500) + JPEG[frame + 4 :]),
            reason=r"more than \d+ pixels; .+",
        ),
        Case("png-named.jpg", save(), BLOCKS),
        Case("jpg-named.txt", put(JPEG), BLOCKS, worst=4),
    ]


def _odd_pixels() -> list[Case]:
    ink = (55, 155, 255, 0)
    inverted = encode("JPEG", Image.new("CMYK", (16, 16), tuple(255 - part for part in ink)), quality=100)
    adobe = inverted.index(b"\xff\xee\x00\x0eAdobe")
    orange = Image.new("RGB", (16, 16), (200, 100, 0))
    grey = Image.fromarray(np.array([[0, 256, 32896, 65535]], np.uint16))
    shades = Image.fromarray(np.array([[0, 1, 128, 255]], np.uint8)).convert("RGB")
    deep = struct.pack(">B12H", 0, *(0, 0, 0), *(65535, 0, 0), *(0, 65535, 0), *(32896, 32896, 32896))
    palette = Image.new("P", (4, 1))
    palette.putpalette([255, 0, 0, 9, 9, 9])
    palette.putpixel((3, 0), 1)
    red_then_white = Image.new("RGB", (4, 1), RED)
    red_then_white.putpixel((3, 0), WHITE)
    bits = Image.new("1", (9, 2))
    bits.paste(1, (4, 0, 9, 2))
    return [
        Case("adobe-cmyk.jpg", save(Image.new("CMYK", (16, 16), ink), "JPEG", quality=100), orange, worst=3),
        Case("plain-cmyk.jpg", put(inverted[:adobe] + inverted[adobe + 16 :]), orange, worst=3),
        Case("cmyk.tif", save(Image.new("CMYK", (16, 16), ink), "TIFF"), orange),
        Case("16-bit-grey.png", save(grey), shades),
        Case("16-bit-grey.tif", save(grey, "TIFF"), shades),
        Case(
            "16-bit-color.png",
            put(make_png(4, 1, 16, 2, deep)),
            Image.fromarray(np.array([[[0] * 3, RED, [0, 255, 0], [128] * 3]], np.uint8)),
        ),
        Case("palette-alpha.png", save(palette, transparency=b"\xff\x00"), red_then_white),
        Case("bits.png", save(bits), bits.convert("RGB")),
        Case("bits.tif", save(bits, "TIFF", compression="group4"), bits.convert("RGB")),
        Case("grey-alpha.png", save(Image.new("LA", (3, 3), (0, 128))), Image.new("RGB", (3, 3), (127, 127, 127))),
        Case("alpha.webp", save(Image.new("RGBA", (3, 3), (9, 9, 9, 0)), "WEBP"), Image.new("RGB", (3, 3), WHITE)),
        Case("frames.gif", save_frames("GIF"), Image.new("RGB", (8, 6), RED)),
        Case("frames.webp", save_frames("WEBP"), Image.new("RGB", (8, 6), RED)),
        Case("frames.png", save_frames("PNG"), Image.new("RGB", (8, 6), RED)),
        Case("progressive.jpg", save(BLOCKS, "JPEG", quality=95, subsampling=0, progressive=True), BLOCKS, worst=4),
        Case("1x1.png", save(Image.new("RGB", (1, 1), RED)), Image.new("RGB", (1, 1), RED)),
        Case("1x1.jpg", save(Image.new("RGB", (1, 1), RED), "JPEG"), Image.new("RGB", (1, 1), RED), worst=4),
        Case("1x20000.png", save(Image.new("RGB", (1, 20_000), RED)), Image.new("RGB", (1, 20_000), RED)),
        Case(
            "20000x1.jpg",
            save(Image.new("RGB", (20_000, 1), RED), "JPEG"),
            Image.new("RGB", (20_000, 1), RED),
            worst=4,
        ),
    ]


def _odd_metadata() -> list[Case]:
    broken_exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01" * 9
    jpeg = {"quality": 95, "subsampling": 0}
    cases = [
        Case(f"turned-{n}.jpg", save(turn(n), "JPEG", exif=make_exif(n), **jpeg), BLOCKS, worst=4) for n in range(1, 9)
    ]
    return [
        *cases,
        Case("turned.png", save(turn(6), exif=make_exif(6)), BLOCKS),
        Case("turned.webp", save(turn(8), "WEBP", exif=make_exif(8), lossless=True), BLOCKS),
        Case("turned.tif", save(turn(5), "TIFF", exif=make_exif(5)), BLOCKS),
        Case("turned-99.jpg", save(BLOCKS, "JPEG", exif=make_exif(99), **jpeg), BLOCKS, worst=4),
        Case("broken-exif.jpg", save(BLOCKS, "JPEG", exif=broken_exif, **jpeg), BLOCKS, worst=4),
        Case("broken-profile.jpg", save(BLOCKS, "JPEG", icc_profile=b"no profile", **jpeg), BLOCKS, worst=4),
        Case("broken-profile.png", save(BLOCKS, icc_profile=b"no profile"), BLOCKS),
    ]


def _no_files() -> list[Case]:
    return [
        Case("dangling.jpg", lambda path: path.symlink_to("nowhere.jpg"), reason="no such file"),
        Case("to-itself.jpg", lambda path: path.symlink_to(path.name), reason="Too many levels of symbolic links"),
        Case("to-above.jpg", lambda path: path.symlink_to(path.parent.parent), reason="Is a directory"),
        Case("folder.jpg", put_into_folder, BLOCKS, seen_in="folder.jpg/inside.png"),
        Case("pipe.jpg", os.mkfifo, reason="neither a file nor a folder"),
        Case("socket.jpg", make_socket, reason="neither a file nor a folder"),
        Case("device.jpg", lambda path: path.symlink_to("/dev/zero"), reason="neither a file nor a folder"),
    ]


def _odd_names() -> list[Case]:
    names = (
        "line\nbreak.png",
        "it's a \"dog\", isn't it.png",
        "강아지 한 마리.png",
        "🐕.png",
        "n" * 251 + ".png",
        "--overwrite.png",
        "=1+1.png",
        "percent%20#?&.png",
        "no ending",
        " ",
    )
    not_unicode = Case(os.fsdecode(b"\xff.png"), save(), reason="its name is not valid Unicode")
    return [*(Case(name, save(), BLOCKS) for name in names), not_unicode]


CASES = [*_cut_files(), *_foreign_files(), *_odd_pixels(), *_odd_metadata(), *_no_files(), *_odd_names()]
