"""Threads process whole items and return results in order."""

import threading
import time
from collections.abc import Iterator

import pytest
import torch

from camcore.system.threads import AHEAD, OrderedThreads, choose_threads


@pytest.mark.parametrize("count", [0, 1, 3])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    def work(item: int) -> int:
        time.sleep(0.001 * (7 * item % 5))
        return item * item

    with OrderedThreads(count) as threads:
        assert list(threads.map_ordered(work, range(40))) == [item * item for item in range(40)]


def test_lanes_work_at_once() -> None:
    meeting = threading.Barrier(2, timeout=30)  # breaks unless both are there
    with OrderedThreads(2) as threads:
        assert len(list(threads.map_ordered(lambda _: meeting.wait(), range(2)))) == 2


@pytest.mark.parametrize("count", [0, 2])
def test_the_first_error_in_order_is_raised(count: int) -> None:
    def work(item: int) -> int:
        if item >= 3:
            time.sleep(0.02 if item == 3 else 0)
            raise ValueError(f"item {item}")
        return item

    with OrderedThreads(count) as threads, pytest.raises(ValueError, match="item 3"):
        list(threads.map_ordered(work, range(8)))


def test_no_more_items_are_taken_than_are_worked_on_and_may_wait() -> None:
    taken = []

    def items() -> Iterator[int]:
        for item in range(50):
            taken.append(item)
            yield item

    with OrderedThreads(2) as threads:
        results = threads.map_ordered(lambda item: item, items())
        next(results)
        assert len(taken) == 2 + AHEAD
        assert len(list(results)) == 49


def test_a_thread_computes_with_its_share_of_the_cores() -> None:
    before = torch.get_num_threads()
    with OrderedThreads(choose_threads()) as threads:
        inside = threads.run(torch.get_num_threads)
    assert 1 <= inside * choose_threads() <= max(before, choose_threads())
    assert torch.get_num_threads() == before


def test_without_lanes_the_caller_works() -> None:
    with OrderedThreads(0) as threads:
        assert threads.run(threading.get_ident) == threading.get_ident()
        assert list(threads.map_ordered(lambda _: threading.get_ident(), range(2))) == [threading.get_ident()] * 2
