"""An image in the making: what stands where in which scene, and how to put a thing into it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from camcore.data.paper_dogs.layout import Dice, Frame
from camcore.data.paper_dogs.palettes import Palette
from camcore.data.paper_dogs.props import NATURE
from camcore.data.paper_dogs.rendering import UNITS, Colour, Piece
from camcore.data.paper_dogs.shapes import Points
from camcore.data.paper_dogs.things import THINGS

PROPS = NATURE | THINGS
KEEPS_COLOURS = ("sun", "moon", "star")


class Scenery(NamedTuple):
    """What may be seen in a scene, by place."""

    air: tuple[str, ...]
    horizon: tuple[str, ...]
    ground: tuple[str, ...]
    front: tuple[str, ...]


SCENERY = {
    "park": Scenery(
        ("cloud", "kite", "balloon", "butterfly", "cloud"),
        ("tree", "house", "tree", "pine", "bush"),
        ("flower", "mushroom", "ball", "bone", "snail", "bush"),
        ("flower", "grass", "bush", "mushroom", "flower"),
    ),
    "room": Scenery(
        ("picture", "picture", "balloon"),
        ("sofa", "pot", "lamp"),
        ("ball", "bone", "pot", "ball"),
        ("pot", "ball", "flower"),
    ),
    "beach": Scenery(
        ("cloud", "kite", "cloud", "balloon"),
        ("boat", "umbrella", "boat"),
        ("shell", "ball", "star", "umbrella", "snail", "bone"),
        ("shell", "grass", "ball", "star"),
    ),
    "snow": Scenery(
        ("cloud", "cloud", "kite"),
        ("pine", "house", "pine", "tree"),
        ("snowman", "ball", "bone", "pine"),
        ("grass", "pine", "bush"),
    ),
    "night": Scenery(
        ("star", "star", "cloud", "balloon"),
        ("house", "pine", "tree"),
        ("mushroom", "flower", "ball", "snail", "bush"),
        ("flower", "grass", "bush", "mushroom"),
    ),
}

# Height in pixels, smallest and largest.
HEIGHTS = {
    "leaf": (18, 30), "tree": (70, 120), "pine": (55, 110), "bush": (22, 40), "grass": (16, 32), "flower": (24, 48),
    "mushroom": (16, 34), "snail": (18, 30), "kite": (34, 54), "balloon": (32, 54), "butterfly": (14, 22),
    "bone": (18, 28), "cloud": (40, 70), "star": (8, 15), "pot": (44, 72), "ball": (13, 26), "shell": (13, 24),
    "umbrella": (60, 96), "boat": (24, 40), "house": (36, 62), "snowman": (36, 62), "lamp": (70, 100),
    "sofa": (70, 100), "picture": (30, 46), "sun": (26, 44), "moon": (26, 40),
}  # fmt: skip


@dataclass
class Stage:
    """An image in the making."""

    frame: Frame
    dice: Dice
    inks: Palette
    horizon: int
    pieces: list[Piece] = field(default_factory=list)

    @property
    def right(self) -> int:
        """The far edge, in units."""
        return self.frame.width * UNITS

    @property
    def bottom(self) -> int:
        """The lower edge, in units."""
        return self.frame.height * UNITS

    def lay(self, points: Points, colour: Colour, lift: int) -> None:
        """Add a piece of scenery."""
        self.pieces.append(Piece(points, colour, lift))

    def spread(self, count: int) -> list[int]:
        """Return `count` places from left to right in any order, each in its own share of the width, in units."""
        share = self.right // max(count, 1)
        places = [share * number + self.dice.between(0, share) for number in range(count)]
        first = self.dice.between(0, max(count - 1, 0))
        return places[first:] + places[:first]


def fit_prop(stage: Stage, name: str, x: int, foot: int, height: int) -> list[tuple[Points, Colour, int]]:
    """Return outline, colour and extra lift of a thing's pieces; `height` in pixels, the rest in units."""
    prop = stage.dice.choose(PROPS[name])
    accents = stage.dice.choose((("one", "two", "three"), ("two", "three", "one"), ("three", "one", "two")))
    renamed = {} if name in KEEPS_COLOURS else dict(zip(("one", "two", "three"), accents, strict=True))
    sides = (-1, 1) if stage.dice.percent(50) else (1, 1)
    scale = height * UNITS
    return [
        (cut.points * sides * scale // 1000 + (x, foot), stage.inks[renamed.get(cut.ink, cut.ink)], cut.lift)
        for cut in prop
    ]


def put_prop(stage: Stage, name: str, x: int, foot: int, height: int, lift: int) -> None:
    """Set a thing on (x, foot), in units; `height` in pixels."""
    for points, colour, extra in fit_prop(stage, name, x, foot, height):
        stage.lay(points, colour, lift + extra)
