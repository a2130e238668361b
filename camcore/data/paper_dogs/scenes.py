"""Composes a scene: backdrop, things on the ground, dogs, and limited occlusion in front."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from camcore.data.paper_dogs.dogs import cut_dog
from camcore.data.paper_dogs.layout import Dice, Dog, Frame, find_box, place_pieces, place_points
from camcore.data.paper_dogs.palettes import SCENES, Palette, mix
from camcore.data.paper_dogs.props import NATURE, THINGS
from camcore.data.paper_dogs.rendering import UNITS, Colour, Piece
from camcore.data.paper_dogs.shapes import Points, ellipse, polygon, scallop, smooth, stroke

PROPS = NATURE | THINGS
KEEPS_COLOURS = ("sun", "moon", "star")
FRONT_LIFT = 165
FRONT_HEIGHT = 40  # pixels; what stands in front hides a part, not a dog
TREMBLE = 5  # units by which scissors stray
SAFETY = 3 * UNITS  # what lies before a dog keeps this far from the points that span its box


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
        """Return `count` x-positions in units, shuffled, each in its own share of the width."""
        share = self.right // max(count, 1)
        places = [share * number + self.dice.between(0, share) for number in range(count)]
        first = self.dice.between(0, max(count - 1, 0))
        return places[first:] + places[:first]


def fit_prop(stage: Stage, name: str, x: int, foot: int, height: int) -> list[tuple[Points, Colour, int]]:
    """Return outline, colour and extra lift of a thing's pieces. `height` is in pixels, the rest in units."""
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


def hang_sky(stage: Stage) -> None:
    """Add what is above the horizon: wallpaper or sun, clouds and kites."""
    dice, scene = stage.dice, stage.frame.scene
    if scene == "room":
        _paper_wall(stage)
    else:
        _hang_sun(stage, "moon" if scene == "night" else "sun")
    if scene == "snow":
        _sprinkle(stage, "white", 26, (14, 30))
    if scene == "night":
        _sprinkle(stage, "two", 16, (10, 20))
    if dice.percent(45):
        _string_bunting(stage)
    for number, x in enumerate(stage.spread(dice.between(2, 4))):
        name = dice.choose(SCENERY[scene].air)
        foot = dice.between(30 * UNITS, max(stage.horizon - 25 * UNITS, 50 * UNITS))
        put_prop(stage, name, x, foot, dice.between(*HEIGHTS[name]), 7 + 2 * number)


def _hang_sun(stage: Stage, name: str) -> None:
    dice = stage.dice
    x, y, radius = dice.between(20, stage.frame.width - 20), dice.between(18, 50), dice.between(12, 22)
    for ring in (3, 2, 1):
        glow, reach = mix(stage.inks["sky"], stage.inks["two"], 30 - 8 * ring), (radius + 11 * ring) * UNITS
        stage.lay(ellipse(x * UNITS, y * UNITS, reach, reach, 28), glow, 4 - ring)
    put_prop(stage, name, x * UNITS, (y + radius) * UNITS, 2 * radius, 5)


def _sprinkle(stage: Stage, ink: str, count: int, radii: tuple[int, int]) -> None:
    """Scatter snowflakes or far stars above the horizon; radii in units."""
    for _ in range(count):
        radius = stage.dice.between(*radii)
        x, y = stage.dice.between(0, stage.right), stage.dice.between(0, stage.horizon)
        stage.lay(ellipse(x, y, radius, radius, 7), stage.inks[ink], 4)


