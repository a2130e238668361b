"""Reads many damaged uploads within limited memory, in its own process.

`python tests/support/upload_fuzz.py COUNT` prints how many were read and refused, or fails with the file that broke it.
"""

import collections
import io
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from camcore.config import ViewConfig
from camcore.data.uploaded_image import FORMATS, RefusedImage, read_uploaded_image

MOST_BYTES = 2 << 30  # address space with Python itself; the largest allowed picture takes 1 GB
Edit = tuple[int, int, bytes]
EXIF = Image.Exif()
EXIF[0x0112] = 6
EXTRAS = {
    "JPEG": ({"exif": EXIF}, {"progressive": True}),
    "PNG": ({"exif": EXIF}, {"icc_profile": b"x" * 200}),
    "GIF": ({}, {"save_all": True, "append_images": [Image.new("P", (40, 30), 9)] * 3}),
    "TIFF": ({}, {"compression": "tiff_lzw"}, {"compression": "jpeg"}),
}


def make_files() -> list[bytes]:
    """Return small pictures of every format and mode that uploads may have."""
    files = []
    grey = Image.linear_gradient("L").resize((40, 30))
    modes = {"JPEG": ("RGB", "L", "CMYK"), "PNG": ("RGB", "RGBA", "P", "1", "I;16"), "WEBP": ("RGB", "RGBA")}
    modes |= {"AVIF": ("RGB", "RGBA"), "GIF": ("P",), "BMP": ("RGB", "1"), "TIFF": ("RGB", "CMYK", "I;16", "F")}
    for kind in FORMATS:
        for mode in modes[kind]:
            for extra in EXTRAS.get(kind, ({},)):
                if extra.get("compression") == "jpeg" and mode != "RGB":
                    continue
                buffer = io.BytesIO()
                grey.convert(mode).save(buffer, kind, **extra)
                files.append(buffer.getvalue())
    return files


def damage(content: bytes, edits: list[Edit]) -> bytes:
    """Return a file with parts of it replaced, each from a position on for some bytes."""
    for place, length, new in edits:
        at = place % (len(content) + 1)
        content = content[:at] + new + content[at + length :]
    return content


def main(count: int) -> None:
    """Read this many damaged files."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    ends: collections.Counter[str] = collections.Counter()
    edges = st.sampled_from([b"\xff" * 4, b"\x00" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\xff\xff"])
    edit = st.tuples(st.integers(0, 5000), st.integers(0, 8) | st.just(4), edges | st.binary(max_size=8))
    damaged = st.builds(damage, st.sampled_from(make_files()), st.lists(edit, min_size=0, max_size=4))

    @settings(max_examples=count, derandomize=True, database=None, deadline=None)
    @given(damaged | st.binary(max_size=300))
    def read(content: bytes) -> None:
        try:
            image = read_uploaded_image(content, ViewConfig(size=32))
        except RefusedImage as error:
            assert "\n" not in str(error.details)
            ends["refused"] += 1
            return
        assert image.seen.shape == (3, 32, 32)
        ends["read"] += 1

    read()
    print(ends["read"], ends["refused"])


if __name__ == "__main__":
    main(int(sys.argv[1]))
