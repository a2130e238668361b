"""Ctrl-C and SIGTERM: stop at once, or between two training steps without losing work."""

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
    """A training was stopped between two steps; `steps` of the current epoch are saved."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps


class StopRequest:
    """Set by the first Ctrl-C or SIGTERM; checked between steps."""

    requested = False


def treat_sigterm_as_ctrl_c() -> None:
    """Let SIGTERM do what Ctrl-C does. Call it in the main thread."""
    signal.signal(signal.SIGTERM, _interrupt)


@contextmanager
def stop_between_steps() -> Iterator[StopRequest]:
    """Yield a stop request that the first Ctrl-C or SIGTERM sets. The second one interrupts at once.

    Outside the main thread, which alone receives signals, it is never set.

    Raises:
        StoppedTraining: The signal also ended the data loader's workers, in the middle of a step.
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
        # torchrun kills its ranks after half a minute, whatever they print. os.write: a print may be interrupted here.
        if current_rank().is_only:
            os.write(STANDARD_ERROR, b"\nStopping after this step; once more stops at once.\n")

    for number in SIGNALS:
        signal.signal(number, hear)
    try:
        yield stop_request
    except RuntimeError as error:
        if stop_request.requested:  # a signal to the process group also killed the workers, and torch reports that
            raise StoppedTraining(0) from error
        raise
    finally:
        restore()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
