"""Decides which images pass a filter: array functions with one value per image."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from camcore.system.names import nfc

Mask = NDArray[np.bool_]

EVERYTHING = (0, 100)  # per cent
OBJECTS = ("one_class", "two_classes", "one_object", "several_objects")


def contains(samples: pd.DataFrame, texts: Callable[[], pd.Series], search: str) -> Mask:
    """Return which images have all words of a search in id, path, class or predicted class, (N,).

    `texts` returns `join_texts`; it is called only if there are words.
    """
    matches = np.ones(len(samples), dtype=bool)
    for word in nfc(search.casefold()).split():  # a line break separates words too
        named = [_is_named(samples[name], word) for name in ("label_name", "predicted_name")]
        matches &= texts().str.contains(word, regex=False).to_numpy() | named[0] | named[1]
    return matches


def within(values: NDArray[np.floating], percent_range: tuple[int, int]) -> Mask:
    """Return which shares (N,) lie in a range of per cent, both ends included.

    NaN passes only the full range.
    """
    if percent_range == EVERYTHING:
        return np.ones(len(values), dtype=bool)
    low, high = percent_range
    percent = np.round(100 * values, 9)  # 0.29 * 100 is slightly less than 29
    passes: Mask = (percent >= low) & (percent <= high)
    return passes


def equals(column: pd.Series, wanted: str) -> Mask:
    """Return which entries (N,) equal `wanted`; all if it is empty."""
    return (column == wanted).to_numpy() if wanted else np.ones(len(column), dtype=bool)


def has_result(right: Mask, wanted: str) -> Mask:
    """Return which predictions (N,) are `right` or `wrong`; all for any other `wanted`."""
    return {"right": right, "wrong": ~right}.get(wanted, np.ones(len(right), dtype=bool))


def has_objects(samples: pd.DataFrame, kind: str) -> Mask:
    """Return which images are of a kind of `OBJECTS`, (N,); all if it is empty.

    Classes are counted by labels, objects by boxes.
    """
    if not kind:
        return np.ones(len(samples), dtype=bool)
    two_classes, boxes = samples["other_label"].to_numpy() >= 0, samples["objects"].to_numpy()
    masks = {"one_class": ~two_classes, "two_classes": two_classes, "one_object": boxes == 1}
    passes: Mask = masks.get(kind, boxes > 1)
    return passes


def offered_objects(samples: pd.DataFrame) -> list[str]:
    """Return the kinds of `OBJECTS` that some images have and others don't."""
    masks = {kind: has_objects(samples, kind) for kind in OBJECTS}
    return [kind for kind, mask in masks.items() if mask.any() and not mask.all()]


def pass_all(masks: Mapping[str, Mask], images: int, but: str = "") -> Mask:
    """Return which images (N,) pass every filter except `but`."""
    passes = np.ones(images, dtype=bool)
    for name, mask in masks.items():
        if name != but:
            passes &= mask
    return passes


def count_values(column: pd.Series, passes: Mask) -> Counter[str]:
    """Return how many passing images have each value of a categorical column, 0 for others."""
    counts = np.bincount(column.cat.codes.to_numpy()[passes], minlength=len(column.cat.categories))
    return Counter(dict(zip(column.cat.categories, counts.tolist(), strict=True)))


def is_narrowed(value: str | tuple[int, int] | Sequence[int]) -> bool:
    """Whether a filter's value can exclude an image."""
    return value not in ("", "all", EVERYTHING)


def _is_named(column: pd.Series, word: str) -> Mask:
    """Return which entries of a categorical column contain a word of `contains`, ignoring case, (N,)."""
    holds = np.array([word in nfc(name.casefold()) for name in column.cat.categories], dtype=bool)
    return holds[column.cat.codes.to_numpy()]
