"""Class names of classifiers trained elsewhere, and how a data set's labels map to them."""

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from camcore.data.dataset import Dataset, Sample
from camcore.errors import CamcoreError
from camcore.system.names import nfc

# Keys of class names in a checkpoint, those that fix the order first.
NAME_KEYS = ("class_to_idx", "idx_to_class", "classes", "class_names", "names", "id2label", "label2id")


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


def find_class_names(content: Any, count: int) -> tuple[str, ...] | None:
    """Return the class names stored in a checkpoint, in logit order, or None.

    They may lie under the usual keys, as a list, as names by number or as numbers by name, also among the settings of a
    training script. If several do, the first ones that name `count` classes are taken.
    """
    named = [names for values in _walk(content) for key in NAME_KEYS if (names := _read_names(values.get(key)))]
    return next((names for names in named if len(names) == count), next(iter(named), None))


def _walk(content: Any, depth: int = 4) -> Iterator[Mapping[Any, Any]]:
    """Yield the dictionaries in a file's content, the outermost first."""
    level: list[Any] = [content]
    for _ in range(depth):
        level = [vars(value) if isinstance(value, Namespace) else value for value in level]
        mappings = [value for value in level if isinstance(value, Mapping)]
        yield from mappings
        level = [value for mapping in mappings for value in mapping.values()]


def _read_names(value: Any) -> tuple[str, ...] | None:
    """Return class names in logit order, if a value is such: a list, or a mapping either way with numbers from 0."""
    if isinstance(value, Mapping):
        pairs = list(value.items())
        if all(isinstance(name, str) for name in value.values()):
            pairs = [(name, int(number)) for number, name in pairs if str(number).isdecimal()]
        if not all(isinstance(number, int) for _, number in pairs):
            return None
        pairs.sort(key=lambda pair: pair[1])
        value = [name for name, _ in pairs] if [number for _, number in pairs] == list(range(len(value))) else None
    if isinstance(value, list | tuple) and value and all(isinstance(name, str) for name in value):
        return tuple(value)
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
