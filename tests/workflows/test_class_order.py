"""Orders of classes that fit a classifier's answers better are reported, chance is not."""

import pytest

from camcore.workflows.class_order import Answers, describe_order, find_better_order, find_mistaken

FOLDERS = tuple(f"c{number}" for number in (1, 10, 11, 12, 2, 3, 4, 5))  # as torchvision sorts
NATURAL = tuple(f"c{number}" for number in (1, 2, 3, 4, 5, 10, 11, 12))  # as timm does


def answer(names: tuple[str, ...], learned: tuple[str, ...], images: int) -> Answers:
    """Return the answers of a network that is always right in the order it learned."""
    return [(names.index(name), learned.index(name)) for name in names for _ in range(images)]


def test_natural_order_is_tried_beside_alphabetical() -> None:
    assert describe_order(FOLDERS, answer(FOLDERS, NATURAL, 2), FOLDERS) == [
        "The order of the classes may be wrong: with natural order (c1, c2, c3, c4, ...) 16 of 16 images are correct"
        " (100%). If the network learned that order, import again with --overwrite and --classes dataset-natural.",
    ]


def test_alphabetical_order_is_tried_beside_natural() -> None:
    better = find_better_order(NATURAL, answer(NATURAL, FOLDERS, 2))
    assert better is not None
    assert (better.title, better.names, better.right) == ("alphabetical order", FOLDERS, 16)


def test_order_without_regard_to_case_is_tried() -> None:
    names = ("B1", "B10", "B2", "a")
    better = find_better_order(names, answer(names, ("a", "B1", "B10", "B2"), 4))
    assert better is not None
    assert better.title == "alphabetical order without regard to case"


def test_two_classes_exchanged_are_named_with_the_accuracy() -> None:
    names = ("ape", "bee", "cat", "dog")
    answers = [*answer(names, ("bee", "ape", "cat", "dog"), 8), (2, 3), (3, 2)]
    assert describe_order(names, answers, names) == [
        "'ape' is answered as 'bee' on 8 of 8 images.",
        "'bee' is answered as 'ape' on 8 of 8 images.",
        "The order of the classes may be wrong: with 'ape', 'bee' exchanged (bee, ape, cat, dog) 32 of 34 images are"
        " correct (94%). If the network learned that order, import again with --overwrite and --classes FILE, a file"
        " with the names in that order, one per line.",
    ]


def test_three_classes_may_have_changed_places() -> None:
    names, learned = ("ape", "bee", "cat", "dog"), ("cat", "ape", "bee", "dog")
    better = find_better_order(names, answer(names, learned, 4))
    assert better is not None
    assert (better.names, better.right) == (learned, 16)


def test_a_class_that_is_answered_as_another_is_named_without_an_order() -> None:
    answers = [(0, 1)] * 5 + [(1, 1)] * 5 + [(2, 2)] * 5
    assert find_mistaken(answers) == {0: (1, 5, 5)}
    assert describe_order(("ape", "bee", "cat"), answers, ()) == ["'ape' is answered as 'bee' on 5 of 5 images."]


@pytest.mark.parametrize(
    "answers",
    [
        [(label, label) for label in range(8)] * 3,
        answer(FOLDERS, NATURAL, 1)[:4],  # too few to tell
        [(label, (3 * label + image) % 8) for label in range(8) for image in range(8)],  # guessing
    ],
    ids=["right", "few", "guessing"],
)
def test_chance_and_right_answers_are_not_reported(answers: Answers) -> None:
    assert describe_order(FOLDERS, answers, FOLDERS) == []
