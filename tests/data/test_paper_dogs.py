import pickle
from collections import Counter
from hashlib import sha256
from itertools import combinations

import numpy as np
import pytest

from camcore.data.dataset import Dataset, Sample
from camcore.data.paper_dogs import open_paper_dogs
from camcore.data.paper_dogs.dogs import BREEDS
from camcore.data.paper_dogs.layout import lay_out
from camcore.errors import CamcoreError

PIXELS = "2147035464a22dff5d058043d76f76ba90b0d6fc735ffa23f6f27455fdf8fc22"


@pytest.fixture(scope="module")
def dogs() -> Dataset:
    return open_paper_dogs()


@pytest.fixture(scope="module")
def some(dogs: Dataset) -> tuple[Sample, ...]:
    return dogs.val[:40]


def pixels_of(dataset: Dataset, sample: Sample) -> np.ndarray:
    return np.asarray(dataset.load_image(sample))


def test_pixels_are_the_same_everywhere(dogs: Dataset) -> None:
    total = sha256()
    for sample in dogs.train[:24] + dogs.val[:12]:
        total.update(dogs.load_image(sample).tobytes())
    assert total.hexdigest() == PIXELS


def test_same_seed_same_pixels_and_another_seed_others(dogs: Dataset) -> None:
    again, other = open_paper_dogs(0, 8, 10), open_paper_dogs(1, 8, 10)
    for sample in again.val[8:]:
        assert np.array_equal(pixels_of(dogs, sample), pixels_of(again, sample))
    assert dogs.train[:8] == again.train
    assert [sample.boxes for sample in other.train] != [sample.boxes for sample in again.train]
    assert len({dogs.fingerprint, again.fingerprint, other.fingerprint}) == 3
    assert again.fingerprint == open_paper_dogs(0, 8, 10).fingerprint


def test_images_have_the_size_that_samples_state(dogs: Dataset, some: tuple[Sample, ...]) -> None:
    for sample in some[:8]:
        image = dogs.load_image(sample)
        assert (image.mode, image.size) == ("RGB", (sample.width, sample.height))


@pytest.mark.parametrize(("train_images", "val_images"), [(1600, 400), (8, 9), (61, 43)])
def test_splits_are_balanced_and_ids_unique(train_images: int, val_images: int) -> None:
    dataset = open_paper_dogs(3, train_images, val_images)
    for split in (dataset.train, dataset.val):
        counts = Counter(sample.label for sample in split)
        assert set(counts) == set(range(8))
        assert max(counts.values()) - min(counts.values()) <= 1
    assert (len(dataset.train), len(dataset.val)) == (train_images, val_images)
    assert len({sample.id for sample in dataset.train + dataset.val}) == train_images + val_images
    assert dataset.train[7].id == "train-00007"


@pytest.mark.parametrize("val_images", [8, 19, 40, 400])
def test_a_tenth_of_validation_images_has_two_breeds(val_images: int) -> None:
    dataset = open_paper_dogs(0, 8, val_images)
    pairs = [sample for sample in dataset.val if len(sample.boxes) == 2]
    assert len(pairs) == val_images // 10
    assert all(len(sample.boxes) == 1 for sample in dataset.train)
    for sample in pairs:
        first, second = sample.boxes
        assert first.label == sample.label != second.label
        assert first.x1 <= second.x0 or second.x1 <= first.x0
    if val_images == 400:
        assert {sample.label for sample in pairs} == set(range(8))


def test_boxes_agree_with_masks_and_parts_lie_inside(dogs: Dataset, some: tuple[Sample, ...]) -> None:
    assert dogs.load_masks is not None
    for sample in some:
        masks = dogs.load_masks(sample)
        names = ("object", "parts", "other", "other_parts")[: 2 * len(sample.boxes)]
        assert tuple(masks) == names
        for box, whole, parts in zip(sample.boxes, names[0::2], names[1::2], strict=True):
            assert masks[whole].shape == (sample.height, sample.width)
            rows, columns = np.nonzero(masks[whole])
            seen = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            assert np.abs(np.subtract(seen, (box.x0, box.y0, box.x1, box.y1))).max() <= 2, sample.id
            assert not (masks[parts] & ~masks[whole]).any()
            assert 0.1 < masks[parts].sum() / masks[whole].sum() < 0.8
        if "other" in masks:
            assert not (masks["object"] & masks["other"]).any()


