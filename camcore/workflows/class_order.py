"""Does a classifier's order of classes fit its answers? Judged on the images of the first look."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from camcore.system.names import natural_key

SURE = 0.01  # a better order is reported if chance brings its advantage with a smaller probability
FEWEST = 3  # images of a class, to say what it is answered as
MOSTLY = 0.6
MOST_NAMED = 3

Answers = Sequence[tuple[int, int]]  # label and predicted label per image


@dataclass(frozen=True)
class BetterOrder:
    """Class names in an order that fits the answers better, what it is called, and how many answers it makes right."""

    names: tuple[str, ...]
    title: str
    right: int


def find_mistaken(answers: Answers) -> dict[int, tuple[int, int, int]]:
    """Return the classes that are answered as one other: that class, on how many images, of how many."""
    by_label: dict[int, Counter[int]] = defaultdict(Counter)
    for label, predicted in answers:
        by_label[label][predicted] += 1
    mistaken = {}
    for label, counts in by_label.items():
        other, count = counts.most_common(1)[0]
        images = counts.total()
        if other != label and count >= max(FEWEST, MOSTLY * images):
            mistaken[label] = (other, count, images)
    return mistaken


def find_better_order(names: Sequence[str], answers: Answers) -> BetterOrder | None:
    """Return the order of the classes that fits the answers best, if it is better by more than chance; or None.

    Tried are the usual ways to sort, and exchanging the classes that are answered as one another.
    """
    orders = {
        "alphabetical order": tuple(sorted(names)),
        "natural order": tuple(sorted(names, key=natural_key)),
        "alphabetical order without regard to case": tuple(sorted(names, key=str.casefold)),
    }
    if exchanged := _exchange(names, find_mistaken(answers)):
        listed = ", ".join(repr(name) for name, other in zip(names, exchanged, strict=True) if name != other)
        orders[f"{listed} exchanged"] = exchanged
    right = {title: _count_right(order, names, answers) for title, order in orders.items()}
    best = max(right, key=lambda title: right[title])
    return BetterOrder(orders[best], best, right[best]) if _is_better(orders[best], names, answers) else None


def _exchange(names: Sequence[str], mistaken: Mapping[int, tuple[int, int, int]]) -> tuple[str, ...] | None:
    """Return the names with those in cycles moved: a as b and b as a, or around three and more."""
    to = {label: other for label, (other, _, _) in mistaken.items()}
    cycled = set(to)
    while outside := {label for label in cycled if to[label] not in cycled or label not in {to[at] for at in cycled}}:
        cycled -= outside
    moved = list(names)
    for label in cycled:
        moved[to[label]] = names[label]
    return tuple(moved) if cycled and len(set(moved)) == len(names) else None


def _count_right(order: Sequence[str], names: Sequence[str], answers: Answers) -> int:
    return sum(order[predicted] == names[label] for label, predicted in answers)


def _is_better(order: Sequence[str], names: Sequence[str], answers: Answers) -> bool:
    """Whether an order wins more images than it loses, by a one-sided sign test."""
    won = sum(order[predicted] == names[label] != names[predicted] for label, predicted in answers)
    lost = sum(order[predicted] != names[label] == names[predicted] for label, predicted in answers)
    count = won + lost
    return won > lost and sum(math.comb(count, n) for n in range(won, count + 1)) / 2**count < SURE


def describe_order(names: Sequence[str], answers: Answers, dataset_names: Sequence[str]) -> list[str]:
    """Return what the first look says about the order of the classes, in lines; none if it fits."""
    lines = [
        f"{names[label]!r} is answered as {names[other]!r} on {count} of {images} images."
        for label, (other, count, images) in sorted(find_mistaken(answers).items())[:MOST_NAMED]
    ]
    better = find_better_order(names, answers)
    if better is None:
        return lines
    few = ", ".join(better.names[:4]) + (", ..." if len(names) > 4 else "")
    option = "FILE, a file with the names in that order, one per line"
    if sorted(names) == sorted(dataset_names):
        option = {"alphabetical order": "dataset", "natural order": "dataset-natural"}.get(better.title, option)
    lines.append(
        f"The order of the classes may be wrong: with {better.title} ({few}) {better.right} of {len(answers)} images"
        f" are correct ({better.right / len(answers):.0%}). If the network learned that order, import again with"
        f" --overwrite and --classes {option}."
    )
    return lines
