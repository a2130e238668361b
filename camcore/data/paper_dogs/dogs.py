"""The eight breeds of paper dogs: a common body, and parts that differ."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from camcore.data.paper_dogs.shapes import (
    Cut,
    Points,
    arc,
    bounds,
    ellipse,
    polygon,
    scallop,
    shift,
    smooth,
    stroke,
    turn,
)


class Leg(NamedTuple):
    """A leg, the sock on it, and how far it is turned about its hip."""

    outline: Points
    sock: Points
    angle: int
    hip: tuple[int, int]
    far: bool


class Pose(NamedTuple):
    """How a dog holds itself; the same for every breed."""

    body: str
    outline: Points
    legs: tuple[Leg, ...]
    tail_at: tuple[int, int]
    tail_angle: int
    head_at: tuple[int, int]
    head_angle: int


TRUNK = smooth(
    "205,500 240,430 330,412 460,424 600,400 720,396 770,470 750,590 690,650 560,636 440,624 330,650 240,650 205,580"
)
SITTING = smooth(
    "300,900 262,820 290,690 370,570 470,480 580,410 690,400 745,480 735,600 690,730 650,830 640,900 480,915"
)
NECK = smooth("-110,60 60,60 70,190 62,270 -30,330 -150,290 -170,200")
_HIND = smooth(
    "212,520 280,480 350,520 362,600 330,690 318,770 326,850 372,872 376,905 270,908 262,850 262,770 236,680 206,600"
)
_HIND_SOCK = smooth("258,762 322,758 328,848 376,868 380,908 268,911 258,850", 1)
_FORE = smooth("640,540 700,520 744,560 738,680 720,780 722,850 764,872 768,905 666,908 660,850 662,740 640,640")
_FORE_SOCK = smooth("658,752 722,748 722,848 768,868 772,908 662,911 656,850", 1)
_HAUNCH = smooth("300,860 290,760 350,690 440,690 500,760 490,850 560,868 572,908 330,912")
_HAUNCH_SOCK = smooth("452,848 500,842 560,862 576,911 440,913", 1)


def _shorten(leg: Points) -> Points:
    """Return a leg with a lower half that is a quarter shorter."""
    shorter = leg.copy()
    shorter[:, 1] -= np.maximum(leg[:, 1] - 640, 0) // 4
    return shorter


def _stand(near: tuple[int, int], far: tuple[int, int]) -> tuple[Leg, ...]:
    hind, fore = (285, 560), (690, 580)
    return (
        Leg(shift(_shorten(_HIND), 84, -14), shift(_shorten(_HIND_SOCK), 84, -14), far[0], (369, 546), far=True),
        Leg(shift(_shorten(_FORE), -84, -14), shift(_shorten(_FORE_SOCK), -84, -14), far[1], (606, 566), far=True),
        Leg(_shorten(_HIND), _shorten(_HIND_SOCK), near[0], hind, far=False),
        Leg(_shorten(_FORE), _shorten(_FORE_SOCK), near[1], fore, far=False),
    )


_SIT = (
    Leg(shift(_FORE, -70, -14), shift(_FORE_SOCK, -70, -14), 0, (620, 566), far=True),
    Leg(_HAUNCH, _HAUNCH_SOCK, 0, (400, 780), far=False),
    Leg(_FORE, _FORE_SOCK, 0, (690, 580), far=False),
)
POSES = (
    Pose("standing", TRUNK, _stand((0, 0), (0, 0)), (236, 470), 0, (770, 240), 0),
    Pose("standing", TRUNK, _stand((14, -16), (-12, 12)), (236, 470), -6, (780, 258), 5),
    Pose("standing", TRUNK, _stand((6, -9), (-5, 7)), (236, 470), 7, (766, 226), -9),
    Pose("sitting", SITTING, _SIT, (310, 830), -14, (715, 220), 0),
    Pose("sitting", SITTING, _SIT, (310, 830), -22, (705, 206), -9),
)


def _puff(x: int, y: int, radius: int) -> list[Cut]:
    return [
        Cut(scallop(x, y, radius, radius, 9), "ear"),
        Cut(scallop(x - 6, y - 8, radius * 3 // 5, radius * 3 // 5, 7), "ear_light", 1),
    ]


# Far ear, then near ear.
EARS: dict[str, tuple[list[Cut], list[Cut]]] = {
    "prick": (
        [Cut(polygon("-5,-70 50,-232 62,-236 98,-70"), "ear_shade")],
        [
            Cut(polygon("-112,-18 -88,-228 -74,-234 12,-88"), "ear"),
            Cut(polygon("-90,-52 -78,-178 -72,-180 -26,-86"), "blush", 1),
        ],
    ),
    "drop": (
        [Cut(smooth("60,-95 110,-70 128,20 110,90 80,60"), "ear_shade")],
        [Cut(smooth("-62,-112 -2,-100 8,-30 -8,110 -50,190 -118,186 -142,100 -122,-20"), "ear")],
    ),
    "fold": (
        [Cut(polygon("10,-90 42,-176 66,-180 128,-92 120,-82 76,-120 60,-80"), "ear_shade")],
        [
            Cut(polygon("-108,-28 -92,-158 -80,-166 10,-150 -10,-84"), "ear_shade"),
            Cut(polygon("-92,-170 -70,-184 24,-152 34,-16 22,-10 -28,-70"), "ear", 1),
        ],
    ),
    "puff": (_puff(38, -118, 62)[:1], [*_puff(-78, -2, 98), *_puff(-26, -122, 62)]),
}


def _nose(x: int, y: int, size: int) -> Cut:
    return Cut(
        smooth([(x - size, y - size), (x + size, y - size), (x + size, y), (x, y + size), (x - size, y)], 1), "ink", 2
    )


MUZZLES: dict[str, list[Cut]] = {
    "long": [
        Cut(polygon("95,62 190,66 170,104 112,100"), "tongue", 0),
        Cut(smooth("60,-12 120,-32 215,-8 268,4 274,52 240,78 140,84 72,84"), "muzzle", 1),
        _nose(258, 4, 32),
        Cut(stroke("128,62 170,56 226,40", (4, 10, 4)), "ink", 2),
    ],
    "short": [
        Cut(polygon("82,78 130,76 126,118 96,118"), "tongue", 0),
        Cut(smooth("46,0 80,-28 136,-28 164,10 158,66 122,96 72,92 44,56"), "muzzle", 1),
        _nose(132, -8, 34),
        Cut(stroke("72,56 104,66 140,48", (4, 12, 4)), "ink", 2),
    ],
    "beard": [
        Cut(
            polygon("36,-16 90,-36 166,-34 196,-4 190,62 196,176 164,138 148,204 118,150 90,200 72,140 36,170 34,80"),
            "muzzle",
            1,
        ),
        _nose(174, -14, 34),
        Cut(stroke("78,60 112,74 160,60", (6, 14, 6)), "ink", 2),
    ],
}
TAILS: dict[str, list[Cut]] = {
    "curl": [Cut(stroke([(60, 40), (20, 20), *arc(-18, -82, (112, 28), (40, 400), 26)], (76, 70, 62, 50, 34)), "fur")],
    "plume": [
        Cut(stroke("60,40 0,20 -60,-40 -80,-90", (60, 70, 90)), "fur"),
        Cut(
            polygon(
                "-20,-30 20,-96 -18,-106 16,-170 -26,-176 -6,-240 -46,-240 -60,-312 -112,-262 "
                "-152,-290 -160,-226 -208,-236 -196,-172 -236,-160 -200,-106 -222,-76 -166,-50 "
                "-168,-6 -104,-8 -70,30"
            ),
            "fur",
            1,
        ),
        Cut(stroke("-84,-60 -96,-120 -92,-180 -76,-236", (20, 70, 60, 8)), "muzzle", 2),
    ],
    "whip": [Cut(stroke("40,30 -30,6 -90,-24 -138,-76 -164,-140 -172,-206 -166,-262", (62, 46, 34, 18)), "fur")],
    "pompom": [
        Cut(stroke("40,30 -30,-30 -70,-100 -90,-170", (52, 40, 34)), "fur"),
        Cut(scallop(-100, -226, 92, 92, 9), "ear", 1),
        Cut(scallop(-106, -236, 55, 55, 7), "ear_light", 2),
    ],
}
COATS: dict[str, dict[str, list[Points]]] = {
    "standing": {
        "spots": [
            ellipse(330, 480, 46, 40, 11),
            ellipse(450, 545, 50, 42, 11),
            ellipse(470, 452, 34, 24, 9),
            ellipse(570, 480, 46, 38, 11),
            ellipse(372, 582, 34, 30, 9),
            ellipse(590, 590, 38, 30, 10),
            ellipse(660, 440, 30, 26, 9),
        ],
        "saddle": [
            smooth(
                "262,430 330,404 460,416 600,392 650,396 640,470 600,540 540,520 490,566 "
                "430,530 370,570 320,520 270,510",
                1,
            )
        ],
        "socks": [],  # on the legs, and the bib
        "bands": [
            stroke([(x, 418 + lean), (x - 14, 500), (x - 4, 570), (x - 16, 628)], (44, 50, 40, 16))
            for x, lean in ((320, 0), (410, 8), (500, 8), (590, -8), (672, -14))
        ],
    },
    "sitting": {
        "spots": [
            ellipse(420, 570, 44, 40, 11),
            ellipse(540, 500, 46, 40, 11),
            ellipse(520, 620, 46, 42, 11),
            ellipse(640, 460, 34, 30, 9),
            ellipse(332, 690, 34, 40, 10),
            ellipse(620, 580, 40, 36, 10),
            ellipse(556, 730, 34, 34, 9),
        ],
        "saddle": [
            smooth(
                "290,690 366,566 466,474 580,404 620,420 604,500 560,590 500,590 476,660 "
                "420,650 390,720 340,700 316,760 276,770",
                1,
            )
        ],
        "socks": [],  # on the legs, and the bib
        "bands": [
            stroke(path, (20, 50, 46, 16))
            for path in (
                "622,414 600,480 610,540 596,600",
                "536,446 528,520 546,590 540,650",
                "455,500 462,570 486,630 480,690",
                "382,562 396,620 420,670 420,720",
                "316,648 332,690 352,724 356,760",
            )
        ],
    },
}
BIB = smooth("-60,150 30,130 66,200 62,270 10,330 -60,332 -90,250")


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
    """A dog to place: pieces from back to front, bounds (0, 0) to (width, height).

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
