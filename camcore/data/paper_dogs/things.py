"""Toys, furniture and houses around paper dogs, a thousand wide or high, standing on (0, 0); y up is negative."""

from camcore.data.paper_dogs.props import Prop, cut_disc, cut_leaf
from camcore.data.paper_dogs.shapes import Cut, arc, ellipse, polygon, smooth, stroke, turn


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
