"""Uploaded images: every kind of file, upright, within limits, or refused with a reason."""

import io

import numpy as np
import pytest
from PIL import Image

from camcore.config import ViewConfig
from camcore.data import uploaded_image
from camcore.data.image_files import UPRIGHT, load_rgb
from camcore.data.uploaded_image import (
    EXTENSIONS,
    LONG_SIDE,
    RefusedImage,
    encode_webp,
    read_uploaded_image,
    shorten_name,
)
from camcore.geometry import apply_view
from camcore.presentation.texts import text_in

VIEW = ViewConfig(size=64)
TEXT = text_in("en")


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def quarters(width: int = 60, height: int = 40) -> Image.Image:
    """Return a picture of four quarters: red, green, blue, white."""
    image = Image.new("RGB", (width, height), "white")
    for colour, box in (("red", (0, 0)), ("lime", (width // 2, 0)), ("blue", (0, height // 2))):
        image.paste(colour, (*box, box[0] + width // 2, box[1] + height // 2))
    return image


def read(content: bytes, view: ViewConfig = VIEW) -> uploaded_image.UploadedImage:
    return read_uploaded_image(content, view)


def test_the_model_sees_what_it_sees_of_a_file_of_a_data_set(tmp_path):
    content = encode(quarters(), "JPEG")
    (tmp_path / "a.jpg").write_bytes(content)
    expected = np.asarray(apply_view(load_rgb(tmp_path / "a.jpg"), "squash", 64)).transpose(2, 0, 1)
    image = read(content)
    np.testing.assert_array_equal(image.seen, expected)
    assert (image.seen.dtype, image.seen.shape) == (np.uint8, (3, 64, 64))
    assert (image.width, image.height, image.view_box) == (60, 40, (0.0, 0.0, 60.0, 40.0))


def test_a_run_that_ignores_exif_sees_uploads_as_they_are_stored():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encode(quarters(), "JPEG", exif=exif, quality=98, subsampling=0)
    stored = read_uploaded_image(content, VIEW, upright=False)
    assert (stored.width, stored.height) == (60, 40)
    np.testing.assert_array_equal(stored.seen, read(encode(quarters(), "JPEG", quality=98, subsampling=0)).seen)
    assert (read(content).width, read(content).height) == (40, 60)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_upright(orientation):
    """A rotated file with an orientation is read upright."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = quarters()
    if orientation in UPRIGHT:
        back = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
        turned = turned.transpose(back.get(orientation, UPRIGHT[orientation]))
    image = read(encode(turned, "JPEG", exif=exif, quality=98, subsampling=0))
    assert (image.width, image.height) == (60, 40)
    corners = [image.picture.getpixel(at) for at in ((9, 9), (-9 + 512, 9), (9, -9 + image.picture.height))]
    expected = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
    assert np.abs(np.subtract(corners, expected)).max() < 12


ODD = ("PNG P", "PNG LA", "PNG RGBA", "PNG I;16", "PNG 1", "JPEG CMYK", "JPEG L", "TIFF CMYK", "TIFF F", "GIF P")


@pytest.mark.parametrize("kind, mode", [pair.split() for pair in (*ODD, "BMP RGB", "WEBP RGBA", "AVIF RGB", "MPO RGB")])
def test_odd_kinds_become_rgb(kind, mode):
    image = read(encode(Image.new("L", (50, 40), 200).convert(mode), kind))
    assert image.picture.mode == "RGB"
    assert image.seen.shape == (3, 64, 64)


def test_transparency_and_animations_are_flattened():
    clear = read(encode(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG"))
    assert clear.seen.min() == 255
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    first = read(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert first.picture.getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["squash", "center-crop"])
@pytest.mark.parametrize("size", [(1, 1), (1, 20000), (20000, 1), (3, 2)])
def test_extreme_shapes_are_pictures_too(size, kind):
    image = read(encode(Image.new("RGB", size, "red"), "PNG"), view=ViewConfig(kind, 64))
    assert (image.width, image.height) == size
    assert min(image.picture.size) >= 1
    assert LONG_SIDE[0] <= max(image.picture.size) <= LONG_SIDE[1]
    assert image.seen.shape == (3, 64, 64)


def test_people_see_true_proportions_within_bounds():
    assert read(encode(Image.new("RGB", (3000, 1500)), "JPEG")).picture.size == (1024, 512)
    assert read(encode(Image.new("RGB", (800, 600)), "JPEG")).picture.size == (800, 600)
    assert read(encode(Image.new("RGB", (40, 20)), "PNG")).picture.size == (512, 256)


def refuse(content: bytes, name: str = "a.jpg") -> str:
    """Return the message to the visitor."""
    with pytest.raises(RefusedImage) as caught:
        read(content)
    return TEXT(f"own_image.refused.{caught.value.code}", name=name, **caught.value.details)


def test_what_is_refused_is_refused_in_words(monkeypatch):
    assert refuse(b"") == "“a.jpg” is empty (0 bytes). Select another file."
    assert refuse(b"x" * (21 * 1024**2)) == "“a.jpg” is 21.0 MB in size. The limit is 20 MB. Save a smaller version."
    kind = "“a.jpg” is not an image in a supported format, whatever its name says. Save it as JPEG or PNG."
    for content in (b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"%PDF-1.7"):
        assert refuse(content) == kind
    cut = encode(quarters(400, 300), "JPEG")[:-200]
    assert refuse(cut).startswith("“a.jpg” is damaged (image file is truncated")
    monkeypatch.setattr(uploaded_image, "MOST_PIXELS", 2_000_000)
    assert refuse(encode(Image.new("1", (2001, 1000)), "PNG")) == ("“a.jpg” has more than 2 megapixels. Scale it down.")


@pytest.mark.parametrize("kind", ["PPM", "PCX", "TGA", "ICO", "JPEG2000", "PDF"])
def test_uploads_use_few_decoders(kind):
    assert "is not an image in a supported format" in refuse(encode(quarters(64, 64), kind))


def test_a_bomb_is_refused_before_it_goes_off():
    """10 kB would become 243 MB; another header claims more than Pillow itself allows."""
    assert "more than 64 megapixels" in refuse(encode(Image.new("1", (9000, 9000)), "PNG"))
    header = bytearray(encode(Image.new("1", (8, 8)), "BMP"))
    header[18:26] = (60_000).to_bytes(4, "little") * 2
    assert "more than 64 megapixels" in refuse(bytes(header))


def test_names_are_shown_in_one_line_of_bearable_length():
    assert shorten_name("a\nb\t c.png") == "a b c.png"
    assert shorten_name("강아지 🐶.png") == "강아지 🐶.png"
    long = shorten_name("x" * 255)
    assert len(long) == 80 and long.endswith("…")


def test_the_page_accepts_what_is_read():
    assert set(EXTENSIONS) <= {extension.lstrip(".") for extension in Image.registered_extensions()}
    kinds = {Image.registered_extensions()[f".{extension}"] for extension in EXTENSIONS}
    assert kinds == set(uploaded_image.FORMATS)


def test_a_picture_for_the_browser_is_small():
    picture = Image.open(io.BytesIO(encode_webp(Image.new("RGB", (1000, 500)), 300)))
    assert (picture.format, picture.size) == ("WEBP", (300, 150))