def test_masks_match_the_drawn_dog(dogs: Dataset, some: tuple[Sample, ...]) -> None:
    # Fur is one flat colour with light grain, so a dog's most frequent colour hardly occurs outside its mask.
    assert dogs.load_masks is not None
    for sample in some[:8]:
        frame = lay_out(0, "val", int(sample.id[4:]))
        assert frame.dogs[0].breed == sample.label
        image, mask = pixels_of(dogs, sample).astype(int), dogs.load_masks(sample)["object"]
        fur = np.median(image[mask & ~dogs.load_masks(sample)["parts"]], axis=0)
        near = np.abs(image - fur).max(axis=2) < 14
        assert near[mask].mean() > 2 * near[~mask].mean()


def test_two_parts_identify_a_breed_and_one_does_not() -> None:
    assert len({breed.name for breed in BREEDS}) == 8
    for name in ("ears", "tail", "coat"):
        assert set(Counter(getattr(breed, name) for breed in BREEDS).values()) == {2}
    for first, other in combinations(BREEDS, 2):
        assert sum(getattr(first, name) == getattr(other, name) for name in ("ears", "tail", "coat")) <= 1


def test_colour_place_and_size_tell_nothing_about_the_breed() -> None:
    # Against the spread between images, the breeds' means differ no more than means of 100 random images do.
    dataset = open_paper_dogs(5, 8 * 100, 8)
    frames = [lay_out(5, "train", index) for index in range(len(dataset.train))]
    labels = np.array([sample.label for sample in dataset.train])
    facts = np.array(
        [
            (
                dog.reach / frame.height,
                dog.fur,
                dog.swapped,
                dog.collar,
                dog.mirrored,
                dog.pose,
                frame.palette,
                frame.width,
            )
            for frame in frames
            for dog in frame.dogs
        ],
        dtype=float,
    )
    standard = (facts - facts.mean(axis=0)) / facts.std(axis=0)
    means = np.stack([standard[labels == label].mean(axis=0) for label in range(8)])
    assert np.abs(means).max() < 4 / np.sqrt(100)


def test_mean_colours_do_not_reveal_the_breed() -> None:
    dataset = open_paper_dogs(6, 240, 8)
    assert dataset.load_masks is not None
    colours = []
    for sample in dataset.train:
        pixels, dog = pixels_of(dataset, sample), dataset.load_masks(sample)["object"]
        colours.append(np.concatenate([pixels[dog].mean(axis=0), pixels[~dog].mean(axis=0)]))
    labels = np.array([sample.label for sample in dataset.train])
    standard = (np.stack(colours) - np.mean(colours, axis=0)) / np.std(colours, axis=0)
    means = np.stack([standard[labels == label].mean(axis=0) for label in range(8)])
    assert np.abs(means).max() < 4 / np.sqrt(30)


def test_data_set_can_be_sent_to_a_worker(dogs: Dataset, some: tuple[Sample, ...]) -> None:
    sent = pickle.loads(pickle.dumps(dogs))  # noqa: S301 - our own bytes
    assert sent.fingerprint == dogs.fingerprint
    assert np.array_equal(pixels_of(sent, some[0]), pixels_of(dogs, some[0]))
    assert set(sent.load_masks(some[9])) == {"object", "parts", "other", "other_parts"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 7, 400), "train_images is 7. Choose 8 (one per breed) to 99999."),
        ((0, 1600, 0), "val_images is 0. Choose 8 (one per breed) to 99999."),
        ((-1, 8, 8), "Seed -1 is negative. Choose 0 or more."),
    ],
)
def test_impossible_requests_say_what_is_possible(arguments: tuple[int, int, int], message: str) -> None:
    with pytest.raises(CamcoreError) as caught:
        open_paper_dogs(*arguments)
    assert str(caught.value) == message


def test_a_foreign_sample_is_refused(dogs: Dataset) -> None:
    with pytest.raises(
        CamcoreError, match=r"^Sample 'n02088364_1' is not a paper dog\. Use a sample of open_paper_dogs"
    ):
        dogs.load_image(Sample("n02088364_1", "a.jpg", 0, 10, 10))
