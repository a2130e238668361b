"""The classes of a classifier that was trained elsewhere: what they are called, and a data set's labels among them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from camcore.data.dataset import Dataset, Sample
from camcore.errors import CamcoreError


def read_class_names(path: Path) -> tuple[str, ...]:
    """Return the class names in a text file, one a line, in the order of the logits.

    White space around a name does not count, and neither do empty lines at the end.

    Raises:
        CamcoreError: The file can't be read as text, or a name is missing.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").rstrip().splitlines()]
    except FileNotFoundError as error:
        raise CamcoreError(f"There is no file of class names {path}. Correct --classes.") from error
    except (OSError, UnicodeError) as error:
        raise CamcoreError(f"{path} can't be read as UTF-8 text ({error}). It holds one class name a line.") from error
    if not lines:
        raise CamcoreError(f"{path} is empty. It holds one class name a line, in the logits' order.")
    if "" in lines:
        raise CamcoreError(
            f"Line {lines.index('') + 1} of {path} is empty. It holds one class name a line, in the logits' order."
        )
    return tuple(lines)


def find_class_names(content: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the class names that a checkpoint itself holds, in the order of the logits; None where it holds none.

    They are looked for where torchvision's ImageFolder has them, and so do those who keep them: `class_to_idx`, a
    number from 0 on for each name, and `classes`, a list.
    """
    numbers, names = content.get("class_to_idx"), content.get("classes")
    if isinstance(numbers, Mapping) and all(isinstance(number, int) for number in numbers.values()):
        ordered = sorted(numbers, key=lambda name: numbers[name])
        names = ordered if [numbers[name] for name in ordered] == list(range(len(ordered))) else names
    if isinstance(names, list | tuple) and names and all(isinstance(name, str) for name in names):
        return tuple(names)
    return None


def require_distinct(names: Sequence[str], origin: str) -> None:
    """Refuse names that stand for two classes.

    Raises:
        CamcoreError: With the name and both its places.
    """
    first: dict[str, int] = {}
    for at, name in enumerate(names, start=1):
        if name in first:
            raise CamcoreError(
                f"{origin} names {name!r} twice, as class {first[name]} and as class {at} (the first is 1). Every class"
                " needs a name of its own: change one of them."
            )
        first[name] = at


def find_labels(wanted: Sequence[str], names: Sequence[str], origin: str) -> list[int]:
    """Return the class id of each class of a data set: its place among a classifier's names.

    Args:
        wanted: The data set's class names, in the order of its labels.
        names: The classifier's, in the order of its logits.
        origin: Where those come from.

    Raises:
        CamcoreError: The classifier does not know a class; with the names that come closest.
    """
    places = {name: label for label, name in enumerate(names)}
    missing = [name for name in wanted if name not in places]
    if missing:
        close = _find_close(missing[0], names)
        near = f"Closest are {', '.join(map(repr, close))}" if close else "Nothing is like it"
        more = f" and {len(missing) - 1} more of the data set's classes" if len(missing) > 1 else ""
        raise CamcoreError(
            f"{origin} does not name {missing[0]!r}{more}. {near}. Names must agree to the letter: correct its line, or"
            " the class's name in the data set."
        )
    return [places[name] for name in wanted]


def relabel(dataset: Dataset, labels: Sequence[int], class_names: Sequence[str]) -> Dataset:
    """Return a data set whose label i has become `labels[i]`, one of `class_names`, in samples and boxes.

    Its fingerprint stays: it is that of the data set as it lies there.
    """

    def renumber(label: int) -> int:
        return labels[label] if label >= 0 else label

    def change(sample: Sample) -> Sample:
        boxes = tuple(replace(box, label=renumber(box.label)) for box in sample.boxes)
        return replace(sample, label=renumber(sample.label), boxes=boxes)

    return replace(
        dataset,
        class_names=tuple(class_names),
        train=tuple(map(change, dataset.train)),
        val=tuple(map(change, dataset.val)),
    )


def _find_close(name: str, names: Sequence[str]) -> list[str]:
    """Return up to three names that differ little, the likest first; case, underscores and hyphens do not count."""
    plain = {_simplify(one): one for one in reversed(names)}
    return [plain[one] for one in get_close_matches(_simplify(name), plain, cutoff=0.5)]


def _simplify(name: str) -> str:
    return name.casefold().replace("_", " ").replace("-", " ")
