"""A whole scene: backdrop, things on the ground, dogs, and things in front that hide no more than they may."""

from collections.abc import Sequence

import numpy as np

from camcore.data.paper_dogs.backdrops import hang_sky, raise_land, roll_land
from camcore.data.paper_dogs.dogs import cut_dog
from camcore.data.paper_dogs.layout import Dice, Dog, Frame, find_box, place_pieces, place_points
from camcore.data.paper_dogs.palettes import SCENES
from camcore.data.paper_dogs.rendering import UNITS, Piece
from camcore.data.paper_dogs.shapes import Points, ellipse, polygon
from camcore.data.paper_dogs.stage import HEIGHTS, SCENERY, Stage, fit_prop, put_prop

FRONT_LIFT = 165
FRONT_HEIGHT = 40  # pixels; what stands in front hides a part, not a dog
TREMBLE = 5  # units by which scissors stray
SAFETY = 3 * UNITS  # what lies before a dog keeps this far from the points that span its box


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
    """Set things on the horizon, lay the ground over their feet, and set things on it that lie behind the dogs."""
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
    """Set things before the dogs: along the lower edge, and now and then before a deciding part."""
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
