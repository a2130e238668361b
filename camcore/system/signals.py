"""Ctrl-C, and SIGTERM like it: at once, or between two steps of a training, so that nothing that was done is lost."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from camcore.system.ranks import current_rank

SIGNALS = (signal.SIGINT, signal.SIGTERM)
STANDARD_ERROR = 2


class StoppedTraining(KeyboardInterrupt):
    """A training was stopped between two steps, after `steps` of an epoch, which are kept."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps


class StopRequest:
    """Whether somebody wants the work to stop."""

    requested = False


def treat_sigterm_as_ctrl_c() -> None:
    """Let SIGTERM do what Ctrl-C does. To be called in the main thread."""
    signal.signal(signal.SIGTERM, _interrupt)


@contextmanager
def stop_between_steps() -> Iterator[StopRequest]:
    """Yield a wish that the first Ctrl-C or SIGTERM makes, instead of breaking in; the second one breaks in.

    Outside of the main thread, where signals can't be heard, it is never made.

    Raises:
        StoppedTraining: The signal has ended the loader's processes as well, in the midst of a step.
    """
    stop_request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield stop_request
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def hear(_number: int, _frame: FrameType | None) -> None:
        stop_request.requested = True
        restore()
        if (
            current_rank().is_only
        ):  # else torchrun stops at once what has not ended half a minute later; print may be under way
            os.write(STANDARD_ERROR, b"\nStopping after this step; once more stops at once.\n")

    for number in SIGNALS:
        signal.signal(number, hear)
    try:
        yield stop_request
    except RuntimeError as error:
        if (
            stop_request.requested
        ):  # where all processes of a group got the signal, torch says that the loader's have died
            raise StoppedTraining(0) from error
        raise
    finally:
        restore()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
