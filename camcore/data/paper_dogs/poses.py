"""How paper dogs hold themselves, in thousandths of a dog: x to the front, y down; the same for every breed."""

from typing import NamedTuple

import numpy as np

from camcore.data.paper_dogs.shapes import Points, shift, smooth


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
