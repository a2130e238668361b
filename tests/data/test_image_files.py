"""One image stored in every common way gives the same pixels."""

import io
import re
import struct
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from camcore.data import image_files
from camcore.data.image_files import REASON_LENGTH, STRIP_ROWS, decode_size, explain_failure, load_rgb
from camcore.errors import CamcoreError

ORIENTATION = 0x0112


@pytest.fixture
def upright() -> Image.Image:
    """An asymmetric picture, 24 x 16, of four flat blocks that JPEG keeps nearly unchanged."""
    pixels = np.zeros((16, 24, 3), np.uint8)
    pixels[:8, :8], pixels[:8, 8:], pixels[8:, :16], pixels[8:, 16:] = (
        (250, 0, 0),
        (0, 250, 0),
        (0, 0, 250),
        (99, 99, 0),
    )
    return Image.fromarray(pixels)


def store_turned(image: Image.Image, orientation: int, path: Path) -> None:
    """Save pixels so that a reader that applies the orientation sees `image`."""
    undo = {1: [], 2: ["mirror"], 3: ["flip", "mirror"], 4: ["flip"], 5: ["transpose"], 6: ["left"], 7: ["transverse"]}
    steps = {
        "mirror": ImageOps.mirror,
        "flip": ImageOps.flip,
        "transpose": lambda image: image.transpose(Image.Transpose.TRANSPOSE),
        "transverse": lambda image: image.transpose(Image.Transpose.TRANSVERSE),
        "left": lambda image: image.rotate(90, expand=True),
        "right": lambda image: image.rotate(-90, expand=True),
    }
    for step in undo.get(orientation, ["right"]):
        image = steps[step](image)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image.save(path, exif=exif, **({"quality": 100, "subsampling": 0} if path.suffix == ".jpg" else {}))


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(upright: Image.Image, orientation: int, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"turned.{ending}"
    store_turned(upright, orientation, path)
    assert decode_size(path).upright == (24, 16)
    image = load_rgb(path)
    assert (image.mode, image.size) == ("RGB", (24, 16))
    difference = np.abs(np.asarray(image, int) - np.asarray(upright, int))
    # WebP is lossy and smears the blocks' borders; elsewhere two levels are JPEG's rounding.
    assert np.median(difference) <= 2
    assert ending == "webp" or difference.max() <= 4


@pytest.mark.parametrize(("ending", "decoded"), [("jpg", (3, 2)), ("png", (24, 16)), ("webp", (24, 16))])
def test_the_size_takes_an_eighth_of_a_jpeg(
    ending: str, decoded: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (24, 16)).save(tmp_path / f"image.{ending}")
    sizes: list[tuple[int, int]] = []
    monkeypatch.setattr(image_files, "_to_rgb", lambda image: sizes.append(image.size))
    assert decode_size(tmp_path / f"image.{ending}").upright == (24, 16)
    assert sizes == [decoded]


KINDS = {
    "baseline": ("JPEG", "RGB", {}),
    "progressive": ("JPEG", "RGB", {"progressive": True}),
    "restarts": ("JPEG", "RGB", {"restart_marker_blocks": 2}),
    "grey": ("JPEG", "L", {}),
    "cmyk": ("JPEG", "CMYK", {}),
    "png": ("PNG", "RGB", {}),
    "webp": ("WEBP", "RGB", {}),
    "gif": ("GIF", "P", {}),
    "bmp": ("BMP", "RGB", {}),
    "tiff": ("TIFF", "RGB", {}),
    "tiff-lzw": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file_with_a_size_can_be_loaded(kind: str, upright: Image.Image, tmp_path: Path) -> None:
    format_name, mode, options = KINDS[kind]
    stream = io.BytesIO()
    upright.convert(mode).save(stream, format_name, **options)
    whole = stream.getvalue()
    path = tmp_path / "image"
    outcomes = set()
    for length in [*range(0, len(whole) - 64, 7), *range(max(0, len(whole) - 64), len(whole) + 1)]:
        path.write_bytes(whole[:length])
        try:
            size: tuple[int, int] | None = decode_size(path).upright
        except Exception as error:
            size, reason = None, explain_failure(path, error)
            assert reason, "every one has its reason"
            assert "\n" not in reason
        try:
            loaded: tuple[int, int] | None = load_rgb(path).size
        except CamcoreError:
            loaded = None
        assert size == loaded, f"cut to {length} of {len(whole)} bytes"
        outcomes.add(size)
    assert outcomes == {None, (24, 16)}


def test_turned_files_hold_other_pixels(upright: Image.Image, tmp_path: Path) -> None:
    store_turned(upright, 6, tmp_path / "turned.png")
    with Image.open(tmp_path / "turned.png") as image:
        assert image.size == (16, 24)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB", "L"])
def test_transparency_is_laid_on_white(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    black_left = Image.new("RGBA", (4, 2), (0, 0, 0, 255))
    black_left.paste((10, 20, 30, 0), (2, 0, 4, 2))  # the right half is transparent, its hidden colour is not black
    if mode in ("RGBA", "LA"):
        black_left.convert(mode).save(path)
    elif mode == "P":
        palette = Image.new("P", (4, 2), 0)
        palette.putpalette([0, 0, 0, 10, 20, 30])
        palette.paste(1, (2, 0, 4, 2))
        palette.save(path, transparency=b"\xff\x00")
    else:
        hidden = (10, 20, 30) if mode == "RGB" else 18
        image = Image.new(mode, (4, 2), 0)
        image.paste(hidden, (2, 0, 4, 2))
        image.save(path, transparency=hidden)
    pixels = np.asarray(load_rgb(path))
    assert (pixels[:, :2] == 0).all()
    assert (pixels[:, 2:] == 255).all()


def test_half_transparent_black_is_grey(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (0, 0, 0, 128)).save(tmp_path / "image.png")
    assert load_rgb(tmp_path / "image.png").getpixel((0, 0)) == (127, 127, 127)


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_16_bit_grey_is_scaled_not_clipped(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"image.{ending}"
    Image.fromarray(np.array([[0, 256, 32896, 65535]], np.uint16)).save(path)
    assert np.asarray(load_rgb(path)).tolist() == [[[0] * 3, [1] * 3, [128] * 3, [255] * 3]]
    Image.fromarray(np.array([[300, 32896]], np.uint16)).save(path)  # a dark one stays dark
    assert np.asarray(load_rgb(path))[0, :, 0].tolist() == [1, 128]


@pytest.mark.parametrize("values", [[-1.0, 0.0, 1.0], [0, 50000, 100000], [-2, 0, 2]])
def test_grey_without_a_fixed_white_is_scaled_by_its_range(values: list[float], tmp_path: Path) -> None:
    dtype = np.float32 if isinstance(values[0], float) else np.int32
    Image.fromarray(np.array([values], dtype)).save(tmp_path / "image.tif")
    assert np.asarray(load_rgb(tmp_path / "image.tif"))[0, :, 0].tolist() == [0, 128, 255]


def test_a_large_grey_picture_is_scaled_as_one(tmp_path: Path) -> None:
    values = np.full((3 * STRIP_ROWS - 1, 2), 50000, np.int32)
    values[0], values[-1] = 0, 100000
    Image.fromarray(values).save(tmp_path / "image.tif")
    read = np.asarray(load_rgb(tmp_path / "image.tif"))[:, 0, 0]
    assert (read[0], read[-1], set(read[1:-1].tolist())) == (0, 255, {128})


def test_grey_without_any_range_and_with_nan_is_black(tmp_path: Path) -> None:
    Image.fromarray(np.array([[np.nan, np.inf]], np.float32)).save(tmp_path / "image.tif")
    assert np.asarray(load_rgb(tmp_path / "image.tif")).max() == 0


@pytest.mark.parametrize(
    ("mode", "ending"), [("1", "png"), ("L", "jpg"), ("CMYK", "jpg"), ("CMYK", "tif"), ("P", "gif")]
)
def test_flat_modes_become_rgb(mode: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"image.{ending}"
    image = Image.new("RGB", (16, 16), "white")
    image.paste("black", (0, 0, 8, 16))
    image.convert(mode).save(path)
    loaded = load_rgb(path)
    assert loaded.mode == "RGB"
    assert loaded.getpixel((15, 8)) == (255, 255, 255)
    assert max(loaded.getpixel((0, 8))) <= 4


def test_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (5, 4), color) for color in ("red", "lime", "blue")]
    for ending in ("gif", "png", "webp"):
        path = tmp_path / f"image.{ending}"
        frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
        with Image.open(path) as image:
            assert image.n_frames == 3
        assert load_rgb(path).getpixel((2, 2)) == (255, 0, 0)


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0MM", b"Exif\0\0rubbish!rubbish!", b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01" * 9],
)
def test_broken_exif_is_no_orientation(exif: bytes, upright: Image.Image, tmp_path: Path) -> None:
    upright.save(tmp_path / "image.jpg", exif=exif)
    assert decode_size(tmp_path / "image.jpg").upright == load_rgb(tmp_path / "image.jpg").size == (24, 16)


def test_orientation_that_is_no_number_is_none(upright: Image.Image, tmp_path: Path) -> None:
    # One IFD entry: Orientation, type ASCII, two bytes "6\0".
    exif = b"Exif\0\0MM\0*" + struct.pack(">IHHHI4sI", 8, 1, ORIENTATION, 2, 2, b"6\0\0\0", 0)
    upright.save(tmp_path / "image.jpg", exif=exif)
    assert decode_size(tmp_path / "image.jpg").upright == load_rgb(tmp_path / "image.jpg").size == (24, 16)


@pytest.mark.parametrize(
    "name", ["강아지 한 마리", 'it\'s "a" dog', "line\nbreak", "percent%20#?&", ".hidden", "no ending"]
)
def test_odd_names_are_read(name: str, upright: Image.Image, tmp_path: Path) -> None:
    upright.save(tmp_path / name, format="PNG")
    assert load_rgb(tmp_path / name).tobytes() == upright.tobytes()


def test_content_decides_not_the_ending(upright: Image.Image, tmp_path: Path) -> None:
    upright.save(tmp_path / "image.jpg", format="PNG")
    assert load_rgb(tmp_path / "image.jpg").tobytes() == upright.tobytes()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file"),
        (b"", "the file is empty"),
        (b"I am no image.", "not an image that Pillow can read"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
            "PostScript is not decoded; save it as PNG",
        ),
    ],
)
def test_unusable_files_say_why(content: bytes | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "line\nbreak.jpg"
    if content is not None:
        path.write_bytes(content)
    message = f"Cannot read the image {str(path)!r}: {reason}. Replace it, or remove it from the data set."
    with pytest.raises(CamcoreError, match=f"^{re.escape(message)}$"):
        load_rgb(path)
    with pytest.raises(Exception) as caught:
        decode_size(path)
    assert explain_failure(path, caught.value) == reason


@pytest.mark.parametrize("ending", ["jpg", "png", "gif", "webp", "tif", "bmp"])
def test_truncated_files_are_errors(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"image.{ending}"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(CamcoreError, match=r"^Cannot read the image '.*': .+\. Replace it"):
        load_rgb(path)


def test_only_adobe_cmyk_is_inverted(tmp_path: Path) -> None:
    """Adobe and Pillow store 255 - ink; without the marker the stored value is the ink."""
    ink = (55, 155, 255, 0)
    Image.new("CMYK", (16, 16), ink).save(tmp_path / "adobe.jpg", quality=100)
    Image.new("CMYK", (16, 16), tuple(255 - part for part in ink)).save(tmp_path / "plain.jpg", quality=100)
    marked = (tmp_path / "plain.jpg").read_bytes()
    at = marked.index(b"\xff\xee\x00\x0eAdobe")
    (tmp_path / "plain.jpg").write_bytes(marked[:at] + marked[at + 16 :])
    for name in ("adobe.jpg", "plain.jpg"):
        assert load_rgb(tmp_path / name).getpixel((8, 8)) == pytest.approx((200, 100, 0), abs=2)


def test_a_long_reason_is_cut_and_one_without_words_gets_some(tmp_path: Path) -> None:
    assert explain_failure(tmp_path, ValueError("two\nlines")) == "two lines"
    assert explain_failure(tmp_path, ValueError("x" * 10_000)) == "x" * REASON_LENGTH + "..."
    assert explain_failure(tmp_path, MemoryError()) == "too little memory to decode it"
    assert explain_failure(tmp_path, KeyError()) == "KeyError"
    assert explain_failure(tmp_path, OSError(-2)) == "the decoder gave up (-2)"


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(CamcoreError, match="Is a directory"):
        load_rgb(tmp_path)


@pytest.mark.parametrize("limit", [383, 150])  # 384 pixels: over the limit Pillow only warns, over twice it raises
def test_decompression_bombs_are_refused(
    limit: int, upright: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upright.save(tmp_path / "image.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 384)
    assert load_rgb(tmp_path / "image.png").size == decode_size(tmp_path / "image.png").upright == (24, 16)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(CamcoreError, match=f"more than {limit} pixels; scale it down"):
        load_rgb(tmp_path / "image.png")
    with pytest.raises(Image.DecompressionBombError):
        decode_size(tmp_path / "image.png")


def test_all_formats_are_registered_first(tmp_path: Path) -> None:
    """Pillow registers them lazily; meanwhile a second thread could fail to recognise a file."""
    Image.new("RGB", (4, 4)).save(tmp_path / "image.jpg")
    code = "import sys, pathlib; from camcore.data.image_files import decode_size; from PIL import Image; "
    code += "decode_size(pathlib.Path(sys.argv[1])); print('WEBP' in Image.OPEN)"
    command = [sys.executable, "-c", code, str(tmp_path / "image.jpg")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"


def test_pillow_warnings_do_not_leak_from_threads(tmp_path: Path) -> None:
    palette = Image.new("P", (4, 2), 0)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    palette.save(tmp_path / "image.png", transparency=b"\x80\x00")
    with Image.open(tmp_path / "image.png") as image, pytest.warns(UserWarning, match="Palette images"):
        image.convert("RGB")
    # EXIF with a tag whose data lies behind the end: Pillow warns of corrupt data.
    exif = b"Exif\0\0MM\0*" + struct.pack(">IHHHIII", 8, 1, 0x010F, 2, 99, 5000, 0)
    Image.new("RGB", (8, 8)).save(tmp_path / "image.jpg", exif=exif)
    with pytest.warns(UserWarning, match="larger than file"), Image.open(tmp_path / "image.jpg") as image:
        image.getexif()
    with warnings.catch_warnings(record=True) as caught, ThreadPoolExecutor(4) as pool:
        warnings.simplefilter("always")
        sizes = list(pool.map(lambda n: load_rgb(tmp_path / f"image.{('jpg', 'png')[n % 2]}").size, range(64)))
        warnings.warn("one's own", stacklevel=1)
    assert set(sizes) == {(4, 2), (8, 8)}
    assert [str(warning.message) for warning in caught] == ["one's own"]
