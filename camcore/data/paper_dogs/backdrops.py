"""What hangs and lies behind paper dogs: sky or wallpaper, bunting, hills, the sea."""

from camcore.data.paper_dogs.palettes import mix
from camcore.data.paper_dogs.rendering import UNITS
from camcore.data.paper_dogs.shapes import Points, ellipse, polygon, scallop, smooth, stroke
from camcore.data.paper_dogs.stage import HEIGHTS, SCENERY, Stage, put_prop


def hang_sky(stage: Stage) -> None:
    """Hang up what is above the horizon: wallpaper or a sun with rings of paper, then clouds and kites."""
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
    """Raise what lies behind the ground: hills, mountains, the sea, or a skirting board and a floor."""
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
