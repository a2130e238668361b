"""The data of the heatmap grid: a tile per image, its boxes, maps and numbers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from camcore.geometry import BoxXyxy

Slot = Literal["a", "b"]
ANY_CLASS = "class"  # the target that means the class chosen in the browser, among all


class GridBox(NamedTuple):
    """An object's box in image pixels; `name` is "" if its class is unknown."""

    x0: float
    y0: float
    x1: float
    y1: float
    name: str = ""
    is_target: bool = True


def name_boxes(boxes: Iterable[Any], class_names: Sequence[str], label: int) -> list[GridBox]:
    """Return a sample's boxes, given as [x0, y0, x1, y1, class]. Boxes of other classes than `label` are no target."""
    return [_name_box(box, class_names, label) for box in boxes]


def _name_box(box: Any, class_names: Sequence[str], label: int) -> GridBox:
    x0, y0, x1, y1 = (float(edge) for edge in box[:4])
    named = int(box[4])  # -1: unknown
    return GridBox(x0, y0, x1, y1, class_names[named] if named >= 0 else "", named in (-1, label))


class ClassShare(NamedTuple):
    """A class and its probability, 0 to 1."""

    name: str
    share: float
    is_right: bool = False


@dataclass(frozen=True)
class GridSource:
    """What a slot shows. `method`, a key of `METHODS`, decides how the literature draws it."""

    id: str
    title: str
    method: str


@dataclass(frozen=True)
class Tile:
    """One picture of the grid.

    Attributes:
        id: Unique among the tiles; a canvas is used again for the same id.
        index: Position in the explanation; the grid sends it when it asks for the image after its last one.
        image: WebP (or PNG, JPEG) of the whole upright image, usually its thumbnail.
        width, height: Size of the upright image, in px; not that of the thumbnail.
        label, correct: None if the true class is unknown.
        confidence: 0 to 1.
        seen: The part that the model sees, in px of the upright image (`geometry.view_box`).
        caption: A quiet line under the picture, e.g. the measure that the page sorts by.
        boxes: In px of the upright image.
        maps: slot -> target (one of `CHOICES["target"]`) -> raw signed map (h, w), before any ReLU. A target that does
            not exist for this image is left out, or all NaN.
        path: The file, as the data set names it.
        top: The most probable classes, from the most probable.
        distances: Between the two sources' maps of the predicted class, by measure, in the order of `CONVENTIONS`.
        off_object: The share of a source's heat outside the boxes, in the order of `CONVENTIONS`; NaN if there is
            no box or no heat.
    """

    id: str
    index: int
    image: bytes
    width: int
    height: int
    label: str | None
    predicted: str
    correct: bool | None
    confidence: float
    seen: BoxXyxy
    caption: str = ""
    boxes: Sequence[GridBox] = ()
    maps: Mapping[Slot, Mapping[str, NDArray[np.float32]]] = field(default_factory=dict)
    path: str = ""
    top: Sequence[ClassShare] = ()
    distances: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    off_object: Mapping[Slot, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class LargeView:
    """The contents of a tile's large view beyond the tile.

    Attributes:
        first: How many images come before the first tile, in the order shown.
        total: How many images there are in this order, None if the tiles are all of them.
        measures: measure -> its title and a sentence that says what it is; in the order to show them.
        same_by_theory: The two sources are the same map up to a positive factor.
        classes: The classes whose maps can be asked for one by one.
        chosen_class: That of `classes` whose maps the tiles hold under `ANY_CLASS`.
        offers_likeness: There is a server that can show the images most like the one that is open.
        goto: Which tile to open now, and a number that differs for every such request.
    """

    first: int = 0
    total: int | None = None
    measures: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    same_by_theory: bool = False
    classes: Sequence[str] = ()
    chosen_class: str = ""
    offers_likeness: bool = False
    goto: tuple[str, int] | None = None


@dataclass(frozen=True)
class Grid:
    """Tiles with the heatmaps of one or two sources, and how the grid shows them.

    Attributes:
        tiles: In the order to show them.
        first: Slot "a". CAM, if there is a CAM.
        second: Slot "b"; without it there is no "both" and no "difference".
        display: What is shown first, see `encoding.DEFAULTS`; unknown names and values are ignored.
        defaults: This page's own defaults, over `encoding.DEFAULTS`.
        common_range: Lowest and highest raw value per slot over the whole run, for the common scale. If it is missing,
            that of the tiles.
        strings: Texts in the page's language, over the English ones.
        tile_width: The least width of a small picture, in px; medium is 1.4 times, large twice as wide.
        large: What the large view of a tile says beyond the tile.
    """

    tiles: Sequence[Tile]
    first: GridSource
    second: GridSource | None = None
    display: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    common_range: Mapping[Slot, tuple[float, float]] = field(default_factory=dict)
    strings: Mapping[str, str] = field(default_factory=dict)
    tile_width: int = 224
    large: LargeView = LargeView()