def _paper_wall(stage: Stage) -> None:
    colour, step = stage.inks["cloud"], stage.dice.between(15, 22) * UNITS
    if stage.dice.percent(50):
        for x in range(step // 2, stage.right, step):
            stage.lay(
                polygon([(x, 0), (x + step // 2, 0), (x + step // 2, stage.bottom), (x, stage.bottom)]), colour, 0
            )
        return
    radius = step // 5
    for row, y in enumerate(range(step // 2, stage.horizon, step)):
        for x in range(step // 2 * (row % 2), stage.right + step, step):
            stage.lay(ellipse(x, y, radius, radius, 9), colour, 0)


def _string_bunting(stage: Stage) -> None:
    """Hang pennants, which resemble pointed ears, or paper balls, which resemble pompoms."""
    dice, top, sag = stage.dice, stage.dice.between(4, 22) * UNITS, stage.dice.between(8, 22) * UNITS
    count = dice.between(6, 9)
    path = [(stage.right * k // 12, top + sag * k * (12 - k) // 36) for k in range(13)]
    stage.lay(stroke(path, (12, 12)), stage.inks["trunk"], 16)
    round_ones, size = dice.percent(35), dice.between(11, 16) * UNITS
    for number in range(count):
        x = stage.right * (2 * number + 1) // (2 * count)
        y = top + sag * x * (stage.right - x) * 4 // stage.right**2
        colour = stage.inks[("one", "two", "three")[number % 3]]
        if round_ones:
            stage.lay(scallop(x, y + size // 2, size // 2, size // 2, 8), colour, 18)
        else:
            stage.lay(polygon([(x - size // 2, y), (x + size // 2, y), (x + 8, y + size * 5 // 4)]), colour, 18)


def roll_land(stage: Stage, base: int, swing: int, sharp: bool = False) -> Points:
    """Return land from a rolling upper edge around `base` down to the lower edge."""
    edge = [(stage.right * k // 7, base + stage.dice.between(-swing, swing)) for k in range(-1, 9)]
    if sharp:
        edge = [(x, y - swing * 2 * (k % 2)) for k, (x, y) in enumerate(edge)]
    low = stage.bottom + 40 * UNITS
    outline = [*edge, (stage.right * 9 // 7, low), (-stage.right // 3, low)]
    return polygon(outline) if sharp else smooth(outline)


def raise_land(stage: Stage) -> None:
    """Add the backdrop: hills, mountains or sea, or a skirting board and a floor."""
    dice, inks, scene, horizon = stage.dice, stage.inks, stage.frame.scene, stage.horizon
    if scene == "room":
        skirting = horizon - 7 * UNITS
        stage.lay(
            polygon(
                [(-50, skirting), (stage.right + 50, skirting), (stage.right + 50, horizon + 90), (-50, horizon + 90)]
            ),
            inks["cream"],
            8,
        )
        stage.lay(roll_land(stage, horizon, UNITS // 2), inks["ground"], 12)
    elif scene == "beach":
        stage.lay(roll_land(stage, horizon - dice.between(24, 34) * UNITS, 6), inks["far"], 12)
        stage.lay(roll_land(stage, horizon - 13 * UNITS, 3 * UNITS), inks["mid"], 16)
        stage.lay(roll_land(stage, horizon - 4 * UNITS, 3 * UNITS), inks["white"], 20)
    else:
        stage.lay(
            roll_land(stage, horizon - dice.between(22, 34) * UNITS, 11 * UNITS, scene == "snow"), inks["far"], 12
        )
        stage.lay(roll_land(stage, horizon - dice.between(8, 14) * UNITS, 8 * UNITS), inks["mid"], 18)


def set_stage(frame: Frame) -> list[Piece]:
    """Return all pieces of an image from back to front."""
    dice = Dice(*frame.seed, 1)
    feet = min(int(find_box(dog).y1) for dog in frame.dogs) * UNITS
    rise = dice.between(6, 26) * UNITS
    horizon = min(max(feet - rise, frame.height * UNITS * 38 // 100), frame.height * UNITS * 78 // 100)
    stage = Stage(frame, dice, SCENES[frame.scene][frame.palette], horizon)
    stage.lay(polygon([(0, 0), (0, 0), (0, 0)]), stage.inks["sky"], 0)
    hang_sky(stage)
    raise_land(stage)
    _scatter(stage, feet)
    for owner, dog in enumerate(frame.dogs, start=1):
        stage.pieces += place_pieces(dog, owner)
    _cover(stage)
    return _cut_by_hand(stage.pieces, dice)


def _scatter(stage: Stage, feet: int) -> None:
    """Add things on the horizon, the ground over their feet, and things behind the dogs."""
    dice, scenery, scene = stage.dice, SCENERY[stage.frame.scene], stage.frame.scene
    first = dice.between(0, len(scenery.horizon) - 1)
    for number, x in enumerate(stage.spread(dice.between(2, 3))):
        name = scenery.horizon[(first + number) % len(scenery.horizon)]
        foot = stage.horizon + (dice.between(1, 5) if scene == "room" else -3) * UNITS
        put_prop(stage, name, x, foot, dice.between(*HEIGHTS[name]), 24 + 5 * number)
    if scene != "room":
        stage.lay(roll_land(stage, stage.horizon, 3 * UNITS), stage.inks["ground"], 46)
        low = (feet + stage.bottom) // 2 + dice.between(-8, 8) * UNITS
        stage.lay(roll_land(stage, low, 4 * UNITS), stage.inks["low"], 49)
    else:
        rug = dice.between(40, 80) * UNITS
        x, y = dice.between(0, stage.right), (stage.horizon + stage.bottom) // 2 + 4 * UNITS
        for ring, ink in enumerate(("three", "one", "two")):
            stage.lay(
                ellipse(x, y, rug - 9 * ring * UNITS, rug // 4 - 3 * ring * UNITS, 28), stage.inks[ink], 46 + ring
            )
    feet_of_things = sorted(
        dice.between(stage.horizon + 3 * UNITS, max(feet, stage.horizon + 8 * UNITS)) for _ in range(dice.between(2, 5))
    )
    for number, foot in enumerate(feet_of_things):
        name = dice.choose(scenery.ground)
        put_prop(stage, name, dice.between(0, stage.right), foot, dice.between(*HEIGHTS[name]), 54 + 9 * number)


def _cover(stage: Stage) -> None:
    """Add things in front of the dogs: along the lower edge, sometimes over a part."""
    dice, frame, front = stage.dice, stage.frame, SCENERY[stage.frame.scene].front
    places = [
        (dice.between(0, stage.right), stage.bottom + dice.between(0, 8) * UNITS, dice.choose(front)) for _ in range(3)
    ]
    dog = frame.dogs[0]
    if dice.percent(35):
        targets = place_points(dog, cut_dog(dog.breed, dog.pose).targets)
        x, y = targets[dice.between(0, len(targets) - 1)].tolist()
        places.append((x, y + dice.between(8, 14) * UNITS, dice.choose(("butterfly", "leaf", "balloon"))))
    for number, (x, foot, name) in enumerate(places):
        pieces = fit_prop(stage, name, x, foot, min(dice.between(*HEIGHTS[name]), FRONT_HEIGHT))
        if all(_keeps_clear(dog, [points for points, _, _ in pieces]) for dog in frame.dogs):
            for points, colour, extra in pieces:
                stage.lay(points, colour, FRONT_LIFT + 8 * number + extra)


def _keeps_clear(dog: Dog, outlines: Sequence[Points]) -> bool:
    """Tell whether the outlines leave the points that span the dog's box in sight."""
    points = np.concatenate(outlines)
    low, high = points.min(axis=0) - SAFETY, points.max(axis=0) + SAFETY
    spans = place_points(dog, cut_dog(dog.breed, dog.pose).extremes)
    return not bool(((spans > low) & (spans < high)).all(axis=1).any())


def _cut_by_hand(pieces: Sequence[Piece], dice: Dice) -> list[Piece]:
    """Let every corner stray a little, as scissors do."""
    total = sum(len(piece.points) for piece in pieces)
    generator = np.random.Generator(np.random.PCG64(dice.between(0, 1 << 29)))
    stray = generator.integers(-TREMBLE, TREMBLE + 1, (total, 2))
    ends = np.cumsum([len(piece.points) for piece in pieces]).tolist()
    return [
        piece._replace(points=piece.points + stray[end - len(piece.points) : end])
        for piece, end in zip(pieces, ends, strict=True)
    ]
