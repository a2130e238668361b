"""Boxes lie on their object whether the image was turned, resized or stored as annotated; else it is skipped."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from camcore.config import DatasetConfig
from camcore.data.dataset import Box, Dataset, Sample
from camcore.data.image_files import turn_upright, undo
from camcore.data.registry import open_dataset
from camcore.data.stanford_dogs import open_stanford_dogs
from tests.data.test_stanford_dogs import PHOTOGRAPHS, needs_photographs
from tests.support.bad_files import make_exif
from tests.support.tiny_stanford_dogs import BEAGLE, write_annotation, write_dogs, write_list, write_object

NAME = f"{BEAGLE}/a2"
WIDTH, HEIGHT = 40, 30  # of the upright picture
DOG = (24, 6, 37, 15)  # far edges exclusive
ORIENTATIONS = range(1, 9)
KEEP_SIZE = (2, 3, 4)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_dogs(tmp_path)


def draw(size: tuple[int, int] = (WIDTH, HEIGHT), dog: tuple[int, int, int, int] = DOG) -> Image.Image:
    """Return a black picture with a white dog."""
    picture = Image.new("RGB", size)
    picture.paste("white", dog)
    return picture


def store(root: Path, upright: Image.Image, orientation: int) -> Image.Image:
    """Write a picture as a turned camera stores it; return the stored pixels."""
    stored = turn_upright(upright, undo(orientation))
    stored.save(root / "Images" / f"{NAME}.jpg", "PNG", exif=make_exif(orientation))
    return stored


def annotate(root: Path, picture: Image.Image, size: tuple[int, int] | None = None) -> None:
    """Write the annotation of a picture: its size, and the box of its white pixels."""
    left, top, right, bottom = picture.convert("L").getbbox() or (0, 0, 0, 0)
    width, height = size or picture.size
    text = f"<size><width>{width}</width><height>{height}</height></size>"
    write_annotation(root, NAME, write_object("beagle", left, top, right - 1, bottom - 1), size=text)


def read_box(dataset: Dataset) -> tuple[float, ...]:
    (sample,) = [sample for sample in dataset.train if sample.id == NAME]
    return list_edges(sample)


def list_edges(sample: Sample) -> tuple[float, ...]:
    (box,) = sample.boxes
    return (box.x0, box.y0, box.x1, box.y1)


def require_skipped(root: Path, reason: str) -> None:
    (skipped,) = open_stanford_dogs(root).skipped
    assert (skipped.path, skipped.reason) == (f"Annotation/{NAME}", reason)


@pytest.mark.parametrize("exif", ["apply", "ignore"])
@pytest.mark.parametrize("annotated", ["upright", "stored"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_box_lies_on_its_object_however_the_image_is_turned(
    orientation: int, annotated: str, exif: str, root: Path
) -> None:
    stored = store(root, draw(), orientation)
    annotate(root, draw() if annotated == "upright" or orientation in KEEP_SIZE else stored)
    dataset = open_dataset(DatasetConfig("stanford-dogs", exif=exif), root)
    sample = next(sample for sample in dataset.train if sample.id == NAME)
    loaded = dataset.load_image(sample)
    assert loaded.tobytes() == (draw() if exif == "apply" else stored).tobytes()
    assert (sample.width, sample.height) == loaded.size
    assert list_edges(sample) == loaded.convert("L").getbbox()


def test_a_box_in_a_photograph_that_was_stored_lying(root: Path) -> None:
    stored = draw((400, 300), (250, 60, 381, 161))
    stored.save(root / "Images" / f"{NAME}.jpg", "PNG", exif=make_exif(6))
    annotate(root, stored)
    assert read_box(open_stanford_dogs(root)) == (139, 250, 240, 381)


@pytest.mark.parametrize("orientation", KEEP_SIZE)
def test_if_the_size_can_not_tell_the_box_is_the_upright_image_s(orientation: int, root: Path) -> None:
    store(root, draw(), orientation)
    annotate(root, draw())
    assert read_box(open_stanford_dogs(root)) == DOG
    square = draw((30, 30), (20, 5, 29, 9))
    store(root, square, 6)
    annotate(root, square)
    assert read_box(open_stanford_dogs(root)) == (20, 5, 29, 9)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("size", [(20, 15), (80, 60), (32, 24), (13, 10), (14, 10), (13, 9)])
def test_a_box_is_scaled_with_a_resized_copy(size: tuple[int, int], orientation: int, root: Path) -> None:
    store(root, draw().resize(size), orientation)
    annotate(root, draw())
    across, down = size[0] / WIDTH, size[1] / HEIGHT
    assert read_box(open_stanford_dogs(root)) == pytest.approx((24 * across, 6 * down, 37 * across, 15 * down))


def test_a_resized_copy_keeps_the_frame_that_was_annotated(root: Path) -> None:
    stored = store(root, draw(), 6)
    annotate(root, stored)
    store(root, draw().resize((20, 15)), 6)
    assert read_box(open_stanford_dogs(root)) == (12, 3, 18.5, 7.5)


@pytest.mark.parametrize(
    ("size", "orientation", "image"),
    [
        ((24, 24), 1, "24x24"),  # stretched, or cropped
        ((40, 20), 1, "40x20"),
        ((30, 40), 1, "30x40"),  # turned, without EXIF to say how
        ((40, 20), 6, "40x20 (20x40 as stored)"),
    ],
)
def test_an_image_of_another_shape_is_skipped(size: tuple[int, int], orientation: int, image: str, root: Path) -> None:
    store(root, draw(size, (3, 3, 9, 9)), orientation)
    annotate(root, draw())
    require_skipped(
        root,
        f"its boxes are for a picture of 40x30 pixels, but the image has {image}: it was cropped, stretched or turned."
        " Annotate this image, or restore the original",
    )


def test_an_annotation_without_objects_needs_no_size(root: Path) -> None:
    write_annotation(root, NAME, size="")
    assert open_stanford_dogs(root).skipped == ()


def test_an_unturned_data_set_has_a_fingerprint_of_its_own(root: Path) -> None:
    def fingerprint(exif: str) -> str:
        return open_dataset(DatasetConfig("stanford-dogs", exif=exif), root).fingerprint

    assert fingerprint("apply") == fingerprint("ignore") == open_stanford_dogs(root).fingerprint, "nothing is turned"
    store(root, draw(), 3)  # the size stays
    annotate(root, draw())
    assert fingerprint("apply") != fingerprint("ignore")


def overlap(first: Box, second: Box) -> float:
    """Return the IoU of two boxes."""
    a, b = (np.array([box.x0, box.y0, box.x1, box.y1]) for box in (first, second))
    shared = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    areas = [(box[2:] - box[:2]).prod() for box in (a, b)]
    return float(shared / (sum(areas) - shared))


@needs_photographs
@pytest.mark.parametrize(("scale", "orientation"), [(0.5, 1), (0.8, 1), (1, 6), (0.5, 8)])
def test_real_boxes_stay_on_the_dogs_of_copies(scale: float, orientation: int, tmp_path: Path) -> None:
    originals = open_stanford_dogs(PHOTOGRAPHS).train
    some = [sample for label in range(3) for sample in [one for one in originals if one.label == label][:2]]
    for name, samples in (("train_list.mat", some[::2]), ("test_list.mat", some[1::2])):
        write_list(tmp_path / name, [f"{sample.id}.jpg" for sample in samples], [1 + one.label for one in samples])
    for sample in some:
        for folder in ("Images", "Annotation"):
            (tmp_path / folder / sample.id).parent.mkdir(parents=True, exist_ok=True)
        with Image.open(PHOTOGRAPHS / sample.path) as photograph:
            copy = photograph.resize((round(sample.width * scale), round(sample.height * scale)))
        turn_upright(copy, undo(orientation)).save(tmp_path / sample.path, exif=make_exif(orientation), quality=90)
        shutil.copy(PHOTOGRAPHS / "Annotation" / sample.id, tmp_path / "Annotation" / sample.id)
    copies = open_stanford_dogs(tmp_path)
    assert copies.skipped == ()
    for before in some:
        (after,) = [sample for sample in (*copies.train, *copies.val) if sample.id == before.id]
        across, down = after.width / before.width, after.height / before.height
        for old, new in zip(before.boxes, after.boxes, strict=True):
            expected = Box(old.x0 * across, old.y0 * down, old.x1 * across, old.y1 * down)
            assert overlap(expected, new) >= 0.97
