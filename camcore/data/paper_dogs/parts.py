"""The pieces that paper dogs are made of, in thousandths of a dog: x to the front, y down.

Ears and muzzles lie around the middle of the head, tails around the root of the tail, coats on the body.
"""

from camcore.data.paper_dogs.shapes import Cut, Points, arc, ellipse, polygon, scallop, smooth, stroke


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
