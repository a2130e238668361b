"""Colour palettes of paper dogs and scenes: few colours per scene, chosen to match."""

from camcore.data.paper_dogs.rendering import Colour

Palette = dict[str, Colour]


def _palette(**inks: int) -> Palette:
    return {ink: (code >> 16, code >> 8 & 255, code & 255) for ink, code in inks.items()}


_SHARED = _palette(white=0xFBF6EA, ink=0x3A3140, cream=0xF3E3C3, kraft=0xC89F6D, brown=0x80583F)

SCENES: dict[str, tuple[Palette, ...]] = {
    "park": (
        _palette(sky=0xCFE6E4, cloud=0xF8F5EA, far=0xA9CDBB, mid=0x86B594, ground=0x6A9F6E, low=0x588C60, leaf=0x4B8259)
        | _palette(leaf_light=0x8FBB74, trunk=0x8B6247, one=0xE4694F, two=0xF2BE4E, three=0xF4E9D0),
        _palette(sky=0xF6DFC0, cloud=0xFDF3E0, far=0xD9B98A, mid=0xC89A5C, ground=0xA9A05A, low=0x8E8848, leaf=0xC8703A)
        | _palette(leaf_light=0xE3A048, trunk=0x6E4B3B, one=0xB5483A, two=0xF0C25C, three=0x5E7F7A),
        _palette(sky=0xF7D6D0, cloud=0xFFF4EE, far=0xD6C2D4, mid=0xA8C0A6, ground=0x84AB80, low=0x6E9770, leaf=0xEBA0AE)
        | _palette(leaf_light=0xF6C6CB, trunk=0x7A5648, one=0xD95F76, two=0xF4CF74, three=0xFFF6EA),
    ),
    "room": (
        _palette(sky=0xE8D3B5, cloud=0xF1E2CA, far=0xB5654A, mid=0x7E9A92, ground=0xC48A5A, low=0xA9714A, leaf=0x4F7F63)
        | _palette(leaf_light=0x7FA577, trunk=0x8A5A3E, one=0xC9523F, two=0xE8B04A, three=0x3F6F78),
        _palette(sky=0xB9CFCB, cloud=0xCBDCD7, far=0x4E7C82, mid=0xD98E6C, ground=0xD9B58C, low=0xC29A70, leaf=0x4C8067)
        | _palette(leaf_light=0x86AF85, trunk=0x9A6846, one=0xD8674C, two=0xF1C566, three=0xF6ECD9),
    ),
    "beach": (
        _palette(sky=0xD4EBEC, cloud=0xFCF8EE, far=0x7FC0C6, mid=0x57A6B3, ground=0xF0D9A8, low=0xE2C48C, leaf=0x5E9E77)
        | _palette(leaf_light=0x93C187, trunk=0x9A7350, one=0xEB6F57, two=0xF8C556, three=0xFBF4E6),
        _palette(sky=0xF9CFA8, cloud=0xFCE6CC, far=0xC98A98, mid=0x8F7299, ground=0xE6BE94, low=0xD0A27A, leaf=0x5A6F78)
        | _palette(leaf_light=0x8A9A8C, trunk=0x6F4E4E, one=0xD9555B, two=0xF6B95A, three=0xFDF0DC),
    ),
    "snow": (
        _palette(sky=0xC4D8E6, cloud=0xE6EFF3, far=0xA4C0D4, mid=0xD5E4EC, ground=0xEFF4F4, low=0xDFE9EE, leaf=0x4F7F80)
        | _palette(leaf_light=0x7BA6A0, trunk=0x71594F, one=0xD4574E, two=0xF0BE5E, three=0x4F78A0),
        _palette(sky=0xF2D3CE, cloud=0xFAE9E2, far=0xC3B2CC, mid=0xE2D8E4, ground=0xF6EEEE, low=0xE8DDE4, leaf=0x5F7D8C)
        | _palette(leaf_light=0x93AAB2, trunk=0x78606A, one=0xC9566B, two=0xF0C27C, three=0x6F6FA0),
    ),
    "night": (
        _palette(sky=0x2E3B63, cloud=0x47558A, far=0x3F5480, mid=0x35607A, ground=0x3F7470, low=0x33625F, leaf=0x2C5660)
        | _palette(leaf_light=0x5C8F84, trunk=0x59465A, one=0xE2725B, two=0xF7D77C, three=0xB9C4E0),
        _palette(sky=0x43365E, cloud=0x5E4C7C, far=0x5A5588, mid=0x4C6A8C, ground=0x5C6F8F, low=0x4B5C7C, leaf=0x3B5270)
        | _palette(leaf_light=0x7F93B0, trunk=0x4A3A52, one=0xEB8A6A, two=0xF9DE94, three=0xD9B8CC),
    ),
}
for _palettes in SCENES.values():
    for _inks in _palettes:
        _inks.update({ink: colour for ink, colour in _SHARED.items() if ink not in _inks})

FURS = tuple(
    _palette(light=light, dark=dark)
    for light, dark in (
        (0xE9B872, 0x6B4030),
        (0xF3E2C4, 0xA8663C),
        (0xF6EFE2, 0x4A4450),
        (0xD9A066, 0x4B3A3A),
        (0xD8D3CC, 0x5B6472),
        (0xF0CFA0, 0x8C4A34),
        (0xE6C8B0, 0x6E4F4A),
        (0xF7E7C6, 0x7B5A48),
        (0xC9B39A, 0x4F3B34),
        (0xEFD9D0, 0x8A5F66),
    )
)
COLLARS = tuple(
    _palette(collar=code)["collar"] for code in (0xD64F45, 0x2F7F8C, 0xE0A030, 0x5B4E8C, 0x3F8F5F, 0xD4577A)
)


def mix(one: Colour, other: Colour, share: int) -> Colour:
    """Return `one` with `share` hundredths of `other`."""
    red, green, blue = ((a * (100 - share) + b * share) // 100 for a, b in zip(one, other, strict=True))
    return red, green, blue


def colour_dog(fur: int, swapped: bool, collar: int) -> Palette:
    """Return a dog's colours; swapped, the patches are light and the fur is dark."""
    light, dark = FURS[fur]["light"], FURS[fur]["dark"]
    base, patch = (dark, light) if swapped else (light, dark)
    ear = mix(base, patch, 62)
    ink, cream = (44, 36, 46), (250, 238, 216)
    return {
        "fur": base,
        "shade": mix(base, ink, 26),
        "patch": patch,
        "patch_shade": mix(patch, ink, 22),
        "ear": ear,
        "ear_light": mix(ear, cream, 24),
        "ear_shade": mix(ear, ink, 24),
        "muzzle": mix(base, cream, 68),
        "blush": mix(base, (236, 128, 118), 52),
        "tongue": (230, 108, 112),
        "collar": COLLARS[collar],
        "tag": (246, 206, 96),
        "eye_white": (253, 249, 241),
        "ink": ink,
    }
