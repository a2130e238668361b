"""Lays out an image before it is drawn: size, scene, dogs and their places."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np

from camcore.data.dataset import Box
from camcore.data.paper_dogs.dogs import BREEDS, POSES, Pattern, cut_dog
from camcore.data.paper_dogs.palettes import COLLARS, FURS, SCENES, colour_dog
from camcore.data.paper_dogs.rendering import UNITS, Piece
from camcore.data.paper_dogs.shapes import Points

T = TypeVar("T")

SPLITS = ("train", "val")
SIZES = ((192, 192), (192, 160), (160, 192), (192, 176))  # width, height
TWO_DOGS_EVERY = 10
MARGIN = 3 * UNITS
DOG_LIFT = 110


class Dice:
    """Whole numbers from a seed, thrown in bulk because single throws are slow."""

    def __init__(self, *seed: int) -> None:
        self._numbers = self._throw(np.random.Generator(np.random.PCG64(seed)))

    @staticmethod
    def _throw(generator: np.random.Generator) -> Iterator[int]:
        while True:
            yield from generator.integers(0, 1 << 30, 64).tolist()

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included; low if high is smaller."""
        return low + next(self._numbers) % max(high - low + 1, 1)

    def choose(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[next(self._numbers) % len(choices)]

    def percent(self, chance: int) -> bool:
        """Return True in `chance` of a hundred throws."""
        return next(self._numbers) % 100 < chance


class Dog(NamedTuple):
    """A dog in an image, in units. `x` and `y` are its top left corner, `reach` the height of the largest breed."""

    breed: int
    pose: int
    x: int
    y: int
    reach: int
    mirrored: bool
    fur: int
    swapped: bool
    collar: int


class Frame(NamedTuple):
    """The layout of an image. Its seed consists of seed, split and `number`, its place in the split."""

    seed: tuple[int, int, int]
    width: int
    height: int
    scene: str
    palette: int
    dogs: tuple[Dog, ...]


@cache
def _largest(pose: int) -> tuple[int, int]:
    """Return width and height of the largest breed; all dogs are scaled by it."""
    patterns = [cut_dog(breed, pose) for breed in range(len(BREEDS))]
    return max(pattern.width for pattern in patterns), max(pattern.height for pattern in patterns)


def lay_out(seed: int, split: str, index: int) -> Frame:
    """Return the layout of one image; it does not depend on the split's size."""
    key = (seed, SPLITS.index(split), index)
    dice = Dice(*key, 0)
    # Every 40 images the breeds shift by one, so that the images with two dogs go through all breeds as well.
    breed = (index + index // 40) % len(BREEDS)
    two = split == "val" and index % TWO_DOGS_EVERY == TWO_DOGS_EVERY - 1
    width, height = dice.choose(SIZES[:2] if two else SIZES)
    scene = dice.choose(tuple(SCENES))
    palette = dice.between(0, len(SCENES[scene]) - 1)
    dogs = _place_pair(dice, breed, width, height) if two else (_place_dog(dice, breed, (0, width), height, (37, 88)),)
    return Frame(key, width, height, scene, palette, dogs)


def _place_pair(dice: Dice, breed: int, width: int, height: int) -> tuple[Dog, ...]:
    other = (breed + dice.between(1, len(BREEDS) - 1)) % len(BREEDS)
    middle = width // 2 + dice.between(-10, 10)
    sides = ((0, middle), (middle, width))
    own = dice.between(0, 1)
    first = _place_dog(dice, breed, sides[own], height, (40, 58))
    second = _place_dog(dice, other, sides[1 - own], height, (40, 58))
    return first, second._replace(fur=(first.fur + dice.between(1, len(FURS) - 1)) % len(FURS))


def _place_dog(dice: Dice, breed: int, columns: tuple[int, int], height: int, share: tuple[int, int]) -> Dog:
    """Place a dog between two columns; its height is given in hundredths of the image's."""
    pose = dice.between(0, len(POSES) - 1)
    widest, highest = _largest(pose)
    room = (columns[1] - columns[0]) * UNITS - 2 * MARGIN
    reach = min(dice.between(*share) * height * UNITS // 100, room * highest // widest)
    pattern = cut_dog(breed, pose)
    dog_width, dog_height = pattern.width * reach // highest, pattern.height * reach // highest
    x = columns[0] * UNITS + MARGIN + dice.between(0, room - dog_width)
    lowest = (height - 4) * UNITS
    foot = dice.between(max(reach + MARGIN, height * UNITS * 58 // 100), lowest)
    fur, swapped, collar = dice.between(0, len(FURS) - 1), dice.percent(50), dice.between(0, len(COLLARS) - 1)
    return Dog(breed, pose, x, foot - dog_height, reach, dice.percent(50), fur, swapped, collar)


def place_points(dog: Dog, points: Points) -> Points:
    """Bring points of the dog's pattern into the image, in units."""
    pattern, highest = cut_dog(dog.breed, dog.pose), _largest(dog.pose)[1]
    if dog.mirrored:
        points = (pattern.width, 0) + points * (-1, 1)
    return points * dog.reach // highest + (dog.x, dog.y)


def find_box(dog: Dog) -> Box:
    """Return the box around a dog, in pixels."""
    pattern, highest = cut_dog(dog.breed, dog.pose), _largest(dog.pose)[1]
    far_x = dog.x + pattern.width * dog.reach // highest
    far_y = dog.y + pattern.height * dog.reach // highest
    return Box(dog.x // UNITS, dog.y // UNITS, -(-far_x // UNITS), -(-far_y // UNITS), dog.breed)


def place_pieces(dog: Dog, owner: int) -> list[Piece]:
    """Return a dog's pieces in the image, from back to front."""
    pattern: Pattern = cut_dog(dog.breed, dog.pose)
    colours = colour_dog(dog.fur, dog.swapped, dog.collar)
    lift = DOG_LIFT + 22 * (owner - 1)
    return [
        Piece(place_points(dog, cut.points), colours[cut.ink], lift + cut.lift, owner, cut.decides)
        for cut in pattern.cuts
    ]
