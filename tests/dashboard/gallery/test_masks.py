"""Which images pass a filter, by hand."""

import numpy as np
import pandas as pd
import pytest

from dashboard.data import measures
from dashboard.gallery import masks
from dashboard.widgets.wording import as_markdown

SAMPLES = pd.DataFrame(
    {
        "id": ["val/0", "val/1", "val/2", "val/3"],
        "path": ["a/x.png", "a/y.png", "b/강아지.png", "b/*(1).png"],
        "label_name": ["Pug", "Collie", "Pug", "Beagle"],
        "predicted_name": ["Pug", "Pug", "Collie", "Beagle"],
        "other_label": [-1, 2, -1, -1],
        "objects": [1, 2, 3, 0],
    }
).astype({"label_name": "category", "predicted_name": "category"})


@pytest.mark.parametrize(
    "search, expected",
    [
        ("", [0, 1, 2, 3]),
        ("pug", [0, 1, 2]),
        ("PUG collie", [1, 2]),
        ("val/3", [3]),
        ("강아지", [2]),
        ("*(", [3]),
        (".", [0, 1, 2, 3]),
        ("zebra", []),
        ("a/y.png pug", [1]),
        ("val/0a/x", []),
    ],
)
def test_every_word_is_looked_for_as_it_is(search, expected):
    assert np.flatnonzero(masks.contains(SAMPLES, lambda: measures.join_texts(SAMPLES), search)).tolist() == expected


@pytest.mark.parametrize(
    "percent_range, expected",
    [((0, 100), [0, 1, 2, 3, 4]), ((29, 57), [1, 2]), ((0, 99), [0, 1, 2]), ((100, 100), [3]), ((30, 56), [])],
)
def test_ranges_hold_both_ends_and_nothing_that_is_no_number(percent_range, expected):
    values = np.array([0, 0.29, 0.57, 1, np.nan])  # 0.29 * 100 and 0.57 * 100 are not whole numbers
    assert np.flatnonzero(masks.within(values, percent_range)).tolist() == expected


@pytest.mark.parametrize(
    "kind, expected",
    [
        ("", [0, 1, 2, 3]),
        ("one_class", [0, 2, 3]),
        ("two_classes", [1]),
        ("one_object", [0]),
        ("several_objects", [1, 2]),
    ],
)
def test_objects_and_classes_are_two_things(kind, expected):
    assert np.flatnonzero(masks.has_objects(SAMPLES, kind)).tolist() == expected


@pytest.mark.parametrize("wanted, expected", [("all", [1, 1, 1]), ("right", [1, 0, 1]), ("wrong", [0, 1, 0])])
def test_answers_are_right_or_wrong(wanted, expected):
    assert masks.has_result(np.array([True, False, True]), wanted).tolist() == expected


def test_kinds_that_tell_nothing_apart_are_not_offered():
    assert masks.offered_objects(SAMPLES) == list(masks.OBJECTS)
    assert masks.offered_objects(SAMPLES.assign(other_label=-1)) == ["one_object", "several_objects"]
    assert masks.offered_objects(SAMPLES.assign(other_label=-1, objects=0)) == []


def test_a_filter_counts_among_what_the_others_let_pass():
    passed = {"a": np.array([True, True, False, False]), "b": np.array([True, False, True, False])}
    assert masks.pass_all(passed, 4).tolist() == [True, False, False, False]
    assert masks.pass_all(passed, 4, but="b").tolist() == [True, True, False, False]
    assert masks.pass_all({}, 2).tolist() == [True, True]
    counts = masks.count_values(SAMPLES["label_name"], passed["a"])
    assert (counts["Pug"], counts["Collie"], counts["Beagle"]) == (1, 1, 0)


def test_an_empty_wish_is_met_by_all():
    column = SAMPLES["label_name"]
    assert masks.equals(column, "Pug").tolist() == [True, False, True, False]
    assert masks.equals(column, "").all() and not masks.equals(column, "Zebra").any()


@pytest.mark.parametrize("value, narrowed", [("", 0), ("all", 0), ((0, 100), 0), ((0, 99), 1), ("Pug", 1)])
def test_which_values_hold_images_back(value, narrowed):
    assert masks.is_narrowed(value) == bool(narrowed)


def test_markdown_of_a_name_is_escaped():
    assert as_markdown("a*b:c") == "a\\*b\\:c"
    assert as_markdown("강아지 🐶") == "강아지 🐶"
    assert as_markdown("<-") == "\\<\u2060\\-", "arrows are made of what is escaped, too"
