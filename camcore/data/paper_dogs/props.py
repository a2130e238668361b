"""Plants, animals and the sky around paper dogs; many resemble a dog's parts: hanging leaves, pompoms, spirals, spots.

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
