"""What is kept in memory between pages: made once, shared, and never more than fits."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from dashboard.data import caching

ROOM = 1000  # bytes


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is kept at first, and what the other tests keep is there again afterwards."""
    monkeypatch.setattr(caching, "_kept", type(caching._kept)())
    monkeypatch.setattr(caching, "MOST_BYTES", ROOM)
    yield
    assert not caching._making, "nobody is waited for"


def counted(size: int = 100) -> tuple[object, list[int]]:
    """Return a function that is kept, whose results have a size in bytes, and what it was asked for each time."""
    asked: list[int] = []

    @caching.keep
    def make(number: int) -> np.ndarray:
        asked.append(number)
        return np.full(size // 8, number, dtype=float)

    return make, asked


def test_a_result_is_made_once_and_shared():
    make, asked = counted()
    assert make(3) is make(3)
    assert make(4)[0] == 4
    assert asked == [3, 4]


def test_functions_of_one_name_are_kept_apart_by_where_they_are():
    make, _ = counted()

    @caching.keep
    def other(number: int) -> np.ndarray:
        return np.full(1, -number, dtype=float)

    assert (make(3)[0], other(3)[0]) == (3, -3)


def test_the_results_used_last_stay_as_far_as_they_fit():
    make, asked = counted(size=400)
    for number in (1, 2, 1, 3):  # the third one takes the room of 2, which was not asked for since
        make(number)
    assert asked == [1, 2, 3]
    make(1)
    assert asked == [1, 2, 3]
    make(2)
    assert asked == [1, 2, 3, 2]


def test_what_is_kept_of_any_number_of_results_has_no_more_than_its_room():
    make, _ = counted(size=96)
    for number in range(500):
        make(number)
        assert sum(size for _, size in caching._kept.values()) <= ROOM
    assert len(caching._kept) == ROOM // 96


def test_a_result_that_is_too_large_is_kept_alone():
    make, asked = counted(size=2 * ROOM)
    assert make(1) is make(1)
    make(2)
    assert len(caching._kept) == 1
    make(1)
    assert asked == [1, 2, 1]


def test_tables_are_measured_with_the_texts_in_them():
    texts = pd.DataFrame({"id": ["a" * 100] * 50, "n": np.arange(50)})
    assert caching._measure(texts) >= 5000 + 400
    assert caching._measure(texts["id"]) >= 5000


def test_sessions_that_ask_at_the_same_time_wait_for_one_that_makes_it():
    made = []

    @caching.keep
    def make(number: int) -> np.ndarray:
        made.append(number)
        time.sleep(0.05)
        return np.zeros(1)

    threads = [threading.Thread(target=make, args=(7,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [7]


def test_an_error_is_not_kept():
    fails = [True]

    @caching.keep
    def make() -> np.ndarray:
        if fails.pop():
            raise ValueError("not yet")
        return np.ones(1)

    with pytest.raises(ValueError, match="not yet"):
        make()
    fails.append(False)
    assert make()[0] == 1
