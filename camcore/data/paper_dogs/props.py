"""Plants, animals and sky. Many resemble a dog's parts: hanging leaves, pompoms, spirals, spots.

Things are a thousand wide or high and stand on (0, 0); y up is negative.
"""

from camcore.data.paper_dogs.shapes import Cut, Points, arc, ellipse, polygon, scallop, shift, smooth, stroke, turn

Prop = tuple[Cut, ...]


def cut_leaf(x: int, y: int, length: int, angle: int) -> Points:
    """Return a leaf that hangs from (x, y) like a dog's long ear."""
    half = length // 4
    outline = smooth(
        [
            (0, 0),
            (half, length // 4),
            (half, length * 3 // 4),
            (0, length),
            (-half, length * 3 // 4),
            (-half, length // 4),
        ]
    )
    return shift(turn(outline, angle, 0, 0), x, y)


def cut_disc(x: int, y: int, radius: int, ink: str, lift: int = 0) -> Cut:
    """Return a round piece."""
    return Cut(ellipse(x, y, radius, radius, 18), ink, lift)


def cut_spiral(x: int, y: int, radius: int, width: int) -> Points:
    """Return a scroll, which resembles a curly tail."""
    return stroke(arc(x, y, (radius // 6, radius), (0, 520), 30), (width // 2, width, width))


NATURE: dict[str, tuple[Prop, ...]] = {
    "tree": (
        (
            Cut(polygon("-50,0 -34,-420 40,-420 64,0"), "trunk"),
            Cut(scallop(0, -640, 330, 350, 11), "leaf", 1),
            Cut(scallop(-70, -710, 200, 200, 9), "leaf_light", 2),
        ),
        (
            Cut(stroke("10,0 -10,-240 10,-520", (90, 50, 40)), "trunk"),
            Cut(stroke("0,-260 80,-380 160,-440", (44, 26)), "trunk"),
            *(
                Cut(ellipse(x, y, rx, ry, 14), ink, 1 + z)
                for x, y, rx, ry, ink, z in (
                    (-120, -560, 190, 150, "leaf", 0),
                    (150, -520, 190, 150, "leaf", 0),
                    (10, -740, 230, 210, "leaf", 1),
                    (-40, -790, 110, 90, "leaf_light", 2),
                )
            ),
        ),
    ),
    "pine": (
        (
            Cut(polygon("-36,0 -30,-200 34,-200 40,0"), "trunk"),
            Cut(polygon("-330,-140 0,-560 320,-150 150,-128 0,-150 -160,-126"), "leaf", 1),
            Cut(polygon("-260,-400 6,-800 250,-410 100,-390 -110,-386"), "leaf_light", 2),
            Cut(polygon("-180,-660 0,-1000 176,-664 10,-640"), "leaf", 3),
        ),
    ),
    "bush": (
        (
            Cut(smooth([*arc(0, 0, (500, 500), (128, 256), 12), (500, 90), (-500, 90)], 1), "leaf"),
            *(
                Cut(cut_leaf(x, y, 250, angle), "leaf_light", 1)
                for x, y, angle in (
                    (-260, -300, 20),
                    (0, -450, -6),
                    (240, -320, -24),
                    (-90, -190, 12),
                    (130, -170, -10),
                )
            ),
        ),
        (
            Cut(scallop(-220, -190, 290, 260, 8), "leaf"),
            Cut(scallop(230, -210, 290, 270, 8), "leaf_light", 1),
            Cut(scallop(0, -300, 250, 230, 8), "leaf", 2),
            *(cut_disc(x, y, 34, "one", 3) for x, y in ((-60, -340), (70, -260), (280, -250), (-250, -240))),
        ),
    ),
    "grass": (
        tuple(
            Cut(polygon([(x - 60, 30), (x + lean, -high), (x + 60, 30)]), ink, 1)
            for x, lean, high, ink in (
                (-300, -160, 560, "leaf"),
                (-150, -40, 800, "leaf_light"),
                (0, 30, 980, "leaf"),
                (150, 70, 740, "leaf_light"),
                (300, 190, 560, "leaf"),
            )
        ),
    ),
    "flower": tuple(
        (
            Cut(stroke("0,10 -20,-300 10,-640", (50, 40)), "leaf"),
            Cut(cut_leaf(-10, -260, 260, 90), "leaf_light", 1),
            Cut(cut_leaf(-10, -360, 220, -80), "leaf_light", 1),
            Cut(scallop(10, -740, 250, 250, bumps, 3), ink, 2),
            cut_disc(10, -740, 84, middle, 3),
        )
        for bumps, ink, middle in ((6, "one", "two"), (9, "three", "two"), (7, "two", "brown"))
    ),
    "mushroom": (
        (
            Cut(smooth("-120,20 -90,-420 100,-420 130,20", 1), "cream"),
            Cut(smooth("-460,-340 -420,-620 -160,-860 160,-860 430,-620 460,-340 200,-380 -200,-380"), "one", 1),
            *(
                cut_disc(x, y, r, "white", 2)
                for x, y, r in ((-220, -560, 80), (20, -700, 90), (240, -540, 74), (30, -470, 52))
            ),
        ),
    ),
    "snail": (
        (
            Cut(smooth("-500,0 -380,-120 100,-130 260,-380 420,-400 440,-250 330,-60 200,0"), "cream"),
            Cut(stroke([(360, -360), (400, -540)], (36, 26)), "cream"),
            cut_disc(-90, -330, 290, "two", 1),
            Cut(cut_spiral(-90, -330, 230, 70), "brown", 2),
        ),
    ),
    "leaf": (
        (
            Cut(cut_leaf(0, -1000, 1000, 12), "leaf"),
            Cut(stroke("-10,-960 -60,-640 -190,-130", (30, 60, 20)), "leaf_light", 1),
        ),
    ),
    "butterfly": (
        (
            Cut(smooth("0,-480 -420,-900 -500,-600 -300,-420"), "two"),
            Cut(smooth("0,-480 420,-900 500,-600 300,-420"), "two"),
            Cut(smooth("0,-460 -360,-380 -300,-120 -60,-260"), "one", 1),
            Cut(smooth("0,-460 360,-380 300,-120 60,-260"), "one", 1),
            Cut(stroke([(0, -640), (0, -200)], (60, 40)), "ink", 2),
        ),
    ),
    "cloud": (
        (
            Cut(scallop(-200, -150, 260, 160, 7, 4), "cloud"),
            Cut(scallop(220, -140, 270, 150, 7, 4), "cloud"),
            Cut(scallop(20, -230, 270, 220, 7, 4), "cloud", 1),
        ),
        (Cut(smooth("-500,0 -420,-150 -240,-160 -120,-320 120,-320 220,-180 420,-170 500,0"), "cloud"),),
    ),
    "star": (
        (
            Cut(
                polygon(
                    [
                        point
                        for k in range(5)
                        for point in (
                            arc(0, -500, (500, 500), (51 * k - 64, 51 * k - 64), 1)[0],
                            arc(0, -500, (210, 210), (51 * k - 38, 51 * k - 38), 1)[0],
                        )
                    ]
                ),
                "two",
            ),
        ),
    ),
    "shell": ((cut_disc(0, -400, 400, "one"), Cut(cut_spiral(0, -400, 320, 90), "three", 1)),),
    "sun": ((cut_disc(0, -500, 500, "two"),),),
    "moon": (
        (Cut(polygon([*arc(0, -500, (500, 500), (20, 236), 20), *arc(190, -500, (400, 400), (214, 42), 16)]), "two"),),
    ),
}


def _balls() -> tuple[Prop, ...]:
    stripe = smooth("-240,-500 -130,-760 0,-985 130,-760 240,-500 130,-240 0,-15 -130,-240", 1)
    cap = polygon(arc(0, -500, (500, 500), (150, 234), 8))
    return (
        (cut_disc(0, -500, 500, "one"), Cut(stripe, "three", 1), cut_disc(0, -500, 110, "two", 2)),
        (cut_disc(0, -500, 500, "two"), Cut(cap, "one", 1), Cut(turn(cap, 128, 0, -500), "three", 1)),
    )


THINGS: dict[str, tuple[Prop, ...]] = {
    "kite": (
        (
            Cut(polygon("0,-1000 280,-620 0,-120 -280,-620"), "one"),
            Cut(polygon("0,-1000 280,-620 0,-620"), "two", 1),
            Cut(polygon("0,-620 0,-120 -280,-620"), "three", 1),
            Cut(stroke("0,-120 60,40 -40,180 50,330", (18, 18)), "ink", 0),
            Cut(polygon("40,10 120,-50 130,90"), "two", 1),
            Cut(polygon("-30,180 -130,120 -120,250"), "one", 1),
        ),
    ),
    "balloon": (
        (
            Cut(stroke("0,-300 40,-180 -30,-80 10,60", (14, 14)), "ink"),
            Cut(smooth("0,-280 -250,-520 -240,-860 0,-1000 240,-860 250,-520"), "one", 1),
            Cut(ellipse(-90, -780, 50, 90, 12), "three", 2),
        ),
    ),
    "bone": (
        (
            Cut(
                smooth(
                    "-366,-114 -506,-183 -556,-51 -489,-23 -531,49 -413,112 -337,0 350,-198 490,-128 538,-249 "
                    "472,-281 512,-354 395,-428 331,-296"
                ),
                "white",
            ),
        ),
    ),
    "pot": (
        (
            *(
                Cut(cut_leaf(0, -560, length, angle), ink, z)
                for length, angle, ink, z in (
                    (460, 150, "leaf", 0),
                    (460, -150, "leaf", 0),
                    (480, 128, "leaf_light", 1),
                    (430, 90, "leaf_light", 1),
                    (430, -90, "leaf_light", 1),
                    (400, 60, "leaf", 2),
                    (400, -60, "leaf", 2),
                )
            ),
            Cut(polygon("-230,-420 230,-420 170,0 -170,0"), "one", 3),
            Cut(polygon("-260,-470 260,-470 256,-370 -256,-370"), "two", 4),
        ),
    ),
    "ball": _balls(),
    "umbrella": (
        (
            Cut(stroke("0,0 20,-500 30,-900", (34, 34)), "trunk"),
            Cut(
                polygon(
                    [
                        *arc(40, -560, (460, 460), (128, 256), 14),
                        (350, -600),
                        (200, -550),
                        (40, -600),
                        (-120, -550),
                        (-270, -600),
                    ]
                ),
                "one",
                1,
            ),
            Cut(polygon("40,-1020 200,-550 40,-600"), "three", 2),
            Cut(polygon("40,-1020 -270,-600 -420,-560 -330,-800 -160,-960"), "three", 2),
            Cut(polygon("40,-1020 350,-600 500,-560 410,-800 240,-960"), "two", 2),
        ),
    ),
    "boat": (
        (
            Cut(polygon("-40,-160 -40,-900 -420,-200"), "three"),
            Cut(polygon("10,-160 10,-1000 330,-200"), "one", 1),
            Cut(smooth("-500,-140 500,-140 340,60 -340,60", 1), "trunk", 2),
        ),
    ),
    "house": (
        (
            Cut(polygon("-360,0 -350,-500 350,-510 360,0"), "three"),
            Cut(polygon("-460,-460 -10,-900 460,-470"), "one", 1),
            Cut(polygon("-90,0 -86,-280 90,-280 92,0"), "trunk", 1),
            *(Cut(polygon([(x, -260), (x, -420), (x + 130, -420), (x + 132, -260)]), "two", 1) for x in (-280, 150)),
        ),
    ),
    "snowman": (
        (
            cut_disc(0, -230, 250, "white"),
            cut_disc(0, -620, 190, "white", 1),
            Cut(stroke("-170,-480 0,-440 170,-480", (70, 80, 70)), "one", 2),
            Cut(polygon("20,-640 190,-600 20,-580"), "two", 2),
            *(cut_disc(x, y, 24, "ink", 2) for x, y in ((-60, -680), (60, -680), (0, -300), (0, -180))),
            Cut(polygon("-140,-780 -110,-1000 120,-1000 150,-780"), "three", 3),
        ),
    ),
    "lamp": (
        (
            Cut(polygon("-150,0 -150,-40 150,-40 150,0"), "trunk"),
            Cut(stroke([(0, -20), (10, -700)], (36, 36)), "trunk"),
            Cut(polygon("-230,-640 -110,-1000 120,-1000 230,-640"), "two", 1),
        ),
    ),
    "sofa": (
        (
            Cut(smooth("-480,-120 -470,-560 -300,-640 300,-640 470,-560 480,-120"), "far"),
            Cut(polygon("-420,-30 -410,-330 410,-330 420,-30"), "mid", 1),
            Cut(smooth("-500,0 -510,-400 -440,-460 -360,-400 -350,0"), "far", 2),
            Cut(smooth("500,0 510,-400 440,-460 360,-400 350,0"), "far", 2),
            Cut(polygon("-240,-330 -260,-520 -60,-560 -40,-350"), "two", 3),
        ),
    ),
    "picture": tuple(
        (
            Cut(polygon("-400,0 -396,-1000 400,-1004 404,0"), "trunk"),
            Cut(polygon("-330,-70 -326,-930 330,-934 334,-70"), "cream", 1),
            *inside,
        )
        for inside in (
            (Cut(polygon("-330,-70 -100,-520 80,-300 190,-440 334,-70"), "mid", 2), cut_disc(140, -720, 90, "two", 2)),
            (
                cut_disc(0, -640, 200, "one", 2),
                Cut(cut_leaf(-20, -430, 260, 30), "leaf", 2),
                Cut(cut_leaf(20, -430, 260, -30), "leaf", 2),
            ),
        )
    ),
}
