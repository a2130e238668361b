"""The queue is fair, shows each visitor's place, and drops visitors who left."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from camcore.errors import CamcoreError
from dashboard.own_image import network, queue
from dashboard.own_image.queue import FairQueue
from tests.support.page_steps import all_text, payload, show_page
from tests.support.uploaded_files import copy_run, draw_photograph, encode

SHORT = 0.05


class GoneError(BaseException):
    """Raised like Streamlit's end of a script whose visitor left: not an `Exception`."""


def wait_until(holds, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class People:
    """Threads that want turns; `served` is the order in which they got them."""

    def __init__(self, line: FairQueue) -> None:
        self.line, self.served, self.told = line, [], {}
        self.at_once = self.most = 0
        self.lock = threading.Lock()

    def want(self, who: str, turns: int = 1, seconds: float = SHORT) -> None:
        for _ in range(turns):
            with self.line.turn(who, lambda *place, who=who: self.told.setdefault(who, []).append(place)):
                with self.lock:
                    self.served.append(who)
                    self.at_once += 1
                    self.most = max(self.most, self.at_once)
                time.sleep(seconds)
                with self.lock:
                    self.at_once -= 1


@contextmanager
def occupied(line: FairQueue, count: int) -> Iterator[threading.Event]:
    """Take `count` turns until the event is set or the block ends."""
    release, begun = threading.Event(), threading.Semaphore(0)

    def hold(number: int) -> None:
        with line.turn(f"holder {number}", lambda *_: None):
            begun.release()
            release.wait(30)

    with ThreadPoolExecutor(count) as threads:
        for number in range(count):
            threads.submit(hold, number)
            assert begun.acquire(timeout=30)
        try:
            yield release
        finally:
            release.set()


def stand(threads: ThreadPoolExecutor, people: People, who: str, *more) -> None:
    """Let a visitor come, and wait until it has a place."""
    threads.submit(people.want, who, *more)
    wait_until(lambda: who in people.told)


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch):
    monkeypatch.setattr(network, "_line", FairQueue(1))
    monkeypatch.setattr(queue, "LOOK_SECONDS", SHORT)


@pytest.mark.parametrize("limit, people_count", [(1, 6), (3, 20), pytest.param(4, 400, marks=pytest.mark.slow)])
def test_never_more_run_than_may_and_all_are_served(limit, people_count):
    people = People(FairQueue(limit))
    with ThreadPoolExecutor(people_count) as threads:
        list(threads.map(lambda number: people.want(str(number), 2, 0.002), range(people_count)))
    assert people.most == limit
    assert sorted(people.served) == sorted([str(number) for number in range(people_count)] * 2)


def test_who_came_first_is_served_first():
    line = FairQueue(1)
    people = People(line)
    names = list("abcdefgh")
    with ThreadPoolExecutor(8) as threads, occupied(line, 1):
        for name in names:
            stand(threads, people, name)
        assert [people.told[name][0][0] for name in names] == list(range(1, 9))
    assert people.served == names


def test_eight_pictures_take_turns_with_others():
    line = FairQueue(1)
    people = People(line)
    with ThreadPoolExecutor(3) as threads, occupied(line, 1):
        stand(threads, people, "eight", 8)
        stand(threads, people, "one", 1)
        stand(threads, people, "two", 2)
    assert people.served == ["eight", "one", "two", "eight", "two", *["eight"] * 6]


def test_a_waiting_visitor_sees_place_and_time(monkeypatch):
    monkeypatch.setattr(queue, "FIRST_GUESS", 4.0)
    line = FairQueue(1)
    people = People(line)
    with ThreadPoolExecutor(3) as threads, occupied(line, 1):
        for name in "abc":
            stand(threads, people, name)
        assert [people.told[name][0] for name in "abc"] == [(1, 4), (2, 8), (3, 12)]
    assert people.told["c"][-1][0] == 1, "the place gets better while one waits"


def test_a_wait_is_at_least_a_second(monkeypatch):
    monkeypatch.setattr(queue, "FIRST_GUESS", 0.01)
    people = People(FairQueue(1))
    with ThreadPoolExecutor(1) as threads, occupied(people.line, 1):
        stand(threads, people, "a")
    assert people.told["a"][0] == (1, 1)


