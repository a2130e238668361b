"""Small pictures of one or two animals with boxes, as stand-ins for photographs."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

SIZES = ((256, 192), (192, 256), (224, 224))
COATS = ("#8a5a3c", "#d9b382", "#4b3f3a", "#c9c2b8", "#a8744f", "#6f7d86")
SKIES = (("#d7e3ea", "#a9bd95"), ("#f0e2c9", "#c2a878"), ("#cfd8e6", "#8fa39a"))


@dataclass(frozen=True)
class Picture:
    """A WebP with boxes [x0, y0, x1, y1, label] in pixels; `places` are object centres, 0 to 1."""

    webp: bytes
    size: tuple[int, int]
    label: int
    other_label: int
    boxes: list[list[float]]
    places: list[tuple[float, float]]


def draw_pictures(count: int, classes: int, seed: int) -> list[Picture]:
    """Return pictures with alternating labels; every tenth has a second animal of another class."""
    random = np.random.default_rng(seed)
    return [_draw_picture(index, classes, random) for index in range(count)]


def _draw_picture(index: int, classes: int, random: np.random.Generator) -> Picture:
    width, height = SIZES[index % len(SIZES)]
    label = index % classes
    other = (label + 1 + index // 10 % (classes - 1)) % classes if index % 10 == 9 else -1
    sky, ground = SKIES[index % len(SKIES)]
    image = Image.new("RGB", (width, height), sky)
    canvas = ImageDraw.Draw(image)
    canvas.ellipse((-width, height * 0.6, width * 2, height * 2), fill=ground)
    boxes, places = [], []
    for number, animal in enumerate([label] if other < 0 else [label, other]):
        room = width / (1 if other < 0 else 2)
        size = float(random.uniform(0.5, 0.72)) * min(room, height)
        x = number * room + float(random.uniform(0, room - size))
        y = float(random.uniform(0.12, 0.9)) * (height - size)
        _draw_animal(canvas, x, y, size, COATS[animal % len(COATS)])
        boxes.append([x, y, x + size, y + size, float(animal)])
        places.append(((x + size * 0.72) / width, (y + size * 0.3) / height))
    stream = BytesIO()
    image.save(stream, "WEBP", quality=80)
    return Picture(stream.getvalue(), (width, height), label, other, boxes, places * (3 - len(places)))


def _draw_animal(canvas: ImageDraw.ImageDraw, x: float, y: float, size: float, coat: str) -> None:
    """Draw body, legs, tail, head, ear and eye into the square at (x, y)."""

    def area(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        return (x + x0 * size, y + y0 * size, x + x1 * size, y + y1 * size)

    canvas.ellipse(area(0.08, 0.38, 0.78, 0.76), fill=coat)
    for left in (0.16, 0.28, 0.56, 0.68):
        canvas.rectangle(area(left, 0.6, left + 0.08, 1.0), fill=coat)
    canvas.polygon(
        [(x, y + 0.2 * size), (x + 0.1 * size, y + 0.55 * size), (x + 0.2 * size, y + 0.5 * size)], fill=coat
    )
    canvas.ellipse(area(0.56, 0.06, 0.96, 0.46), fill=coat)
    canvas.ellipse(area(0.84, 0.22, 1.0, 0.38), fill="#3b302b")
    canvas.ellipse(area(0.56, 0.02, 0.68, 0.3), fill="#3b302b")
    canvas.ellipse(area(0.76, 0.16, 0.82, 0.22), fill="#ffffff")
