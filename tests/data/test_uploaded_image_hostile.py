"""Hostile uploads are refused before they take memory."""

import io
import re
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageFile

from camcore.config import ViewConfig
from camcore.data.uploaded_image import FORMATS, RefusedImage, read_uploaded_image

FUZZ = Path(__file__).parents[1] / "support" / "upload_fuzz.py"
HUGE = 60_000


def encode(kind: str, **options: object) -> bytearray:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(buffer, kind, **options)
    return bytearray(buffer.getvalue())


def make_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def make_bomb(kind: str) -> bytes:
    """Return a small file whose header claims 3.6 gigapixels."""
    content = encode(kind)
    match kind:
        case "PNG":
            content[8:33] = make_chunk(b"IHDR", struct.pack(">IIBBBBB", HUGE, HUGE, 8, 2, 0, 0, 0))
        case "JPEG":
            at = content.index(b"\xff\xc0")
            content[at + 5 : at + 9] = struct.pack(">HH", HUGE, HUGE)
        case "GIF":
            content[6:10] = struct.pack("<HH", HUGE, HUGE)
        case "BMP":
            content[18:26] = struct.pack("<II", HUGE, HUGE)
        case "AVIF":
            at = content.index(b"ispe")
            content[at + 8 : at + 16] = struct.pack(">II", HUGE, HUGE)
        case "TIFF":
            for tag in (256, 257):
                at = re.search(struct.pack("<H", tag) + b"[\3\4]\0\1\0\0\0", content).start()
                content[at : at + 12] = struct.pack("<HHII", tag, 4, 1, HUGE)
        case "WEBP":
            size = (HUGE - 1).to_bytes(3, "little")
            extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + size + size
            content[12:12] = extended
            content[4:8] = struct.pack("<I", len(content) - 8)
    return bytes(content)


def refuse(content: bytes) -> str:
    """Return the refusal's code, and the reason of damage."""
    with pytest.raises(RefusedImage) as caught:
        read_uploaded_image(content, ViewConfig(size=32))
    return f"{caught.value.code} {caught.value.details.get('reason', '')}"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_huge_picture_is_refused_before_decoding(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("it was decoded"))
    message = refuse(make_bomb(kind))
    # The libraries for WebP and AVIF look at all of the headers first, and don't believe this one.
    assert re.search("pixels" if kind not in ("WEBP", "AVIF") else "pixels|kind|damaged", message)


@pytest.mark.parametrize("chunk", [b"zTXt", b"iCCP", b"iTXt"])
def test_compressed_text_and_profiles_take_no_memory(chunk: bytes) -> None:
    grown = 200 << 20
    packed = zlib.compress(bytes(grown), 9)
    head = {b"zTXt": b"a\0\0", b"iCCP": b"a\0\0", b"iTXt": b"a\0\1\0\0\0"}[chunk]
    content = encode("PNG")
    content[33:33] = make_chunk(chunk, head + packed)
    tracemalloc.start()
    try:
        refuse(bytes(content))
        assert tracemalloc.get_traced_memory()[1] < grown / 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("count", [1_500, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_damaged_uploads_take_bounded_memory(count: int) -> None:
    result = subprocess.run([sys.executable, FUZZ, str(count)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    read, refused = map(int, result.stdout.split())
    assert read + refused >= count * 0.9
    assert min(read, refused) > count / 20, "both ends are tried"