@pytest.mark.parametrize("place", range(3))
def test_a_visitor_who_left_gives_up_the_place(place):
    line = FairQueue(1)
    people, gone = People(line), threading.Event()

    def leave(*_) -> None:
        people.told["gone"] = []
        if gone.is_set():
            raise GoneError

    def wait() -> None:
        with line.turn("gone", leave):
            people.served.append("gone")

    with ThreadPoolExecutor(3) as threads, occupied(line, 1) as release:
        for number in range(3):
            if number == place:
                leaving = threads.submit(wait)
                wait_until(lambda: "gone" in people.told)
            else:
                stand(threads, people, str(number))
        gone.set()
        with pytest.raises(GoneError):
            leaving.result(30)
        release.set()
    assert people.served == [str(number) for number in range(3) if number != place]
    assert line._waiting == {} and line._running == 0


def test_a_rerun_script_keeps_its_place():
    line = FairQueue(1)
    people, stopped = People(line), threading.Event()

    def old(*_) -> None:
        people.told["old"] = []
        if stopped.is_set():
            raise GoneError

    def wait() -> None:
        with line.turn("me", old):
            people.served.append("old")

    with ThreadPoolExecutor(3) as threads, occupied(line, 1):
        first = threads.submit(wait)
        wait_until(lambda: "old" in people.told)
        stand(threads, people, "other")
        stand(threads, people, "me")
        stopped.set()
        with pytest.raises(GoneError):
            first.result(30)
        assert people.told["me"][0][0] == 1
    assert people.served == ["me", "other"]


def test_an_error_in_a_turn_ends_the_turn():
    line = FairQueue(1)
    with pytest.raises(CamcoreError), line.turn("a", lambda *_: None):
        raise CamcoreError("damaged")
    with line.turn("b", lambda *_: None):
        assert line._running == 1


def test_results_stay_if_the_script_stops(trained_run, monkeypatch):
    session, asked = {}, []

    def analyse(run, name, content):
        if len(asked) == 2:
            asked.append("stopped")
            raise GoneError
        asked.append(name)
        return f"no picture: {name}"

    monkeypatch.setattr(network.st, "session_state", session)
    monkeypatch.setattr(network, "language", lambda: "en")
    monkeypatch.setattr(network, "_analyse", analyse)
    uploads = [(name, SimpleNamespace(file_id=name, getvalue=bytes)) for name in "abcd"]
    with pytest.raises(GoneError):
        network.analyse(trained_run, uploads, 8, lambda *_: None)
    assert network.analyse(trained_run, uploads, 8, lambda *_: None)[1][-1] == "no picture: d"
    assert asked == ["a", "b", "stopped", "c", "d"]
    assert network._line._running == 0


@pytest.mark.parametrize(
    "language, message",
    [
        ("en", "Other visitors are using the network. Your position in the queue: 1. Waiting time: about 1 s."),
        ("ko", "다른 방문자가 네트워크를 사용하고 있습니다. 대기 순서 1번, 예상 대기 시간 약 1초입니다."),
    ],
)
def test_the_page_shows_the_place_then_the_pictures(language, message, trained_run, tmp_path, monkeypatch):
    copy_run(trained_run, tmp_path / "tiny")
    app = show_page("own_image", tmp_path, monkeypatch, run="tiny", lang=language)
    app.file_uploader(key="own_image_files").set_value([("0.png", encode(draw_photograph()), "image/png")])
    with ThreadPoolExecutor(1) as threads, occupied(network._line, 1) as release:
        notices = watch_notices(monkeypatch)
        threads.submit(lambda: (wait_until(lambda: len(notices) > 2), release.set()))
        app.run()
    assert not app.exception
    assert set(notices) == {message}
    assert message not in all_text(app) and not app.info, "it goes when the turn comes"
    assert len(payload(app, "panels")["panels"]) == 1


def watch_notices(monkeypatch) -> list[str]:
    """Return a list that collects every notice from now on."""
    from streamlit.delta_generator import DeltaGenerator

    notices, info = [], DeltaGenerator.info
    monkeypatch.setattr(
        DeltaGenerator, "info", lambda place, body, **more: notices.append(body) or info(place, body, **more)
    )
    return notices
