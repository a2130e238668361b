"""Signals: between steps first, at once the second time, and handlers are restored."""

import signal
import threading
from collections.abc import Iterator

import pytest

from camcore.system.signals import SIGNALS, StoppedTraining, stop_between_steps, treat_sigterm_as_ctrl_c


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs behind it without one
    treat_sigterm_as_ctrl_c()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_a_wish_and_the_second_breaks_in(
    number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt), stop_between_steps() as stop_request:
        assert not stop_request.requested
        signal.raise_signal(number)
        assert stop_request.requested
        signal.raise_signal(number)
    assert capfd.readouterr().err == "\nStopping after this step; once more stops at once.\n"


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with stop_between_steps():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_workers_that_the_signal_has_ended_as_well_are_no_defect() -> None:
    with pytest.raises(StoppedTraining) as caught, stop_between_steps():
        signal.raise_signal(signal.SIGTERM)
        raise RuntimeError("DataLoader worker (pid 1) is killed by signal: Terminated.")
    assert caught.value.steps == 0
    with pytest.raises(RuntimeError, match="a defect"), stop_between_steps():
        raise RuntimeError("a defect")


def test_outside_the_main_thread_no_stop_is_requested() -> None:
    wanted = []

    def work() -> None:
        with stop_between_steps() as stop_request:
            wanted.append(stop_request.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert wanted == [False]
