"""Model inputs and thumbnails, decoded in full or the fast way."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from camcore.data.dataset import Dataset
from camcore.data.image_folder import open_image_folder
from camcore.data.model_input import Decoder, apply_view_to_pixels, make_thumbnail, to_pixels
from camcore.errors import CamcoreError
from camcore.geometry import apply_view


def draw(width: int, height: int, seed: int = 0) -> Image.Image:
    """Return a smooth picture with noise."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    fine = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)).astype(int)
    return Image.fromarray(np.clip(fine + generator.integers(-9, 10, fine.shape), 0, 255).astype(np.uint8))


@pytest.mark.parametrize("view", ["squash", "center-crop"])
@pytest.mark.parametrize("size", [(500, 375), (375, 500), (64, 64), (40, 31), (301, 200)])
def test_torch_sees_what_pillow_sees_to_a_level(view: str, size: tuple[int, int]) -> None:
    image = draw(*size)
    seen = apply_view_to_pixels(to_pixels(image), view, 64)
    expected = to_pixels(apply_view(image, view, 64))
    difference = (seen.int() - expected.int()).abs()
    assert difference.max() <= 2
    assert (difference <= 1).float().mean() > 0.999


@pytest.mark.parametrize(
    ("size", "expected"),
    [((512, 256), (256, 128)), ((100, 400), (64, 256)), ((90, 60), (90, 60)), ((2000, 3), (256, 1))],
)
def test_a_large_thumbnail_is_scaled_to_its_longer_side(size: tuple[int, int], expected: tuple[int, int]) -> None:
    image = draw(*size)
    with Image.open(io.BytesIO(make_thumbnail(to_pixels(image)))) as picture:
        assert (picture.size, picture.format) == (expected, "JPEG")
        small = np.asarray(image.resize(expected, Image.Resampling.BILINEAR)).astype(int)
        assert np.abs(np.asarray(picture).astype(int) - small).mean() < 6


@pytest.fixture
def photographs(tmp_path: Path) -> Dataset:
    """A data set of JPEG photographs: large, rotated by EXIF, small; and one PNG."""
    for split in ("train", "val"):
        for name in ("dog", "cat"):
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            draw(1600, 1200).save(folder / "a_large.jpg", quality=90)
            exif = Image.Exif()
            exif[0x0112] = 6
            draw(1201, 900, 1).save(folder / "b_turned.jpg", exif=exif, quality=90)
            draw(200, 150, 2).save(folder / "c_small.jpg", quality=90)
            draw(1600, 1200, 3).save(folder / "d_large.png")
    return open_image_folder(tmp_path)


def test_large_jpeg_files_are_decoded_smaller_and_upright(photographs: Dataset) -> None:
    sizes = [photographs.load_image(sample, 256).size for sample in photographs.val[:4]]
    assert sizes == [(400, 300), (450, 601), (200, 150), (1600, 1200)]
    assert [photographs.load_image(sample).size for sample in photographs.val[:2]] == [(1600, 1200), (900, 1201)]


def test_both_ways_see_nearly_the_same(photographs: Dataset) -> None:
    exact, fast = (Decoder(photographs, "squash", 64, way).decode_batch(photographs.val) for way in (True, False))
    assert exact.images.shape == fast.images.shape == (8, 3, 64, 64)
    assert fast.images.is_contiguous(memory_format=torch.channels_last)
    assert (exact.images.int() - fast.images.int()).abs().float().mean() < 2
    for thumbnails in zip(exact.thumbnails, fast.thumbnails, strict=True):
        first, second = (Image.open(io.BytesIO(content)) for content in thumbnails)
        assert first.size == second.size


def test_a_file_that_was_replaced_is_refused_either_way(photographs: Dataset) -> None:
    sample = photographs.val[0]
    for path in Path(photographs.load_image.args[0]).rglob("a_large.jpg"):  # type: ignore[attr-defined]
        draw(1000, 1000).save(path)
    for exact in (True, False):
        with pytest.raises(CamcoreError, match="where its header had 1600x1200"):
            Decoder(photographs, "squash", 64, exact).decode(sample)
