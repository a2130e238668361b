"""The eight breeds of paper dogs: one pattern of body for all, and the local parts in which they differ."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from camcore.data.paper_dogs.parts import BIB, COATS, EARS, MUZZLES, TAILS
from camcore.data.paper_dogs.poses import NECK, POSES, Leg, Pose
from camcore.data.paper_dogs.shapes import Cut, Points, bounds, ellipse, shift, smooth, stroke, turn


class Breed(NamedTuple):
    """A breed is nothing but its four local parts."""

    name: str
    ears: str
    muzzle: str
    tail: str
    coat: str


# Ears, tails and coats are each shared by two breeds, and no two breeds share two of them: one part never
# suffices, any two of the three do.
BREEDS = (
    Breed("Origami Spitz", ears="prick", muzzle="short", tail="curl", coat="socks"),
    Breed("Cardboard Collie", ears="prick", muzzle="long", tail="plume", coat="saddle"),
    Breed("Blotter Beagle", ears="drop", muzzle="long", tail="whip", coat="saddle"),
    Breed("Confetti Spaniel", ears="drop", muzzle="short", tail="pompom", coat="spots"),
    Breed("Ticket Terrier", ears="fold", muzzle="beard", tail="whip", coat="spots"),
    Breed("Crepe Pug", ears="fold", muzzle="short", tail="curl", coat="bands"),
    Breed("Tissue Poodle", ears="puff", muzzle="long", tail="pompom", coat="socks"),
    Breed("Ribbon Sheepdog", ears="puff", muzzle="beard", tail="plume", coat="bands"),
)


class Pattern(NamedTuple):
    """A dog ready to be placed: pieces from back to front, with its bounds at (0, 0) to (width, height).

    `extremes` are the points that touch the bounds; while they stay in sight, the bounds are those of what is seen.
    `targets` are the middles of the deciding parts, where something may lie in front.
    """

    cuts: tuple[Cut, ...]
    width: int
    height: int
    extremes: Points
    targets: Points


@cache
def cut_dog(breed: int, pose: int) -> Pattern:
    """Return the pattern of a breed in one of the poses, looking right."""
    parts, stance = BREEDS[breed], POSES[pose]
    cuts = _cut_legs(parts, [leg for leg in stance.legs if leg.far])
    cuts += [*_cut_tail(parts, stance), *_cut_body(parts, stance)]
    cuts += _cut_legs(parts, [leg for leg in stance.legs if not leg.far])
    cuts += _cut_head(parts, stance)
    outlines = [cut.points for cut in cuts]
    x0, y0, x1, y1 = bounds(outlines)
    moved = tuple(cut._replace(points=shift(cut.points, -x0, -y0)) for cut in cuts)
    points = np.concatenate([cut.points for cut in moved])
    extremes = [points[index] for axis in (0, 1) for index in (points[:, axis].argmin(), points[:, axis].argmax())]
    targets = [cut.points.mean(axis=0).astype(np.int64) for cut in moved if cut.decides]
    return Pattern(moved, x1 - x0, y1 - y0, np.stack(extremes), np.stack(targets))


def _cut_legs(breed: Breed, legs: Sequence[Leg]) -> list[Cut]:
    cuts = []
    for leg in legs:
        lift = 1 if leg.far else 8
        cuts.append(Cut(turn(leg.outline, leg.angle, *leg.hip), "shade" if leg.far else "fur", lift))
        if breed.coat == "socks":
            sock = turn(leg.sock, leg.angle, *leg.hip)
            cuts.append(Cut(sock, "patch_shade" if leg.far else "patch", lift + 1, decides=True))
    return cuts


def _cut_tail(breed: Breed, pose: Pose) -> list[Cut]:
    return [
        Cut(shift(turn(cut.points * 9 // 8, pose.tail_angle, 0, 0), *pose.tail_at), cut.ink, cut.lift + 2, decides=True)
        for cut in TAILS[breed.tail]
    ]


def _cut_body(breed: Breed, pose: Pose) -> list[Cut]:
    coat = [Cut(points, "patch", 7, decides=True) for points in COATS[pose.body][breed.coat]]
    return [Cut(pose.outline, "fur", 6), *coat]


def _cut_head(breed: Breed, pose: Pose) -> list[Cut]:
    """Return neck, collar and head; the head's pieces turn together about the neck."""
    x, y = pose.head_at
    cuts = [Cut(NECK, "fur", 10)]
    if breed.coat == "socks":
        cuts.append(Cut(BIB, "patch", 11, decides=True))
    cuts.append(Cut(stroke("-150,176 -80,232 10,226 66,176", (50, 58, 50)), "collar", 12))
    cuts.append(Cut(ellipse(-18, 268, 31, 31, 12), "tag", 13))
    far_ears, near_ears = EARS[breed.ears]
    face: list[Cut] = [cut._replace(lift=11, decides=True) for cut in far_ears]
    skull = smooth("-108,10 -95,-80 -20,-118 60,-108 108,-50 122,10 85,85 5,112 -80,85")
    face.append(Cut(skull, "fur", 14))
    face.append(Cut(ellipse(38, 52, 34, 26, 12), "blush", 14))
    face += [cut._replace(lift=cut.lift + 15, decides=True) for cut in MUZZLES[breed.muzzle]]
    face += [Cut(ellipse(52, -28, 25, 28, 14), "eye_white", 15), Cut(ellipse(58, -26, 17, 21, 12), "ink", 15)]
    face += [Cut(ellipse(64, -35, 6, 7, 8), "eye_white", 15)]
    face.append(Cut(stroke("16,-70 38,-88 64,-90 84,-80", (8, 15, 8)), "ink", 15))
    face += [cut._replace(lift=cut.lift + 17, decides=True) for cut in near_ears]
    cuts += [cut._replace(points=turn(cut.points * 5 // 4, pose.head_angle, 0, 0)) for cut in face]
    return [cut._replace(points=shift(cut.points, x, y)) for cut in cuts]
