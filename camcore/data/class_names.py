"""Class names of classifiers trained elsewhere, and how a data set's labels map to them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from camcore.data.dataset import Dataset, Sample
from camcore.data.spelling import nfc
from camcore.errors import CamcoreError


def read_class_names(path: Path) -> tuple[str, ...]:
    """Return the class names in a text file: one per line, in logit order.

    White space around a name and empty lines at the end are ignored.

    Raises:
        CamcoreError: The file can't be read as text, or a name is missing.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").rstrip().splitlines()]
    except FileNotFoundError as error:
        raise CamcoreError(f"There is no file of class names {path}. Correct --classes.") from error
    except (OSError, UnicodeError) as error:
        raise CamcoreError(
            f"{path} can't be read as UTF-8 text ({error}). Expected one class name per line."
        ) from error
    if not lines:
        raise CamcoreError(f"{path} is empty. Expected one class name per line, in the order of the logits.")
    if "" in lines:
        raise CamcoreError(
            f"Line {lines.index('') + 1} of {path} is empty. Expected one class name per line, in the order of the"
            " logits."
        )
    return tuple(lines)


def find_class_names(content: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the class names stored in a checkpoint, in logit order, or None.

    Read from the keys that torchvision's ImageFolder uses: `class_to_idx` (name to number from 0) and `classes` (list).
    """
    numbers, names = content.get("class_to_idx"), content.get("classes")
    if isinstance(numbers, Mapping) and all(isinstance(number, int) for number in numbers.values()):
        ordered = sorted(numbers, key=lambda name: numbers[name])
        names = ordered if [numbers[name] for name in ordered] == list(range(len(ordered))) else names
    if isinstance(names, list | tuple) and names and all(isinstance(name, str) for name in names):
        return tuple(names)
    return None


def require_distinct(names: Sequence[str], origin: str) -> None:
    """Raise if a name is used for two classes.

    Raises:
        CamcoreError: Names the class name and both positions.
    """
    first: dict[str, int] = {}
    for at, name in enumerate(names, start=1):
        if nfc(name) in first:
            raise CamcoreError(
                f"{origin} names {name!r} twice, as class {first[nfc(name)]} and as class {at} (counted from 1). Class"
                " names must be unique: change one of them."
            )
        first[nfc(name)] = at


def find_labels(wanted: Sequence[str], names: Sequence[str], origin: str) -> list[int]:
    """Return each data set class's position among a classifier's class names.

    Args:
        wanted: The data set's class names, in the order of its labels.
        names: The classifier's class names, in the order of its logits.
        origin: Where the classifier's names come from, for the message.

    Raises:
        CamcoreError: The classifier has no such class. The message lists the closest names.
    """
    places = {nfc(name): label for label, name in enumerate(names)}
    missing = [name for name in wanted if nfc(name) not in places]
    if missing:
        close = _find_close(missing[0], names)
        near = f"The closest names are {', '.join(map(repr, close))}" if close else "No name is similar"
        more = f" and {len(missing) - 1} more of the data set's classes" if len(missing) > 1 else ""
        raise CamcoreError(
            f"{origin} does not name {missing[0]!r}{more}. {near}. Names must agree to the letter: correct its line, or"
            " the class's name in the data set."
        )
    return [places[nfc(name)] for name in wanted]


def relabel(dataset: Dataset, labels: Sequence[int], class_names: Sequence[str]) -> Dataset:
    """Return a data set with label i replaced by `labels[i]`, in samples and boxes.

    The fingerprint does not change, because it describes the files.
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
    """Return up to three similar names, the closest first, ignoring case, underscores and hyphens."""
    plain = {_simplify(candidate): candidate for candidate in reversed(names)}
    return [plain[match] for match in get_close_matches(_simplify(name), plain, cutoff=0.5)]


def _simplify(name: str) -> str:
    return name.casefold().replace("_", " ").replace("-", " ")
